"""Writes tests/golden/attention.json: PyTorch's attention, encoder layers and their parts, forward and backward.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/attention.py
"""
import torch
from torch import nn

from golden import autograd, pytorch, tensors, write

torch.set_default_dtype(torch.float64)


def numbers(*shape, seed):
    """Decimal literals that PyTorch's generator does not choose: multiples of 1/64 from -2 to 2."""
    count = 1
    for size in shape:
        count *= size
    values = [((i * 7919 + seed * 104729) % 257 - 128) / 64 for i in range(count)]
    return torch.tensor(values).reshape(shape)


def with_numbers(module):
    """Gives each parameter numbers of its own, the larger ones scaled to keep the softmax in its middle."""
    for seed, parameter in enumerate(module.parameters()):
        values = numbers(*parameter.shape, seed=seed + 11)
        parameter.data = values / 4 if parameter.dim() > 1 else values
    return module.train()


def lengths_mask(lengths, time):
    return torch.arange(time)[None, :] >= torch.tensor(lengths)[:, None]


def case(name, function, parameters, samples, time, features, lengths=None, **options):
    """y and the gradients of sum(dy * y); dy is 0 beyond the lengths."""
    x = numbers(samples, time, features, seed=1).requires_grad_()
    dy = numbers(samples, time, features, seed=9)
    if lengths:
        dy = dy * ~lengths_mask(lengths, time)[:, :, None]
    y = function(x)
    gradients = torch.autograd.grad(y, [x, *parameters.values()], dy)
    if lengths:
        y = y * ~lengths_mask(lengths, time)[:, :, None]
    flat = lambda t: t.reshape(samples, time * features)
    return {"id": name, "time": time, "lengths": lengths or [], **options,
            **tensors(x=flat(x), y=flat(y), dy=flat(dy), dx=flat(gradients[0])),
            "parameters": tensors(**parameters),
            "gradients": tensors(**dict(zip(parameters, gradients[1:])))}


def attention(name, features, heads, causal=False, bias=True, lengths=None, samples=3, time=5):
    module = with_numbers(nn.MultiheadAttention(features, heads, bias=bias, batch_first=True))
    mask = torch.full((time, time), float("-inf")).triu(1) if causal else None
    padding = lengths_mask(lengths, time) if lengths else None

    def function(x):
        return module(x, x, x, key_padding_mask=padding, attn_mask=mask, need_weights=False)[0]

    return case(name, function, dict(module.named_parameters()), samples, time, features, lengths,
                heads=heads, causal=causal, rotary="none")


def rotated(x, kind, base=10000.0):
    """RoFormer's rotation as a product of complex numbers; x is [samples, heads, time, n]."""
    n, time = x.shape[-1], x.shape[-2]
    theta = torch.tensor([base ** (-2 * i / n) for i in range(n // 2)])
    turn = torch.polar(torch.ones(time, n // 2), torch.arange(time)[:, None] * theta[None, :])
    if kind == "neighbors":
        pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], n // 2, 2).contiguous())
        return torch.view_as_real(pairs * turn).reshape(x.shape)
    pairs = torch.complex(x[..., : n // 2], x[..., n // 2:]) * turn
    return torch.cat([pairs.real, pairs.imag], -1)


def rotary(name, kind, features=8, heads=2, samples=2, time=6):
    module = with_numbers(nn.MultiheadAttention(features, heads, batch_first=True))

    def function(x):
        projected = x @ module.in_proj_weight.T + module.in_proj_bias
        q, k, v = (t.reshape(samples, time, heads, -1).transpose(1, 2) for t in projected.chunk(3, -1))
        scores = rotated(q, kind) @ rotated(k, kind).transpose(-1, -2) / (features / heads) ** 0.5
        z = torch.softmax(scores, -1) @ v
        return module.out_proj(z.transpose(1, 2).reshape(samples, time, features))

    return case(name, function, dict(module.named_parameters()), samples, time, features, heads=heads, causal=False,
                rotary=kind)


def encoder(name, norm_first, activation, features=6, heads=2, hidden=10, samples=3, time=4, causal=False):
    module = with_numbers(nn.TransformerEncoderLayer(features, heads, hidden, dropout=0.0, activation=activation,
                                                     batch_first=True, norm_first=norm_first))
    mask = torch.full((time, time), float("-inf")).triu(1) if causal else None
    return case(name, lambda x: module(x, src_mask=mask), dict(module.named_parameters()), samples, time, features,
                heads=heads, hidden=hidden, norm_first=norm_first, activation=activation, causal=causal)


def rms_norm():
    gamma = numbers(6, seed=4).requires_grad_()
    return case("rms_norm", lambda x: x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-3) * gamma, {"gamma": gamma},
                2, 4, 6, epsilon=1e-3)


def positional_encoding(features):
    def function(x):
        angle = torch.tensor([[t / 10000 ** (2 * (i // 2) / features) for i in range(features)] for t in range(7)])
        return x + torch.where(torch.arange(features) % 2 == 0, angle.sin(), angle.cos())

    return case(f"positional_encoding_{features}", function, {}, 2, 7, features)


write("attention", {
    "source": f"{pytorch}, {autograd}; in training mode with dropout 0, because its inference has another path",
    "attention": [
        attention("one_head", 4, 1),
        attention("heads", 6, 3),
        attention("single_numbers", 3, 3),
        attention("no_bias", 6, 2, bias=False),
        attention("causal", 8, 2, causal=True, time=7),
        attention("lengths", 6, 2, lengths=[5, 2, 1]),
        attention("causal_lengths", 6, 2, causal=True, lengths=[3, 5, 4]),
        attention("long", 32, 2, causal=True, samples=1, time=40),
        rotary("rotary_neighbors", "neighbors"),
        rotary("rotary_halves", "halves"),
    ],
    "encoder": [
        encoder("norm_first", True, "gelu"),
        encoder("norm_last", False, "gelu"),
        encoder("relu", True, "relu"),
        encoder("causal", True, "gelu", causal=True),
    ],
    "rms_norm": rms_norm(),
    "positional_encoding": [positional_encoding(6), positional_encoding(5)],
})
