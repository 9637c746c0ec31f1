"""Trains a PyTorch network on iris.csv and writes the files of lesson 14:

    iris_pytorch.safetensors    its weights, as safetensors.torch.save_file(net.state_dict(), path) does
    iris_pytorch.npy            its outputs for all flowers, one row per flower

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 examples/data/iris_pytorch.py
"""
import json
import struct
from collections import OrderedDict

import numpy as np
import torch

table = torch.from_numpy(np.loadtxt("examples/data/iris.csv", delimiter=",", skiprows=1, dtype=np.float32))
x, label = table[:, :4], table[:, 4].long()

torch.manual_seed(1)
net = torch.nn.Sequential(OrderedDict(
    norm=torch.nn.BatchNorm1d(4), fc1=torch.nn.Linear(4, 16), relu=torch.nn.ReLU(), fc2=torch.nn.Linear(16, 3)))
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for _ in range(200):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(x), label).backward()
    optimizer.step()
net.eval()

# Debian has no package of safetensors; writing the format takes five lines.
header, values = {"__metadata__": {"format": "pt"}}, b""
for name, t in net.state_dict().items():
    raw = t.numpy().tobytes()
    header[name] = {"dtype": {torch.float32: "F32", torch.int64: "I64"}[t.dtype], "shape": list(t.shape),
                    "data_offsets": [len(values), len(values) + len(raw)]}
    values += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("examples/data/iris_pytorch.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + values)
np.save("examples/data/iris_pytorch.npy", net(x).detach().numpy())
print("accuracy:", float((net(x).argmax(1) == label).float().mean()))
