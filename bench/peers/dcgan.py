"""DCGAN: one D and one G update, non-saturating, Adam, fakes detached for D and used again for G. Plain, as PyTorch's example writes it,
or as an expert does (expert.py); D has batch norms, so that reals and fakes go through it apart.

Networks as packages/gan/src/core/nets/families/dcgan.ts. Options: size, channels, color, latent, batch, threads, bfloat16, expert.
"""

import json
import sys

import torch
import torch.nn.functional as F
from torch import nn

import expert
from serve import serve

options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])
torch.manual_seed(0)
size, width, color, latent, batch = (options[k] for k in ("size", "channels", "color", "latent", "batch"))
base, layers = {28: (7, 2), 32: (4, 3), 48: (6, 3), 64: (4, 4)}[size]


def initialise(module):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def generator():
    channels = width * 2 ** (layers - 1)
    body = [nn.ConvTranspose2d(latent, channels, base, 1, 0, bias=False), nn.BatchNorm2d(channels), nn.ReLU(True)]
    for _ in range(layers - 1):
        body += [
            nn.ConvTranspose2d(channels, channels // 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(True),
        ]
        channels //= 2
    return nn.Sequential(*body, nn.ConvTranspose2d(channels, color, 4, 2, 1), nn.Tanh())


def discriminator():
    body, before = [], color
    for layer in range(layers):
        after = width * 2**layer
        body += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2, True)]
        before = after
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(before * base * base, 1))


G, D = generator().apply(initialise), discriminator().apply(initialise)
criterion = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(batch, 1), torch.zeros(batch, 1)
data = torch.rand(batch, color, size, size) * 2 - 1
adam = dict(lr=2e-4, betas=(0.5, 0.999))


def plain():
    optimizer_g = torch.optim.Adam(G.parameters(), **adam)
    optimizer_d = torch.optim.Adam(D.parameters(), **adam)

    def step():
        with expert.autocast(options):
            optimizer_d.zero_grad()
            loss_real = criterion(D(data), ones)
            loss_real.backward()
            fake = G(torch.rand(batch, latent, 1, 1) * 2 - 1)
            loss_fake = criterion(D(fake.detach()), zeros)
            loss_fake.backward()
            optimizer_d.step()
            optimizer_g.zero_grad()
            loss_g = criterion(D(fake), ones)
            loss_g.backward()
            optimizer_g.step()
            return loss_real.item() + loss_fake.item() + loss_g.item()

    return step


def as_expert(make_fakes, judge):
    optimizer_g, optimizer_d = expert.adam(G, **adam), expert.adam(D, **adam)

    def step():
        with expert.autocast(options):
            fake = make_fakes(torch.rand(batch, latent, 1, 1) * 2 - 1)
            loss_d = F.softplus(-judge(data)).mean() + F.softplus(judge(fake.detach())).mean()
        optimizer_d.zero_grad()
        loss_d.backward()
        optimizer_d.step()
        with expert.frozen(D):
            with expert.autocast(options):
                loss_g = F.softplus(-judge(fake)).mean()
            optimizer_g.zero_grad()
            loss_g.backward()
            optimizer_g.step()

    return step


if options.get("expert", False):
    expert.channels_last(G)
    expert.channels_last(D)
    data = data.contiguous(memory_format=torch.channels_last)
    step, about = expert.fastest(as_expert, G, D)
    serve(step, G, D, about=about)
else:
    serve(plain(), G, D)
