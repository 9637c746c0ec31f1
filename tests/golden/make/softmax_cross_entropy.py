"""Writes tests/golden/softmax_cross_entropy.json: the softmax cross-entropy of PyTorch and its gradient.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/softmax_cross_entropy.py
"""
import torch

from golden import autograd, conventions, debian, tensor, write

torch.set_default_dtype(torch.float64)


def case(name, logits, target, smoothing=0.0, note="", weights=None):
    z = torch.tensor(logits, requires_grad=True)
    classes = isinstance(target[0], int)
    t = torch.tensor(target)
    w = None if weights is None else torch.tensor(weights)

    def loss(reduction):
        return torch.nn.functional.cross_entropy(z, t, weight=w, reduction=reduction, label_smoothing=smoothing)

    def mean_or_sum(reduction):
        value = loss(reduction)
        (slope,) = torch.autograd.grad(value, z)
        return {f"loss_{reduction}": value.item(), f"dlogits_{reduction}": tensor(slope)}

    return {
        "id": name,
        "logits": tensor(z),
        "label_smoothing": smoothing,
        "note": note,
        **({"labels": target} if classes else {"soft_targets": tensor(t)}),
        **({} if weights is None else {"class_weights": weights}),
        "loss_per_sample": tensor(loss("none")),
        **mean_or_sum("mean"),
        **mean_or_sum("sum"),
        "softmax": tensor(torch.softmax(z, 1)),
    }


cases = [
    case("basic_3class", [[2.102, -0.755, -0.795],
         [1.318, 1.116, -1.697],
         [-0.194, 0.567, 0.892],
         [-2.092, -0.166, -1.874]],
         [0, 2, 1, 1]),
    case("basic_10class", [[-0.562, -0.955, -1.685, -1.521, 0.326, -0.234, 0.947, -0.37, 0.157, 0.682],
         [2.252, 0.105, -1.173, 0.593, 0.427, -0.831, -0.694, 2.125, 0.398, 0.5],
         [0.334, 0.582, 1.314, 0.173, -0.159, -0.194, 0.216, -0.483, 1.021, 0.165]],
         [7, 0, 9]),
    case("binary_2class", [[-1.658, 0.513],
         [1.828, 0.128],
         [0.021, -0.019]],
         [1, 0, 1]),
    case("batch1", [[-0.404, 0.926, -0.13, -0.904]],
         [3]),
    case("notes_example", [[-1.203972804325936, -1.6094379124341003, -2.3025850929940455, -0.916290731874155]],
         [1],
         note="yhat=(.3,.2,.1,.4), y=class 1 (0-based): loss=-log(.2)=1.6094379124341003, dz=yhat-y=(.3,-.8,.1,.4)"),
    case("extreme_correct", [[10000.0, -10000.0, 0.0],
         [0.0, 10000.0, -10000.0]],
         [0, 1],
         note="loss exactly 0"),
    case("extreme_wrong", [[10000.0, -10000.0, 0.0],
         [0.0, 10000.0, -10000.0]],
         [1, 2],
         note="loss exactly 20000, finite"),
    case("extreme_equal", [[10000.0, 10000.0, 10000.0],
         [-10000.0, -10000.0, -10000.0]],
         [0, 2],
         note="log 3"),
    case("shift_invariance", [[1.0, 2.0, 3.0],
         [1001.0, 1002.0, 1003.0],
         [-999.0, -998.0, -997.0]],
         [0, 0, 0],
         note="all three rows equal"),
    case("label_smoothing_0.1", [[-2.068, 1.671, 1.135, -0.131, -0.649],
         [0.803, -0.285, 0.684, -0.57, 0.827],
         [0.069, 0.07, -0.911, 0.189, -0.526],
         [-0.156, -1.904, 0.6, 2.336, -0.465]],
         [0, 4, 2, 1], smoothing=0.1,
         note="PyTorch convention: target=(1-e)*onehot+e/C"),
    case("soft_targets", [[0.399, -0.879, 0.369],
         [1.084, -0.763, -0.278]],
         [[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]]),
    case("class_weights", [[-0.943, 0.356, -0.089],
         [-0.355, 0.766, 0.329],
         [-1.06, 0.634, 0.735],
         [0.347, 0.919, -0.743]],
         [0, 2, 1, 1], weights=[1.0, 2.0, 0.5],
         note="PyTorch mean divides by the SUM of the weights of the targets, not by N"),
]

write("softmax_cross_entropy", {
    "source": f"{debian}, {autograd}",
    "conventions": {
        **conventions,
        "logits": "[samples, classes]",
        "reduction": "mean = average over samples (unless class weights)",
    },
    "tolerance": "1e-12; extreme cases must be finite (no inf/nan)",
    "cases": cases,
})
