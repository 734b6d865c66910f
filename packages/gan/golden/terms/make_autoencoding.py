"""Writes autoencoding.json beside it, with NumPy alone: what EBGAN and BEGAN minimise on points, written down from the papers.
Inputs and networks are filled by formulas that the tests compute too (src/testing/networks.ts).

Run: python3 make_autoencoding.py
"""
import json
import math
import pathlib

import numpy as np


def pattern(name, shape):
    key = 0
    for character in name:
        key = (key * 31 + ord(character)) % 10007
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    return ((i * i * 31 + i * 7919 + key * 104729) % 10007 / 10007 - 0.5).reshape(shape)


def weight(name, outputs, inputs):
    return pattern(name, (outputs, inputs)) * math.sqrt(12 / inputs)


def linear(x, name, outputs, bias=True):
    y = x @ weight(f"{name}.weight", outputs, x.shape[1]).T
    return y + 0.2 * pattern(f"{name}.bias", (outputs,)) if bias else y


def generate(z):
    h = linear(z, "body.0", 5, bias=False)
    h = (h - h.mean(0)) / np.sqrt(h.var(0) + 1e-5)
    h = h * (1 + pattern("body.1.weight", (5,))) + 0.2 * pattern("body.1.bias", (5,))
    return linear(np.tanh(h), "body.3", 2)


CODE = 3


def encode(x):
    return linear(np.tanh(linear(x, "encoder.0", 5)), "encoder.2", CODE)


def decode(code):
    return linear(np.tanh(linear(code, "decoder.0", 5)), "decoder.2", 2)


ERRORS = {
    "norm": lambda d: np.sqrt((d**2).sum(1)),
    "squared": lambda d: (d**2).mean(1),
    "absolute": lambda d: np.abs(d).mean(1),
}


def energy(kind, x):
    return ERRORS[kind](decode(encode(x)) - x)


def pulling_away(S):
    n = len(S)
    total = 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                cosine = S[i] @ S[j] / (np.linalg.norm(S[i]) * np.linalg.norm(S[j]))
                total += cosine**2
    return total / (n * (n - 1))


x, z = 2 * pattern("x", (4, 2)), 2 * pattern("z", (4, 4))
y = generate(z)
# Between the energies of the fakes: some cost D something, some nothing.
margins = {kind: float(np.median(energy(kind, y))) for kind in ERRORS}

result = {"code": CODE, "energy": {}, "balance": {}, "pullingAway": float(pulling_away(encode(y)))}
for kind in ERRORS:
    real, fake = energy(kind, x), energy(kind, y)
    result["energy"][kind] = {
        "margin": margins[kind],
        "discriminator": float(np.mean(real) + np.mean(np.maximum(0, margins[kind] - fake))),
        "generator": float(np.mean(fake)),
    }

# BEGAN's controller with networks that stand still: k, M and what D minimises in each step.
real, fake = energy("absolute", x).mean(), energy("absolute", y).mean()
for gamma, rate in ((0.5, 0.3), (1.0, 2.0), (1.0, 9.0)):
    k, steps = 0.0, []
    for _ in range(4):
        loss = real - k * fake
        balance = gamma * real - fake
        k = min(max(k + rate * balance, 0.0), 1.0)
        steps.append({"discriminator": loss, "generator": fake, "k": k, "measure": real + abs(balance)})
    result["balance"][f"{gamma} {rate}"] = {"gamma": gamma, "rate": rate, "steps": steps}

path = pathlib.Path(__file__).with_name("autoencoding.json")
path.write_text(json.dumps(result, indent=1, default=float) + "\n")
