"""Writes tests/golden/linear.json: the fully connected layer of PyTorch and its gradients.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/linear.py
"""
import torch

from golden import autograd, backward, conventions, debian, tensors, write

torch.set_default_dtype(torch.float64)


def case(x, W, b, dy):
    y, dx, dW, db = backward(torch.nn.functional.linear, dy, x, W, b)
    return {
        "batch": len(x),
        "in": len(x[0]),
        "out": len(W),
        **tensors(x=x, W=W, b=b, dy=dy, y=y, dx=dx, dW=dW, db=db),
    }


cases = [
    case(
        x=[[-2.076, 2.371, -1.959], [0.203, 1.625, 0.571], [-0.291, 0.046, 0.497], [-1.069, 1.054, -0.824]],
        W=[[-0.889, -0.214, 1.256], [-0.812, -1.312, 0.395]],
        b=[0.234, 0.483],
        dy=[[1.701, -0.432], [0.462, -1.828], [-0.103, 0.996], [-1.368, 0.257]]),
    case(
        x=[[0.109, 0.664, 0.511, 0.137, -0.219]],
        W=[[-1.198, -2.019, -0.658, 0.202, -1.659], [-0.634, -0.029, 2.57, 0.05, -1.558],
          [-0.672, -2.447, 0.29, -0.724, 1.554]],
        b=[-0.778, -0.381, -0.193],
        dy=[[-0.495, -0.92, -0.471]]),
    case(
        x=[[2.265], [0.344], [-0.014], [-1.392], [0.607]],
        W=[[-1.505]],
        b=[1.934],
        dy=[[-0.024], [0.808], [1.24], [-1.324], [1.585]]),
    case(
        x=[[0.591, -2.127, 2.093, 0.108], [0.646, 1.888, -0.261, -1.874], [-0.214, 0.141, -1.295, 0.721]],
        W=[[0.525, 1.017, -0.917, 0.765], [1.877, 1.612, 0.145, 0.477], [-0.66, 1.166, 0.26, 0.936],
          [0.449, -0.116, 0.95, 1.639]],
        b=[1.643, 0.862, -1.014, 1.924],
        dy=[[1.023, 0.518, -0.799, -1.059], [1.032, 0.874, 0.664, 0.437], [1.539, -1.927, 0.1, 1.23]]),
]

write("linear", {
    "source": f"{debian}, {autograd}",
    "conventions": conventions,
    "tolerance": "1e-12",
    "cases": cases,
})
