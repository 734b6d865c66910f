"""Makes metrics.json beside it, with NumPy, SciPy and PyTorch: python3 make_golden.py

Features come from a formula that the tests compute too, so that the file holds only results. The metrics are transcribed
here from their papers; the drawing of subsets and orders is NumPy's own.
"""

import json
import os

import numpy as np
import scipy.linalg
import torch


def features(rows, columns, phase, spread=1.0, shift=0.0):
    """float32 pseudo-random numbers: fractional parts of a large sine, about 0."""
    index = np.arange(rows * columns, dtype=np.float64).reshape(rows, columns)
    noise = np.sin(index * 12.9898 + phase * 78.233) * 43758.5453
    # Six decimals: the sine's last bit, which differs between libraries, is far below.
    noise = np.round((noise - np.floor(noise)) * 1e6) / 1e6
    wave = np.cos(np.arange(columns) * 0.7 + phase)
    return ((noise - 0.5) * spread * (1 + wave) + shift).astype(np.float32)


def frechet(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    s1, s2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(s1 @ s2)
    d = a.mean(0) - b.mean(0)
    return float(d @ d + np.trace(s1) + np.trace(s2) - 2 * np.trace(root.real))


def frechet_singular(a, b):
    """By the singular values of the data themselves: exact where the covariances are singular."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    x = (a - a.mean(0)) / np.sqrt(len(a) - 1)
    y = (b - b.mean(0)) / np.sqrt(len(b) - 1)
    d = a.mean(0) - b.mean(0)
    nuclear = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return float(d @ d + (x**2).sum() + (y**2).sum() - 2 * nuclear)


def kernel_discrepancies(x, y, subsets, size, seed):
    rng = np.random.RandomState(seed)
    x, y = x.astype(np.float64), y.astype(np.float64)
    out = []
    for _ in range(subsets):
        f = x[rng.choice(len(x), size, replace=False)]
        r = y[rng.choice(len(y), size, replace=False)]

        def k(p, q):
            return (p @ q.T / p.shape[1] + 1) ** 3

        ff, rr, fr = k(f, f), k(r, r), k(f, r)
        within = (ff.sum() - np.trace(ff) + rr.sum() - np.trace(rr)) / (size * (size - 1))
        out.append(float(within - 2 * fr.mean()))
    return out


def inception_scores(logits, splits, seed):
    rng = np.random.RandomState(seed)
    n = len(logits)
    t = torch.from_numpy(logits)[torch.from_numpy(rng.permutation(n))].double()
    p, logp = t.softmax(1), t.log_softmax(1)
    out = []
    for i in range(splits):
        part = slice(i * n // splits, (i + 1) * n // splits)
        q = p[part].mean(0, keepdim=True)
        out.append((p[part] * (logp[part] - q.log())).sum(1).mean().exp().item())
    return out


def prdc(fake, real, k, density_k, closed):
    fake, real = fake.astype(np.float64), real.astype(np.float64)

    def distances(a, b):
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))

    def radii(a, k):
        return np.sort(distances(a, a), 1)[:, k]

    d = distances(fake, real)
    inside = np.less_equal if closed else np.less
    return {
        "precision": float(inside(d, radii(real, k)[None]).any(1).mean()),
        "recall": float(inside(d, radii(fake, k)[:, None]).any(0).mean()),
        "density": float(inside(d, radii(real, density_k)[None]).sum() / (density_k * len(fake))),
        "coverage": float(inside(d, radii(real, density_k)[None]).any(0).mean()),
    }


def random_state(seed):
    rng = np.random.RandomState(seed)
    return {
        "seed": seed,
        "uint32": [int(v) for v in rng.randint(0, 2**32, 5, dtype=np.uint32)],
        "permutation": [int(v) for v in np.random.RandomState(seed).permutation(700)],
        "choice": [int(v) for v in np.random.RandomState(seed).choice(5000, 20, replace=False)],
    }


def main():
    fake, real = features(300, 24, 1, shift=0.1), features(400, 24, 2, spread=1.2)
    few_fake, few_real = features(12, 40, 3), features(9, 40, 4)
    logits = features(257, 10, 5, spread=8)
    golden = {
        "random": [random_state(seed) for seed in (0, 2020, 4294967295)],
        "features": {"fake": fake[:2].ravel().tolist(), "last": float(real[-1, -1])},
        "frechet": frechet(fake, real),
        "frechetSingular": frechet_singular(few_fake, few_real),
        "kernel": kernel_discrepancies(fake, real, 5, 100, 2020),
        "inception": inception_scores(logits, 10, 2020),
        "prdcClosed": prdc(fake, real, 3, 5, True),
        "prdcOpen": prdc(fake, real, 2, 4, False),
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.json")
    with open(path, "w") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
