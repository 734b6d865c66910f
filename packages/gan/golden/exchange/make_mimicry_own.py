"""Writes mimicry-own.json: what the networks of kwotsin/mimicry compute, every family at every size, by that code itself.

Weights are a formula of name and shape, so that no file of them is needed: tests fill theirs alike.
Run beside a checkout of https://github.com/kwotsin/mimicry (a7fda06), PyTorch 2.13: python3 make_mimicry_own.py CHECKOUT
"""
import importlib
import json
import pathlib
import sys
import types

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
# The package itself imports TensorFlow for its metrics; its networks need none of it.
for name in ("torch_mimicry", "torch_mimicry.nets"):
    package = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(sys.argv[1], *name.split(".")))]
    sys.modules[name] = package


def network(module, name):
    return getattr(importlib.import_module(f"torch_mimicry.nets.{module}"), name)


def pattern(name, shape):
    key = 0
    for character in name:
        key = (key * 31 + ord(character)) % 10007
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    return torch.from_numpy(((i * i * 31 + i * 7919 + key * 104729) % 10007) / 10007 - 0.5).reshape(shape)


def filled(name, tensor):
    """Positive where a spectral norm or a variance is made of it; small where layers follow each other."""
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    p = pattern(name, tensor.shape)
    if name.endswith("running_var"):
        p = p + 1
    elif name.endswith(("weight_u", "weight_v")):
        p = (p + 0.6) / np.sqrt(tensor.numel())
    elif name.endswith("weight_orig"):
        p = p + 0.3
    elif name.endswith("gamma"):
        p = p * 0 + 0.7
    else:
        p = p * 0.8
    return p.to(tensor.dtype)


G = {32: 16, 48: 32, 64: 32, 128: 32}
D = {32: 8, 48: 32, 64: 32, 128: 32}
FAMILIES = {
    "dcgan": ("dcgan.dcgan_{}", "DCGAN{}{}", (32, 48, 64, 128), {}),
    "dcgan-cifar": ("dcgan.dcgan_cifar", "DCGAN{}CIFAR", (32,), {}),
    "wgan-gp": ("wgan_gp.wgan_gp_{}", "WGANGP{}{}", (32, 48, 64, 128), {}),
    "sngan": ("sngan.sngan_{}", "SNGAN{}{}", (32, 48, 64, 128), {}),
    "ssgan": ("ssgan.ssgan_{}", "SSGAN{}{}", (32, 48, 64, 128), {}),
    "infomax-gan": ("infomax_gan.infomax_gan_{}", "InfoMaxGAN{}{}", (32, 48, 64, 128), {"nrkhs": 6}),
    "cgan-pd": ("cgan_pd.cgan_pd_{}", "CGANPD{}{}", (32, 128), {"num_classes": 3}),
    "sagan": ("sagan.sagan_{}", "SAGAN{}{}", (32, 128), {"num_classes": 3}),
}
cases = []
for family, (module, pattern_of_name, sizes, extra) in FAMILIES.items():
    for size in sizes:
        for role in ("Generator", "Discriminator"):
            make = network(module.format(size), pattern_of_name.format(role, size))
            wide = 4 if family == "sagan" and size == 128 else 1
            options = {k: v for k, v in extra.items() if k != "nrkhs" or role == "Discriminator"}
            width = (G if role == "Generator" else D)[size] * wide
            net = make(nz=6, ngf=width, **options) if role == "Generator" else make(ndf=width, **options)
            state = {name: filled(name, tensor) for name, tensor in net.state_dict().items()}
            net.load_state_dict(state)
            net.eval()
            y = torch.tensor([2, 0])
            with torch.no_grad():
                if role == "Generator":
                    given = (pattern("latent", (2, 6)) * 3).float()
                    outputs = [net(given, y) if "num_classes" in extra else net(given)]
                    if family == "dcgan-cifar":  # [0, 1], as its data: Gantry's pictures are [-1, 1]
                        outputs = [2 * outputs[0] - 1]
                else:
                    given = (pattern("image", (2, 3, size, size)) * 2).float()
                    if family == "dcgan-cifar":
                        given = (given + 1) / 2
                    if family == "sagan" or family == "cgan-pd":
                        outputs = [net(given, y)]
                    elif family == "ssgan":
                        outputs = list(net(given))
                    elif family == "infomax-gan":
                        score, local, global_ = net(given)
                        local, global_ = net.project_features(local_feat=local, global_feat=global_)
                        # At [i, a, y, x]: image i's place (y, x) against image a.
                        outputs = [score, torch.einsum("icyx,ac->iayx", local, global_)]
                    else:
                        outputs = [net(given)]
            cases.append({
                "family": family, "size": size, "role": role.lower(),
                "tensors": {name: list(t.shape) for name, t in state.items()},
                "outputs": [
                    {"shape": list(o.shape), "start": [float(f"{x:.9g}") for x in o.double().flatten()[:16].tolist()],
                     "summary": [float((o.double() * pattern(f"output{i}", o.shape)).sum()), float((o.double() ** 2).sum())]}
                    for i, o in enumerate(outputs)
                ],
            })
(HERE / "mimicry-own.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
