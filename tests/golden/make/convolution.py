"""Writes tests/golden/convolution.json and pooling.json: PyTorch's convolution and pooling, forward and backward.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/convolution.py
"""
import torch
import torch.nn.functional as F

from golden import autograd, backward, pytorch, tensors, write

torch.set_default_dtype(torch.float64)


def numbers(*shape, seed):
    """Decimal literals that PyTorch's generator does not choose: multiples of 1/64 from -2 to 2."""
    count = 1
    for size in shape:
        count *= size
    values = [((i * 7919 + seed * 104729) % 257 - 128) / 64 for i in range(count)]
    return torch.tensor(values).reshape(shape).tolist()


def with_seeds(function, x, *parameters):
    """Returns the case with dy of the shape of the result."""
    shape = function(*(torch.tensor(t) for t in (x, *parameters))).shape
    dy = numbers(*shape, seed=9)
    return dy, backward(function, dy, x, *parameters)


def convolution(name, image, out, kernel, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, bias=True):
    top, left, bottom, right = padding
    x = numbers(2, *image, seed=1)
    weight = numbers(out, image[0] // groups, *kernel, seed=2)

    def conv(x, weight, bias=None):
        return F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, stride, 0, dilation, groups)

    parameters = [weight] + ([numbers(out, seed=3)] if bias else [])
    dy, (y, dx, dweight, *dbias) = with_seeds(conv, x, *parameters)
    named = tensors(x=x, weight=weight, y=y, dy=dy, dx=dx, dweight=dweight)
    if bias:
        named.update(tensors(bias=parameters[1], dbias=dbias[0]))
    return {"id": name, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation,
            "groups": groups, **named}


def pooling(name, kind, image, kernel, stride, padding=(0, 0), count_include_pad=True, step=1):
    x = [v for v in torch.tensor(numbers(2, *image, seed=4)).reshape(-1).tolist()]
    x = (torch.tensor(x) / step).round().mul(step).reshape(2, *image).tolist()  # a coarse step makes ties

    def pool(x):
        if kind == "max":
            return F.max_pool2d(x, kernel, stride, padding)
        return F.avg_pool2d(x, kernel, stride, padding, count_include_pad=count_include_pad)

    dy, (y, dx) = with_seeds(pool, x)
    return {"id": name, "kind": kind, "kernel": kernel, "stride": stride, "padding": padding,
            "count_padding": count_include_pad, **tensors(x=x, y=y, dy=dy, dx=dx)}


write("convolution", {
    "source": f"{pytorch}, {autograd}",
    "cases": [
        convolution("plain", (3, 5, 7), 4, (3, 3)),
        convolution("one_channel", (1, 6, 5), 6, (5, 5)),
        convolution("pointwise", (16, 3, 4), 17, (1, 1)),
        convolution("many_outputs", (6, 4, 5), 33, (2, 3), padding=(1, 1, 1, 1)),
        convolution("no_bias", (3, 5, 4), 2, (3, 2), bias=False),
        convolution("same", (2, 5, 6), 3, (3, 4), padding=(1, 1, 1, 2)),
        convolution("stride", (3, 9, 8), 4, (3, 2), stride=(2, 3)),
        convolution("uneven_padding", (2, 4, 5), 3, (3, 3), stride=(2, 1), padding=(2, 0, 1, 3)),
        convolution("dilation", (2, 8, 9), 3, (3, 2), padding=(1, 2, 1, 2), dilation=(2, 3)),
        convolution("groups", (6, 5, 4), 4, (2, 3), groups=2),
        convolution("depthwise", (5, 6, 6), 10, (3, 3), padding=(1, 1, 1, 1), groups=5),
        convolution("all", (4, 9, 10), 6, (3, 3), (2, 2), (2, 1, 2, 1), (2, 1), 2),
        convolution("kernel_larger_than_image", (2, 2, 2), 3, (3, 4), padding=(1, 1, 1, 1)),
        convolution("sequence", (3, 1, 9), 4, (1, 3), padding=(0, 1, 0, 1)),
    ],
})
write("pooling", {
    "source": f"{pytorch}, {autograd}",
    "cases": [
        pooling("max", "max", (3, 6, 4), (2, 2), (2, 2)),
        pooling("max_with_ties", "max", (2, 7, 6), (3, 2), (2, 1), step=1),
        pooling("max_overlapping", "max", (16, 5, 6), (3, 3), (1, 2), step=1 / 64),
        pooling("max_padding", "max", (3, 5, 5), (3, 3), (2, 2), (1, 1), step=1 / 64),
        pooling("average", "average", (3, 6, 4), (2, 2), (2, 2), step=1 / 64),
        pooling("average_padding", "average", (2, 5, 7), (3, 2), (2, 1), (1, 1), step=1 / 64),
        pooling("average_without_padding", "average", (2, 5, 7), (3, 2), (2, 1), (1, 1), False, 1 / 64),
    ],
})
