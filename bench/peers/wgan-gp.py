"""WGAN-GP on the residual networks at 32 pixels without spectral norm; D's mean pooling and twice the batch for G as in
igul222/improved_wgan_training. Plain, its loop as kwotsin/mimicry writes it, or as an expert does: fakes without a graph, real and
fake in one pass of D, expert.py and resnet.py's small_side.

Options: channels (D's width), batch, generatorBatch, threads, bfloat16, expert.
"""

import json
import sys

import torch

import expert
from resnet import Discriminator, Generator
from serve import serve

options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])
torch.manual_seed(0)
width, batch, n_dis = options["channels"], options["batch"], 5

written_by_expert = options.get("expert", False)
netG = Generator(2 * width, 128, "nearest", small_side=written_by_expert)
netD = Discriminator(width, spectral=False, pooling="mean", in_place=False, small_side=written_by_expert)
adam = dict(lr=2e-4, betas=(0.0, 0.9))
data = torch.rand(batch, 3, 32, 32) * 2 - 1


def gradient_penalty(real, fake, scale=10.0):
    count = real.shape[0]
    alpha = torch.rand(count, 1).expand(count, real.nelement() // count).contiguous().view_as(real)
    interpolates = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    output = netD(interpolates)
    gradients = torch.autograd.grad(
        outputs=output,
        inputs=interpolates,
        grad_outputs=torch.ones_like(output),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    gradients = gradients.view(count, -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * scale


def plain():
    optG = torch.optim.Adam(netG.parameters(), **adam)
    optD = torch.optim.Adam(netD.parameters(), **adam)

    def step_d():
        netD.zero_grad()
        with expert.autocast(options):
            output_real = netD(data)
            fake_images = netG.generate_images(batch).detach()
            output_fake = netD(fake_images)
            errD = output_fake.mean() - output_real.mean()
            errD_total = errD + gradient_penalty(data, fake_images)
        errD_total.backward()
        optD.step()
        return errD.item(), torch.sigmoid(output_real).mean().item(), torch.sigmoid(output_fake).mean().item()

    def step_g():
        netG.zero_grad()
        with expert.autocast(options):
            errG = -netD(netG.generate_images(options["generatorBatch"])).mean()
        errG.backward()
        optG.step()
        return errG.item()

    def step():
        for _ in range(n_dis):
            step_d()
        step_g()

    return step


def penalty(judge, real, fake):
    points = torch.lerp(fake.float(), real, torch.rand(batch, 1, 1, 1)).requires_grad_(True)
    (slope,) = torch.autograd.grad(judge(points).sum(), points, create_graph=True)
    return 10 * (slope.flatten(1).norm(dim=1) - 1).square().mean()


def as_expert(make_fakes, judge):
    optG, optD = expert.adam(netG, **adam), expert.adam(netD, **adam)

    def step():
        for _ in range(n_dis):
            with torch.no_grad(), expert.autocast(options):
                fake = make_fakes(torch.randn(batch, 128))
            with expert.autocast(options):
                real, made = judge(torch.cat([data, fake])).chunk(2)
                loss_d = made.mean() - real.mean() + penalty(judge, data, fake)
            optD.zero_grad()
            loss_d.backward()
            optD.step()
        with expert.frozen(netD):
            with expert.autocast(options):
                loss_g = -judge(make_fakes(torch.randn(options["generatorBatch"], 128))).mean()
            optG.zero_grad()
            loss_g.backward()
            optG.step()

    return step


def with_eager_judge(make_fakes):
    # torch.compile has no double backward: G alone can be compiled.
    return as_expert(make_fakes, netD)


if written_by_expert:
    expert.channels_last(netG)
    expert.channels_last(netD)
    data = data.contiguous(memory_format=torch.channels_last)
    step, about = expert.fastest(with_eager_judge, netG)
    serve(step, netG, netD, about=f"G {about}, D not, for its double backward")
else:
    serve(plain(), netG, netD)
