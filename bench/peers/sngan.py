"""SNGAN at 32 pixels. Plain, its loop as kwotsin/mimicry writes it: n_dis steps of D, fakes made with a graph and detached, real and
fake apart, hinge, losses and probabilities read in each step; then one step of G, through all of D. Or as an expert writes it: fakes
without a graph, real and fake in one pass of D, expert.py and resnet.py's small_side.

Options: channels (D's width), upsampling, inPlace (ReLU before D's shortcuts), batch, threads, bfloat16, expert.
"""

import json
import sys

import torch
import torch.nn.functional as F

import expert
from resnet import Discriminator, Generator
from serve import serve

options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])
torch.manual_seed(0)
width, batch, n_dis = options["channels"], options["batch"], 5

written_by_expert = options.get("expert", False)
netG = Generator(2 * width, 128, options["upsampling"], small_side=written_by_expert)
netD = Discriminator(width, spectral=True, pooling="sum", in_place=options["inPlace"], small_side=written_by_expert)
adam = dict(lr=2e-4, betas=(0.0, 0.9))
data = torch.rand(batch, 3, 32, 32) * 2 - 1


def plain():
    optG = torch.optim.Adam(netG.parameters(), **adam)
    optD = torch.optim.Adam(netD.parameters(), **adam)

    def step_d():
        netD.zero_grad()
        with expert.autocast(options):
            output_real = netD(data)
            fake_images = netG.generate_images(batch).detach()
            output_fake = netD(fake_images)
            errD = F.relu(1.0 - output_real).mean() + F.relu(1.0 + output_fake).mean()
        errD.backward()
        optD.step()
        return errD.item(), torch.sigmoid(output_real).mean().item(), torch.sigmoid(output_fake).mean().item()

    def step_g():
        netG.zero_grad()
        with expert.autocast(options):
            errG = -netD(netG.generate_images(batch)).mean()
        errG.backward()
        optG.step()
        return errG.item()

    def step():
        for _ in range(n_dis):
            step_d()
        step_g()

    return step


def as_expert(make_fakes, judge):
    optG, optD = expert.adam(netG, **adam), expert.adam(netD, **adam)

    def step():
        for _ in range(n_dis):
            with torch.no_grad(), expert.autocast(options):
                fake = make_fakes(torch.randn(batch, 128))
            with expert.autocast(options):
                real, made = judge(torch.cat([data, fake])).chunk(2)
                loss_d = F.relu(1.0 - real).mean() + F.relu(1.0 + made).mean()
            optD.zero_grad()
            loss_d.backward()
            optD.step()
        with expert.frozen(netD):
            with expert.autocast(options):
                loss_g = -judge(make_fakes(torch.randn(batch, 128))).mean()
            optG.zero_grad()
            loss_g.backward()
            optG.step()

    return step


if written_by_expert:
    expert.channels_last(netG)
    expert.channels_last(netD)
    data = data.contiguous(memory_format=torch.channels_last)
    step, about = expert.fastest(as_expert, netG, netD)
    serve(step, netG, netD, about=about)
else:
    serve(plain(), netG, netD)
