"""Writes tests/golden/batchnorm.json: batch normalization of PyTorch over three steps, and edge cases.

PyTorch's running variance averages the unbiased variance of the batches; this script also computes the average of the
biased variance. The values for a large offset are computed in decimal arithmetic with 50 digits.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/batchnorm.py
"""
from decimal import Decimal, getcontext

import torch

from golden import autograd, backward, conventions, debian, tensor, tensors, write

torch.set_default_dtype(torch.float64)
getcontext().prec = 50
epsilon = 1e-5


def normalize(x, gamma, beta, mean, variance):
    return (x - mean) / torch.sqrt(variance + epsilon) * gamma + beta


def three_steps(gamma, beta, batches, dy, test, test_dy):
    gamma, beta, dy, test_dy = (torch.tensor(t) for t in (gamma, beta, dy, test_dy))
    layer = torch.nn.BatchNorm1d(len(gamma), eps=epsilon, momentum=0.1)
    with torch.no_grad():
        layer.weight.copy_(gamma)
        layer.bias.copy_(beta)
    biased = torch.ones(len(gamma))

    def gradients(y, x, dy):
        return torch.autograd.grad(y, (x, layer.weight, layer.bias), dy)

    steps = []
    for batch in batches:
        x = torch.tensor(batch, requires_grad=True)
        y = layer(x)
        dx, dgamma, dbeta = gradients(y, x, dy)
        biased = 0.9 * biased + 0.1 * x.detach().var(0, unbiased=False)
        steps.append({
            **tensors(x=x, y=y, dy=dy, dx=dx, dgamma=dgamma, dbeta=dbeta, running_mean=layer.running_mean),
            "running_var_pytorch (accumulates UNBIASED var)": tensor(layer.running_var),
            "running_var_biased_convention": tensor(biased),
        })
    layer.eval()
    x = torch.tensor(test, requires_grad=True)
    y = layer(x)
    dx, dgamma, dbeta = gradients(y, x, test_dy)
    return {
        "id": "bn1d_train_3_steps_then_eval",
        "eps": epsilon,
        "momentum_pytorch": 0.1,
        "equivalent_ewma_beta": 0.9,
        **tensors(gamma=gamma, beta=beta),
        "steps": steps,
        "eval": {
            "x": tensor(x),
            "y_pytorch": tensor(y),
            "y_if_running_var_biased": tensor(normalize(x.detach(), gamma, beta, layer.running_mean, biased)),
            **tensors(dy=test_dy, dx_pytorch=dx, dgamma=dgamma, dbeta=dbeta),
            "note": "running statistics are constants in backward; works for a single sample",
        },
    }


def large_offset(x):
    columns = []
    for column in zip(*x):
        exact = [Decimal(v) for v in column]
        mean = sum(exact) / len(exact)
        variance = sum((v - mean) ** 2 for v in exact) / len(exact)
        columns.append([float((v - mean) / (variance + Decimal(epsilon)).sqrt()) for v in exact])
    return {
        "id": "bn1d_large_offset",
        "eps": epsilon,
        "x": tensor(x),
        "y_exact_50_digits": tensor(torch.tensor(columns).T),
        "tolerance": 1e-05,
        "note": "mean 1e6, deviation 1e-2: E[x^2] - E[x]^2 fails here (the spacing of doubles at 1e6 is 1.2e-10)",
    }


def zero_variance(gamma, beta, x, dy):
    def batch_norm(x, gamma, beta):
        return torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=epsilon)

    y, dx, _, _ = backward(batch_norm, dy, x, gamma, beta)
    return {
        "id": "bn1d_zero_variance",
        "eps": epsilon,
        **tensors(gamma=gamma, beta=beta, x=x, y=y, dy=dy, dx=dx),
        "note": "y = beta",
    }


def population(x):
    x = torch.tensor(x)
    return {
        "id": "population_statistics",
        **tensors(x_all=x, mean=x.mean(0), var_biased=x.var(0, unbiased=False), var_unbiased=x.var(0)),
    }


batches = [
    [[-0.026, 5.702, -1.146, 98.695], [-0.251, 5.534, -1.219, 99.598], [-1.217, 4.828, -1.762, 102.187],
      [-0.401, 6.432, -1.881, 95.404], [-0.656, 5.774, -2.055, 104.032], [0.213, 9.89, -2.252, 95.107]],
    [[-1.245, 3.048, -2.418, 101.146], [-1.002, 4.414, -1.762, 99.196], [2.067, 4.366, -2.112, 98.545],
      [0.84, 5.34, -0.978, 97.723], [0.747, 7.136, -1.388, 101.602], [-1.104, 7.66, -1.352, 97.198]],
    [[0.653, 4.302, -1.682, 103.99], [0.916, 3.034, -1.484, 100.987], [-0.611, 3.144, -2.29, 98.371],
      [-0.105, 2.94, -2.351, 97.582], [0.003, 4.58, -1.854, 102.028], [-1.031, 5.174, -1.886, 102.397]],
]
cases = [
    three_steps(
        gamma=[1.0, 0.5, 2.0, -1.5],
        beta=[0.0, 0.3, -1.0, 2.0],
        batches=batches,
        dy=[[0.494, -0.885, 0.651, 0.241], [-0.235, 1.124, 1.024, 0.401], [-0.306, -1.856, -0.45, 0.221],
          [-0.744, -1.454, 0.544, 0.314], [-1.253, -0.553, 0.28, -0.689], [0.822, -0.418, -0.008, 0.102]],
        test=[[-0.656, 4.7620000000000005, -0.766, 98.385], [-1.022, 6.404, -0.17300000000000004, 99.762],
          [1.062, 5.473, -3.491, 99.955]],
        test_dy=[[-0.149, -0.607, -1.107, 0.692], [-2.602, -0.494, -0.033, -1.353],
          [-0.577, 1.027, 1.974, 1.731]]),
    large_offset(
        x=[[1000000.0033, -999999.99002], [999999.99944, -999999.9864], [999999.98139, -1000000.00697],
          [999999.99329, -999999.98281], [1000000.00542, -1000000.00602]]),
    zero_variance(
        gamma=[3.0, 1.0],
        beta=[0.5, -0.5],
        x=[[2.0, 2.0], [2.0, 2.0], [2.0, 2.0]],
        dy=[[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]),
    population(sum(batches, [])),
]

write("batchnorm", {
    "source": f"{debian}, {autograd}",
    "conventions": {
        **conventions,
        "normalise": "training: BIASED batch variance (1/m) with eps inside the sqrt; running: new=(1-momentum)*old+momentum*batch; PyTorch puts the UNBIASED variance (1/(m-1)) into running_var, Keras/course EWMA put the biased one; both are given",
    },
    "tolerance": "1e-10",
    "cases": cases,
})
