"""Writes tests/golden/activations.json: the activations of PyTorch and their derivatives.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/activations.py
"""
import torch
from torch.nn import functional as F

from golden import autograd, backward, pytorch, tensors, write

torch.set_default_dtype(torch.float64)

x = [1e4, 1000.0, 50.0, 20.5, 10.0, 3.0, 1.5, 1.0, 0.75, 0.5, 0.1, 0.001, 1e-8]
x = [-v for v in x] + [0.0] + x[::-1]
dy = [0.3, 0.354, 0.408, 0.462, 0.515, 0.569, 0.623, 0.677, 0.731, 0.785, 0.838, 0.892, 0.946, 1.0,
      1.054, 1.108, 1.162, 1.215, 1.269, 1.323, 1.377, 1.431, 1.485, 1.538, 1.592, 1.646, 1.7]


def case(name, function, note="", **params):
    y, dx = backward(function, dy, x)
    return {"activation": name, "params": params, "note": note, **tensors(y=y, dx=dx)}


cases = [
    case("relu", torch.relu, "derivative at 0 is 0"),
    case("leaky_relu_0.01", lambda v: F.leaky_relu(v, 0.01), "derivative at 0 is the slope", slope=0.01),
    case("leaky_relu_0.2", lambda v: F.leaky_relu(v, 0.2), slope=0.2),
    case("elu_1", F.elu, alpha=1),
    case("elu_0.5", lambda v: F.elu(v, 0.5), alpha=0.5),
    case("gelu_erf", F.gelu),
    case("gelu_tanh", lambda v: F.gelu(v, approximate="tanh")),
    case("silu", F.silu),
    case("tanh", torch.tanh),
    case("sigmoid", torch.sigmoid),
    case("softplus", lambda v: torch.logaddexp(v, torch.zeros_like(v)),
         "F.softplus returns x for x > 20, which differs by less than 2.1e-9", beta=1),
    case("selu", F.selu, "scale 1.0507009873554805, alpha 1.6732632423543772"),
    case("mish", F.mish),
    case("softsign", F.softsign),
    case("identity", lambda v: v.clone()),
    case("relu6", F.relu6, "derivative at 0 and 6 is 0"),
    case("hardtanh", F.hardtanh),
    case("hardsigmoid", lambda v: F.relu6(v + 3) / 6,
         "derivative at -3 and 3 is 0; that of F.hardsigmoid has the digits of a float only"),
    case("hardsigmoid_keras", lambda v: (0.2 * v + 0.5).clamp(0, 1), "Keras before version 3", slope=0.2),
    case("hardswish", lambda v: v * F.relu6(v + 3) / 6,
         "derivative at -3 is 0, at 3 it is 1; F.hardswish differs there with the processor"),
]

rows = [[1.0, 2.0, 3.0], [-1.0, 0.0, 1.0], [1e4, -1e4, 0.0], [1e4, 1e4, 1e4]]
slopes = [[1.052, -1.216, 1.052], [0.417, -1.706, 0.477], [-1.007, -1.088, 0.321], [-0.854, 1.475, 0.832]]
softmax, softmax_dx = backward(lambda v: torch.softmax(v, 1), slopes, rows)
log_softmax, log_softmax_dx = backward(lambda v: torch.log_softmax(v, 1), slopes, rows)

# One slope for all features, and one per feature.
prelu = []
for a in [0.25], [0.1, -0.5, 2.0]:
    y, dx, da = backward(F.prelu, slopes, rows, a)
    prelu.append(tensors(slope=a, x=rows, dy=slopes, y=y, dx=dx, dslope=da))

write("activations", {
    "source": f"{pytorch}, {autograd}",
    "tolerance": "abs 1e-12 + rel 1e-12; at |x| >= 1000 results must be finite",
    **tensors(x=x, dy=dy),
    "cases": cases,
    "softmax_layer": {
        **tensors(x=rows, dy=slopes),
        "axis": "over the features of each sample (dim 1)",
        **tensors(softmax=softmax, softmax_dx=softmax_dx, log_softmax=log_softmax, log_softmax_dx=log_softmax_dx),
    },
    "prelu": prelu,
})
