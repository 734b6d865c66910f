"""The plain GAN on a ring of eight Gaussians, one D and one G update.

Options: batch, threads, expert (fakes without a graph, real and fake in one pass of D, expert.py); networks: "pacgan" are those of PacGAN's 2-D experiments (fjxmlzn/PacGAN), "small" those of the mode-regularized
paper's appendix C, which have hardly any arithmetic.
"""

import json
import math
import sys

import torch
import torch.nn.functional as F
from torch import nn

import expert
from serve import serve

options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])
torch.manual_seed(0)
batch, latent = options["batch"], 2


class Maxout(nn.Module):
    def __init__(self, inputs, units, pieces):
        super().__init__()
        self.units, self.pieces = units, pieces
        self.linear = nn.Linear(inputs, units * pieces)

    def forward(self, x):
        return self.linear(x).view(-1, self.units, self.pieces).max(2)[0]


def initialise(module):
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def pacgan():
    body, width = [], latent
    for _ in range(4):
        body += [nn.Linear(width, 400, bias=False), nn.BatchNorm1d(400), nn.ReLU(True)]
        width = 400
    G = nn.Sequential(*body, nn.Linear(width, 2))
    D = nn.Sequential(Maxout(2, 200, 5), Maxout(200, 200, 5), Maxout(200, 200, 5), nn.Linear(200, 1))
    return G.apply(initialise), D.apply(initialise), dict(lr=1e-4, betas=(0.8, 0.999))


def small():
    G = nn.Sequential(nn.Linear(latent, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))
    D = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 1))
    return G, D, dict(lr=1e-3, betas=(0.9, 0.999))


G, D, adam = {"pacgan": pacgan, "small": small}[options["networks"]]()
criterion = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(batch, 1), torch.zeros(batch, 1)
angles = torch.arange(100_000) % 8 * (2 * math.pi / 8)
data = torch.stack([angles.cos(), angles.sin()], 1) + 0.01 * torch.randn(100_000, 2)


def plain():
    optimizer_g = torch.optim.Adam(G.parameters(), **adam)
    optimizer_d = torch.optim.Adam(D.parameters(), **adam)

    def step():
        real = data[torch.randint(len(data), (batch,))]
        optimizer_d.zero_grad()
        fake = G(torch.randn(batch, latent))
        loss_d = criterion(D(real), ones) + criterion(D(fake.detach()), zeros)
        loss_d.backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        loss_g = criterion(D(G(torch.randn(batch, latent))), ones)
        loss_g.backward()
        optimizer_g.step()
        return loss_d.item() + loss_g.item()

    return step


def as_expert(make_fakes, judge):
    optimizer_g, optimizer_d = expert.adam(G, **adam), expert.adam(D, **adam)

    def step():
        with torch.no_grad():
            fake = make_fakes(torch.randn(batch, latent))
        real, made = judge(torch.cat([data[torch.randint(len(data), (batch,))], fake])).chunk(2)
        optimizer_d.zero_grad()
        (F.softplus(-real).mean() + F.softplus(made).mean()).backward()
        optimizer_d.step()
        with expert.frozen(D):
            optimizer_g.zero_grad()
            F.softplus(-judge(make_fakes(torch.randn(batch, latent)))).mean().backward()
            optimizer_g.step()

    return step


if options.get("expert", False):
    step, about = expert.fastest(as_expert, G, D)
    serve(step, G, D, about=about)
else:
    serve(plain(), G, D)
