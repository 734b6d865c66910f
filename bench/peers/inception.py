"""Features of FID's Inception-v3 in PyTorch, channels last, weights from the golden script. Options: batch, size, threads."""

import json
import pathlib
import sys

import torch

from serve import serve

golden = pathlib.Path(__file__).parents[2] / "packages" / "gan" / "golden" / "metrics"
sys.path.insert(0, str(golden))
import make_inception as inception  # noqa: E402

options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])
images = torch.randint(0, 256, (options["batch"], 3, options["size"], options["size"]), dtype=torch.uint8)
with torch.no_grad():
    inception.forward(images[:1])
for name, value in inception.W.tensors.items():
    if value.dim() == 4:
        inception.W.tensors[name] = value.contiguous(memory_format=torch.channels_last)


def step():
    with torch.no_grad():
        inception.forward(images)


serve(step)
