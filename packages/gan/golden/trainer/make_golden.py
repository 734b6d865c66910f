"""Writes training.json beside it: a small conditional DCGAN trained by a plain PyTorch loop, in float32.

Weights, images and labels are filled by formulas that the test computes too (src/testing/networks.ts); latents and labels of fakes
are drawn by PyTorch's generator, which draws the same numbers in every version. Of each tensor two numbers are kept: its sum
against a pattern, and the sum of its squares. Run: python3 make_golden.py
"""
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)
COUNT, CLASSES, LATENT, CHANNELS, STEPS, SEED = 12, 3, 4, 2, 6, 3
RATE, DECAY, START = 1e-3, 0.8, 2


def pattern(name, shape):
    key = 0
    for character in name:
        key = (key * 31 + ord(character)) % 10007
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    return torch.from_numpy(((i * i * 31 + i * 7919 + key * 104729) % 10007) / 10007 - 0.5).reshape(shape)


def fill(name, shape):
    v = pattern(name, shape)
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if name.endswith("running_var"):
        return 1 + v
    if name.endswith("running_mean"):
        return v
    if len(shape) == 1:
        return 1 + v if name.endswith("weight") else 0.2 * v
    return v * math.sqrt(12 / (v.numel() / (shape[0] if shape else 1)))


def summary(name, tensor):
    t = tensor.detach().double()
    return [float((t * pattern(name, t.shape)).sum()), float((t * t).sum())]


def filled(network):
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            tensor.copy_(fill(name, tuple(tensor.shape)))
    return network.train()


def one_hot(label):
    return F.one_hot(label, CLASSES).float()


class G(nn.Module):
    def __init__(self):
        super().__init__()
        c = CHANNELS
        # Numbered as in Gantry, whose first layer reshapes.
        self.body = nn.Sequential(
            nn.Identity(), nn.ConvTranspose2d(LATENT + CLASSES, 2 * c, 7, bias=False), nn.BatchNorm2d(2 * c), nn.ReLU(),
            nn.ConvTranspose2d(2 * c, c, 4, 2, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU(),
            nn.ConvTranspose2d(c, 1, 4, 2, 1), nn.Tanh())

    def forward(self, latent, label):
        return self.body(torch.cat([latent, one_hot(label)], 1)[:, :, None, None])


class D(nn.Module):
    def __init__(self):
        super().__init__()
        c = CHANNELS
        block = lambda i, o: nn.Sequential(nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2))
        self.blocks = nn.ModuleList([block(1 + CLASSES, c), block(c, 2 * c)])
        self.last = nn.Linear(2 * c * 49, 1)

    def forward(self, image, label):
        maps = one_hot(label)[:, :, None, None].expand(-1, -1, 28, 28)
        h = torch.cat([image, maps], 1)
        for block in self.blocks:
            h = block(h)
        return self.last(h.flatten(1))[:, 0]


def train(judging, shared):
    """@param judging steps of D an iteration @param shared whether G's step looks at the fakes of D's last"""
    i = np.arange(COUNT * 784, dtype=np.int64)
    real = torch.from_numpy((i * i * 31 + i * 7919) % 256).float().div(255).mul(2).sub(1).reshape(COUNT, 1, 28, 28)
    label = torch.arange(COUNT) % CLASSES
    g, d = filled(G()), filled(D())
    average = {name: p.detach().clone() for name, p in g.named_parameters()}
    adam = [torch.optim.Adam(net.parameters(), RATE, (0.5, 0.999)) for net in (d, g)]
    random = torch.Generator().manual_seed(SEED + 2**32)
    losses = []

    def fakes():
        latent = torch.rand([COUNT, LATENT], generator=random) * 2 - 1
        classes = torch.randint(0, CLASSES, [COUNT], generator=random)
        return g(latent, classes), classes

    for iteration in range(STEPS):
        for optimizer in adam:
            optimizer.param_groups[0]["lr"] = RATE * (1 - iteration / STEPS)
        for _ in range(judging):
            fake, classes = fakes()
            of_d = F.softplus(-d(real, label)).mean() + F.softplus(d(fake.detach(), classes)).mean()
            adam[0].zero_grad()
            of_d.backward()
            adam[0].step()
        if not shared:
            fake, classes = fakes()
        of_g = F.softplus(-d(fake, classes)).mean()
        adam[1].zero_grad()
        of_g.backward()
        adam[1].step()
        losses.append([of_d.item(), of_g.item()])
        keep = DECAY if iteration >= START else 0
        for name, p in g.named_parameters():
            average[name].mul_(keep).add_(p.detach(), alpha=1 - keep)
    found = {
        "losses": losses,
        "generator": {name: summary(name, t) for name, t in g.state_dict().items()},
        "discriminator": {name: summary(name, t) for name, t in d.state_dict().items()},
        "average": {name: summary(name, t) for name, t in average.items()},
    }
    # What a grid shows: eight images of a class in a row, by the averaged weights.
    rows = torch.arange(32) // 8 % CLASSES
    latent = 2 * pattern("latent", (32, LATENT)).float()
    g.eval()
    with torch.no_grad():
        found["raw samples"] = summary("samples", g(latent, rows))
        for name, p in g.named_parameters():
            p.copy_(average[name])
        found["samples"] = summary("samples", g(latent, rows))
    return found


golden = {"fresh fakes, two steps of D": train(2, False), "the fakes of D's step": train(1, True)}
(pathlib.Path(__file__).parent / "training.json").write_text(json.dumps(golden))
