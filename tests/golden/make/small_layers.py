"""Writes tests/golden/small_layers.json: PyTorch's Conv1d, Embedding, ZeroPad2d and AdaptiveAvgPool2d(1), forward and
backward.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/small_layers.py
"""
import torch
import torch.nn.functional as F

from golden import autograd, pytorch, tensors, write

torch.set_default_dtype(torch.float64)


def numbers(*shape, seed):
    """Multiples of 1/64 from -2 to 2, as in convolution.py."""
    count = torch.Size(shape).numel()
    return torch.tensor([((i * 7919 + seed * 104729) % 257 - 128) / 64 for i in range(count)]).reshape(shape)


def case(name, function, x, parameters, **options):
    """Returns a case with the gradients for a fixed dy; those with respect to tokens do not exist."""
    learned = {key: value.requires_grad_() for key, value in parameters.items()}
    inputs = [x.requires_grad_()] if x.is_floating_point() else []
    y = function(x, *learned.values())
    dy = numbers(*y.shape, seed=9)
    slopes = torch.autograd.grad(y, inputs + list(learned.values()), dy)
    named = {"dx": slopes[0]} if inputs else {}
    named.update(zip((f"d{key}" for key in learned), slopes[len(inputs):]))
    return {"id": name, **options, **tensors(x=x, y=y, dy=dy, **learned, **named)}


def conv1d(name, channels, steps, out, kernel, stride=1, padding=(0, 0), dilation=1, groups=1, bias=True):
    parameters = {"weight": numbers(out, channels // groups, kernel, seed=2)}
    if bias:
        parameters["bias"] = numbers(out, seed=3)

    def conv(x, weight, bias=None):
        return F.conv1d(F.pad(x, padding), weight, bias, stride, 0, dilation, groups)

    return case(name, conv, numbers(2, channels, steps, seed=1), parameters, stride=stride, padding=padding,
                dilation=dilation, groups=groups)


def embedding(name, padding=None):
    tokens = torch.tensor([[0, 3, 1], [2, 2, 4], [3, 0, 3]])
    return case(name, lambda x, weight: F.embedding(x, weight, padding_idx=padding), tokens,
                {"weight": numbers(5, 3, seed=4)}, padding=padding)


write("small_layers", {
    "source": f"{pytorch}, {autograd}",
    "conv1d": [
        conv1d("plain", 3, 7, 4, 3),
        conv1d("causal", 2, 6, 5, 3, padding=(4, 0), dilation=2),
        conv1d("all", 6, 10, 4, 3, 2, (1, 2), 2, 2, bias=False),
        conv1d("depthwise", 5, 6, 5, 2, padding=(0, 1), groups=5),
    ],
    "embedding": [embedding("plain"), embedding("padding", 3)],
    "zero_pad2d": [case("uneven", lambda x: F.pad(x, (1, 2, 3, 0)), numbers(2, 3, 2, 4, seed=5), {},
                        padding=(3, 1, 0, 2))],
    "global_average_pool": [case("image", lambda x: F.adaptive_avg_pool2d(x, 1), numbers(2, 5, 3, 4, seed=6), {}),
                            case("sequence", lambda x: F.adaptive_avg_pool2d(x, 1), numbers(3, 2, 1, 7, seed=7), {})],
})
