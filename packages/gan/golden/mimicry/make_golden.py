"""Writes training.json: the weights after a few steps of training by kwotsin/mimicry's own code, in float64.

Networks, images and latents are filled by formulas that the tests compute too (src/testing/networks.ts); of each parameter and
buffer two numbers are kept: its sum against a pattern, and the sum of its squares.

Run: python3 make_golden.py CHECKOUT, with a checkout of kwotsin/mimicry.
"""
import importlib
import json
import math
import pathlib
import re
import sys
import types
from unittest import mock

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
checkout = pathlib.Path(sys.argv[1])
# What its packages import besides the networks is not needed.
for name in ("skimage", "skimage.io"):
    sys.modules[name] = mock.MagicMock()
for name in ("torch_mimicry", "torch_mimicry.nets", "torch_mimicry.nets.basemodel"):
    package = types.ModuleType(name)
    package.__path__ = [str(checkout / name.replace(".", "/"))]
    sys.modules[name] = package
sys.modules["torch_mimicry.nets.basemodel"].basemodel = importlib.import_module("torch_mimicry.nets.basemodel.basemodel")

N, LATENT, WIDTH, STEPS, DISCRIMINATOR_STEPS = 4, 6, 8, 3, 2


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
    if name.endswith(("weight_u", "weight_v")):
        return v / v.norm()
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


PARTS = {"b1": "norm1", "b2": "norm2", "c1": "conv1", "c2": "conv2", "c_sc": "shortcut"}
CRITIC = {"a": "hidden", "b": "output", "sc": "shortcut"}


def renamed(name, generator, own=False):
    """Gantry's name of a tensor; `own`: of a layer with that code's own spectral norm, which keeps no v."""
    if own:
        name = re.sub(r"\.sn_u$", ".weight_u", re.sub(r"\.weight$", ".weight_orig", name))
    layer, *rest = name.split(".")
    if (found := re.fullmatch(r"block(\d)", layer)):
        part, *rest = rest
        return ".".join(["blocks", str(int(found[1]) - (2 if generator else 1)), PARTS[part], *rest])
    if layer in ("local_feat_blocks", "global_feat_blocks"):
        number, part, *rest = rest
        return ".".join(["blocks", str(int(number) + 3 * (layer[0] == "g")), PARTS[part], *rest])
    if (found := re.fullmatch(r"(local|global)_nrkhs_(a|b|sc)", layer)):
        return ".".join(["heads.infomax", found[1], CRITIC[found[2]], *rest])
    names = {"l1": "linear", "b5": "norm", "c5": "conv"} if generator else {"l5": "last", "linear": "last", "l_y": "heads.rotation"}
    return ".".join([names[layer], *rest])


def tensors(network, generator):
    """What is trained and kept, by Gantry's names."""
    state = network.state_dict()
    own = {name[:-5] for name in state if name.endswith(".sn_u")}
    return {renamed(name, generator, name.rpartition(".")[0] in own): tensor.flatten() if name.endswith(".sn_u") else tensor
            for name, tensor in state.items() if not name.endswith(".sn_sigma")}


def prepare(network, generator):
    with torch.no_grad():
        for name, tensor in tensors(network, generator).items():
            tensor.copy_(fill(name, tuple(tensor.shape)))
    network.train()
    return network


class Log:
    def add_metric(self, *_, **__):
        pass


def train(module, prefix, **options):
    code = importlib.import_module(f"torch_mimicry.nets.{module}.{module}_32")
    G = prepare(getattr(code, f"{prefix}Generator32")(nz=LATENT, ngf=2 * WIDTH), True)
    D = prepare(getattr(code, f"{prefix}Discriminator32")(ndf=WIDTH, **options), False)
    optimizers = [torch.optim.Adam(net.parameters(), 2e-4, betas=(0.0, 0.9)) for net in (G, D)]
    drawn = 0

    def randn(shape, device=None):
        nonlocal drawn
        drawn += 1
        return 3 * pattern(f"latent {drawn}", tuple(shape))

    shown = 0
    with mock.patch.object(torch, "randn", randn):
        for step in range(STEPS):
            for _ in range(DISCRIMINATOR_STEPS):
                shown += 1
                batch = (2 * pattern(f"images {shown}", (N, 3, 32, 32)), None)
                D.train_step(real_batch=batch, netG=G, optD=optimizers[1], log_data=Log(), device="cpu", global_step=step)
            G.train_step(real_batch=batch, netD=D, optG=optimizers[0], log_data=Log(), device="cpu", global_step=step)
    return {
        player: {name: summary(name, tensor) for name, tensor in tensors(net, player == "generator").items()}
        for player, net in (("generator", G), ("discriminator", D))
    }


golden = {
    "sngan": train("sngan", "SNGAN"),
    "ssgan": train("ssgan", "SSGAN"),
    "infomax-gan": train("infomax_gan", "InfoMaxGAN", nrkhs=16),
}
(pathlib.Path(__file__).parent / "training.json").write_text(json.dumps(golden))
