"""PacDCGAN on stacked MNIST: the networks of PacGAN's VEEGAN experiment (fjxmlzn/PacGAN) with PyTorch's symmetric padding,
trained as PyTorch's DCGAN example trains: one step of D, then two of G, the first on D's fakes. Plain, or as an expert writes it
(expert.py); D has batch norms, so that reals and fakes go through it apart.

Options: degree (images in a pack), batch (images), threads, expert.
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
degree, batch, latent = options["degree"], options["batch"], 100


def initialise(module):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(module.weight, 0.0, 0.02)
        nn.init.zeros_(module.bias)


# Sides 2, 4, 7, 14, 28.
G = nn.Sequential(
    nn.Linear(latent, 512 * 2 * 2),
    nn.Unflatten(1, (512, 2, 2)),
    nn.BatchNorm2d(512),
    nn.ReLU(True),
    nn.ConvTranspose2d(512, 256, 5, 2, 2, output_padding=1),
    nn.BatchNorm2d(256),
    nn.ReLU(True),
    nn.ConvTranspose2d(256, 128, 5, 2, 2),
    nn.BatchNorm2d(128),
    nn.ReLU(True),
    nn.ConvTranspose2d(128, 64, 5, 2, 2, output_padding=1),
    nn.BatchNorm2d(64),
    nn.ReLU(True),
    nn.ConvTranspose2d(64, 3, 5, 2, 2, output_padding=1),
    nn.Tanh(),
).apply(initialise)
D = nn.Sequential(
    nn.Conv2d(3 * degree, 64, 5, 2, 2),
    nn.LeakyReLU(0.2, True),
    nn.Conv2d(64, 128, 5, 2, 2),
    nn.BatchNorm2d(128),
    nn.LeakyReLU(0.2, True),
    nn.Conv2d(128, 256, 5, 2, 2),
    nn.BatchNorm2d(256),
    nn.LeakyReLU(0.2, True),
    nn.Conv2d(256, 512, 5, 2, 2),
    nn.BatchNorm2d(512),
    nn.LeakyReLU(0.2, True),
    nn.Flatten(),
    nn.Linear(512 * 2 * 2, 1),
).apply(initialise)
adam = dict(lr=2e-4, betas=(0.5, 0.999))
criterion = nn.BCEWithLogitsLoss()
packs = batch // degree
ones, zeros = torch.ones(packs, 1), torch.zeros(packs, 1)
data = torch.rand(batch, 3, 28, 28) * 2 - 1


def packed(images):
    return images.reshape(packs, 3 * degree, 28, 28)


def latents():
    return torch.rand(batch, latent) * 2 - 1


def plain():
    optimizer_g = torch.optim.Adam(G.parameters(), **adam)
    optimizer_d = torch.optim.Adam(D.parameters(), **adam)

    def step_g(fake):
        optimizer_g.zero_grad()
        loss = criterion(D(packed(fake)), ones)
        loss.backward()
        optimizer_g.step()
        return loss.item()

    def step():
        optimizer_d.zero_grad()
        loss_real = criterion(D(packed(data)), ones)
        loss_real.backward()
        fake = G(latents())
        loss_fake = criterion(D(packed(fake.detach())), zeros)
        loss_fake.backward()
        optimizer_d.step()
        return loss_real.item() + loss_fake.item() + step_g(fake) + step_g(G(latents()))

    return step


def as_expert(make_fakes, judge):
    optimizer_g, optimizer_d = expert.adam(G, **adam), expert.adam(D, **adam)
    real = packed(data).contiguous(memory_format=torch.channels_last)

    def step_g(fake):
        optimizer_g.zero_grad()
        F.softplus(-judge(fake)).mean().backward()
        optimizer_g.step()

    def draw():
        return packed(make_fakes(latents())).contiguous(memory_format=torch.channels_last)

    def step():
        fake = draw()
        loss_d = F.softplus(-judge(real)).mean() + F.softplus(judge(fake.detach())).mean()
        optimizer_d.zero_grad()
        loss_d.backward()
        optimizer_d.step()
        with expert.frozen(D):
            step_g(fake)
            step_g(draw())

    return step


if options.get("expert", False):
    expert.channels_last(G)
    expert.channels_last(D)
    step, about = expert.fastest(as_expert, G, D)
    serve(step, G, D, about=about)
else:
    serve(plain(), G, D)
