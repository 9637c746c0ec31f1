"""Writes tests/golden/schedules.json: learning rates of PyTorch's schedulers at t = 0, 1, 2, ...

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/schedules.py
"""
import warnings
import torch
from torch.optim import lr_scheduler as s

from golden import pytorch, write

warnings.simplefilter("ignore")  # of scheduler steps without optimizer steps


def rates(count, make, initial=0.2):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=initial)
    scheduler = make(optimizer)
    values = []
    for _ in range(count):
        values.append(optimizer.param_groups[0]["lr"])
        scheduler.step()
    return values


def warmup(optimizer, steps, then):
    rise = s.LinearLR(optimizer, start_factor=1 / (steps + 1), total_iters=steps)
    return s.SequentialLR(optimizer, [rise, then(optimizer)], milestones=[steps])


def plateau(losses, **options):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.2)
    scheduler = s.ReduceLROnPlateau(optimizer, threshold_mode="abs", **options)
    rates = []
    for loss in losses:
        scheduler.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


losses = [1.0, 0.9, 0.895, 0.91, 0.5, 0.49, 0.48, 0.47, 0.3, 0.3, 0.31, 0.3, 0.32, 0.33, 0.3, 0.3]
plateaus = {"losses": losses, "patience": 2, "min_delta": 0.025, "factor": 0.5, "minimum": 0.03,
            # PyTorch waits for one more epoch than its patience
            "rates": plateau(losses, patience=1, threshold=0.025, factor=0.5, min_lr=0.03)}
cases = {
    "exponential": rates(12, lambda o: s.ExponentialLR(o, gamma=0.9)),
    "inverse_time": rates(12, lambda o: s.LambdaLR(o, lambda t: 1 / (1 + 0.5 * t))),
    "inverse_sqrt": rates(12, lambda o: s.LambdaLR(o, lambda t: 3 / (t + 1) ** 0.5)),
    "staircase": rates(12, lambda o: s.StepLR(o, step_size=4, gamma=0.1)),
    "piecewise_constant": rates(12, lambda o: s.MultiStepLR(o, milestones=[3, 8], gamma=0.5)),
    "polynomial": rates(14, lambda o: s.PolynomialLR(o, total_iters=10, power=2)),
    "linear": rates(14, lambda o: s.LinearLR(o, start_factor=1, end_factor=0.25, total_iters=10)),
    "cosine": rates(11, lambda o: s.CosineAnnealingLR(o, T_max=10, eta_min=0.01)),
    "cosine_restarts": rates(25, lambda o: s.CosineAnnealingWarmRestarts(o, T_0=10, eta_min=0.01)),
    "cosine_restarts_growing": rates(40, lambda o: s.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2)),
    "warmup": rates(14, lambda o: warmup(o, 4, lambda o: s.CosineAnnealingLR(o, T_max=10))),
    "one_cycle": rates(20, lambda o: s.OneCycleLR(o, max_lr=0.2, total_steps=21)),
    "one_cycle_options": rates(30, lambda o: s.OneCycleLR(o, max_lr=0.2, total_steps=31, pct_start=0.4,
                                                          div_factor=10, final_div_factor=100)),
}
write("schedules", {"source": f"{pytorch} lr_scheduler", "initial": 0.2, "tolerance": "rel 1e-12", "cases": cases,
                    "plateau": plateaus}, end="")
