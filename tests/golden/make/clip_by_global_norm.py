"""Writes tests/golden/clip_by_global_norm.json: gradients before and after torch.nn.utils.clip_grad_norm_.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/clip_by_global_norm.py
"""
import torch

from golden import debian, tensors, write

torch.set_default_dtype(torch.float64)


def case(limit):
    weight, bias = torch.nn.Parameter(torch.zeros(2, 3)), torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([[0.5, -1.25, 3.0], [2.0, 0.125, -4.5]])
    bias.grad = torch.tensor([-0.75, 1.5])
    before = tensors(weight=weight.grad, bias=bias.grad)
    norm = torch.nn.utils.clip_grad_norm_([weight, bias], limit)
    after = tensors(weight=weight.grad, bias=bias.grad)
    return {"limit": limit, "before": before, "norm": norm.item(), "after": after}


write("clip_by_global_norm", {
    "source": f"{debian}, float64 CPU, torch.nn.utils.clip_grad_norm_",
    "conventions": {"clipping": "g *= limit / (norm + 1e-6) where that is below 1"},
    "tolerance": "1e-12",
    "cases": [case(1.0), case(4.0), case(10.0)],
})
