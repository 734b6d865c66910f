"""Makes terms.json beside it, with NumPy alone: python3 make_golden.py

A small generator, discriminator and encoder with given weights and batches, and the value of every basic loss, written
down from the papers in float64. Slopes of D are written out by the chain rule.
"""

import json
import os

import numpy as np

rng = np.random.default_rng(11)


def layer(inputs, outputs, scale):
    return rng.normal(0, scale, (outputs, inputs)), rng.normal(0, 0.3, outputs)


G = [layer(2, 3, 0.9), layer(3, 2, 0.9)]
D = [layer(2, 4, 1.2), layer(4, 1, 1.5)]
E = [layer(2, 3, 0.9), layer(3, 2, 0.9)]
x = rng.normal(0, 1.5, (6, 2))
z = rng.normal(0, 1, (6, 2))


def generate(latent):
    (w, b), (v, c) = G
    return np.tanh(latent @ w.T + b) @ v.T + c


def score(image):
    (w, b), (v, c) = D
    return (np.tanh(image @ w.T + b) @ v.T + c)[:, 0]


def slope(image):
    """d score / d image, one row an image."""
    (w, b), (v, _) = D
    h = np.tanh(image @ w.T + b)
    return (v[0] * (1 - h**2)) @ w


def features(image):
    """What D's last layer reads."""
    w, b = D[0]
    return np.tanh(image @ w.T + b)


def encode(image):
    (w, b), (v, c) = E
    return np.maximum(image @ w.T + b, 0) @ v.T + c


def log_p(s):
    """log of D's probability of real."""
    return np.log(1 / (1 + np.exp(-s)))


def log_not_p(s):
    return np.log(1 - 1 / (1 + np.exp(-s)))


fake, rebuilt = generate(z), generate(encode(x))
real_s, fake_s, rebuilt_s = score(x), score(fake), score(rebuilt)
norms = np.sqrt((slope(x) ** 2).sum(1))
relu = lambda v: np.maximum(v, 0)

cases = []


def case(term, options, **losses):
    cases.append({"term": term, "options": options, "losses": {k: float(v) for k, v in losses.items()}})


case("minimax", {}, discriminator=-(log_p(real_s) + log_not_p(fake_s)).mean(), generator=log_not_p(fake_s).mean())
case("non-saturating", {}, discriminator=-(log_p(real_s) + log_not_p(fake_s)).mean(), generator=-log_p(fake_s).mean())
case("non-saturating", {"weight": 0.3}, discriminator=-(log_p(real_s) + log_not_p(fake_s)).mean(),
     generator=-0.3 * log_p(fake_s).mean())
# One-sided label smoothing: D's target for reals alone.
for term, losses in (("minimax", log_not_p(fake_s)), ("non-saturating", -log_p(fake_s))):
    case(term, {"realTarget": 0.9}, generator=losses.mean(),
         discriminator=-(0.9 * log_p(real_s) + 0.1 * log_not_p(real_s) + log_not_p(fake_s)).mean())
case("hinge", {}, discriminator=(relu(1 - real_s) + relu(1 + fake_s)).mean(), generator=-fake_s.mean())
case("wasserstein", {}, discriminator=(fake_s - real_s).mean(), generator=-fake_s.mean())
case("least-squares", {}, discriminator=0.5 * ((real_s - 1) ** 2 + fake_s**2).mean(),
     generator=0.5 * ((fake_s - 1) ** 2).mean())
case("least-squares", {"realLabel": 1, "fakeLabel": -1, "target": 0, "half": False},
     discriminator=((real_s - 1) ** 2 + (fake_s + 1) ** 2).mean(), generator=(fake_s**2).mean())

# Both sides play: reconstructions are the reals, and whoever makes them wants them called fake.
both = {"real": "reconstruction", "fool": "both"}
case("minimax", both, generator=(log_p(rebuilt_s) + log_not_p(fake_s)).mean(), encoder=log_p(rebuilt_s).mean())
case("non-saturating", both, generator=-(log_not_p(rebuilt_s) + log_p(fake_s)).mean(),
     encoder=-log_not_p(rebuilt_s).mean())
case("hinge", both, generator=(rebuilt_s - fake_s).mean(), encoder=rebuilt_s.mean())
case("wasserstein", both, generator=(rebuilt_s - fake_s).mean(), encoder=rebuilt_s.mean())

# Relativistic losses, sample by sample, for one order of the two sides; G's are the same with the sides exchanged.
def pairs(base, ours, theirs):
    return np.mean([base(a - b) for a, b in zip(ours, theirs)])


def average(positive, negative, ours, theirs):
    over = np.mean([positive(a - theirs.mean()) for a in ours])
    under = np.mean([negative(b - ours.mean()) for b in theirs])
    return (over + under) / 2


# The cost of a difference that should be large, and of one that should be small.
relativistic = {
    "softplus": (lambda t: -log_p(t), lambda t: -log_not_p(t)),
    "least-squares": (lambda t: (t - 1) ** 2, lambda t: (t + 1) ** 2),
    "hinge": (lambda t: relu(1 - t), lambda t: relu(1 + t)),
}
for base, (positive, negative) in relativistic.items():
    case("relativistic", {"base": base}, discriminator=pairs(positive, real_s, fake_s),
         generator=pairs(positive, fake_s, real_s))
    case("relativistic", {"base": base, "variant": "average"},
         discriminator=average(positive, negative, real_s, fake_s),
         generator=average(positive, negative, fake_s, real_s))
case("relativistic", {"weight": 0.3}, generator=0.3 * pairs(relativistic["softplus"][0], fake_s, real_s))
# Where the reals are made, whoever makes them wants the same as G.
case("relativistic", both, generator=pairs(relativistic["softplus"][0], fake_s, rebuilt_s),
     encoder=pairs(relativistic["softplus"][0], fake_s, rebuilt_s))

# The penalty's points lie between `real` and `real`: wherever epsilon falls, they are the real ones.
at_real = {"fake": "real"}
case("gradient-penalty", at_real, discriminator=10 * ((norms - 1) ** 2).mean())
case("gradient-penalty", {**at_real, "sides": "one", "weight": 2, "target": 1.25},
     discriminator=2 * (relu(norms - 1.25) ** 2).mean())
case("gradient-penalty", {**at_real, "target": 0, "weight": 5}, discriminator=5 * (norms**2).mean())
case("r1", {}, discriminator=5 * (norms**2).mean())
case("r1", {"gamma": 0.4, "stream": "fake"}, discriminator=0.2 * (slope(fake) ** 2).sum(1).mean())

case("reconstruction", {"distance": "l2", "reduction": "mean"}, generator=0.2 * ((x - rebuilt) ** 2).mean(), encoder=0.2 * ((x - rebuilt) ** 2).mean())
case("reconstruction", {"distance": "l1", "reduction": "mean", "weight": 3}, generator=3 * np.abs(x - rebuilt).mean(),
     encoder=3 * np.abs(x - rebuilt).mean())
distance = 0.2 * np.linalg.norm(x - rebuilt, axis=1).mean()
case("reconstruction", {}, generator=distance, encoder=distance)
case("mode-regularizer", {}, generator=-0.4 * log_p(rebuilt_s).mean(), encoder=-0.4 * log_p(rebuilt_s).mean())

means_apart = features(x).mean(0) - features(fake).mean(0)
case("feature-matching", {}, generator=(means_apart**2).sum())
case("feature-matching", {"distance": "absolute", "weight": 3}, generator=3 * np.abs(means_apart).mean())

# What is compared must be on both sides of every kink.
assert (real_s < 1).any() and (real_s > 1).any() and (fake_s < -1).any() and (fake_s > -1).any()
assert (norms < 1.25).any() and (norms > 1.25).any()


def state(net, names):
    out = {}
    for name, (w, b) in zip(names, net):
        out[f"{name}.weight"], out[f"{name}.bias"] = w.tolist(), b.tolist()
    return out


golden = {
    "networks": {
        "generator": state(G, ["body.0", "body.2"]),
        "discriminator": state(D, ["body.0", "last"]),
        "encoder": state(E, ["body.0", "body.2"]),
    },
    "real": x.tolist(),
    "latent": z.tolist(),
    "scores": {"real": real_s.tolist(), "fake": fake_s.tolist(), "reconstruction": rebuilt_s.tolist()},
    "cases": cases,
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "terms.json")
with open(path, "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
