"""Writes layers.json: every layer's initial state, outputs, gradients and later state, from PyTorch in float64.

Each case seeds the generator, builds the module (so that the initialisation can be compared too), and then runs
`forwards` training passes and one in evaluation. After every pass: the output, and the gradients of
sum(output * cotangent) by the input and the parameters. Run: python3 make_golden.py
"""
import json
import pathlib

import torch
from torch import nn
from torch.nn.utils import spectral_norm


def values(tensor):
    numbers = tensor.detach().double().flatten().tolist()
    if not tensor.dtype.is_floating_point:
        numbers = [int(x) for x in numbers]
    return {"shape": list(tensor.shape), "data": numbers, "dtype": str(tensor.dtype).split(".")[1]}


def state(module):
    return {key: values(tensor) for key, tensor in module.state_dict().items()}


CASES = {
    "linear": (lambda: nn.Linear(3, 2), (4, 3), 1),
    "linear without bias": (lambda: nn.Linear(3, 2, bias=False), (2, 2, 3), 1),
    "conv2d": (lambda: nn.Conv2d(2, 3, 3, stride=2, padding=1), (2, 2, 5, 4), 1),
    "conv2d oblong": (lambda: nn.Conv2d(2, 2, (1, 3), stride=(2, 1), padding=(0, 1), bias=False), (1, 2, 4, 3), 1),
    "conv transpose 2d": (lambda: nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1), (2, 3, 2, 3), 1),
    "conv transpose 2d with output padding": (
        lambda: nn.ConvTranspose2d(2, 2, 3, stride=2, padding=1, output_padding=1), (1, 2, 3, 2), 1),
    "embedding": (lambda: nn.Embedding(4, 3), "indices", 1),
    "batch norm 1d": (lambda: nn.BatchNorm1d(3), (4, 3), 2),
    "batch norm 1d of sequences": (lambda: nn.BatchNorm1d(2, eps=1e-3, momentum=0.3), (3, 2, 4), 2),
    "batch norm 2d": (lambda: nn.BatchNorm2d(3), (2, 3, 2, 3), 2),
    "batch norm 2d without affine": (lambda: nn.BatchNorm2d(2, affine=False), (2, 2, 2, 2), 2),
    "layer norm": (lambda: nn.LayerNorm([2, 3]), (4, 2, 3), 1),
    "layer norm without affine": (lambda: nn.LayerNorm(3, eps=1e-3, elementwise_affine=False), (4, 3), 1),
    "relu": (lambda: nn.ReLU(), (2, 5), 1),
    "leaky relu": (lambda: nn.LeakyReLU(0.2), (2, 5), 1),
    "elu": (lambda: nn.ELU(0.7), (2, 5), 1),
    "gelu": (lambda: nn.GELU(), (2, 5), 1),
    "silu": (lambda: nn.SiLU(), (2, 5), 1),
    "softplus": (lambda: nn.Softplus(2, 3), (2, 5), 1),
    "tanh": (lambda: nn.Tanh(), (2, 5), 1),
    "sigmoid": (lambda: nn.Sigmoid(), (2, 5), 1),
    "upsample nearest": (lambda: nn.Upsample(scale_factor=2), (1, 2, 2, 3), 1),
    "upsample bilinear": (
        lambda: nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), (1, 2, 2, 3), 1),
    "average pool": (lambda: nn.AvgPool2d(2), (1, 2, 4, 5), 1),
    "average pool padded": (lambda: nn.AvgPool2d(3, stride=2, padding=1), (1, 1, 4, 5), 1),
    "max pool": (lambda: nn.MaxPool2d(2), (1, 2, 4, 5), 1),
    "max pool padded": (lambda: nn.MaxPool2d(3, stride=1, padding=1), (1, 1, 3, 4), 1),
    "flatten": (lambda: nn.Flatten(), (2, 2, 3), 1),
    "reshape": (lambda: nn.Unflatten(1, (2, 3)), (2, 6), 1),
    "identity": (lambda: nn.Identity(), (2, 2), 1),
    "dropout": (lambda: nn.Dropout(0.4), (3, 4), 2),
    "spectral norm of linear": (lambda: spectral_norm(nn.Linear(4, 3)), (2, 4), 4),
    "spectral norm of conv2d": (lambda: spectral_norm(nn.Conv2d(2, 3, 3, padding=1)), (1, 2, 3, 3), 4),
    "spectral norm of conv transpose 2d": (
        lambda: spectral_norm(nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1)), (1, 2, 2, 2), 4),
    "sequential": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(),
            nn.Sequential(nn.ConvTranspose2d(3, 2, 2, stride=2), nn.Tanh())),
        (2, 2, 3, 3), 2),
    "spectral norm of embedding": (lambda: spectral_norm(nn.Embedding(4, 3)), "indices", 2),
}


def run(build, shape, forwards, seed):
    torch.manual_seed(seed)
    module = build()
    case = {"seed": seed, "state": state(module)}
    module.double()
    torch.manual_seed(1000 + seed)
    case["passes"] = []
    for number in range(forwards + 1):
        module.train(number < forwards)
        if shape == "indices":
            x = torch.tensor([[0, 3, 3], [1, 0, 3]])
        else:
            x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
        torch.manual_seed(2000 + seed)  # dropout's
        y = module(x)
        cotangent = torch.randn(y.shape, dtype=torch.float64)
        by = {key: p for key, p in module.named_parameters()}
        if shape != "indices":
            by["input"] = x
        gradients = dict(zip(by, torch.autograd.grad((y * cotangent).sum(), list(by.values())))) if by else {}
        case["passes"].append({
            "training": number < forwards, "input": values(x), "output": values(y), "cotangent": values(cotangent),
            "gradients": {key: values(g) for key, g in gradients.items()},
        })
    case["after"] = state(module)
    return case


def main():
    cases = {name: run(*case, seed) for seed, (name, case) in enumerate(CASES.items())}
    torch.manual_seed(7)
    initial = {
        "xavier uniform": nn.init.xavier_uniform_(torch.empty(3, 4, 2), 1.5),
        "xavier normal": nn.init.xavier_normal_(torch.empty(3, 4), 0.5),
        "kaiming uniform": nn.init.kaiming_uniform_(torch.empty(3, 4, 2), a=0.2),
        "kaiming uniform fan out": nn.init.kaiming_uniform_(torch.empty(3, 4, 2), a=0, mode="fan_out"),
        "orthogonal wide": nn.init.orthogonal_(torch.empty(3, 2, 4), 1.4),
        "orthogonal tall": nn.init.orthogonal_(torch.empty(5, 3)),
        "normal": nn.init.normal_(torch.empty(4), 1.0, 0.02),
        "uniform": nn.init.uniform_(torch.empty(4), -2.0, 3.0),
    }
    text = json.dumps({
        "torch": torch.__version__, "layers": cases,
        "initial": {"seed": 7, "tensors": {key: values(t) for key, t in initial.items()}},
    })
    (pathlib.Path(__file__).parent / "layers.json").write_text(text + "\n")


main()
