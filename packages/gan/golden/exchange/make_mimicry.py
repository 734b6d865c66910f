"""Writes tiny checkpoints in the layout of kwotsin/mimicry's, and mimicry.json: what their networks compute in evaluation.

The networks are transcribed here from the table of the architecture, with that code's names, its in-place ReLU and both
spectral norms found in its versions: its own (buffers sn_u, sn_sigma), and PyTorch's. Run: python3 make_mimicry.py
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = pathlib.Path(__file__).parent


def pattern(name, shape):
    key = 0
    for character in name:
        key = (key * 31 + ord(character)) % 10007
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    return torch.from_numpy(((i * i * 31 + i * 7919 + key * 104729) % 10007) / 10007 - 0.5).reshape(shape)


def power(w, u):
    with torch.no_grad():
        v = F.normalize(u @ w, eps=1e-12)
        u = F.normalize(v @ w.t(), eps=1e-12)
    return u, v


def with_own_norm(layer, run):
    """The layer as a module whose weight is divided by the sigma of one power iteration; kept only in training."""

    class Normalised(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = layer.weight
            if getattr(layer, "bias", None) is not None:
                self.bias = layer.bias
            self.register_buffer("sn_u", torch.randn(1, layer.weight.shape[0]))
            self.register_buffer("sn_sigma", torch.ones(1))

        def forward(self, x):
            w = self.weight.flatten(1)
            u, v = power(w, self.sn_u)
            sigma = (u @ w @ v.t()).squeeze()
            if self.training:
                self.sn_u.copy_(u)
                self.sn_sigma.fill_(float(sigma))
            return run(x, self.weight / sigma, getattr(self, "bias", None))

    return Normalised()


def sn(layer, kind):
    if kind == "torch":
        return nn.utils.spectral_norm(layer)
    if kind is None:
        return layer
    if isinstance(layer, nn.Conv2d):
        pad = layer.padding
        return with_own_norm(layer, lambda x, w, b: F.conv2d(x, w, b, padding=pad))
    if isinstance(layer, nn.Linear):
        return with_own_norm(layer, F.linear)
    return with_own_norm(layer, lambda x, w, b: F.embedding(x, w))


def conv(i, o, k, kind=None):
    return sn(nn.Conv2d(i, o, k, padding=k // 2), kind)


class ClassNorm(nn.Module):
    def __init__(self, c, classes):
        super().__init__()
        self.bn = nn.BatchNorm2d(c, affine=False)
        self.embed = nn.Embedding(classes, 2 * c)

    def forward(self, x, y):
        e = self.embed(y)[:, :, None, None]
        c = x.shape[1]
        return self.bn(x) * e[:, :c] + e[:, c:]


class Up(nn.Module):
    def __init__(self, i, o, classes):
        super().__init__()
        self.classes = classes
        self.c1, self.c2, self.c_sc = conv(i, o, 3), conv(o, o, 3), conv(i, o, 1)
        norm = (lambda c: ClassNorm(c, classes)) if classes else nn.BatchNorm2d
        self.b1, self.b2 = norm(i), norm(o)

    def forward(self, x, y):
        given = (y,) if self.classes else ()
        up = lambda t: F.interpolate(t, scale_factor=2, mode="bilinear", align_corners=False)
        h = self.c1(up(F.relu_(self.b1(x, *given))))
        return self.c2(F.relu_(self.b2(h, *given))) + self.c_sc(up(x))


class Down(nn.Module):
    def __init__(self, i, o, halve, kind, first=False):
        super().__init__()
        self.halve, self.first = halve, first
        hidden = o if first else i
        self.c1, self.c2 = conv(i, hidden, 3, kind), conv(hidden, o, 3, kind)
        if first or halve or i != o:
            self.c_sc = conv(i, o, 1, kind)

    def forward(self, x):
        pool = (lambda t: F.avg_pool2d(t, 2)) if self.halve else (lambda t: t)
        if self.first:
            return pool(self.c2(F.relu_(self.c1(x)))) + self.c_sc(pool(x))
        r = pool(self.c2(F.relu_(self.c1(F.relu_(x)))))  # x is changed: the shortcut sees its ReLU
        return r + (pool(self.c_sc(x)) if hasattr(self, "c_sc") else x)


class Generator(nn.Module):
    def __init__(self, nz, base, widths, classes=0):
        super().__init__()
        self.base, self.n = base, len(widths) + 1
        self.l1 = nn.Linear(nz, base * base * widths[0])
        for k, (i, o) in enumerate(zip(widths, widths[1:])):
            setattr(self, f"block{k + 2}", Up(i, o, classes))
        setattr(self, f"b{self.n}", nn.BatchNorm2d(widths[-1]))
        setattr(self, f"c{self.n}", conv(widths[-1], 3, 3))

    def forward(self, z, y=None):
        h = self.l1(z).view(len(z), -1, self.base, self.base)
        for k in range(2, self.n):
            h = getattr(self, f"block{k}")(h, y)
        return torch.tanh(getattr(self, f"c{self.n}")(F.relu_(getattr(self, f"b{self.n}")(h)))),


class Discriminator(nn.Module):
    def __init__(self, widths, halvings, kind, rotation=False, classes=0, rkhs=0, mean=False):
        super().__init__()
        self.mean, self.rkhs, self.count = mean, rkhs, len(widths)
        made = [Down(i, o, k < halvings, kind, k == 0) for k, (i, o) in enumerate(zip([3, *widths], widths))]
        c, local = widths[-1], widths[-2]
        if rkhs:
            self.local_feat_blocks = nn.Sequential(*made[:-1])
            self.global_feat_blocks = nn.Sequential(made[-1])
            self.linear = sn(nn.Linear(c, 1), kind)
            for part, i, o in (("a", local, local), ("b", local, rkhs), ("sc", local, rkhs)):
                setattr(self, f"local_nrkhs_{part}", conv(i, o, 1, kind))
            for part, i, o in (("a", c, c), ("b", c, rkhs), ("sc", c, rkhs)):
                setattr(self, f"global_nrkhs_{part}", sn(nn.Linear(i, o), kind))
        else:
            for k, block in enumerate(made):
                setattr(self, f"block{k + 1}", block)
            setattr(self, f"l{len(widths) + 1}", sn(nn.Linear(c, 1), kind))
            if rotation:
                self.l_y = sn(nn.Linear(c, 4), kind)
            if classes:
                self.l_y = sn(nn.Embedding(classes, c), kind)
        self.rotation, self.classes = rotation, classes

    def blocks(self):
        if self.rkhs:
            return [*self.local_feat_blocks, *self.global_feat_blocks]
        return [getattr(self, f"block{k + 1}") for k in range(self.count)]

    def forward(self, x, y=None):
        h = x
        for block in self.blocks():
            local = h
            h = block(h)
        h = F.relu_(h)
        g = h.mean((2, 3)) if self.mean else h.sum((2, 3))
        score = (self.linear if self.rkhs else getattr(self, f"l{self.count + 1}"))(g)
        if self.rotation:
            return score[:, 0], self.l_y(g)
        if self.classes:
            return (score + (self.l_y(y) * g).sum(1, keepdim=True))[:, 0],
        if self.rkhs:
            critic = lambda name, t: (getattr(self, f"{name}_b")(F.relu(getattr(self, f"{name}_a")(t)))
                                      + getattr(self, f"{name}_sc")(t))
            # At [i, a, y, x] the inner product of image i's local vector at (y, x) and image a's global one.
            scores = torch.einsum("icyx,ac->iayx", critic("local_nrkhs", local), critic("global_nrkhs", g))
            return score[:, 0], scores
        return score[:, 0],




torch.manual_seed(7)
CASES = {
    "sngan-32-generator": Generator(6, 4, [16] * 4),
    "sngan-32-discriminator": Discriminator([8] * 4, 2, "own"),
    "ssgan-32-discriminator": Discriminator([8] * 4, 2, "torch", rotation=True),
    "infomax-48-discriminator": Discriminator([2, 4, 8, 16, 32], 4, "own", rkhs=6),
    "infomax-64-discriminator": Discriminator([1, 2, 4, 8, 16], 5, "torch", rkhs=6),
    "cgan-32-generator": Generator(6, 4, [8] * 4, classes=3),
    "cgan-32-discriminator": Discriminator([4] * 4, 2, "own", classes=3),
    "wgan-gp-32-discriminator": Discriminator([8] * 4, 2, None, mean=True),
    "sngan-48-generator": Generator(6, 6, [16, 8, 4, 2]),
    "sngan-64-generator": Generator(6, 4, [32, 16, 8, 4, 2]),
    "sngan-128-generator": Generator(6, 4, [16, 16, 8, 4, 2, 1]),
    "sngan-128-discriminator": Discriminator([1, 2, 4, 8, 16, 16], 5, "own"),
}
answers = {}
for index, (name, network) in enumerate(CASES.items()):
    size = int(name.split("-")[-2])
    y = torch.tensor([2, 0])
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
        # Training passes leave running statistics and singular vectors behind, as training does.
        for _ in range(2):
            network.train()(torch.randn(8, 6) if "generator" in name else torch.randn(8, 3, size, size),
                            torch.randint(0, 3, (8,)))
        given = pattern("latent", (2, 6)) * 3 if "generator" in name else pattern("image", (2, 3, size, size)) * 2
        outputs = network.eval()(given.float(), y)
    state = network.state_dict()
    saved = state
    if index % 2 == 0:
        optimizer = torch.optim.Adam(network.parameters(), 2e-4, (0, 0.9))
        saved = {"model_state_dict": state, "optimizer_state_dict": optimizer.state_dict(), "global_step": 100 + index}
    torch.save(saved, HERE / f"{name}.pth")
    answers[name] = {
        "step": 100 + index if index % 2 == 0 else None,
        "outputs": [
            {"shape": list(o.shape),
             "start": o.double().flatten()[:16].tolist(),
             "summary": [float((o.double() * pattern(f"output{i}", o.shape)).sum()), float((o.double() ** 2).sum())]}
            for i, o in enumerate(outputs)
        ],
    }
(HERE / "mimicry.json").write_text(json.dumps(answers, separators=(",", ":")) + "\n")
