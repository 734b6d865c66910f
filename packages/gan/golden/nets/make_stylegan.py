"""Writes stylegan.json: what StyleGAN's networks compute with labels, and while they grow, transcribed in PyTorch and float64.

Growing is written as the authors' code has it for people to read (NVlabs/stylegan@1e0d5c7, networks_stylegan.py, structure
'linear'): all sizes are computed, and each is blended with the next by the clipped difference of levels; networks of Gantry's
leave out what counts nothing. Values are filled by name, as in make_golden.py. Run: python3 make_stylegan.py
"""
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def pattern(name, shape):
    key = 0
    for character in name:
        key = (key * 31 + ord(character)) % 10007
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    return torch.from_numpy(((i * i * 31 + i * 7919 + key * 104729) % 10007) / 10007 - 0.5).reshape(shape)


def fill(name, shape):
    v = pattern(name, shape)
    if len(shape) == 1:
        return 1 + v if name.endswith("weight") else 0.2 * v
    return v * math.sqrt(12 / (v.numel() / shape[0]))


def summary(name, t):
    t = t.detach()
    return [float((t * pattern(name, t.shape)).sum()), float((t * t).sum())]


class Net:
    def __init__(self):
        self.parameters = {}

    def p(self, name, *shape):
        if name not in self.parameters:
            self.parameters[name] = fill(name, shape).requires_grad_()
        return self.parameters[name]


def conv(n, name, x, out, k, gain=2 ** .5, bias=True):
    w = n.p(f"{name}.weight", out, x.shape[1], k, k) * (gain / math.sqrt(x.shape[1] * k * k))
    return F.conv2d(x, w, n.p(f"{name}.bias", out) if bias else None, padding=k // 2)


def dense(n, name, x, out, gain=2 ** .5, rate=1):
    w = n.p(f"{name}.weight", out, x.shape[1]) * (gain / x.shape[1] ** .5 * rate)
    return F.linear(x, w, n.p(f"{name}.bias", out) * rate)


def lrelu(x):
    return F.leaky_relu(x, .2)


def up(x):
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


def down(x):
    return F.avg_pool2d(x, 2)


def blur(x):
    k = torch.tensor([1., 2, 1])
    k = torch.outer(k, k) / 16
    return F.conv2d(x, k.expand(x.shape[1], 1, 3, 3), padding=1, groups=x.shape[1])


def lerp_clip(a, b, t):
    return a + (b - a) * min(max(t, 0), 1)


def epilogue(n, i, x, w):
    c = x.shape[1]
    noise = fill(f"layers.{i}.noise", (1, 1, x.shape[2], x.shape[2]))
    x = lrelu(x + noise * n.p(f"layers.{i}.noise_weight", c).view(1, c, 1, 1)
              + n.p(f"layers.{i}.bias", c).view(1, c, 1, 1))
    x = F.instance_norm(x, eps=1e-8)
    s = dense(n, f"layers.{i}.style", w, 2 * c, gain=1).view(-1, 2, c, 1, 1)
    return x * (s[:, 0] + 1) + s[:, 1]


def generator(n, z, y, *, sides, width, size, layers, classes, level):
    if classes:
        z = torch.cat([z, n.p("mapping.label.weight", classes, z.shape[1])[y]], 1)
    w = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
    for i in range(layers):
        w = lrelu(dense(n, f"mapping.{i}", w, size, rate=.01))

    def to_image(stage, x):
        name = "to_image" if stage == sides - 1 else f"to_small_image.{stage}"
        return conv(n, name, x, 3, 1, gain=1)

    x = epilogue(n, 0, n.p("constant", 1, width, 4, 4).expand(len(z), -1, -1, -1), w)
    x = epilogue(n, 1, conv(n, "convolutions.0", x, width, 3, bias=False), w)
    image = to_image(0, x)
    for stage in range(1, sides):
        x = epilogue(n, 2 * stage, blur(conv(n, f"convolutions.{2 * stage - 1}", up(x), width, 3, bias=False)), w)
        x = epilogue(n, 2 * stage + 1, conv(n, f"convolutions.{2 * stage}", x, width, 3, bias=False), w)
        image = lerp_clip(to_image(stage, x), up(image), level - (sides - 1 - stage))
    return image


def discriminator(n, image, y, *, sides, width, classes, level):
    def from_image(stage, x):
        name = "body.from_image" if stage == sides - 1 else f"body.from_small_image.{stage}"
        return lrelu(conv(n, name, x, width, 1))

    x = from_image(sides - 1, image)
    for stage in range(sides - 1, 0, -1):
        k = 2 * (sides - 1 - stage)
        x = lrelu(conv(n, f"body.convolutions.{k}", x, width, 3))
        x = lrelu(down(conv(n, f"body.convolutions.{k + 1}", blur(x), width, 3)))
        image = down(image)
        x = lerp_clip(x, from_image(stage - 1, image), level - (sides - 1 - stage))
    group = max(g for g in (1, 2, 3, 4) if len(x) % g == 0)
    sd = x.view(group, -1, *x.shape[1:]).var(0, unbiased=False).add(1e-8).sqrt().mean((1, 2, 3))
    x = torch.cat([x, sd.repeat(group).view(-1, 1, 1, 1).expand(-1, 1, 4, 4)], 1)
    x = lrelu(conv(n, "convolution", x, width, 3)).flatten(1)
    h = lrelu(dense(n, "hidden", x, width))
    score = dense(n, "last", h, 1, gain=1)[:, 0]
    if classes:
        score = score + (h * n.p("label.weight", classes, width)[y]).sum(1) / width ** .5
    return score


def run(function, name, shape, label, **options):
    n = Net()
    x = pattern(name, shape).mul(2 if name == "image" else 3).requires_grad_()
    output = function(n, x, label, **options)
    named = {**n.parameters, name: x}
    gradients = torch.autograd.grad((output * pattern("cotangent", output.shape)).sum(), list(named.values()))
    return {
        "output": summary("output", output),
        "first": output.detach().flatten()[:8].tolist(),
        # Layers of sizes that are still to come count nothing here, and are not run there.
        "gradients": {k: summary(k, g) for k, g in zip(named, gradients) if bool((g != 0).any())},
    }


net = {"sides": 4, "width": 4}
label = torch.tensor([2, 0, 1])
result = {}
for level in (0, 0.25, 1, 1.625, 2):
    result[f"generator at {level}"] = run(
        generator, "latent", (3, 5), None, **net, size=6, layers=2, classes=None, level=level)
    result[f"discriminator at {level}"] = run(
        discriminator, "image", (3, 3, 32, 32), None, **net, classes=None, level=level)
result["generator with labels"] = run(
    generator, "latent", (3, 5), label, **net, size=6, layers=2, classes=3, level=0)
result["discriminator with labels"] = run(
    discriminator, "image", (3, 3, 32, 32), label, **net, classes=3, level=0)
pathlib.Path(__file__).with_name("stylegan.json").write_text(json.dumps(result, indent=1) + "\n")
