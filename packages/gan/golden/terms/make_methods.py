"""Writes methods.json beside it: what the terms of the encoder methods compute, transcribed from their papers' formulas in
NumPy, in float64, one number a loss. Networks are the smallest of family mlp, filled by formulas that the tests compute
too (src/testing/networks.ts).

Run: python3 make_methods.py
"""
import json
import pathlib

import numpy as np

N, DATA, LATENT, WIDTH = 4, 2, 4, 5


def pattern(name, shape):
    key = 0
    for character in name:
        key = (key * 31 + ord(character)) % 10007
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    return ((i * i * 31 + i * 7919 + key * 104729) % 10007 / 10007 - 0.5).reshape(shape)


def fill(name, *shape):
    v = pattern(name, shape)
    if len(shape) == 1:
        return 1 + v if name.endswith("weight") else 0.2 * v
    return v * np.sqrt(12 / np.prod(shape[1:]))


# ---- Networks. Batch norm in training: the batch's own biased variance.

def linear(h, name, outputs, bias=True):
    y = h @ fill(f"{name}.weight", outputs, h.shape[1]).T
    return y + fill(f"{name}.bias", outputs) if bias else y


def batch_norm(h, name):
    normal = (h - h.mean(0)) / np.sqrt(h.var(0) + 1e-5)
    return normal * fill(f"{name}.weight", h.shape[1]) + fill(f"{name}.bias", h.shape[1])


def G(z):
    h = np.tanh(batch_norm(linear(z, "body.0", WIDTH, bias=False), "body.1"))
    return linear(h, "body.3", DATA)


def trunk(*parts):
    return np.tanh(linear(np.concatenate(parts, 1), "body.0", WIDTH))


def D(*parts):
    """Raw scores of images, or of pairs."""
    return linear(trunk(*parts), "last", 1)[:, 0]


def E(x, outputs=LATENT):
    return linear(np.maximum(linear(x, "body.0", WIDTH), 0), "body.2", outputs)


def drawn(x):
    mean, log_variance = np.split(E(x, 2 * LATENT), 2, axis=1)
    return mean + np.exp(log_variance / 2) * pattern("noise", mean.shape), mean, log_variance


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def log(p):
    return np.log(p).mean()


x, z = pattern("x", (N, DATA)) * 2, pattern("z", (N, LATENT)) * 2
fake = G(z)
made = G(E(x))
golden = {}

# ---- PacGAN: neighbours side by side.
pack = lambda t: np.stack([np.concatenate([t[0], t[1]]), np.concatenate([t[2], t[3]])])
golden["packing"] = {
    "discriminator": -log(sigmoid(D(pack(x)))) - log(1 - sigmoid(D(pack(fake)))),
    "generator": -log(sigmoid(D(pack(fake)))),
}
golden["packing least-squares"] = {
    "discriminator": 0.5 * ((D(pack(x)) - 1) ** 2).mean() + 0.5 * (D(pack(fake)) ** 2).mean(),
    "generator": 0.5 * ((D(pack(fake)) - 1) ** 2).mean(),
}

# ---- Mode regularized GAN: what the text means, and as printed in equations 1 and 2.
distance = ((x - made) ** 2).mean()
golden["reg-gan"] = {
    "encoder": 0.2 * distance - 0.4 * log(sigmoid(D(made))),
    "generator": -log(sigmoid(D(fake))) + 0.2 * distance - 0.4 * log(sigmoid(D(made))),
}
golden["reg-gan printed"] = {
    "encoder": 0.2 * distance + 0.4 * log(sigmoid(D(made))),
    "generator": -log(sigmoid(D(fake))) + 0.2 * distance + 0.4 * log(sigmoid(D(made))),
}

# ---- Its distances, of sums and of means over what one image has.
def distances(a, b):
    d = a - b
    return {
        "norm": {"sum": np.linalg.norm(d, axis=1).mean(), "mean": np.sqrt((d ** 2).mean(1)).mean()},
        "l2": {"sum": (d ** 2).sum(1).mean(), "mean": (d ** 2).mean()},
        "l1": {"sum": np.abs(d).sum(1).mean(), "mean": np.abs(d).mean()},
    }

golden["distances"] = {**distances(x, made), "features": distances(trunk(x), trunk(made))["norm"]}

# ---- MDGAN. Both discriminators are filled alike.
golden["mdgan"] = {
    "D1": -log(sigmoid(D(x))) - log(1 - sigmoid(D(made))),
    "manifold": -0.3 * log(sigmoid(D(made))) + 0.7 * distance,
    "manifold sum": -0.3 * log(sigmoid(D(made))) + 0.7 * ((x - made) ** 2).sum(1).mean(),
    "printed": 0.3 * log(sigmoid(D(made))) + 0.7 * distance,
    "D2": -log(sigmoid(D(made))) - log(1 - sigmoid(D(fake))),
    "diffuse": -log(sigmoid(D(fake))),
}

# ---- IVGAN, k blocks; z serves as noise too.
def intervention(i, k):
    width = LATENT // k
    latent = E(x).copy()
    latent[:, i * width : (i + 1) * width] = z[:, i * width : (i + 1) * width]
    image = G(latent)
    logits = linear(trunk(image), "heads.intervention", k)
    ce = -log((np.exp(logits) / np.exp(logits).sum(1, keepdims=True))[:, i])
    recon = np.abs(x - made).mean() + np.abs(latent - E(image)).mean()
    return {"ce": ce, "recon": recon}

golden["intervention"] = {str(k): [intervention(i, k) for i in range(k)] for k in (2, 4)}
# ---- IVGAN as the paper has it, k = 2: an intervention (0 or 1) of its own for each image, by all 16 draws; O_i(z) of
# latents from the prior. "norms": sums of absolute differences for their means.
noise, prior, filler = (pattern(name, (N, LATENT)) * 2 for name in ("noise", "prior", "filler"))

def substitute(latent, draw, by):
    out = latent.copy()
    for row, i in enumerate(draw):
        out[row, 2 * i : 2 * i + 2] = by[row, 2 * i : 2 * i + 2]
    return out

def drawn_intervention(draw):
    logits = linear(trunk(G(substitute(E(x), draw, noise))), "heads.intervention", 2)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    latent = substitute(prior, draw, filler)
    error = np.abs(latent - E(G(latent)))
    return {"ce": -log(p[np.arange(N), draw]), "latent": error.mean(), "latent norm": error.sum(1).mean()}

draws = [[int(bit) for bit in f"{i:04b}"] for i in range(16)]
golden["intervention drawn"] = {"".join(map(str, draw)): drawn_intervention(draw) for draw in draws}
golden["intervention images"] = {"error": np.abs(x - made).mean(), "norm": np.abs(x - made).sum(1).mean()}
golden["labels"] = {
    "discriminator": ((D(x) - 1) ** 2).mean() + ((D(fake) + 1) ** 2).mean(),
    "generator": (D(fake) ** 2).mean(),
}

# ---- VAE-GAN: the only features of an mlp are its last hidden layer.
latent, mean, log_variance = drawn(x)
decoded = G(latent)
kl = (0.5 * (mean ** 2 + np.exp(log_variance) - 1 - log_variance).sum(1)).mean()
nll = (0.5 * (trunk(x) - trunk(decoded)) ** 2).sum(1).mean()
w = 0.1
golden["vaegan"] = {
    "encoder": kl + nll,
    "generator": w * nll + (1 - w) * (log(1 - sigmoid(D(fake))) + log(1 - sigmoid(D(decoded)))),
    "discriminator": -2 * log(sigmoid(D(x))) - log(1 - sigmoid(D(fake))) - log(1 - sigmoid(D(decoded))),
}

# ---- ALI: the code's softplus form.
softplus = lambda s: np.log1p(np.exp(s))
real_pairs, fake_pairs = D(x, latent), D(fake, z)
golden["ali"] = {
    "discriminator": (softplus(-real_pairs) + softplus(fake_pairs)).mean(),
    "team": (softplus(real_pairs) + softplus(-fake_pairs)).mean(),
}

# ---- VEEGAN, algorithm 1, in its own sign: its D says 1 for generated, so it is -D.
pairs, generated = -D(x, E(x)), -D(fake, z)
error = ((z - E(fake)) ** 2).sum(1).mean()
golden["veegan"] = {
    "discriminator": -(np.log(sigmoid(generated)) + np.log(1 - sigmoid(pairs))).mean(),
    "encoder": error,
    "generator": generated.mean() + error,
}

# ---- AAE: two ReLU layers judge latents; PyTorch's names.
def judge(v):
    h = np.maximum(linear(v, "body.0", 6), 0)
    h = np.maximum(linear(h, "body.2", 3), 0)
    return linear(h, "last", 1)[:, 0]

golden["aae"] = {
    "reconstruction": distance,
    "discriminator": -log(sigmoid(judge(z))) - log(1 - sigmoid(judge(E(x)))),
    "regularisation": -log(sigmoid(judge(E(x)))),
}

path = pathlib.Path(__file__).with_name("methods.json")
path.write_text(json.dumps(golden, indent=1) + "\n")
