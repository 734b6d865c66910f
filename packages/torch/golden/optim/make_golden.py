"""Writes optimizers.json: twenty steps of each optimizer, from PyTorch, in float64 and float32.

The gradient of parameter p at step s is linear in p and differs every step, so that a mistake in one step shows in all
later ones: g = scale[s] * p + shift[s]. Parameter 1 has no gradient in steps 3 and 4. Run: python3 make_golden.py
"""
import json
import pathlib

import torch

STEPS = 20
SHAPES = [(3,), (2, 2), (1, 2, 2)]
CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "sgd with momentum": (torch.optim.SGD, dict(lr=0.05, momentum=0.9)),
    "sgd with dampening": (torch.optim.SGD, dict(lr=0.05, momentum=0.8, dampening=0.3, weight_decay=0.01)),
    "sgd nesterov": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.02)),
    "adam": (torch.optim.Adam, dict()),
    "adam of GANs": (torch.optim.Adam, dict(lr=2e-2, betas=(0.0, 0.9))),
    "adam with decay": (torch.optim.Adam, dict(lr=1e-2, betas=(0.5, 0.999), eps=1e-6, weight_decay=0.1)),
    "rmsprop": (torch.optim.RMSprop, dict(lr=1e-2)),
    "rmsprop with momentum": (torch.optim.RMSprop, dict(lr=1e-2, alpha=0.9, momentum=0.7, weight_decay=0.05)),
    "rmsprop centered": (torch.optim.RMSprop, dict(lr=1e-2, alpha=0.95, centered=True, eps=1e-4)),
    "rmsprop centered with momentum": (torch.optim.RMSprop, dict(lr=1e-2, centered=True, momentum=0.5)),
}


def run(build, options, dtype, start, scale, shift):
    parameters = [p.clone().to(dtype).requires_grad_() for p in start]
    optimizer = build(parameters, **options)
    after = []
    for step in range(STEPS):
        for i, p in enumerate(parameters):
            p.grad = scale[step][i] * p.detach() + shift[step][i]
            if i == 1 and step in (3, 4):
                p.grad = None
        optimizer.step()
        after.append([p.detach().flatten().tolist() for p in parameters])
    return [after[0], after[4], after[-1]]


def main():
    torch.manual_seed(0)
    start = [torch.randn(shape) for shape in SHAPES]
    # Multiples of 1/64 are the same in both types.
    draw = lambda: [[round(x * 64) / 64 for x in torch.randn(len(SHAPES)).tolist()] for _ in range(STEPS)]
    scale, shift = draw(), draw()
    cases = {}
    for name, (build, options) in CASES.items():
        cases[name] = {
            str(dtype).split(".")[1]: run(build, options, dtype, start, scale, shift)
            for dtype in (torch.float64, torch.float32)
        }
    text = json.dumps({
        "torch": torch.__version__, "shapes": SHAPES, "start": [p.flatten().tolist() for p in start],
        "scale": scale, "shift": shift, "recorded": [1, 5, STEPS], "cases": cases,
    })
    (pathlib.Path(__file__).parent / "optimizers.json").write_text(text + "\n")


main()
