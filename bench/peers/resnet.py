"""The residual networks at 32 pixels as kwotsin/mimicry writes them; with small_side as an expert writes them, whose 1x1 shortcuts
stand on the small side of a resize, which they commute with, and whose spectral norm is PyTorch's newer one.

G: linear, three blocks BN-ReLU-up-conv3-BN-ReLU-conv3 with shortcut up-conv1, BN, ReLU, conv3, tanh; widths twice D's.
D: an optimized first block, three more, the first of which halves the size, ReLU, pooling, linear.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations, spectral_norm


def conv(inputs, outputs, kernel, gain=1.0, spectral=None):
    layer = nn.Conv2d(inputs, outputs, kernel, 1, kernel // 2)
    nn.init.xavier_uniform_(layer.weight, gain)
    return spectral(layer) if spectral else layer


def linear(inputs, outputs, spectral=None):
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    return spectral(layer) if spectral else layer


class GBlock(nn.Module):
    def __init__(self, inputs, outputs, upsampling, small_side):
        super().__init__()
        self.small_side = small_side
        self.b1, self.b2 = nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)
        self.c1 = conv(inputs, outputs, 3, math.sqrt(2))
        self.c2 = conv(outputs, outputs, 3, math.sqrt(2))
        self.c_sc = conv(inputs, outputs, 1)
        self.activation = nn.ReLU(True)
        self.mode = {"mode": "bilinear", "align_corners": False} if upsampling == "bilinear" else {"mode": "nearest"}

    def upsample(self, x):
        return F.interpolate(x, scale_factor=2, **self.mode)

    def forward(self, x):
        h = self.activation(self.b1(x))
        h = self.c1(self.upsample(h))
        h = self.c2(self.activation(self.b2(h)))
        if self.small_side:
            return h + self.upsample(self.c_sc(x))
        return h + self.c_sc(self.upsample(x))


class Generator(nn.Module):
    def __init__(self, width, latent, upsampling, small_side=False):
        super().__init__()
        self.width, self.latent = width, latent
        self.l1 = linear(latent, 4 * 4 * width)
        self.blocks = nn.Sequential(*[GBlock(width, width, upsampling, small_side) for _ in range(3)])
        self.b5, self.c5 = nn.BatchNorm2d(width), conv(width, 3, 3)
        self.activation = nn.ReLU(True)

    def forward(self, z):
        h = self.blocks(self.l1(z).view(z.shape[0], -1, 4, 4))
        return torch.tanh(self.c5(self.activation(self.b5(h))))

    def generate_images(self, count):
        return self(torch.randn(count, self.latent))


class DBlockOptimized(nn.Module):
    def __init__(self, inputs, outputs, spectral):
        super().__init__()
        self.c1 = conv(inputs, outputs, 3, math.sqrt(2), spectral)
        self.c2 = conv(outputs, outputs, 3, math.sqrt(2), spectral)
        self.c_sc = conv(inputs, outputs, 1, 1.0, spectral)
        self.activation = nn.ReLU(True)

    def forward(self, x):
        return F.avg_pool2d(self.c2(self.activation(self.c1(x))), 2) + self.c_sc(F.avg_pool2d(x, 2))


class DBlock(nn.Module):
    def __init__(self, channels, downsample, spectral, in_place, small_side):
        super().__init__()
        self.small_side = small_side
        self.downsample = downsample
        self.c1 = conv(channels, channels, 3, math.sqrt(2), spectral)
        self.c2 = conv(channels, channels, 3, math.sqrt(2), spectral)
        self.c_sc = conv(channels, channels, 1, 1.0, spectral) if downsample else None
        self.first, self.second = nn.ReLU(in_place), nn.ReLU(True)

    def forward(self, x):
        h = self.c2(self.second(self.c1(self.first(x))))
        if not self.downsample:
            return h + x
        if self.small_side:
            return F.avg_pool2d(h, 2) + self.c_sc(F.avg_pool2d(x, 2))
        return F.avg_pool2d(h, 2) + F.avg_pool2d(self.c_sc(x), 2)


class Discriminator(nn.Module):
    def __init__(self, width, spectral, pooling, in_place, small_side=False):
        super().__init__()
        if spectral:
            spectral = parametrizations.spectral_norm if small_side else spectral_norm
        self.pooling = pooling
        self.blocks = nn.Sequential(
            DBlockOptimized(3, width, spectral),
            *[DBlock(width, downsample, spectral, in_place, small_side) for downsample in (True, False, False)],
        )
        self.l5 = linear(width, 1, spectral)
        self.activation = nn.ReLU(True)

    def forward(self, x):
        h = self.activation(self.blocks(x))
        return self.l5(torch.sum(h, (2, 3)) if self.pooling == "sum" else torch.mean(h, (2, 3)))
