"""Makes reference.safetensors beside it: python3 make_golden_safetensors.py (the safetensors package, numpy)."""

import os

import numpy as np
from safetensors.numpy import save_file

os.chdir(os.path.dirname(os.path.abspath(__file__)))
arrays = {
    "b": np.array([1, 2], "f4"),
    "a": np.array(5, "i8"),
    "c": np.array([1, 2, 3], "u1"),
    "e": np.zeros((0, 2), "f4"),
    "h": np.array([[1.0]], "f2"),
}
save_file(arrays, "reference.safetensors", {"format": "np"})
