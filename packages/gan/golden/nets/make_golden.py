"""Writes networks.json: what the resnet, autogan, pacgan, infogan, biggan and stylegan networks
compute, from a second transcription of their
tables, in PyTorch and float64.

Values are not stored: every parameter, buffer, input and cotangent is filled by `fill` from its name, and the tests fill
theirs alike. Of each gradient and of each buffer afterwards two numbers are kept: its sum against a pattern, and the sum of
its squares. Run: python3 make_golden.py
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
    return torch.from_numpy(((i * i * 31 + i * 7919 + key * 104729) % 10007) / 10007 - 0.5).reshape(shape)


def fill(name, shape):
    v = pattern(name, shape)
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if name.endswith(("weight_u", "weight_v")):
        return v / v.norm()
    if name.endswith("running_var") or ("norm" in name and name.endswith("embedding.weight")):
        return 1 + v
    if name.endswith("running_mean"):
        return v
    if len(shape) == 1:
        return 1 + v if name.endswith("weight") else 0.2 * v
    return v * math.sqrt(12 / (v.numel() / (shape[0] if shape else 1)))


def summary(name, tensor):
    t = tensor.detach().double()
    return [float((t * pattern(name, t.shape)).sum()), float((t * t).sum())]


class Net:
    """Parameters and buffers by Gantry's names, made when first asked for."""

    def __init__(self):
        self.parameters, self.buffers, self.training = {}, {}, True

    def p(self, name, *shape):
        if name not in self.parameters:
            self.parameters[name] = fill(name, shape).requires_grad_()
        return self.parameters[name]

    def b(self, name, *shape):
        if name not in self.buffers:
            self.buffers[name] = fill(name, shape)
        return self.buffers[name]

    def weight(self, name, shape, sn):
        if not sn:
            return self.p(f"{name}.weight", *shape)
        w = self.p(f"{name}.weight_orig", *shape)
        m = w.flatten(1)
        u = self.b(f"{name}.weight_u", m.shape[0])
        v = self.b(f"{name}.weight_v", m.shape[1])
        if self.training:
            with torch.no_grad():
                v = F.normalize(m.t() @ u, dim=0, eps=1e-12)
                u = F.normalize(m @ v, dim=0, eps=1e-12)
            self.buffers[f"{name}.weight_u"], self.buffers[f"{name}.weight_v"] = u, v
        return w / (u @ (m @ v))

    def conv(self, name, x, out, k, sn=False):
        return F.conv2d(x, self.weight(name, (out, x.shape[1], k, k), sn), self.p(f"{name}.bias", out), padding=k // 2)

    def linear(self, name, x, out, sn=False, bias=True):
        return F.linear(x, self.weight(name, (out, x.shape[1]), sn), self.p(f"{name}.bias", out) if bias else None)

    def bn(self, name, x, affine=True):
        c = x.shape[1]
        mean, var = self.b(f"{name}.running_mean", c), self.b(f"{name}.running_var", c)
        tracked = self.b(f"{name}.num_batches_tracked")
        if self.training:
            tracked += 1
        scale = (self.p(f"{name}.weight", c), self.p(f"{name}.bias", c)) if affine else (None, None)
        return F.batch_norm(x, mean, var, *scale, self.training, 0.1, 1e-5)

    def cbn(self, name, x, y, classes):
        if y is None:
            return self.bn(name, x)
        c = x.shape[1]
        h = self.bn(f"{name}.norm", x, affine=False)
        e = self.p(f"{name}.embedding.weight", classes, 2 * c)[y]
        return e[:, :c, None, None] * h + e[:, c:, None, None]

    def attention(self, name, x):
        b, c, h, w = x.shape
        conv = lambda k, t, o: F.conv2d(t, self.weight(f"{name}.{k}", (o, t.shape[1], 1, 1), True))
        theta = conv("theta", x, max(1, c // 8)).reshape(b, -1, h * w)
        phi = F.max_pool2d(conv("phi", x, max(1, c // 8)), 2).reshape(b, -1, h * w // 4)
        g = F.max_pool2d(conv("g", x, max(1, c // 2)), 2).reshape(b, -1, h * w // 4)
        beta = torch.einsum("bcq,bck->bqk", theta, phi).softmax(-1)
        seen = torch.einsum("bck,bqk->bcq", g, beta).reshape(b, -1, h, w)
        return x + self.p(f"{name}.gain") * conv("output", seen, c)

    def projected(self, name, x, vector):
        c = x.shape[1]
        line = lambda k: F.linear(vector, self.weight(f"{name}.{k}", (c, vector.shape[1]), True))[:, :, None, None]
        return (1 + line("scale")) * self.bn(f"{name}.norm", x, affine=False) + line("shift")

    def joint(self, features, latent, width, sn):
        h = F.leaky_relu(self.linear("joint.latent.0", latent, width, sn), 0.2)
        h = F.leaky_relu(self.linear("joint.latent.2", h, width, sn), 0.2)
        return F.leaky_relu(self.linear("joint.joint.0", torch.cat([features, h], 1), width, sn), 0.2)


def up(x, mode):
    return F.interpolate(x, scale_factor=2, mode=mode, **({"align_corners": False} if mode == "bilinear" else {}))


# In 2 * channels, which is G's width at 32 pixels.
G_WIDTHS = {32: [1, 1, 1, 1], 48: [2, 1, .5, .25], 64: [4, 2, 1, .5, .25], 128: [4, 4, 2, 1, .5, .25]}
BASE = {32: 4, 48: 6, 64: 4, 128: 4}
# (width in `channels`, halve)
D_BLOCKS = {
    32: [(1, 1), (1, 1), (1, 0), (1, 0)],
    48: [(.5, 1), (1, 1), (2, 1), (4, 1), (8, 0)],
    64: [(.5, 1), (1, 1), (2, 1), (4, 1), (8, 1)],
    128: [(.5, 1), (1, 1), (2, 1), (4, 1), (8, 1), (8, 0)],
}


def g_blocks(n, z, widths, b, norm, mode="nearest", sn=False, attended=None):
    h = n.linear("linear", z, widths[0] * b * b, sn).view(-1, widths[0], b, b)
    for i, w in enumerate(widths[1:]):
        name = f"blocks.{i}"
        r = up(norm(f"{name}.norm1", h, i).relu(), mode)
        r = n.conv(f"{name}.conv1", r, w, 3, sn)
        r = n.conv(f"{name}.conv2", norm(f"{name}.norm2", r, i).relu(), w, 3, sn)
        h = r + n.conv(f"{name}.shortcut", up(h, mode), w, 1, sn)
        if i == attended:
            h = n.attention("attention", h)
    return n.conv("conv", n.bn("norm", h).relu(), 3, 3, sn).tanh()


def resnet_generator(n, z, y=None, *, size, channels, mode="nearest", classes=None, sn=False, attended=None):
    widths = [int(w * 2 * channels) for w in G_WIDTHS[size]]
    return g_blocks(n, z, widths, BASE[size], lambda name, h, i: n.cbn(name, h, y, classes), mode, sn, attended)


def biggan_generator(n, z, y=None, *, widths, classes=None, shared=None, parts=1, attended=None):
    zs = z.chunk(parts, 1)
    if shared:
        e = n.p("shared.weight", classes, shared)[y]
        norm = lambda name, h, i: n.projected(name, h, torch.cat([e, zs[i + 1]], 1) if parts > 1 else e)
    else:
        norm = lambda name, h, i: n.cbn(name, h, y, classes)
    return g_blocks(n, zs[0], widths, 4, norm, sn=True, attended=attended)


def d_blocks(n, x, blocks, norm, public, prefix, wide=False, attended=None):
    sn = norm == "spectral"
    bn = (lambda name, t: n.bn(name, t)) if norm == "batch" else (lambda name, t: t)
    h = x
    local = None
    for i, (w, halve) in enumerate(blocks):
        name = f"{prefix}{i}"
        local = h
        pool = (lambda t: F.avg_pool2d(t, 2)) if halve else (lambda t: t)
        if i == 0:
            r = n.conv(f"{name}.conv1", h, w, 3, sn)
            r = n.conv(f"{name}.conv2", bn(f"{name}.norm", r).relu(), w, 3, sn)
            h = pool(r) + n.conv(f"{name}.shortcut", pool(h), w, 1, sn)
            if i == attended:
                h = n.attention("attention", h)
            continue
        a = bn(f"{name}.norm1", h).relu()
        r = n.conv(f"{name}.conv1", a, w if wide else h.shape[1], 3, sn)
        r = n.conv(f"{name}.conv2", bn(f"{name}.norm2", r).relu(), w, 3, sn)
        s = a if public else h
        if public:
            local = a
        if halve or w != h.shape[1]:
            s = pool(n.conv(f"{name}.shortcut", s, w, 1, sn))
        h = pool(r) + s
        if i == attended:
            h = n.attention("attention", h)
    return h, local


def scaled(size, channels):
    return [(int(width * channels), halve) for width, halve in D_BLOCKS[size]]


def resnet_discriminator(n, x, y=None, latent=None, *, blocks, norm="spectral", public=False, pooling="sum", classes=None,
                         bias=True, wide=False, attended=None):
    sn = norm == "spectral"
    h, local = d_blocks(n, x, blocks, norm, public, "blocks.", wide, attended)
    g = h.relu()
    g = g.sum((2, 3)) if pooling == "sum" else g.mean((2, 3))
    if latent is not None:
        g = n.joint(g, latent, g.shape[1], sn)
    score = n.linear("last", g, 1, sn, bias)[:, 0]
    if y is not None:
        score = score + (n.weight("embedding", (classes, g.shape[1]), sn)[y] * g).sum(1)
    return score, local, g


def resnet_encoder(n, x, *, size, channels, latent):
    h, _ = d_blocks(n, x, scaled(size, channels), "batch", False, "body.")
    k = len(D_BLOCKS[size])
    h = n.bn(f"body.{k}", h).relu().flatten(1)
    return n.bn(f"body.{k + 4}", n.linear(f"body.{k + 3}", h, latent, bias=False))


def autogan_generator(n, z, *, cells, width, tap="code"):
    h = n.linear("linear", z, width * 16).view(-1, width, 4, 4)
    skips = []
    for i, (mode, shortcut, norm) in enumerate(cells):
        name = f"cells.{i}"
        r = n.bn(f"{name}.norm1", h) if norm else h
        r = n.conv(f"{name}.conv1", up(r.relu(), mode), width, 3)
        tapped = r
        size = r.shape[2:]
        for j, skip in enumerate(skips):
            resized = F.interpolate(skip, size=size, mode=mode, **({"align_corners": False} if mode == "bilinear" else {}))
            if tap == "code":
                r += n.conv(f"{name}.skips.{j}", resized, width, 1)  # in place: `tapped` is the same tensor
            else:
                r = r + n.conv(f"{name}.skips.{j}", resized, width, 1)
        skips.append(tapped)
        r = n.bn(f"{name}.norm2", r) if norm else r
        r = n.conv(f"{name}.conv2", r.relu(), width, 3)
        h = r + n.conv(f"{name}.shortcut", up(h, mode), width, 1) if shortcut else r
    return n.conv("conv", n.bn("norm", h).relu(), 3, 3).tanh()


def tf_same(size, k, s):
    out = -(-size // s)
    total = max((out - 1) * s + k - size, 0)
    return total // 2, total - total // 2


def tf_conv(x, w, b, s):
    k = w.shape[2]
    t, bottom = tf_same(x.shape[2], k, s)
    l, r = tf_same(x.shape[3], k, s)
    return F.conv2d(F.pad(x, (l, r, t, bottom)), w, b, stride=s)


def tf_deconv(x, w, b, s, size):
    """conv2d_transpose by its definition: the gradient of the convolution by its input."""
    with torch.enable_grad():
        image = torch.zeros(x.shape[0], w.shape[1], size, size, requires_grad=True)
        out = tf_conv(image, w, None, s)
        return torch.autograd.grad(out, image, x, create_graph=True)[0] + b[None, :, None, None]


def pacgan_generator(n, z, *, first, side, deconvs, last, k):
    h = n.linear("body.0", z, first * side * side).view(-1, first, side, side)
    h = n.bn("body.2", h).relu()
    i = 4
    for j, (width, size) in enumerate(deconvs):
        h = tf_deconv(h, n.p(f"body.{i}.weight", h.shape[1], width, k, k), n.p(f"body.{i}.bias", width), 2, size)
        i += 1
        if last or j + 1 < len(deconvs):
            h = n.bn(f"body.{i}", h).relu()
            i += 2
    if last:
        h = tf_conv(h, n.p(f"body.{i}.weight", last, h.shape[1], k, k), n.p(f"body.{i}.bias", last), 1)
    return h.tanh()


def pacgan_discriminator(n, x, *, widths, k, slope, norm_first):
    h, local = x, None
    for i, w in enumerate(widths):
        local = h
        h = tf_conv(h, n.p(f"blocks.{i}.0.weight", w, h.shape[1], k, k), n.p(f"blocks.{i}.0.bias", w), 2)
        if i > 0 or norm_first:
            h = n.bn(f"blocks.{i}.1", h)
        h = F.leaky_relu(h, slope)
    g = h.flatten(1)
    return n.linear("last", g, 1)[:, 0], local, g


def infogan_generator(n, z, *, c):
    h = n.bn("body.1", n.linear("body.0", z, 16 * c, bias=False)).relu()
    h = n.bn("body.4", n.linear("body.3", h, 2 * c * 49, bias=False)).relu().view(-1, 2 * c, 7, 7)
    h = n.bn("body.8", F.conv_transpose2d(h, n.p("body.7.weight", 2 * c, c, 4, 4), stride=2, padding=1)).relu()
    return F.conv_transpose2d(h, n.p("body.10.weight", c, 3, 4, 4), n.p("body.10.bias", 3), stride=2, padding=1).tanh()


def infogan_discriminator(n, x, *, c):
    local = F.leaky_relu(
        F.conv2d(x, n.p("blocks.0.0.weight", c, x.shape[1], 4, 4), n.p("blocks.0.0.bias", c), stride=2, padding=1), .1)
    h = F.conv2d(local, n.p("blocks.1.0.weight", 2 * c, c, 4, 4), stride=2, padding=1)
    h = F.leaky_relu(n.bn("blocks.1.1", h), .1).flatten(1)
    g = F.leaky_relu(n.bn("hidden.2", n.linear("hidden.1", h, 16 * c, bias=False)), .1)
    return n.linear("last", g, 1)[:, 0], local, g


BINOMIAL = torch.outer(torch.tensor([1., 2, 1]), torch.tensor([1., 2, 1])) / 16


def blurred(x):
    c = x.shape[1]
    return F.conv2d(x, BINOMIAL.expand(c, 1, 3, 3), padding=1, groups=c)


def equal_conv(n, name, x, out, k, gain=2 ** .5, bias=True):
    w = n.p(f"{name}.weight", out, x.shape[1], k, k) * gain / (x.shape[1] * k * k) ** .5
    return F.conv2d(x, w, n.p(f"{name}.bias", out) if bias else None, padding=k // 2)


def equal_linear(n, name, x, out, gain=2 ** .5, rate=1):
    w = n.p(f"{name}.weight", out, x.shape[1]) * (gain / x.shape[1] ** .5 * rate)
    return F.linear(x, w, n.p(f"{name}.bias", out) * rate)


def style_layer(n, i, x, w):
    name, c, side = f"layers.{i}", x.shape[1], x.shape[2]
    x = x + n.b(f"{name}.noise", 1, 1, side, side) * n.p(f"{name}.noise_weight", c).view(1, c, 1, 1)
    x = F.leaky_relu(x + n.p(f"{name}.bias", c).view(1, c, 1, 1), .2)
    x = F.instance_norm(x, eps=1e-8)
    s = equal_linear(n, f"{name}.style", w, 2 * c, gain=1).view(-1, 2, c, 1, 1)
    return x * (s[:, 0] + 1) + s[:, 1]


def stylegan_generator(n, z, *, widths, size, layers, psi):
    w = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
    for i in range(layers):
        w = F.leaky_relu(equal_linear(n, f"mapping.{i}", w, size, rate=.01), .2)
    mean = n.b("mean_style", size)
    near = mean + psi * (w - mean)
    x = n.p("constant", 1, widths[0], 4, 4).expand(len(z), -1, -1, -1)
    k = 0
    for i, c in enumerate(widths):
        if i:
            x = blurred(equal_conv(n, f"convolutions.{k - 1}", up(x, "nearest"), c, 3, bias=False))
        x = style_layer(n, k, x, near if k < 8 else w)
        k += 1
        x = style_layer(n, k, equal_conv(n, f"convolutions.{k - 1}", x, c, 3, bias=False), near if k < 8 else w)
        k += 1
    return equal_conv(n, "to_image", x, 3, 1, gain=1).clamp(-1, 1)


def stylegan_discriminator(n, x, *, widths):
    x = F.leaky_relu(equal_conv(n, "body.from_image", x, widths[-1], 1), .2)
    k = 0
    for c, half in zip(widths[:0:-1], widths[-2::-1]):
        x = F.leaky_relu(equal_conv(n, f"body.convolutions.{k}", x, c, 3), .2)
        x = F.avg_pool2d(equal_conv(n, f"body.convolutions.{k + 1}", blurred(x), half, 3), 2)
        x = F.leaky_relu(x, .2)
        k += 2
    local = x
    group = max(g for g in (1, 2, 3, 4) if len(x) % g == 0)
    sd = x.view(group, -1, *x.shape[1:]).var(0, unbiased=False).add(1e-8).sqrt().mean((1, 2, 3))
    x = torch.cat([x, sd.repeat(group).view(-1, 1, 1, 1).expand(-1, 1, 4, 4)], 1)
    x = F.leaky_relu(equal_conv(n, "convolution", x, widths[0], 3), .2).flatten(1)
    g = F.leaky_relu(equal_linear(n, "hidden", x, widths[0]), .2)
    return equal_linear(n, "last", g, 1, gain=1)[:, 0], local, g


def run(function, inputs, label=None, training=True, **options):
    """A training pass (or one of evaluation) with its gradients, the buffers it leaves, and an evaluation pass."""
    n = Net()
    n.training = training
    ins = {name: pattern(name, shape).mul(2 if name == "image" else 3).requires_grad_() for name, shape in inputs.items()}
    args = list(ins.values())
    if label is not None:
        args.insert(1, torch.tensor(label))
    elif len(args) > 1:
        args.insert(1, None)
    outputs = function(n, *args, **options)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    loss = sum((o * pattern(f"cotangent{i}", o.shape)).sum() for i, o in enumerate(outputs))
    named = {**n.parameters, **ins}
    gradients = torch.autograd.grad(loss, list(named.values()))
    record = {
        "shapes": [list(o.shape) for o in outputs],
        "outputs": [summary(f"output{i}", o) for i, o in enumerate(outputs)],
        "first": [o.detach().flatten()[:8].tolist() for o in outputs],
        "gradients": {k: summary(k, g) for k, g in zip(named, gradients)},
        "buffers": {k: summary(k, b) for k, b in n.buffers.items()},
        "parameters": sum(p.numel() for p in n.parameters.values()),
    }
    n.training = False
    with torch.no_grad():
        evaluated = function(n, *args, **options)
    evaluated = evaluated if isinstance(evaluated, tuple) else (evaluated,)
    record["evaluated"] = [summary(f"output{i}", o) for i, o in enumerate(evaluated)]
    return record


A = [("nearest", True, False), ("bilinear", True, False), ("nearest", False, False)]
B = [("nearest", True, False)] * 3
C = [("nearest", True, True), *A[1:]]
z, x = {"latent": (3, 5)}, lambda size, c=3: {"image": (2, c, size, size)}
cases = {
    "resnet 32 generator": run(resnet_generator, z, size=32, channels=2),
    "resnet 32 generator bilinear": run(resnet_generator, z, size=32, channels=2, mode="bilinear"),
    "resnet 32 generator conditional": run(resnet_generator, z, [2, 0, 2], size=32, channels=2, classes=3),
    "resnet 48 generator": run(resnet_generator, z, size=48, channels=4, mode="bilinear"),
    "resnet 64 generator": run(resnet_generator, z, size=64, channels=2),
    "resnet 128 generator": run(resnet_generator, {"latent": (2, 5)}, size=128, channels=2),
    "resnet 32 discriminator": run(resnet_discriminator, x(32), blocks=scaled(32, 4)),
    "resnet 32 discriminator public": run(resnet_discriminator, x(32), blocks=scaled(32, 4), public=True),
    "resnet 32 discriminator none mean": run(
        resnet_discriminator, x(32), blocks=scaled(32, 4), norm="none", pooling="mean"),
    "resnet 32 discriminator conditional": run(
        resnet_discriminator, x(32), [1, 2], blocks=scaled(32, 4), classes=3),
    "resnet 32 discriminator packed joint": run(
        resnet_discriminator, {**x(32, 6), "latent": (2, 5)}, blocks=scaled(32, 4)),
    "resnet 48 discriminator": run(resnet_discriminator, x(48), blocks=scaled(48, 2)),
    "resnet 64 discriminator public": run(resnet_discriminator, x(64), blocks=scaled(64, 2), public=True),
    "resnet 128 discriminator": run(resnet_discriminator, x(128), blocks=scaled(128, 2)),
    "resnet 32 encoder": run(resnet_encoder, {"image": (3, 3, 32, 32)}, size=32, channels=2, latent=5),
    "resnet 48 encoder": run(resnet_encoder, {"image": (3, 3, 48, 48)}, size=48, channels=2, latent=5),
    "autogan a generator": run(autogan_generator, z, cells=A, width=4),
    "autogan a generator figure": run(autogan_generator, z, cells=A, width=4, tap="figure"),
    "autogan b generator": run(autogan_generator, z, cells=B, width=4),
    "autogan c generator": run(autogan_generator, z, cells=C, width=4),
    "autogan discriminator": run(resnet_discriminator, x(32), blocks=scaled(32, 2), bias=False),
    "pacgan veegan generator": run(
        pacgan_generator, z, first=16, side=2, deconvs=[(8, 4), (4, 7), (2, 14), (3, 28)], last=0, k=5),
    "pacgan veegan discriminator": run(
        pacgan_discriminator, x(28, 6), widths=[2, 4, 8, 16], k=5, slope=.2, norm_first=False),
    "pacgan unrolled generator": run(
        pacgan_generator, z, first=64, side=4, deconvs=[(32, 7), (16, 14), (8, 28)], last=3, k=3),
    "pacgan unrolled quarter discriminator": run(
        pacgan_discriminator, x(28), widths=[2, 4, 8], k=3, slope=.3, norm_first=True),
    "pacgan unrolled half discriminator": run(
        pacgan_discriminator, x(28), widths=[4, 8, 16], k=3, slope=.3, norm_first=True),
    "resnet 32 generator spectral attention": run(resnet_generator, z, size=32, channels=8, sn=True, attended=0),
    "resnet 32 discriminator attention": run(resnet_discriminator, x(32), blocks=scaled(32, 8), attended=0),
    "biggan 32 generator": run(biggan_generator, z, [2, 0, 2], widths=[8] * 4, classes=3),
    "biggan 32 generator plain": run(biggan_generator, z, widths=[8] * 4, attended=1),
    "biggan 64 generator hierarchical": run(
        biggan_generator, z, [2, 0, 2], widths=[32, 32, 16, 8, 4], classes=3, shared=4, parts=5, attended=2),
    "biggan 32 discriminator": run(
        resnet_discriminator, x(32), [1, 2], blocks=[(8, 1), (8, 1), (8, 0), (8, 0)], wide=True, classes=3),
    "biggan 64 discriminator attention": run(
        resnet_discriminator, x(64), [1, 2], blocks=[(2, 1), (4, 1), (8, 1), (16, 1), (32, 0)], wide=True, classes=3,
        attended=0),
    "stylegan 8 generator": run(
        stylegan_generator, z, training=False, widths=[6, 6], size=5, layers=3, psi=.7),
    "stylegan 64 generator": run(
        stylegan_generator, z, training=False, widths=[4, 4, 4, 4, 2], size=6, layers=2, psi=.7),
    "stylegan 32 discriminator": run(stylegan_discriminator, {"image": (2, 3, 32, 32)}, widths=[4] * 4),
    "stylegan 64 discriminator": run(stylegan_discriminator, {"image": (6, 3, 64, 64)}, widths=[4, 4, 4, 4, 2]),
    "stylegan 64 discriminator of eight": run(stylegan_discriminator, {"image": (8, 3, 64, 64)}, widths=[4, 4, 4, 4, 2]),
    "infogan generator": run(infogan_generator, z, c=2),
    "infogan discriminator": run(infogan_discriminator, x(28), c=2),
}
target = pathlib.Path(__file__).parent / "networks.json"
target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
