"""Writes tests/golden/losses.json: the losses of PyTorch and their gradients.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/losses.py
"""
import math
import torch
from torch.nn import functional as F

from golden import debian, tensor, write

torch.set_default_dtype(torch.float64)


def case(loss, function, prediction, target, **options):
    p = torch.tensor(prediction, requires_grad=True)
    t = torch.tensor(target)
    value = function(p, t)
    (slope,) = torch.autograd.grad(value, p)
    named = {"labels": target} if isinstance(target[0], int) else {"target": tensor(t)}
    return {"loss": loss, **options, "prediction": tensor(p), **named, "value": value.item(), "gradient": tensor(slope)}


def log_cosh(p, t):
    r = (p - t).abs()
    return (r + F.softplus(-2 * r, threshold=1e9) - math.log(2)).mean()


# PyTorch has no hinge loss for classes 0 and 1: these formulas use its autograd.
def hinge(z, t):
    return (1 - (2 * t - 1) * z).clamp(min=0).mean()


def squared_hinge(z, t):
    return (1 - (2 * t - 1) * z).clamp(min=0).square().mean()


def weighted(weights, smoothing):
    """Class weights and label smoothing as in PyTorch, but with the unweighted mean over the samples."""
    def mean_over_samples(z, t):
        w = torch.tensor(weights)
        return F.cross_entropy(z, t, weight=w, label_smoothing=smoothing, reduction="sum") / len(z)
    return mean_over_samples


residuals = [[0.5, -1.25, 3.0], [2.0, 0.125, -4.5], [1.0, 1e4, -1e4], [0.3, -0.7, 1e-3]], \
            [[0.25, 1.5, 3.0], [-1.0, 0.375, -4.0], [3.5, 0.0, 2.0], [0.2, -0.9, 0.0]]
probabilities = [[0.1, 0.75, 0.5], [0.999, 0.25, 1e-9], [0.0, 1.0, 0.3]], \
                [[0.0, 1.0, 0.3], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
certainties = [[0.0, 1.0, 0.0, 1.0]], [[0.0, 1.0, 1.0, 0.0]]
scores = [[0.5, -1.25], [2.0, 0.125], [1e4, -1e4], [-0.3, 0.9]], \
         [[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [0.0, 1.0]]
logits = [[1.0, -2.0, 0.5, 0.25], [0.0, 3.0, 1.0, -1.0], [2.0, 2.0, -1.0, 0.75]]
log_p = torch.log_softmax(torch.tensor(logits), 1).tolist()
classes = [3, 0, 1]
distributions = [[0.5, 0.25, 0.25, 0.0], [0.0, 1.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]]
weights = [0.5, 2.0, 1.0, 3.0]

cases = [
    case("MeanSquaredError", F.mse_loss, *residuals),
    case("MeanAbsoluteError", F.l1_loss, *residuals),
    case("Huber", lambda p, t: F.huber_loss(p, t, delta=1.0), *residuals, delta=1.0),
    case("Huber", lambda p, t: F.huber_loss(p, t, delta=0.25), *residuals, delta=0.25),
    case("LogCosh", log_cosh, *residuals),
    case("SigmoidCrossEntropy", F.binary_cross_entropy_with_logits, *scores),
    case("BinaryCrossEntropy", F.binary_cross_entropy, *probabilities),
    case("BinaryCrossEntropy of 0 and 1", F.binary_cross_entropy, *certainties),
    case("Hinge", hinge, *scores),
    case("SquaredHinge", squared_hinge, *scores),
    case("NegativeLogLikelihood", F.nll_loss, log_p, classes),
    case("KullbackLeibler", lambda q, t: F.kl_div(q, t, reduction="batchmean"), log_p, distributions),
    case("SoftmaxCrossEntropy", weighted([1.0] * 4, 0.2), logits, classes, smoothing=0.2, weights=[]),
    case("SoftmaxCrossEntropy", weighted(weights, 0.0), logits, classes, smoothing=0.0, weights=weights),
    case("SoftmaxCrossEntropy", weighted(weights, 0.1), logits, classes, smoothing=0.1, weights=weights),
    case("SoftmaxCrossEntropy", weighted(weights, 0.1), logits, distributions, smoothing=0.1, weights=weights),
]
write("losses", {
    "source": f"{debian}, float64 CPU, autograd",
    "conventions": {"layout": "samples in rows", "reduction": "mean over samples, and over outputs where there are "
                    "several; that of classes over samples alone, with class weights too"},
    "tolerance": "1e-12",
    "cases": cases,
})
