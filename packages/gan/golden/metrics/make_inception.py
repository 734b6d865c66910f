"""Makes inception.json beside it with PyTorch: python3 make_inception.py

Inception-v3 as FID defines it, transcribed from its description (METHODS section 9): plain convolutions and batch norms,
nothing folded. The weights come from an integer hash that the test computes too.
"""

import json
import os

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def noise(count, seed):
    """float64 in [-0.5, 0.5): murmur3's finaliser of the position and a seed, in 32 bits."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h.astype(np.float64) / 2**32 - 0.5


class Weights:
    """Tensors in the order of the file; a tensor's seed is its place in it."""

    def __init__(self):
        self.count = 0
        self.tensors = {}

    def take(self, name, shape, offset, spread):
        if name not in self.tensors:
            values = offset + spread * noise(int(np.prod(shape)), self.count)
            self.tensors[name] = torch.from_numpy(values.astype(np.float32).reshape(shape))
            self.count += 1
        return self.tensors[name]


W = Weights()


def conv(x, name, outputs, kernel, stride=1, padding=0):
    kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel
    inputs = x.shape[1]
    weight = W.take(name + ".conv.weight", (outputs, inputs, kh, kw), 0, 2 * np.sqrt(6 / (inputs * kh * kw)))
    gamma = W.take(name + ".bn.weight", (outputs,), 1, 0.4)
    beta = W.take(name + ".bn.bias", (outputs,), 0.1, 0.4)
    mean = W.take(name + ".bn.running_mean", (outputs,), 0, 0.4)
    var = W.take(name + ".bn.running_var", (outputs,), 1, 1)
    x = F.conv2d(x, weight, None, stride, padding)
    return F.relu(F.batch_norm(x, mean, var, gamma, beta, False, 0.0, 1e-3))


def resize(x, size):
    def axis(n):
        place = torch.arange(size, dtype=torch.float32) * torch.tensor(n / size, dtype=torch.float32)
        low = place.long()
        return low, (low + 1).clamp_max(n - 1), place - low.float()

    lo, hi, d = axis(x.shape[3])
    x = x[..., lo] + (x[..., hi] - x[..., lo]) * d
    lo, hi, d = axis(x.shape[2])
    return x[:, :, lo] + (x[:, :, hi] - x[:, :, lo]) * d[:, None]


def average(x):
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def block_a(x, n, pool):
    p = n + "."
    a = conv(x, p + "branch1x1", 64, 1)
    b = conv(conv(x, p + "branch5x5_1", 48, 1), p + "branch5x5_2", 64, 5, padding=2)
    c = conv(x, p + "branch3x3dbl_1", 64, 1)
    c = conv(c, p + "branch3x3dbl_2", 96, 3, padding=1)
    c = conv(c, p + "branch3x3dbl_3", 96, 3, padding=1)
    return torch.cat([a, b, c, conv(average(x), p + "branch_pool", pool, 1)], 1)


def block_b(x):
    p = "Mixed_6a."
    a = conv(x, p + "branch3x3", 384, 3, 2)
    b = conv(conv(x, p + "branch3x3dbl_1", 64, 1), p + "branch3x3dbl_2", 96, 3, padding=1)
    b = conv(b, p + "branch3x3dbl_3", 96, 3, 2)
    return torch.cat([a, b, F.max_pool2d(x, 3, 2)], 1)


def block_c(x, n, c7):
    p = n + "."
    a = conv(x, p + "branch1x1", 192, 1)
    b = conv(x, p + "branch7x7_1", c7, 1)
    b = conv(b, p + "branch7x7_2", c7, (1, 7), padding=(0, 3))
    b = conv(b, p + "branch7x7_3", 192, (7, 1), padding=(3, 0))
    c = conv(x, p + "branch7x7dbl_1", c7, 1)
    c = conv(c, p + "branch7x7dbl_2", c7, (7, 1), padding=(3, 0))
    c = conv(c, p + "branch7x7dbl_3", c7, (1, 7), padding=(0, 3))
    c = conv(c, p + "branch7x7dbl_4", c7, (7, 1), padding=(3, 0))
    c = conv(c, p + "branch7x7dbl_5", 192, (1, 7), padding=(0, 3))
    return torch.cat([a, b, c, conv(average(x), p + "branch_pool", 192, 1)], 1)


def block_d(x):
    p = "Mixed_7a."
    a = conv(conv(x, p + "branch3x3_1", 192, 1), p + "branch3x3_2", 320, 3, 2)
    b = conv(x, p + "branch7x7x3_1", 192, 1)
    b = conv(b, p + "branch7x7x3_2", 192, (1, 7), padding=(0, 3))
    b = conv(b, p + "branch7x7x3_3", 192, (7, 1), padding=(3, 0))
    b = conv(b, p + "branch7x7x3_4", 192, 3, 2)
    return torch.cat([a, b, F.max_pool2d(x, 3, 2)], 1)


def block_e(x, n, pool):
    p = n + "."
    a = conv(x, p + "branch1x1", 320, 1)
    b = conv(x, p + "branch3x3_1", 384, 1)
    b = torch.cat(
        [conv(b, p + "branch3x3_2a", 384, (1, 3), padding=(0, 1)), conv(b, p + "branch3x3_2b", 384, (3, 1), padding=(1, 0))], 1
    )
    c = conv(conv(x, p + "branch3x3dbl_1", 448, 1), p + "branch3x3dbl_2", 384, 3, padding=1)
    c = torch.cat(
        [
            conv(c, p + "branch3x3dbl_3a", 384, (1, 3), padding=(0, 1)),
            conv(c, p + "branch3x3dbl_3b", 384, (3, 1), padding=(1, 0)),
        ],
        1,
    )
    return torch.cat([a, b, c, conv(pool(x), p + "branch_pool", 192, 1)], 1)


def forward(images):
    out = {}
    x = (resize(images.float(), 299) - 128) / 128
    x = conv(x, "Conv2d_1a_3x3", 32, 3, 2)
    x = conv(x, "Conv2d_2a_3x3", 32, 3)
    x = conv(x, "Conv2d_2b_3x3", 64, 3, padding=1)
    x = F.max_pool2d(x, 3, 2)
    out["64"] = x.mean((2, 3))
    x = conv(x, "Conv2d_3b_1x1", 80, 1)
    x = F.max_pool2d(conv(x, "Conv2d_4a_3x3", 192, 3), 3, 2)
    out["192"] = x.mean((2, 3))
    x = block_a(x, "Mixed_5b", 32)
    x = block_a(x, "Mixed_5c", 64)
    x = block_a(x, "Mixed_5d", 64)
    x = block_b(x)
    for name, width in (("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)):
        x = block_c(x, name, width)
    out["768"] = x.mean((2, 3))
    x = block_d(x)
    x = block_e(x, "Mixed_7b", average)
    x = block_e(x, "Mixed_7c", lambda t: F.max_pool2d(t, 3, 1, 1))
    x = x.mean((2, 3))
    out["2048"] = x
    weight = W.take("fc.weight", (1008, 2048), 0, 2 / np.sqrt(2048))
    bias = W.take("fc.bias", (1008,), 0, 1)
    out["logits_unbiased"] = x @ weight.T
    out["logits"] = out["logits_unbiased"] + bias
    return out


def images(count, channels, height, width, seed):
    values = (noise(count * channels * height * width, seed) + 0.5) * 256
    return torch.from_numpy(values.astype(np.uint8).reshape(count, channels, height, width))


def digits(values):
    return [float("%.9g" % v) for v in values]


def main():
    pictures = images(2, 3, 20, 27, 1000)
    with torch.no_grad():
        out = forward(pictures)
        small = images(1, 1, 3, 5, 1001)
        golden = {
            "names": list(W.tensors),
            "features": {
                name: {
                    # Every 13th number of each image, and the sums over all.
                    "some": digits(value[:, ::13].reshape(-1).tolist()),
                    "sum": float(value.double().sum()),
                    "squares": float(value.double().square().sum()),
                }
                for name, value in out.items()
            },
            "resized": {
                "up": digits(resize(small.float(), 7).reshape(-1).tolist()),
                "down": digits(resize(small.float(), 2).reshape(-1).tolist()),
            },
        }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inception.json")
    with open(path, "w") as file:
        json.dump(golden, file, indent=None, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
