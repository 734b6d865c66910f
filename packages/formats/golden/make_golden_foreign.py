"""Writes checkpoints as others save them, and foreign.json: what PyTorch reads from them. PyTorch 2.13, NumPy 2.

Run: python3 make_golden_foreign.py
"""
import argparse
import collections
import datetime
import enum
import functools
import io
import json
import pathlib
import pickle
import struct
import tarfile

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
answers = {}


class AttributeDict(dict):
    pass


class History(list):
    pass


class Ordered(collections.OrderedDict):
    pass


class Colour(enum.Enum):
    RED = 1


Point = collections.namedtuple("Point", "x y")


class Keywords:
    def __new__(cls, *, size):
        return super().__new__(cls)

    def __getnewargs_ex__(self):
        return (), {"size": 3}


class Weight(nn.Parameter):
    pass


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.rest = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
        self.act = nn.functional.relu


def numbers(tensor):
    tensor = tensor.detach()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    tensor = tensor.resolve_conj().resolve_neg()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    return {"shape": list(tensor.shape), "values": [float(x) for x in tensor.double().flatten()]}


def remember(file, tensors):
    answers[file] = {name: numbers(tensor) for name, tensor in tensors.items()}


def save(file, value, tensors, **options):
    torch.save(value, HERE / file, **options)
    remember(file, tensors)


a, b = torch.arange(6.0).view(2, 3), torch.tensor([0.5, -1.5])
torch.manual_seed(3)
foreign = {
    "state_dict": Ordered({"module.a": a, "module.b": b}),
    "arguments": argparse.Namespace(rate=1e-4, out=pathlib.Path("/tmp/run"), kept=b),
    "best": np.float64(12.5),
    "rank": np.int64(3),
    "array": np.arange(4.0),
    "state": collections.defaultdict(list, {0: [b]}),
    "counter": collections.Counter("abca"),
    "device": torch.device("cuda", 1),
    "size": torch.Size([2, 3]),
    "dtype": torch.float16,
    "lightning": AttributeDict(a=a),
    "history": History([1, b]),
    "when": datetime.datetime(2021, 3, 4, 5, 6, tzinfo=datetime.timezone.utc),
    "delta": datetime.timedelta(seconds=3),
    "colour": Colour.RED,
    "point": Point(1, b),
    "keywords": Keywords(size=3),
    "partial": functools.partial(nn.functional.leaky_relu, negative_slope=0.2),
    "function": nn.functional.relu,
    "layout": torch.strided,
    "slice": slice(1, 2),
    "range": range(3),
    "complex": 1 + 2j,
    "bytes": bytearray(b"\x00\xff"),
    "generator": torch.Generator().get_state()[:4],
    "weight": Weight(b.clone()),
}
found = {
    "state_dict.module.a": a,
    "state_dict.module.b": b,
    "arguments.kept": b,
    "state.0.0": b,
    "lightning.a": a,
    "history.1": b,
    "point.1": b,
    "generator": foreign["generator"],
    "weight": b,
}
save("foreign.pth.tar", foreign, found)
save("foreign-stream.bin", foreign, found, _use_new_zipfile_serialization=False)
save("foreign-protocol4", foreign, found, _use_new_zipfile_serialization=False, pickle_protocol=4)
save("foreign-protocol5.pth", foreign, found, pickle_protocol=5)
plain = {"a": a, "counts": [3, 10**30, -(2**40), True, False], "rate": 1.5, "args": argparse.Namespace(b=b)}
save("protocol1.pth", plain, {"a": a, "args.b": b}, pickle_protocol=1)
save("protocol1-stream.pth", plain, {"a": a, "args.b": b}, pickle_protocol=1, _use_new_zipfile_serialization=False)
# The old stream keeps a module's source and where it lay: neither is anybody else's business.
torch.serialization.get_source_lines_and_file = lambda kind, *_: ([f"class {kind.__name__}: ...\n"], 1, "net.py")
net = Net()
save("module.pth", net, net.state_dict())
save("module-stream.pth", {"model": net}, {f"model.{k}": v for k, v in net.state_dict().items()},
     _use_new_zipfile_serialization=False)

z = torch.tensor([1 + 2j, -3 + 0.5j, 4j])
unusual = {
    "complex64": z,
    "complex128": z.to(torch.complex128).view(3, 1),
    "complex32": z.to(torch.complex32),
    "conjugate": z.conj(),
    "negative": z.clone().conj().imag,
    "transposed": torch.stack([z, 2 * z]).t(),
    "real": z.clone().real,
    "coo": torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3)),
    "repeated": torch.sparse_coo_tensor([[0, 0], [2, 2]], [3.0, 4.0], (2, 3)),
    **{
        f"repeated-{name}": torch.sparse_coo_tensor([[0, 0, 1, 0]], torch.tensor(values, dtype=getattr(torch, name)), (3,))
        for name, values in {
            "float16": [1.001, 2048, -0.3, 1.001],
            "bfloat16": [1.01, 256, -0.3, 1.01],
            "bool": [True, False, False, False],
            "int8": [100, 100, 3, 1],
        }.items()
    },
    "hybrid": torch.sparse_coo_tensor([[1, 0]], [[1.0, 2.0], [3.0, 4.0]], (3, 2)),
    "coo-complex": torch.sparse_coo_tensor([[1, 0]], [1 + 2j, 3j], (3,)),
    "csr": torch.tensor([[0.0, 1, 2], [3, 0, 0]]).to_sparse_csr(),
    "csc": torch.tensor([[0.0, 1, 2], [3, 0, 0]]).to_sparse_csc(),
    "bsr": torch.arange(24.0).view(4, 6).mul(torch.tensor([1.0, 1, 0, 0, 1, 1])).to_sparse_bsr((2, 2)),
    "bsc": torch.arange(24.0).view(4, 6).mul(torch.tensor([1.0, 1, 0, 0, 1, 1])).to_sparse_bsc((2, 2)),
    "uint16": torch.tensor([0, 1, 65535], dtype=torch.uint16),
    "uint32": torch.tensor([0, 1, 2**32 - 1], dtype=torch.uint32),
    "uint64": torch.tensor([0, 1, 2**40], dtype=torch.uint64),
    **{
        str(dtype)[6:]: torch.tensor([0, 1, -1.5, 0.0625, 200, 2**-7]).to(dtype)
        for dtype in (torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz)
    },
}
save("unusual.pth", unusual, unusual)
save("lone", b, {"lone": b})
save("lone-parameter.pt", nn.Parameter(a), {"lone-parameter": a})
torch.save({"a": torch.quantize_per_tensor(b, 0.1, 0, torch.qint8)}, HERE / "quantized.pth")
torch.save({"a": torch.quantize_per_channel(a, torch.ones(2), torch.zeros(2), 0, torch.quint8)}, HERE / "quantized-channels.pth")


class Attack:
    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


# What today's PyTorch no longer writes: the tar archives of before 0.1.10, as its reader describes them.
def tar_pickle(value):
    class Pickler(pickle.Pickler):
        def persistent_id(self, x):
            return str(x[1]) if isinstance(x, tuple) and x and x[0] == "tensor" else None

    out = io.BytesIO()
    Pickler(out, 2).dump(value)
    return out.getvalue()


def old(number):
    return pickle.dumps(number, 2)


def tensor_record(key, storage, shape, strides, offset):
    sizes = b"".join(struct.pack("<q", n) for n in [*shape, *strides, offset])
    return old((key, storage, torch.FloatTensor)) + struct.pack("<q", len(shape)) + sizes


members = {
    "sys_info": old({"protocol_version": 1000, "little_endian": True, "type_sizes": {"int": 4}}),
    "storages": old(1) + old((11, "cpu", torch.FloatStorage)) + struct.pack("<q", 6)
    + struct.pack("<6f", *a.flatten().tolist()) + old([(12, 11, 2, 3)]),
    "tensors": old(3) + tensor_record(21, 11, (2, 3), (3, 1), 0) + tensor_record(22, 12, (3,), (1,), 0)
    + tensor_record(23, 11, (3, 2), (1, 3), 0),
    "pickle": tar_pickle({"model": collections.OrderedDict(a=("tensor", 21), view=("tensor", 22), t=("tensor", 23)), "epoch": 4}),
}
with tarfile.open(HERE / "before-0.1.10.pth.tar", "w:") as archive:
    for name, data in members.items():
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
read = torch.load(HERE / "before-0.1.10.pth.tar", weights_only=False)
assert read["epoch"] == 4 and torch.equal(read["model"]["t"], a.t())
remember("before-0.1.10.pth.tar", {f"model.{name}": tensor for name, tensor in read["model"].items()})

for code in ("u2", "u4", "u8", "c8", "c16"):
    kind = np.dtype(code)
    values = (np.arange(6) * (1 + 2j if code[0] == "c" else 1)).astype(kind)
    if code[0] == "u" and code != "u8":
        values[-1] = np.iinfo(kind).max
    for order in "<>":
        for fortran in (False, True):
            array = values.reshape(2, 3).astype(kind.newbyteorder(order))
            name = f"{code}{'-big' if order == '>' else ''}{'-fortran' if fortran else ''}.npy"
            np.save(HERE / name, np.asfortranarray(array) if fortran else array)
            real = values.reshape(2, 3)
            if code[0] == "c":
                real = np.stack([real.real, real.imag], -1)
            answers[name] = {"": {"shape": list(real.shape), "values": [float(x) for x in real.flatten()]}}
(HERE / "foreign.json").write_text(json.dumps(answers, separators=(",", ":")) + "\n")
