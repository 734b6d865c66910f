"""Writes networks.json: what the resnet, autogan, pacgan, infogan, biggan, stylegan, mlp, vaegan
and ali networks compute, from a second transcription of their
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
        self.references = None  # of virtual batch norm: how many of a batch are the reference

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

    def bn(self, name, x, affine=True, eps=1e-5, momentum=.1):
        if self.references:
            return self.virtual(name, x, affine, eps)
        c = x.shape[1]
        mean, var = self.b(f"{name}.running_mean", c), self.b(f"{name}.running_var", c)
        tracked = self.b(f"{name}.num_batches_tracked")
        if self.training:
            tracked += 1
        scale = (self.p(f"{name}.weight", c), self.p(f"{name}.bias", c)) if affine else (None, None)
        return F.batch_norm(x, mean, var, *scale, self.training, momentum, eps)

    def virtual(self, name, x, affine, eps):
        """Sample by sample: Salimans et al. 2016, 3.5."""
        c, r = x.shape[1], self.references
        places = tuple(range(2, x.dim()))
        moment = lambda t: t.mean(places) if places else t
        wide = lambda v: v.reshape(c, *[1] * len(places))
        shared = [moment(t[:r]).mean(0) for t in (x, x * x)]
        rows = []
        for i in range(len(x)):
            mixed = shared if i < r else [
                m / (r + 1) + s * r / (r + 1) for m, s in zip((moment(x[i:i + 1])[0], moment(x[i:i + 1] ** 2)[0]), shared)]
            rows.append((x[i] - wide(mixed[0])) / wide((mixed[1] - mixed[0] ** 2 + eps).sqrt()))
        h = torch.stack(rows)
        return h * wide(self.p(f"{name}.weight", c)) + wide(self.p(f"{name}.bias", c)) if affine else h

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


def autogan_generator(n, z, *, cells, width, tap="code", base=4):
    h = n.linear("linear", z, width * base * base).view(-1, width, base, base)
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


def mlp_generator(n, z, *, widths):
    h = z
    for i, w in enumerate(widths):
        h = n.bn(f"body.{3 * i + 1}", n.linear(f"body.{3 * i}", h, w, bias=False)).relu()
    return n.linear(f"body.{3 * len(widths)}", h, 3 * 28 * 28).tanh().view(-1, 3, 28, 28)


def mlp_discriminator(n, x, y=None, *, widths, classes=None):
    """Without dropout, so in evaluation."""
    h = x.flatten(1)
    if classes:
        h = torch.cat([h, F.one_hot(y, classes).double()], 1)
    for i, w in enumerate(widths):
        h = n.linear(f"body.{3 * i}", h, w).relu()
    return n.linear("last", h, 1)[:, 0], h


def mlp_encoder(n, x, *, width, latent):
    return n.linear("body.3", n.linear("body.1", x.flatten(1), width).relu(), latent)


def backward_convolution(x, w):
    """deeppy's: the gradient, by its image of twice the size, of a convolution of stride 2 padded by 2 on every side."""
    with torch.enable_grad():
        image = torch.zeros(x.shape[0], w.shape[1], 2 * x.shape[2], 2 * x.shape[3], requires_grad=True)
        return torch.autograd.grad(F.conv2d(image, w, stride=2, padding=2), image, x, create_graph=True)[0]


def vaegan_generator(n, z, *, base, widths):
    h = n.bn("body.1", n.linear("body.0", z, widths[0] * base * base, bias=False)).relu().view(-1, widths[0], base, base)
    i = 4
    for w in widths[1:]:
        h = backward_convolution(h, n.p(f"body.{i}.weight", h.shape[1], w, 5, 5))
        h = n.bn(f"body.{i + 1}", h, eps=1e-6).relu()
        i += 3
    return n.conv(f"body.{i}", h, 3, 5).tanh()


def strided5(n, name, x, w):
    return F.conv2d(x, n.p(f"{name}.weight", w, x.shape[1], 5, 5), stride=2, padding=2)


def vaegan_discriminator(n, x, *, first, widths, units):
    h = n.conv("first.0", x, first, 5).relu()
    for i, w in enumerate(widths):
        local = strided5(n, f"convolutions.{i}", h, w)
        h = n.bn(f"activations.{i}.0", local, eps=1e-6).relu()
    g = n.bn("hidden.2", n.linear("hidden.1", h.flatten(1), units, bias=False)).relu()
    return n.linear("last", g, 1)[:, 0], local, g


def vaegan_encoder(n, x, *, widths, units, latent):
    h = x
    for i, w in enumerate(widths):
        h = n.bn(f"body.{2 * i + 1}.0", strided5(n, f"body.{2 * i}", h, w), eps=1e-6).relu()
    h = n.bn("body.8", n.linear("body.7", h.flatten(1), units, bias=False)).relu()
    return n.linear("body.10", h, latent)


def blocks_bn(n, name, x):
    return n.bn(name, x, eps=1e-4, momentum=.05)


def ali_generator(n, z, *, steps, slope):
    h = z[:, :, None, None]
    for i, (k, s, w) in enumerate(steps):
        h = F.conv_transpose2d(h, n.p(f"body.{3 * i + 1}.weight", h.shape[1], w, k, k), stride=s)
        h = F.leaky_relu(blocks_bn(n, f"body.{3 * i + 2}", h), slope)
    h = F.conv2d(h, n.p(f"body.{3 * len(steps) + 1}.weight", 3, h.shape[1], 1, 1))
    return 2 * torch.sigmoid(h + n.p("pixel_bias", *h.shape[1:])) - 1


def ali_discriminator(n, x, y=None, latent=None, *, steps, latent_width, joint, slope, maxout):
    """Without dropout, so in evaluation. `maxout` pairs neighbouring channels, as ConvMaxout's reshape does."""
    act = (lambda t: torch.stack([t[:, 0::2], t[:, 1::2]]).amax(0)) if maxout else (lambda t: F.leaky_relu(t, slope))
    h = x
    for i, (k, s, w) in enumerate(steps):
        local = h
        normed = not maxout and i > 0
        h = F.conv2d(h, n.p(f"blocks.{i}.1.weight", w, h.shape[1], k, k),
                     None if normed else n.p(f"blocks.{i}.1.bias", w), stride=s)
        h = act(blocks_bn(n, f"blocks.{i}.2", h) if normed else h)
    h = h.flatten(1)
    if latent is not None:
        v = act(n.linear("latent.1", latent, latent_width, bias=False))
        h = torch.cat([h, act(n.linear("latent.4", v, latent_width, bias=False))], 1)
    g = act(n.linear("joint.4", act(n.linear("joint.1", h, joint)), joint))
    return n.linear("last", g, 1)[:, 0], local, g


def ali_encoder(n, x, *, steps, slope, latent):
    h = x
    for i, (k, s, w) in enumerate(steps):
        h = F.conv2d(h, n.p(f"body.{3 * i}.weight", w, h.shape[1], k, k), stride=s)
        h = F.leaky_relu(blocks_bn(n, f"body.{3 * i + 1}", h), slope)
    return n.linear(f"body.{3 * len(steps) + 1}", h.flatten(1), latent)


def labelled(function, classes):
    """Classes beside latents, or as maps beside images."""
    def labels(n, x, y, **options):
        e = F.one_hot(y, classes).double()
        if x.dim() == 4:
            e = e[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return function(n, torch.cat([x, e], 1), **options)
    return labels


def referenced(function, references, labels=False):
    """Behind a reference batch; `labels`: with classes of its own, all 0 as filled."""
    def behind(n, z, y=None, **options):
        n.references = references
        args = [torch.cat([n.b("reference", references, z.shape[1]), z])]
        if labels:
            n.buffers["reference_label"] = torch.zeros(references, dtype=torch.int64)
            args.append(torch.cat([n.buffers["reference_label"], y]))
        return function(n, *args, **options)[references:]
    return behind


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
    "infogan generator conditional virtual": run(labelled(referenced(infogan_generator, 4), 3), z, [2, 0, 2], c=2),
    "infogan discriminator conditional": run(labelled(infogan_discriminator, 3), x(28), [1, 2], c=2),
    "resnet 32 generator virtual": run(referenced(resnet_generator, 4), z, size=32, channels=2),
    "resnet 32 generator conditional virtual": run(
        referenced(resnet_generator, 4, True), z, [2, 0, 2], size=32, channels=2, classes=3),
    "biggan 32 generator shared virtual": run(
        referenced(biggan_generator, 4, True), z, [2, 0, 2], widths=[4] * 4, classes=3, shared=4),
    "autogan a generator 48": run(autogan_generator, z, cells=A, width=4, base=6),
    "autogan discriminator 48": run(resnet_discriminator, x(48), blocks=scaled(32, 2), bias=False),
    "autogan c generator conditional virtual": run(
        labelled(referenced(autogan_generator, 4), 3), z, [2, 0, 2], cells=C, width=4),
    "autogan discriminator conditional": run(
        resnet_discriminator, x(32), [1, 2], blocks=scaled(32, 2), bias=False, classes=3),
    "pacgan veegan generator conditional virtual": run(
        labelled(referenced(pacgan_generator, 4), 3), z, [2, 0, 2],
        first=16, side=2, deconvs=[(8, 4), (4, 7), (2, 14), (3, 28)], last=0, k=5),
    "pacgan veegan discriminator conditional": run(
        labelled(pacgan_discriminator, 3), x(28), [1, 2], widths=[2, 4, 8, 16], k=5, slope=.2, norm_first=False),
    "mlp generator": run(mlp_generator, z, widths=[4, 4]),
    "mlp generator conditional virtual": run(labelled(referenced(mlp_generator, 4), 3), z, [2, 0, 2], widths=[6, 4]),
    "mlp discriminator": run(mlp_discriminator, x(28), training=False, widths=[4, 4, 4]),
    "mlp discriminator conditional": run(mlp_discriminator, x(28), [1, 2], training=False, widths=[6, 4], classes=3),
    "mlp encoder": run(mlp_encoder, {"image": (3, 3, 28, 28)}, width=4, latent=5),
    "vaegan 32 generator": run(vaegan_generator, z, base=4, widths=[16, 12, 8, 2]),
    "vaegan 64 generator": run(vaegan_generator, z, base=8, widths=[16, 16, 8, 2]),
    "vaegan 32 discriminator": run(vaegan_discriminator, x(32), first=2, widths=[8, 12, 16], units=32),
    "vaegan 64 discriminator": run(vaegan_discriminator, x(64), first=2, widths=[8, 16, 16], units=32),
    "vaegan 64 encoder": run(vaegan_encoder, {"image": (3, 3, 64, 64)}, widths=[4, 8, 16], units=64, latent=5),
    "ali 32 generator": run(
        ali_generator, z, steps=[(4, 1, 16), (4, 2, 8), (4, 1, 4), (4, 2, 2), (5, 1, 2), (1, 1, 2)], slope=.1),
    "ali 64 generator": run(
        ali_generator, z, steps=[(4, 1, 32), (7, 2, 16), (5, 2, 16), (7, 2, 8), (2, 1, 4)], slope=.02),
    "ali 32 discriminator": run(
        ali_discriminator, x(32), training=False, steps=[(5, 1, 4), (4, 2, 8), (4, 1, 16), (4, 2, 32), (4, 1, 64)],
        latent_width=64, joint=128, slope=.1, maxout=True),
    "ali 32 discriminator joint": run(
        ali_discriminator, {**x(32), "latent": (2, 5)}, training=False,
        steps=[(5, 1, 4), (4, 2, 8), (4, 1, 16), (4, 2, 32), (4, 1, 64)], latent_width=64, joint=128, slope=.1, maxout=True),
    "ali 64 discriminator joint": run(
        ali_discriminator, {**x(64), "latent": (2, 5)}, training=False,
        steps=[(2, 1, 4), (7, 2, 8), (5, 2, 16), (7, 2, 16), (4, 1, 32)], latent_width=64, joint=128, slope=.02,
        maxout=False),
    "ali 32 encoder": run(
        ali_encoder, {"image": (3, 3, 32, 32)}, slope=.1, latent=5,
        steps=[(5, 1, 4), (4, 2, 8), (4, 1, 16), (4, 2, 32), (4, 1, 64), (1, 1, 64)]),
    "ali 64 encoder": run(
        ali_encoder, {"image": (3, 3, 64, 64)}, slope=.02, latent=5,
        steps=[(2, 1, 4), (7, 2, 8), (5, 2, 16), (7, 2, 16), (4, 1, 32)]),
}
target = pathlib.Path(__file__).parent / "networks.json"
target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
