"""What the scripts of this folder share: tensors as JSON, gradients, sources, and the file."""
import json
import torch

pytorch = f"PyTorch {torch.__version__}"
debian = f"{pytorch} (Debian 1.13.1+dfsg-4)"
autograd = "float64 CPU, autograd; inputs are fixed decimal literals"

conventions = {
    "layout": "PyTorch layout: X is [samples, features] (one ROW per sample), W is [out,in], y = X*W^T + b, b is [out]. For a [features, samples] library transpose X, y, dy, dx; W, b, dW, db are unchanged.",
    "upstream": "dy is the gradient of the scalar loss wrt y and already contains any 1/m; parameter gradients are SUMS over the batch (no extra 1/m)",
    "tensor_encoding": "{shape:[...], data:[flat, ROW-MAJOR (C order, last index fastest)]}; a matrix printed [[a,b],[c,d]] is shape [2,2] data [a,b,c,d]. Eigen's default is COLUMN-major: fill with m(i,j)=data[i*cols+j].",
    "dtype": "float64 unless stated; numbers are shortest round-trip decimals; non-finite values are the strings \"inf\",\"-inf\",\"nan\"",
}


def tensor(t):
    """Returns a tensor, or a list of numbers, as JSON."""
    t = torch.as_tensor(t).detach()
    return {"shape": list(t.shape), "data": [float(v) for v in t.reshape(-1)]}


def tensors(**named):
    return {name: tensor(t) for name, t in named.items()}


def backward(function, dy, *inputs):
    """Returns y = function(*inputs) and the gradients of sum(dy * y) with respect to the inputs."""
    inputs = [torch.tensor(i, requires_grad=True) for i in inputs]
    y = function(*inputs)
    return (y, *torch.autograd.grad(y, inputs, torch.tensor(dy)))


def write(name, content, end="\n"):
    """Writes tests/golden/NAME.json."""
    with open(f"tests/golden/{name}.json", "w") as file:
        file.write(json.dumps({"name": name, **content}, separators=(",", ":")) + end)
