"""SNGAN at 32 pixels, its loop as kwotsin/mimicry writes it: n_dis steps of D, fakes made with a graph and detached, real and
fake apart, hinge, losses and probabilities read in each step; then one step of G, through all of D.

Options: channels (D's width), upsampling, inPlace (ReLU before D's shortcuts), batch, threads.
"""

import json
import sys

import torch
import torch.nn.functional as F

from resnet import Discriminator, Generator
from serve import serve

options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])
torch.manual_seed(0)
width, batch, n_dis = options["channels"], options["batch"], 5

netG = Generator(2 * width, 128, options["upsampling"])
netD = Discriminator(width, spectral=True, pooling="sum", in_place=options["inPlace"])
optG = torch.optim.Adam(netG.parameters(), 2e-4, betas=(0.0, 0.9))
optD = torch.optim.Adam(netD.parameters(), 2e-4, betas=(0.0, 0.9))
data = torch.rand(batch, 3, 32, 32) * 2 - 1


def step_d():
    netD.zero_grad()
    output_real = netD(data)
    fake_images = netG.generate_images(batch).detach()
    output_fake = netD(fake_images)
    errD = F.relu(1.0 - output_real).mean() + F.relu(1.0 + output_fake).mean()
    errD.backward()
    optD.step()
    return errD.item(), torch.sigmoid(output_real).mean().item(), torch.sigmoid(output_fake).mean().item()


def step_g():
    netG.zero_grad()
    output = netD(netG.generate_images(batch))
    errG = -output.mean()
    errG.backward()
    optG.step()
    return errG.item()


def step():
    for _ in range(n_dis):
        step_d()
    step_g()


serve(step, netG, netD)
