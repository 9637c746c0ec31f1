"""Writes tests/golden/layer_norm.json: layer normalization of PyTorch, forward and backward.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/layer_norm.py
"""
import json
import torch

torch.set_default_dtype(torch.float64)


def tensor(t):
    return {"shape": list(t.shape), "data": [float(v) for v in t.reshape(-1)]}


def case(name, x, dy, gamma, beta, eps):
    x, gamma, beta = (torch.tensor(t, requires_grad=True) for t in (x, gamma, beta))
    y = torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta, eps)
    dx, dgamma, dbeta = torch.autograd.grad(y, (x, gamma, beta), torch.tensor(dy))
    names = {"x": x, "gamma": gamma, "beta": beta, "y": y, "dy": torch.tensor(dy), "dx": dx, "dgamma": dgamma,
             "dbeta": dbeta}
    return {"id": name, "eps": eps, **{k: tensor(t) for k, t in names.items()}}


x = [[0.496, -0.138, 0.647, 1.523], [-0.234, -0.234, 1.579, 0.767], [-0.469, 0.542, -0.463, -0.465],
     [12.5, -31.0, 4.25, 0.0], [0.241, -1.913, -1.724, -0.562]]
dy = [[-1.012, 0.314, -0.908, -1.412], [1.465, -0.225, 0.067, -1.424], [-0.544, 0.110, -1.150, 0.375],
      [-0.6, -0.291, -0.601, 1.852], [-0.013, -1.057, 0.822, -1.220]]
gamma, beta = [1.5, 0.5, -2.0, 1.0], [0.25, -1.0, 0.0, 3.0]
equal = [[7.0] * 4, [0.0] * 4]

with open("tests/golden/layer_norm.json", "w") as file:
    json.dump({
        "name": "layer_norm",
        "source": "PyTorch " + torch.__version__ + ", float64 CPU, autograd; inputs are fixed decimal literals",
        "cases": [
            case("plain", x, dy, gamma, beta, 1e-5),
            case("large_epsilon", x, dy, gamma, beta, 0.1),
            case("equal_features", equal, dy[:2], gamma, beta, 1e-5),
        ],
    }, file, separators=(",", ":"))
    file.write("\n")
