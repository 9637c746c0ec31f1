"""Writes tests/golden/autodiff.json: operations on matrices and their gradients, by PyTorch's autograd.

The names are those of the rows in tests/autodiff/operation_table.hpp; matrices are as there, a sample in a column.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/autodiff.py
"""
import torch

from golden import autograd, backward, debian, tensors, write

torch.set_default_dtype(torch.float64)

a = [[0.25, -1.5, 2.0], [1.75, 0.5, -0.75], [-0.5, 1.25, -2.0], [1.0, -0.25, 0.375]]
b = [[-1.0, 0.5, 1.5], [0.75, -2.0, 0.25], [1.25, -0.125, 0.625], [-0.375, 1.75, -1.25]]
column, row, number = [[0.5], [-1.25], [0.75], [2.0]], [[1.5, -0.5, 0.25]], [[-0.75]]
positive = [[abs(v) for v in line] for line in a]
dy_of = [[0.3, -0.7, 1.1], [-0.2, 0.9, 0.4], [1.3, -0.6, 0.8], [0.1, 0.5, -1.2]]


def case(name, function, *operands):
    shape = function(*[torch.tensor(o) for o in operands]).shape
    numbers = [v for line in dy_of for v in line] * 2
    dy = torch.tensor(numbers[: shape.numel()]).reshape(shape).tolist()
    y, *slopes = backward(function, dy, *operands)
    named = dict(zip("ab", operands)) | dict(zip(("da", "db"), slopes))
    return {"operation": name, **tensors(dy=dy, y=y, **named)}


cases = [
    case("number - a", lambda v: 3 - v, a),
    case("number / a", lambda v: 3 / v, a),
    case("a + column", lambda v, w: v + w, a, column),
    case("a + row", lambda v, w: v + w, a, row),
    case("a + number b", lambda v, w: v + w, a, number),
    case("column - a", lambda v, w: v - w, column, a),
    case("row - a", lambda v, w: v - w, row, a),
    case("a b", lambda v, w: v @ w.T, a, b),
    case("number b * a", lambda v, w: v * w, number, a),
    case("affine", lambda v, w: v @ v.T @ v + w, a, column),
    case("cwise_product with a column", lambda v, w: v * w, a, column),
    case("a / column", lambda v, w: v / w, a, column),
    case("row / a", lambda v, w: v / w, row, a),
    case("exp", torch.exp, a),
    case("log", torch.log, positive),
    case("log1p", torch.log1p, positive),
    case("sqrt", torch.sqrt, positive),
    case("square", torch.square, a),
    case("abs", torch.abs, a),
    case("sin", torch.sin, a),
    case("cos", torch.cos, a),
    case("erf", torch.erf, a),
    case("pow 3", lambda v: v ** 3, a),
    case("pow -1.5", lambda v: v ** -1.5, positive),
    case("clamp", lambda v: v.clamp(-0.7, 1.1), a),
    case("sum over features", lambda v: v.sum(0, keepdim=True), a),
    case("sum over samples", lambda v: v.sum(1, keepdim=True), a),
    case("mean", lambda v: v.mean().reshape(1, 1), a),
    case("dot", lambda v, w: (v * w).sum().reshape(1, 1), a, b),
    case("norm", lambda v: v.norm().reshape(1, 1), a),
    case("norm over features", lambda v: v.norm(dim=0, keepdim=True), a),
    case("max over features", lambda v: v.amax(0, keepdim=True), a),
    case("max over samples", lambda v: v.amax(1, keepdim=True), a),
    case("log_sum_exp", lambda v: v.logsumexp(0, keepdim=True), a),
    case("log_sum_exp over all", lambda v: v.logsumexp((0, 1), keepdim=True), a),
    case("softmax", lambda v: v.softmax(0), a),
    case("rows", lambda v: v[1:3], a),
    case("stack", lambda v, w: torch.cat([v, w]), a, b),
    case("where", lambda v, w: torch.where(v > 0.1, v, w), a, b),
    case("larger", torch.maximum, a, b),
    case("pick", lambda v: v.gather(0, torch.tensor([[2, 2, 2]])), a),
    case("gather", lambda v: v.T[:, [1, 0, 1, 3]], a),
    case("standardized", lambda v: (v - v.mean(0)) / ((v - v.mean(0)).square().mean(0) + 1e-3).sqrt(), a),
]

write("autodiff", {
    "source": f"{debian}, {autograd}",
    "tolerance": "rel 1e-12",
    "layout": "matrices as written, a sample in a column; dy is the gradient with respect to y",
    "cases": cases,
})
