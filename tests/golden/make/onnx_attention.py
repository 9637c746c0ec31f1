"""Writes tests/golden/onnx/encoder*.onnx, exports of PyTorch's transformer encoder, and tests/golden/onnx_attention.json
with the inputs and outputs of each.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/onnx_attention.py
"""
import torch
from torch import nn

from golden import pytorch, tensor, write

torch.manual_seed(1)


class Encoder(nn.Module):
    def __init__(self, layers, causal, **options):
        super().__init__()
        layer = nn.TransformerEncoderLayer(6, 2, 10, dropout=0.0, batch_first=True, **options)
        self.encoder = nn.TransformerEncoder(layer, layers)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0.1, 0.4)
        self.mask = torch.full((4, 4), float("-inf")).triu(1) if causal else None

    def forward(self, x):
        return self.encoder(x, mask=self.mask)


cases = []
for name, opset, network in (("encoder", 17, Encoder(2, False, activation="gelu", norm_first=True)),
                             ("encoder_causal", 13, Encoder(1, True, activation="relu", norm_first=True)),
                             ("encoder_norm_last", 17, Encoder(1, False, activation="gelu"))):
    network.train()  # at inference, PyTorch has another path, which is not exported
    x = torch.randn(3, 4, 6)
    torch.onnx.export(network, x, f"tests/golden/onnx/{name}_{opset}.onnx", opset_version=opset, input_names=["x"],
                      output_names=["y"], dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})
    cases.append({"file": f"{name}_{opset}", "x": tensor(x.flatten(1)), "y": tensor(network(x).flatten(1))})

write("onnx_attention", {"source": f"{pytorch}, torch.onnx.export", "cases": cases})
