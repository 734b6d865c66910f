"""Writes inputs.json beside it: images as they come to Inception in two public codes, the one's own code run.

clean-fid's resizer is GaParmar/clean-fid's, on Pillow; pytorch-fid's is the two lines of mseitzer/pytorch-fid's forward().
Run: python3 make_inputs.py CHECKOUT, with a checkout of GaParmar/clean-fid and with Pillow.
"""
import importlib.util
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

spec = importlib.util.spec_from_file_location("resize", pathlib.Path(sys.argv[1]) / "cleanfid" / "resize.py")
resize = importlib.util.module_from_spec(spec)
spec.loader.exec_module(resize)


def noise(count, seed):
    """As make_inception.py."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h.astype(np.float64) / 2**32 - 0.5


def summary(image):
    """Every 997th number of C,299,299, and sums."""
    flat = np.asarray(image, np.float64).ravel()
    return {"some": flat[::997].tolist(), "sum": float(flat.sum()), "squares": float((flat**2).sum())}


golden = {}
for height, width in [(7, 5), (32, 32), (340, 310), (299, 400)]:
    image = np.floor((noise(3 * height * width, height) + 0.5) * 256).astype(np.uint8).reshape(3, height, width)
    clean = resize.build_resizer("clean")(image.transpose(1, 2, 0)).transpose(2, 0, 1)
    plain = F.interpolate(torch.from_numpy(image)[None].float() / 255, size=(299, 299), mode="bilinear", align_corners=False)
    golden[f"{height}x{width}"] = {
        "clean-fid": summary((clean.astype(np.float32) - 128) / 128),
        "pytorch-fid": summary(2 * plain[0].numpy() - 1),
    }
(pathlib.Path(__file__).parent / "inputs.json").write_text(json.dumps(golden))
