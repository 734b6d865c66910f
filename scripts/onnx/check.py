"""Looks at every export in a folder: onnx's checker, and what ONNX Runtime makes of a batch beside what the engine made.

For each NAME.onnx there are NAME.half.onnx and NAME.npz, with inputs `in/...` and outputs `float32/...` and `float64/...`.
"""

import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime

LIMITS = {"float32": 1e-4, "float64": 1e-5, "half": 1e-2}


def apart(found, expected):
    """The largest distance, of numbers beyond 1 in proportion."""
    return float(numpy.max(numpy.abs(found - expected) / numpy.maximum(1, numpy.abs(expected))))


def outputs(path, arrays):
    onnx.checker.check_model(str(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    given = {value.name: arrays[f"in/{value.name}"] for value in session.get_inputs()}
    return dict(zip([value.name for value in session.get_outputs()], session.run(None, given)))


worst = {kind: (0.0, "") for kind in LIMITS}
count = 0
for path in sorted(Path(sys.argv[1]).glob("*.npz")):
    arrays = dict(numpy.load(path))
    whole = outputs(path.with_suffix(".onnx"), arrays)
    half = outputs(path.with_suffix(".half.onnx"), arrays)
    count += 1
    for name, found in whole.items():
        for kind, made in [("float32", found), ("float64", found), ("half", half[name])]:
            expected = arrays[f"{'float32' if kind == 'half' else kind}/{name}"]
            worst[kind] = max(worst[kind], (apart(made, expected), f"{path.stem} {name}"))
print(f"{count} networks, each with whole and with half weights, pass the checker of onnx {onnx.__version__}")
for kind, (distance, where) in worst.items():
    against = "weights in half, from float32" if kind == "half" else f"from the engine's {kind}"
    print(f"{against}: {distance:.1e} at most ({where}), {LIMITS[kind]:.0e} allowed; ONNX Runtime {onnxruntime.__version__}")
sys.exit(any(distance >= LIMITS[kind] for kind, (distance, _) in worst.items()))
