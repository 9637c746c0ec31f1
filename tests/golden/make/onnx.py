# Writes tests/golden/onnx/*.onnx, exports of PyTorch, and tests/golden/onnx.json with the inputs and outputs of each.
# Run from the root of the repository; needs torch:  python3 tests/golden/make/onnx.py
import json
import os

import torch
from torch import nn

folder = "tests/golden/onnx"
os.makedirs(folder, exist_ok=True)
torch.manual_seed(1)


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


class Branches(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class Affine(nn.Module):
    def forward(self, x):
        return (x * torch.tensor([1.0, -2.0, 3.0, 0.5, 1.5, 4.0]) + 0.25) - torch.ones(6) / 3


activations = [nn.ReLU(), nn.ReLU6(), nn.LeakyReLU(0.2), nn.PReLU(), nn.PReLU(6), nn.ELU(0.7), nn.SELU(), nn.GELU(),
               nn.GELU(approximate="tanh"), nn.SiLU(), nn.Mish(), nn.Softplus(), nn.Softsign(), nn.Hardsigmoid(),
               nn.Hardtanh(), nn.Hardswish(), nn.Sigmoid(), nn.Tanh(), nn.Softmax(1), nn.LogSoftmax(1)]
layers = []
for activation in activations:  # each after a linear layer
    layers += [nn.Linear(6, 6), activation]

networks = {
    "activations": (nn.Sequential(*layers), (6,)),
    "batch_norm": (nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 5, bias=False), nn.BatchNorm1d(5, momentum=0.3), nn.ReLU(),
                                 nn.Dropout(), nn.Linear(5, 3), nn.Identity()), (6,)),
    "layer_norm": (nn.Sequential(nn.LayerNorm(6, eps=1e-3), nn.Linear(6, 4), nn.LayerNorm(4)), (6,)),
    "residuals": (nn.Sequential(nn.Linear(6, 4),
                                Residual(nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 4))),
                                Residual(Residual(nn.Sequential(nn.SiLU(), nn.Linear(4, 4)))), nn.Tanh()), (6,)),
    "branches": (nn.Sequential(Branches(nn.Linear(6, 2), nn.Identity(), nn.Sequential(nn.Linear(6, 3), nn.Mish())),
                               Branches(Residual(nn.Linear(11, 11)), nn.ReLU()), nn.Linear(22, 2)), (6,)),
    "flatten": (nn.Sequential(nn.Flatten(), nn.Linear(6, 3), nn.Sigmoid()), (1, 2, 3)),
    "affine": (nn.Sequential(Affine(), nn.Linear(6, 2)), (6,)),
}

golden = {"source": f"PyTorch {torch.__version__}, torch.onnx.export", "tolerance": 1e-5}
for name, (network, shape) in networks.items():
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.LayerNorm)):
            nn.init.normal_(module.weight, 1, 0.3)
            nn.init.normal_(module.bias)
        if isinstance(module, nn.BatchNorm1d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    network.eval()
    x = 2 * torch.randn(4, *shape)
    for opset in (13, 17):
        torch.onnx.export(network, x, f"{folder}/{name}_{opset}.onnx", opset_version=opset, input_names=["x"],
                          output_names=["y"], dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})
    tensor = lambda t: {"shape": list(t.shape), "data": [round(v, 9) for v in t.flatten().tolist()]}
    golden[name] = {"x": tensor(x.flatten(1)), "y": tensor(network(x).detach())}

with open(f"{folder}.json", "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
