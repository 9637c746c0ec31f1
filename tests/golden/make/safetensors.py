"""Writes tests/golden/safetensors/: a PyTorch network, its inputs and its outputs.

    net.safetensors                 with PyTorch's types: F32, and the scalar num_batches_tracked in I64
    net_{f64,f16,bf16}.safetensors  the same in other types
    expected.json                   x, and y for each type

Does not need the package safetensors: the format is a length in 8 bytes, a JSON header, and the numbers.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/safetensors.py
    /usr/bin/python3 tests/golden/make/safetensors.py FILE      compare the outputs with the weights of FILE
"""
import json
import os
import struct
import sys
from collections import OrderedDict

import numpy as np
import torch

from golden import tensor

folder = "tests/golden/safetensors"
types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}


def save_file(tensors, path, metadata):
    header, values = {"__metadata__": metadata}, b""
    for name, t in tensors.items():
        kind = next(k for k, v in types.items() if v == t.dtype)
        t = t.contiguous()
        raw = (t.view(torch.int16) if kind == "BF16" else t).numpy().tobytes()
        header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [len(values), len(values) + len(raw)]}
        values += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + values)


def load_file(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, values = json.loads(file.read(length)), file.read()
    header.pop("__metadata__", None)
    numpy_types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8"}
    return {
        name: torch.from_numpy(
            np.frombuffer(values[slice(*t["data_offsets"])], numpy_types[t["dtype"]]).reshape(t["shape"]).copy())
        for name, t in header.items()
    }


def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(OrderedDict(
        fc1=torch.nn.Linear(6, 8), norm=torch.nn.BatchNorm1d(8), relu=torch.nn.ReLU(), fc2=torch.nn.Linear(8, 3)))


net = network()
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
x = torch.randn(64, 6)
for _ in range(20):  # changes all parameters and running statistics
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(2 * x + 1), torch.arange(64) % 3).backward()
    optimizer.step()
net.eval()
x = x[:5]

if len(sys.argv) > 1:
    net.load_state_dict(load_file(sys.argv[1]), strict=False)
    print("largest difference from the network of this script:",
          float((net(x) - torch.tensor(json.load(open(f"{folder}/expected.json"))["F32"]["data"]).reshape(5, 3)).abs().max()))
    sys.exit()

os.makedirs(folder, exist_ok=True)
expected = {"x": tensor(x)}
for name, dtype in types.items():
    if name == "I64":
        continue
    weights = {k: v.to(dtype) if v.is_floating_point() else v for k, v in net.state_dict().items()}
    save_file(weights, f"{folder}/net{'' if name == 'F32' else '_' + name.lower()}.safetensors", {"format": "pt"})
    exact = network().double().eval()
    exact.load_state_dict({k: v.double() if v.is_floating_point() else v for k, v in weights.items()})
    expected[name] = tensor(exact(x.double()))
with open(f"{folder}/expected.json", "w") as file:
    json.dump(expected, file)
    file.write("\n")
