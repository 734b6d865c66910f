"""Writes losses.json beside it: what the terms compute, transcribed from their papers as literally as possible in NumPy and
PyTorch, in float64. Inputs and networks are filled by formulas that the tests compute too (src/testing/networks.ts).

Run: python3 make_golden.py
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
    return ((i * i * 31 + i * 7919 + key * 104729) % 10007 / 10007 - 0.5).reshape(shape)


def summary(name, t):
    t = t.detach().numpy()
    return [float((t * pattern(name, t.shape)).sum()), float((t * t).sum())]


# ---- InfoMax-GAN, equation 4: S[i][a][p], image of the local vector, image of the global vector, place.

def contrast_paper(S):
    n, _, m = S.shape
    total = 0.0
    for a in range(n):
        for p in range(m):
            denominator = sum(math.exp(S[i, a, q]) for i in range(n) for q in range(m))
            total -= math.log(math.exp(S[a, a, p]) / denominator)
    return total / (n * m)


def contrast_public(S):
    """kwotsin/mimicry: [positive, N M^2 others, the own image's set to -10], log-softmax, first entry."""
    n, _, m = S.shape
    total = 0.0
    for a in range(n):
        others = [-10.0 if i == a else S[i, a, q] for i in range(n) for q in range(m)]
        for p in range(m):
            row = np.array([S[a, a, p], *others])
            total -= row[0] - (row.max() + math.log(np.exp(row - row.max()).sum()))
    return total / (n * m)


# ---- A spectrally normalised DCGAN discriminator of 28 pixels, with both heads, filled by name.

class Net:
    def __init__(self):
        self.parameters, self.buffers = {}, {}

    def fill(self, name, shape):
        v = pattern(name, shape)
        if name.endswith(("weight_u", "weight_v")):
            return torch.from_numpy(v / np.linalg.norm(v))
        if len(shape) == 1:
            return torch.from_numpy(0.2 * v).requires_grad_()
        return torch.from_numpy(v * math.sqrt(12 / (v.size / shape[0]))).requires_grad_()

    def get(self, store, name, shape):
        if name not in store:
            store[name] = self.fill(name, shape)
        return store[name]

    def weight(self, name, *shape):
        w = self.get(self.parameters, f"{name}.weight_orig", shape)
        m = w.flatten(1)
        u = self.get(self.buffers, f"{name}.weight_u", (m.shape[0],))
        self.get(self.buffers, f"{name}.weight_v", (m.shape[1],))
        with torch.no_grad():
            v = m.t() @ u
            v = v / v.norm()
            u = m @ v
            u = u / u.norm()
        self.buffers[f"{name}.weight_u"], self.buffers[f"{name}.weight_v"] = u, v
        return w / (u @ m @ v)

    def bias(self, name, n):
        return self.get(self.parameters, f"{name}.bias", (n,))

    def features(self, x, channels=2):
        local = F.leaky_relu(
            F.conv2d(x, self.weight("blocks.0.0", channels, x.shape[1], 4, 4), self.bias("blocks.0.0", channels), 2, 1), 0.2)
        last = F.leaky_relu(
            F.conv2d(local, self.weight("blocks.1.0", 2 * channels, channels, 4, 4), self.bias("blocks.1.0", 2 * channels), 2, 1), 0.2)
        return local, last.flatten(1)

    def critic(self, name, x, hidden, units, conv):
        """x: rows of vectors."""
        def layer(part, x, outputs):
            w = self.weight(f"heads.infomax.{name}.{part}", outputs, x.shape[1], *((1, 1) if conv else ()))
            return x @ w.flatten(1).t() + self.bias(f"heads.infomax.{name}.{part}", outputs)

        return layer("output", layer("hidden", x, hidden).relu(), units) + layer("shortcut", x, units)


def infomax(images, variant, units=5):
    net = Net()
    local, glob = net.features(images)
    n, c, h, w = local.shape
    rows = local.permute(0, 2, 3, 1).reshape(n * h * w, c)
    # The projected local features, made in full.
    phi = net.critic("local", rows, c, units, True)
    omega = net.critic("global", glob, 2 * c, units, False)
    S = (phi @ omega.t()).view(n, h * w, n)  # [image of local, place, image of global]
    if variant == "paper":
        # One softmax over all N M^2 local vectors for each global vector, the positives its image's own.
        log_p = F.log_softmax(S.reshape(n * h * w, n), 0).view(n, h * w, n)
        loss = -torch.stack([log_p[a, :, a].mean() for a in range(n)]).mean()
    else:
        terms = []
        for a in range(n):
            masked = S[:, :, a].clone()
            masked[a] = -10.0
            for p in range(h * w):
                logits = torch.cat([S[a, p, a].view(1), masked.flatten()])
                terms.append(-F.log_softmax(logits, 0)[0])
        loss = torch.stack(terms).mean()
    return net, loss


# ---- SSGAN.

def turn(image, times):
    """One image C,H,W: 90 degrees counter-clockwise, as transposing and then flipping top to bottom."""
    for _ in range(times):
        image = np.flip(np.transpose(image, (0, 2, 1)), 1)
    return image


def rotation_every(images):
    net = Net()
    net.features(images)  # the adversarial loss's pass, which moves the singular vectors
    n = len(images)
    turns = [math.floor(4 * i / n) for i in range(n)]
    turned = torch.from_numpy(np.stack([turn(images[i].numpy(), turns[i]) for i in range(n)]))
    _, glob = net.features(turned)
    logits = glob @ net.weight("heads.rotation", 4, glob.shape[1]).t() + net.bias("heads.rotation", 4)
    loss = -torch.stack([logits[i].softmax(0)[t].log() for i, t in enumerate(turns)]).mean()
    return net, loss


def rotation_quarter(images, rotated):
    net = Net()
    _, main = net.features(images)
    last = range(len(images) - rotated // 4, len(images))
    turned = torch.from_numpy(np.stack([turn(images[i].numpy(), t) for t in (1, 2, 3) for i in last]))
    _, aside = net.features(turned)
    glob = torch.cat([main[list(last)], aside])
    logits = glob @ net.weight("heads.rotation", 4, glob.shape[1]).t() + net.bias("heads.rotation", 4)
    turns = [t for t in (0, 1, 2, 3) for _ in last]
    loss = -torch.stack([logits[i].softmax(0)[t].log() for i, t in enumerate(turns)]).mean()
    return net, loss


def run(made):
    net, loss = made
    names = sorted(net.parameters)
    gradients = torch.autograd.grad(loss, [net.parameters[k] for k in names], allow_unused=True)
    return {
        "loss": float(loss),
        "gradients": {k: summary(k, g) for k, g in zip(names, gradients) if g is not None},
    }


# ---- Adaptive weights: the table of the two algorithms, cases numbered as there.

def weights(s_r, s_f, r, f, normalized, a1=0.5, a2=0.75, delta=0.05, eps=0.05, smoothing=0.0):
    rr, ff, rf = r @ r + smoothing, f @ f + smoothing, r @ f
    A, B = (1 / math.sqrt(rr), 1 / math.sqrt(ff)) if normalized else (1.0, 1.0)
    angle = math.degrees(math.acos(rf / math.sqrt((r @ r) * (f @ f))))
    if s_r < s_f - delta or s_r < a1:
        if angle > 90:
            return 1, A + eps, -rf / ff * A + eps
        return 2, A + eps, eps
    if s_r > s_f - delta and s_r > a2:
        if angle > 90:
            return 3, -rf / rr * B + eps, B + eps
        return 4, eps, B + eps
    return 5, A + eps, B + eps


def weight_cases():
    acute = (np.array([1.0, 2.0, -0.5]), np.array([0.5, 3.0, 1.0]))
    obtuse = (np.array([1.0, 2.0, -0.5]), np.array([0.5, -3.0, 1.0]))
    scores = [(0.3, 0.2), (0.6, 0.7), (0.8, 0.3), (0.6, 0.4), (0.5, 0.5), (0.75, 0.7), (0.76, 0.7), (0.7, 0.74), (0.4, 0.9)]
    cases = []
    for s_r, s_f in scores:
        for r, f in (acute, obtuse):
            for normalized in (True, False):
                for smoothing in (0.0, 1e-4):
                    case, w_r, w_f = weights(s_r, s_f, r, f, normalized, smoothing=smoothing)
                    cases.append({"scores": [s_r, s_f], "real": r.tolist(), "fake": f.tolist(), "normalized": normalized,
                                  "smoothing": smoothing, "case": case, "weights": [w_r, w_f]})
    return cases


# ---- Unrolled GAN: the minimax game of two tanh networks, D's Adam unrolled by hand.

def unrolled(steps, lr=0.05, b1=0.5, b2=0.9, eps=1e-2):
    net = Net()

    def make(prefix, *sizes):
        shapes = {}
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            name = f"{'last' if prefix == 'D' and i == len(sizes) - 2 else f'body.{2 * i}'}"
            shapes |= {f"{name}.weight": (b, a), f"{name}.bias": (b,)}
        return {k: net.fill(k, s) for k, s in shapes.items()}

    def forward(p, x):
        names = [k[:-7] for k in p if k.endswith("weight")]
        for name in names[:-1]:
            x = torch.tanh(x @ p[f"{name}.weight"].t() + p[f"{name}.bias"])
        return x @ p[f"{names[-1]}.weight"].t() + p[f"{names[-1]}.bias"]

    G, D = make("G", 2, 3, 2), make("D", 2, 3, 1)
    real = torch.from_numpy(2 * pattern("image", (4, 2)))
    fake = forward(G, torch.from_numpy(2 * pattern("latent", (4, 2))))

    def d_loss(p):
        return -(torch.sigmoid(forward(p, real)).log().mean() + (1 - torch.sigmoid(forward(p, fake))).log().mean())

    m, v = {k: 0 for k in D}, {k: 0 for k in D}
    p = dict(D)
    for t in range(1, steps + 1):
        g = dict(zip(p, torch.autograd.grad(d_loss(p), list(p.values()), create_graph=True)))
        for k in p:
            m[k] = b1 * m[k] + (1 - b1) * g[k]
            v[k] = b2 * v[k] + (1 - b2) * g[k] ** 2
            p[k] = p[k] - lr * (m[k] / (1 - b1 ** t)) / ((v[k] / (1 - b2 ** t)).sqrt() + eps)
    loss = (1 - torch.sigmoid(forward(p, fake))).log().mean()
    gradients = torch.autograd.grad(loss, list(G.values()))
    return {"loss": float(loss), "gradients": {k: summary(k, g) for k, g in zip(G, gradients)}}


scores = 6 * pattern("scores", (5, 5, 9))
images = torch.from_numpy(2 * pattern("image", (8, 1, 28, 28)))
odd = torch.from_numpy(2 * pattern("image", (6, 1, 28, 28)))
golden = {
    "contrast": {"paper": contrast_paper(scores), "public": contrast_public(scores)},
    "infomax": {"paper": run(infomax(images, "paper")), "public": run(infomax(images, "public"))},
    "rotation": {
        "every": run(rotation_every(images)),
        "every of 6": run(rotation_every(odd)),
        "quarter": run(rotation_quarter(images, 12)),
    },
    "weights": weight_cases(),
    "unrolled": {str(steps): unrolled(steps) for steps in (0, 1, 3)},
}
target = pathlib.Path(__file__).parent / "losses.json"
target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
