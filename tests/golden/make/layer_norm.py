"""Writes tests/golden/layer_norm.json: layer normalization of PyTorch, forward and backward.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/layer_norm.py
"""
import torch

from golden import autograd, backward, pytorch, tensors, write

torch.set_default_dtype(torch.float64)


def case(name, x, dy, gamma, beta, eps):
    def layer_norm(x, gamma, beta):
        return torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta, eps)

    y, dx, dgamma, dbeta = backward(layer_norm, dy, x, gamma, beta)
    return {"id": name, "eps": eps,
            **tensors(x=x, gamma=gamma, beta=beta, y=y, dy=dy, dx=dx, dgamma=dgamma, dbeta=dbeta)}


x = [[0.496, -0.138, 0.647, 1.523], [-0.234, -0.234, 1.579, 0.767], [-0.469, 0.542, -0.463, -0.465],
     [12.5, -31.0, 4.25, 0.0], [0.241, -1.913, -1.724, -0.562]]
dy = [[-1.012, 0.314, -0.908, -1.412], [1.465, -0.225, 0.067, -1.424], [-0.544, 0.110, -1.150, 0.375],
      [-0.6, -0.291, -0.601, 1.852], [-0.013, -1.057, 0.822, -1.220]]
gamma, beta = [1.5, 0.5, -2.0, 1.0], [0.25, -1.0, 0.0, 3.0]
equal = [[7.0] * 4, [0.0] * 4]

write("layer_norm", {
    "source": f"{pytorch}, {autograd}",
    "cases": [
        case("plain", x, dy, gamma, beta, 1e-5),
        case("large_epsilon", x, dy, gamma, beta, 0.1),
        case("equal_features", equal, dy[:2], gamma, beta, 1e-5),
    ],
})
