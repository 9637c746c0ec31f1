"""Writes tests/golden/convolution.json, pooling.json, conv_transpose.json, upsample.json and group_norm.json: PyTorch's
layers of images, forward and backward.

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


def transposed(name, image, out, kernel, stride=(1, 1), padding=(0, 0), output_padding=(0, 0), dilation=(1, 1), groups=1,
               bias=True):
    x = numbers(2, *image, seed=1)
    weight = numbers(image[0], out // groups, *kernel, seed=2)

    def conv(x, weight, bias=None):
        return F.conv_transpose2d(x, weight, bias, stride, padding, output_padding, groups, dilation)

    parameters = [weight] + ([numbers(out, seed=3)] if bias else [])
    dy, (y, dx, dweight, *dbias) = with_seeds(conv, x, *parameters)
    named = tensors(x=x, weight=weight, y=y, dy=dy, dx=dx, dweight=dweight)
    if bias:
        named.update(tensors(bias=parameters[1], dbias=dbias[0]))
    return {"id": name, "kernel": kernel, "stride": stride, "padding": padding * 2, "output_padding": output_padding,
            "dilation": dilation, "groups": groups, **named}


def upsampling(name, mode, image, factor):
    x = numbers(2, *image, seed=5)
    align = None if mode == "nearest" else False
    dy, (y, dx) = with_seeds(lambda x: F.interpolate(x, scale_factor=factor, mode=mode, align_corners=align), x)
    return {"id": name, "mode": mode, "factor": factor, **tensors(x=x, y=y, dy=dy, dx=dx)}


def group_norm(name, image, groups, epsilon=1e-5):
    x = numbers(2, *image, seed=6)
    gamma, beta = numbers(image[0], seed=7), numbers(image[0], seed=8)

    def norm(x, gamma, beta):
        return F.group_norm(x, groups, gamma, beta, epsilon)

    dy, (y, dx, dgamma, dbeta) = with_seeds(norm, x, gamma, beta)
    return {"id": name, "groups": groups, "epsilon": epsilon,
            **tensors(x=x, gamma=gamma, beta=beta, y=y, dy=dy, dx=dx, dgamma=dgamma, dbeta=dbeta)}


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
        convolution("depthwise_3x3", (17, 3, 5), 17, (3, 3), padding=(1, 1, 1, 1), groups=17),
        convolution("depthwise_stride", (9, 5, 6), 9, (3, 3), stride=(2, 2), padding=(0, 1, 1, 0), groups=9),
        convolution("depthwise_any", (5, 5, 6), 5, (2, 3), (3, 1), (1, 2, 0, 2), (2, 2), 5, False),
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
write("conv_transpose", {
    "source": f"{pytorch}, {autograd}",
    "cases": [
        transposed("plain", (3, 4, 5), 4, (3, 3)),
        transposed("doubling", (6, 3, 4), 5, (2, 2), stride=(2, 2)),
        transposed("padding", (2, 4, 3), 3, (3, 4), padding=(1, 2)),
        transposed("output_padding", (3, 3, 4), 2, (3, 3), (2, 3), (1, 1), (1, 2)),
        transposed("dilation", (2, 3, 4), 3, (3, 2), (2, 1), (1, 0), dilation=(2, 3), bias=False),
        transposed("groups", (4, 3, 3), 6, (2, 3), (1, 2), groups=2),
        transposed("depthwise", (9, 4, 3), 9, (3, 3), (2, 2), (1, 1), (1, 1), groups=9),
        transposed("all", (4, 3, 4), 6, (3, 3), (3, 2), (2, 1), (2, 1), (2, 1), 2),
        transposed("one_output", (17, 3, 2), 1, (2, 2), stride=(2, 2)),
    ],
})
write("upsample", {
    "source": f"{pytorch}, {autograd}",
    "cases": [
        upsampling("nearest", "nearest", (3, 3, 4), (2, 2)),
        upsampling("nearest_uneven", "nearest", (2, 3, 2), (3, 1)),
        upsampling("bilinear", "bilinear", (3, 3, 4), (2, 2)),
        upsampling("bilinear_uneven", "bilinear", (2, 3, 2), (3, 4)),
        upsampling("bilinear_of_a_row", "bilinear", (2, 1, 5), (2, 3)),
    ],
})
write("group_norm", {
    "source": f"{pytorch}, {autograd}",
    "cases": [
        group_norm("two_groups", (6, 3, 4), 2),
        group_norm("one_group", (5, 2, 3), 1),
        group_norm("instances", (3, 4, 3), 3, 1e-3),
        group_norm("one_position", (8, 1, 1), 2),
    ],
})
