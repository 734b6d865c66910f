"""Writes augmentation.json beside it: what the authors' own code makes of images and scores, in float64.

Images, scores and everything drawn are filled by a formula that the tests compute too (src/testing/networks.ts): the k-th tensor
that a case draws is pattern(CASE.k), moved to what was asked for. Of each result two numbers are kept, its sum against a pattern and the
sum of its squares, and likewise of the gradient by the images of its sum against the pattern.

Run: python3 make_golden.py FOLDER, with checkouts in it named
  ada      NVlabs/stylegan2-ada-pytorch@d72cc7d
  apa      EndlessSora/DeceiveD@042c5c4
  diffaug  mit-han-lab/data-efficient-gans@0b63395
  lecam    google/lecam-gan@f9af948
  studio   POSTECH-CVLab/PyTorch-StudioGAN@947b35e
"""
import importlib
import importlib.util
import json
import pathlib
import sys
from unittest import mock

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
FOLDER = pathlib.Path(sys.argv[1])
# What their codes import for files and networks that are not looked at here.
for name in ("requests", "PIL", "PIL.Image", "click", "torchvision", "torchvision.utils"):
    sys.modules.setdefault(name, mock.MagicMock())


def pattern(name, shape):
    key = 0
    for character in name:
        key = (key * 31 + ord(character)) % 10007
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    return torch.from_numpy(((i * i * 31 + i * 7919 + key * 104729) % 10007) / 10007 - 0.5).reshape(list(shape))


def summary(name, tensor):
    t = tensor.detach().double()
    return [float((t * pattern(name, t.shape)).sum()), float((t * t).sum())]


class Drawn:
    """Stands in for the generator: every draw in its turn."""

    def __init__(self, case):
        self.case, self.count = case, 0

    def next(self, shape):
        self.count += 1
        return pattern(f"{self.case}.{self.count - 1}", shape)

    def uniform(self, *shape, **_):
        shape = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return self.next(shape) + 0.5

    def normal(self, *shape, **_):
        shape = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return self.next(shape) * 4

    def integer(self, low, high, size=None, **_):
        return torch.floor((self.next(size) + 0.5) * (high - low)).long() + low

    def __enter__(self):
        self.patches = [mock.patch("torch.rand", self.uniform), mock.patch("torch.randn", self.normal), mock.patch("torch.randint", self.integer)]
        for each in self.patches:
            each.start()
        return self

    def __exit__(self, *_):
        for each in self.patches:
            each.stop()


def checkout(name):
    """Makes a checkout's modules the ones that are imported."""
    for key in [key for key in sys.modules if key.split(".")[0] in ("training", "torch_utils", "dnnlib")]:
        del sys.modules[key]
    sys.path[:] = [str(FOLDER / name), *[p for p in sys.path if not p.startswith(str(FOLDER))]]


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, FOLDER / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def case(name, shape, body):
    images = (pattern("image", shape) * 2).requires_grad_()
    with Drawn(name):
        made = body(images)
    gradient, = torch.autograd.grad((made * pattern("cotangent", made.shape)).sum(), images)
    return {"image": summary("made", made), "gradient": summary("slope", gradient)}


golden = {}

checkout("ada")
augment = importlib.import_module("training.augment")
SHAPE = [5, 3, 16, 12]
BG = dict(xflip=1, rotate90=1, xint=1, scale=1, rotate=1, aniso=1, xfrac=1)
C = dict(brightness=1, contrast=1, lumaflip=1, hue=1, saturation=1)
CASES = {
    "blit": (dict(xflip=1, rotate90=1, xint=1), 0.8, SHAPE),
    "geom": (dict(scale=1, rotate=1, aniso=1, xfrac=1), 0.8, SHAPE),
    "color": (C, 0.8, SHAPE),
    "color of grey": (C, 0.8, [5, 1, 16, 12]),
    "filter": (dict(imgfilter=1), 0.6, [4, 3, 26, 23]),
    "noise": (dict(noise=1), 0.7, SHAPE),
    "cutout": (dict(cutout=1), 0.7, SHAPE),
    "bgc": ({**BG, **C}, 0.5, [5, 3, 16, 16]),
    "bgcfnc": ({**BG, **C, **dict(imgfilter=1, noise=1, cutout=1)}, 0.4, [4, 3, 24, 24]),
    "halves": ({**BG, **{key: 0.5 for key in C}, "cutout": 1}, 0.9, [6, 3, 16, 16]),
}
golden["ada"] = {}
for name, (options, p, shape) in CASES.items():
    pipe = augment.AugmentPipe(**options)
    pipe.p.copy_(torch.as_tensor(p))
    pipe.Hz_fbank = pipe.Hz_fbank.double()
    golden["ada"][name] = {"p": p, "shape": shape, "multipliers": options, **case(name, shape, pipe)}

diffaug = load("diffaug", "diffaug/DiffAugment_pytorch.py")
golden["diff-augment"] = {
    policy: {"shape": shape, **case(policy, shape, lambda images: diffaug.DiffAugment(images, policy))}
    for policy, shape in (("color", SHAPE), ("translation", SHAPE), ("cutout", SHAPE), ("color,translation,cutout", [6, 3, 16, 16]), ("translation,cutout", [5, 2, 11, 9]))
}

cr = load("cr", "studio/src/utils/cr.py")


def shifted(images):
    # It draws whether to flip by a tensor that it fills: by torch.rand here.
    filled = lambda *shape: mock.MagicMock(uniform_=lambda low, high: torch.rand(list(shape)))
    with mock.patch("torch.FloatTensor", filled):
        return cr.apply_cr_aug(images)


golden["consistency"] = {"shape": SHAPE, **case("flip-shift", SHAPE, shifted)}

checkout("apa")
apa = importlib.import_module("training.loss")
host = mock.MagicMock(device="cpu")
host.augment_pipe.p = torch.as_tensor(0.6)
host.pseudo_data = pattern("pseudo", SHAPE) * 2
golden["apa"] = {"p": 0.6, **case("apa", SHAPE, lambda images: apa.StyleGAN2Loss.adaptive_pseudo_augmentation(host, images))}

lecam = load("lecam_losses", "lecam/biggan_cifar/losses.py")
source = (FOLDER / "lecam/third_party/utils.py").read_text()
# The one class of its tools: the file imports much else.
scope = {}
exec(source[source.index("class ema_losses"):source.index("# Simple wrapper that applies EMA to a model")], scope)
averages = scope["ema_losses"](start_itr=3)
golden["lecam"] = {"start": 3, "decay": 0.9, "losses": [], "gradients": []}
for itr in range(1, 8):
    real = (pattern(f"real.{itr}", [6]) * 4 + 0.5).requires_grad_()
    fake = (pattern(f"fake.{itr}", [6]) * 4 - 0.5).requires_grad_()
    lecam.loss_hinge_dis(fake, real, averages, itr)
    loss = lecam.lecam_reg(real, fake, averages) if itr > averages.start_itr else None
    golden["lecam"]["losses"].append(0 if loss is None else loss.item())
    if loss is not None:
        loss.backward()
        golden["lecam"]["gradients"].append([summary("slope", real.grad), summary("slope", fake.grad)])

pathlib.Path(__file__).with_name("augmentation.json").write_text(json.dumps(golden, indent=1) + "\n")
