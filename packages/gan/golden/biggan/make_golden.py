"""Writes training.json beside it: the weights after a few steps of training by ajbrock/BigGAN-PyTorch's own code, in float64.

Networks, images and latents are filled by formulas that the tests compute too (src/testing/networks.ts), labels of fakes are drawn by
PyTorch's generator; of each tensor two numbers are kept: its sum against a pattern, and the sum of its squares. Buffers by which
that code only keeps a log (sv0) are left out.

Run: python3 make_golden.py CHECKOUT, with a checkout of ajbrock/BigGAN-PyTorch.
"""
import json
import math
import pathlib
import re
import sys
from unittest import mock

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
sys.path.insert(0, sys.argv[1])
# What its training imports for its files and pictures.
for name in ("torchvision", "utils"):
    sys.modules[name] = mock.MagicMock()
import BigGAN  # noqa: E402
import train_fns  # noqa: E402

N, LATENT, CHANNELS, CLASSES, STEPS, DISCRIMINATOR_STEPS = 4, 6, 2, 3, 2, 2


def pattern(name, shape):
    key = 0
    for character in name:
        key = (key * 31 + ord(character)) % 10007
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    return torch.from_numpy(((i * i * 31 + i * 7919 + key * 104729) % 10007) / 10007 - 0.5).reshape(shape)


def fill(name, shape):
    v = pattern(name, shape)
    if name.endswith("weight_u"):
        return v / v.norm()
    if name.endswith("running_var") or ("norm" in name and name.endswith("embedding.weight")):
        return 1 + v
    if name.endswith("running_mean"):
        return v
    if len(shape) == 1:
        return 1 + v if name.endswith("weight") else 0.2 * v
    return v * math.sqrt(12 / (v.numel() / (shape[0] if shape else 1)))


def summary(name, tensor):
    t = tensor.detach().double()
    return [float((t * pattern(name, t.shape)).sum()), float((t * t).sum())]


LAYERS = {"conv_sc": "shortcut", "bn1": "norm1", "bn2": "norm2", "linear": "linear", "output_layer.0": "norm", "output_layer.2": "conv"}


def places(network, generator):
    """Gantry's names, each with where its numbers lie and what is added to them: a class's scales are kept without their 1."""
    found = {}
    normalised = {name[:-3] for name in network.state_dict() if name.endswith(".u0")}
    for name, tensor in network.state_dict().items():
        layer, _, leaf = name.rpartition(".")
        if leaf == "sv0":
            continue
        place = re.sub(r"^(blocks\.\d+)\.0\.", r"\1.", layer)
        for theirs, ours in LAYERS.items():
            place = re.sub(rf"(^|\.){re.escape(theirs)}($|\.)", rf"\1{ours}\2", place)
        if not generator:
            place = {"linear": "last", "embed": "embedding"}.get(place, place)
        if (part := re.fullmatch(r"(.*norm\d)\.(gain|bias)", place)):
            found.setdefault(f"{part[1]}.embedding.weight", []).append((tensor, 1 if part[2] == "gain" else 0))
            continue
        inner = ".norm" if re.search(r"norm\d$", place) else ""
        leaf = {"gain": "weight", "stored_mean": "running_mean", "stored_var": "running_var", "u0": "weight_u"}.get(leaf, leaf)
        if leaf == "weight" and layer in normalised:
            leaf = "weight_orig"
        found[f"{place}{inner}.{leaf}"] = [(tensor.flatten() if leaf == "weight_u" else tensor, 0)]
    return found


def prepare(network, generator):
    with torch.no_grad():
        for name, parts in places(network, generator).items():
            shape = list(parts[0][0].shape)
            if len(parts) > 1:
                shape[1] *= 2
            for (tensor, offset), values in zip(parts, fill(name, tuple(shape)).chunk(len(parts), 1) if len(parts) > 1 else [fill(name, tuple(shape))]):
                tensor.copy_(values - offset)
    return network.train()


options = dict(resolution=32, n_classes=CLASSES, dim_z=LATENT, G_ch=CHANNELS, D_ch=CHANNELS, G_attn="0", D_attn="0",
               G_shared=False, skip_init=True, G_lr=2e-4, D_lr=2e-4)
G, D = prepare(BigGAN.Generator(**options), True), prepare(BigGAN.Discriminator(**options), False)
GD = BigGAN.G_D(G, D)
drawn = [0, 0]
z, y = torch.zeros(N, LATENT), torch.zeros(N, dtype=torch.long)


def draw_latents():
    drawn[0] += 1
    z.copy_(3 * pattern(f"latent {drawn[0]}", (N, LATENT)))


def draw_labels():
    drawn[1] += 1
    y.copy_(torch.randint(0, CLASSES, [N], generator=torch.Generator().manual_seed(100 + drawn[1])))


z.sample_, y.sample_ = draw_latents, draw_labels
config = dict(batch_size=N, toggle_grads=False, num_D_steps=DISCRIMINATOR_STEPS, num_D_accumulations=1, num_G_accumulations=1,
              split_D=False, D_ortho=0.0, G_ortho=0.0, ema=False)
train = train_fns.GAN_training_function(G, D, GD, z, y, None, {}, config)
for step in range(STEPS):
    shown = [step * DISCRIMINATOR_STEPS + k + 1 for k in range(DISCRIMINATOR_STEPS)]
    train(torch.cat([2 * pattern(f"images {k}", (N, 3, 32, 32)) for k in shown]), torch.arange(N).repeat(len(shown)) % CLASSES)

golden = {
    player: {
        name: summary(name, torch.cat([tensor + offset for tensor, offset in parts], 1) if len(parts) > 1 else parts[0][0])
        for name, parts in places(network, player == "generator").items()
    }
    for player, network in (("generator", G), ("discriminator", D))
}
(pathlib.Path(__file__).parent / "training.json").write_text(json.dumps(golden))
