"""WGAN-GP on the residual networks at 32 pixels without spectral norm, its loop as kwotsin/mimicry writes it; D's mean pooling
and twice the batch for G as in igul222/improved_wgan_training.

Options: channels (D's width), batch, generatorBatch, threads.
"""

import json
import sys

import torch

from resnet import Discriminator, Generator
from serve import serve

options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])
torch.manual_seed(0)
width, batch, n_dis = options["channels"], options["batch"], 5

netG = Generator(2 * width, 128, "nearest")
netD = Discriminator(width, spectral=False, pooling="mean", in_place=False)
optG = torch.optim.Adam(netG.parameters(), 2e-4, betas=(0.0, 0.9))
optD = torch.optim.Adam(netD.parameters(), 2e-4, betas=(0.0, 0.9))
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


def step_d():
    netD.zero_grad()
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
    errG = -netD(netG.generate_images(options["generatorBatch"])).mean()
    errG.backward()
    optG.step()
    return errG.item()


def step():
    for _ in range(n_dis):
        step_d()
    step_g()


serve(step, netG, netD)
