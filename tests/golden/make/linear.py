"""Writes tests/golden/linear.json: the fully connected layer of PyTorch and its gradients.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/linear.py
"""
import json
import torch

torch.set_default_dtype(torch.float64)


def tensor(t):
    return {"shape": list(t.shape), "data": [float(v) for v in t.reshape(-1)]}


def case(x, W, b, dy):
    x, W, b = (torch.tensor(t, requires_grad=True) for t in (x, W, b))
    dy = torch.tensor(dy)
    y = torch.nn.functional.linear(x, W, b)
    y.backward(dy)
    return {
        "batch": x.shape[0],
        "in": x.shape[1],
        "out": W.shape[0],
        **{name: tensor(t) for name, t in (("x", x), ("W", W), ("b", b), ("dy", dy), ("y", y))},
        **{"d" + name: tensor(t.grad) for name, t in (("x", x), ("W", W), ("b", b))},
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

source = f"PyTorch {torch.__version__} (Debian 1.13.1+dfsg-4), float64 CPU, autograd; inputs are fixed decimal literals"
conventions = {
    "layout": "PyTorch layout: X is [samples, features] (one ROW per sample), W is [out,in], y = X*W^T + b, b is [out]. For a [features, samples] library transpose X, y, dy, dx; W, b, dW, db are unchanged.",
    "upstream": "dy is the gradient of the scalar loss wrt y and already contains any 1/m; parameter gradients are SUMS over the batch (no extra 1/m)",
    "tensor_encoding": "{shape:[...], data:[flat, ROW-MAJOR (C order, last index fastest)]}; a matrix printed [[a,b],[c,d]] is shape [2,2] data [a,b,c,d]. Eigen's default is COLUMN-major: fill with m(i,j)=data[i*cols+j].",
    "dtype": "float64 unless stated; numbers are shortest round-trip decimals; non-finite values are the strings \"inf\",\"-inf\",\"nan\"",
}
file = {"name": "linear", "source": source, "conventions": conventions, "tolerance": "1e-12", "cases": cases}
with open("tests/golden/linear.json", "w") as out:
    out.write(json.dumps(file, separators=(",", ":")) + "\n")
