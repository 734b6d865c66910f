"""Makes the golden files beside it: python3 make_golden.py (numpy 1.24, torch 1.13). Tests read them, and never run this.

What the tests expect of each file is in the tests; values here are small integers and halves, exact in every dtype.
"""

import collections
import os
import pickle
import zipfile

import numpy as np
import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def make_npy():
    ramp = np.arange(-3, 9).reshape(3, 4)
    for name in ["f4", "f8", "f2", "i8", "i4", "i2", "i1", "u1", "b1"]:
        np.save(f"{name}.npy", ramp.astype(name))
    np.save("big-endian.npy", ramp.astype(">i4"))
    np.save("fortran.npy", np.asfortranarray(np.arange(24).reshape(2, 3, 4).astype("<f4")))
    np.save("fortran-big-endian.npy", np.asfortranarray(ramp.astype(">f8")))
    np.save("scalar.npy", np.float32(2.5))
    np.save("empty.npy", np.zeros((0, 3), "f4"))
    np.save("object.npy", np.array([1, "a"], dtype=object))
    np.save("unsigned.npy", ramp.astype("u4"))
    np.save("structured.npy", np.zeros(2, dtype=[("a", "<i4"), ("b", "<f4")]))
    for version in [(2, 0), (3, 0)]:
        with open(f"version-{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, ramp.astype("i2"), version=version)
    np.savez("stored.npz", a=ramp.astype("f4"), b=np.int64(7))
    np.savez_compressed("deflated.npz", a=np.zeros((40, 50), "f8"), b=ramp.astype("i1"))


def make_zip():
    with zipfile.ZipFile("zip64.zip", "w") as archive:
        with archive.open("forced.txt", "w", force_zip64=True) as entry:
            entry.write(b"zip64 sizes")
        archive.writestr("folder/", b"")
        archive.writestr("folder/é.txt", b"name in UTF-8")
    with zipfile.ZipFile("bzip2.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.txt", b"a")
    with zipfile.ZipFile("climbing.zip", "w") as archive:
        archive.writestr("a/../../b.txt", b"b")


class Refused:
    """Pickles as a call of the builtin print."""

    def __reduce__(self):
        return (print, ("gotcha",))


def make_pth():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    with torch.no_grad():
        for i, parameter in enumerate(net.parameters()):
            parameter.copy_(torch.arange(parameter.numel()).reshape(parameter.shape) / 2 - i)
        net[1].running_mean.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        net[1].num_batches_tracked.fill_(5)
    torch.save(net.state_dict(), "conv-bn.pth")

    ramp = torch.arange(-3, 9).reshape(3, 4)
    dtypes = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
    torch.save({name: ramp.to(getattr(torch, name)) for name in dtypes}, "dtypes.pth")

    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    torch.save(
        {
            "base": base,
            "transposed": base.t(),
            "column": base[:, 2],
            "steps": base[1::2, ::3],
            "expanded": torch.tensor([1.0, 2.0]).unsqueeze(1).expand(2, 3),
            "scalar": torch.tensor(2.5),
            "empty": torch.zeros(0, 3),
            "parameter": torch.nn.Parameter(torch.tensor([0.5, 1.5])),
        },
        "views.pth",
    )

    tree = {
        "epoch": 7,
        "loss": 0.25,
        "big": 2**70,
        "negative": -(2**40),
        "name": "naïve",
        "nothing": None,
        "flags": [True, False],
        "pair": (1, 2, 3, 4),
        "set": {1, 2},
        "size": torch.Size([2, 3]),
        "dtype": torch.bfloat16,
        "raw": b"\x00\xff",
        "model": collections.OrderedDict(a=torch.ones(2), b={"c": torch.zeros(1, dtype=torch.int32)}),
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.5, "params": [0]}]},
    }
    torch.save(tree, "tree.pth")
    torch.save(tree, "tree-protocol5.pth", pickle_protocol=5)
    torch.save({"a": torch.ones(2)}, "old-format.pth", _use_new_zipfile_serialization=False)
    torch.save({"a": Refused()}, "refused.pth")
    torch.jit.script(torch.nn.Linear(1, 1)).save("torchscript.pt")

    def repack(source, target, change):
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
            for name in old.namelist():
                for changed_name, data in change(name, old.read(name)):
                    new.writestr(changed_name, data)

    # PyTorch 2 also writes a byteorder record, and names the folder after the file.
    def little(name, data):
        yield name.replace("dtypes/", "renamed/"), data
        if name.endswith("data.pkl"):
            yield "renamed/byteorder", b"little"

    def big(name, data):
        if "/data/" in name:
            yield name, np.frombuffer(data, "<f4").byteswap().tobytes()
        else:
            yield name, data
        if name.endswith("data.pkl"):
            yield "big/byteorder", b"big"

    repack("dtypes.pth", "byteorder-little.pth", little)
    torch.save({"a": torch.tensor([1.0, -2.5])}, "big.pth")
    repack("big.pth", "byteorder-big.pth", big)
    os.remove("big.pth")

    # A hostile file: on loading it, Python would run a command.
    with zipfile.ZipFile("malicious.pth", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.")
        archive.writestr("archive/version", b"3\n")


def make_pickle_opcodes():
    """Every protocol's encoding of one value without tensors."""
    value = {"a": [1, 300, 70000, -1, 2**31, 2.5], "t": ((), (1,), (1, 2), (1, 2, 3)), "x": "é" * 300, "n": None}
    value["again"] = value["t"]
    for protocol in [2, 3, 4, 5]:
        with open(f"protocol{protocol}.pkl", "wb") as file:
            pickle.dump(value, file, protocol=protocol)


make_npy()
make_zip()
make_pth()
make_pickle_opcodes()
