#!/usr/bin/env python3
"""Trains the workloads with PyTorch in eager mode, as in its tutorials. Used like the workers in C++.

The mode `predict` measures predictions, in samples per second.
"""

import sys
import time

import torch
from torch import nn

# name: features, hidden, hidden, outputs, batch. A copy of sizes.hpp, like the two below.
SIZES = {
    "S": (2, 16, 16, 1, 32),
    "M": (784, 256, 128, 10, 128),
    "M+": (784, 256, 128, 10, 128),
    "L": (784, 2048, 2048, 10, 512),
    "LeNet": (784, 120, 84, 10, 128),
    "VGG": (3 * 32 * 32, 32, 64, 10, 64),
    "MobileNet": (784, 32, 64, 10, 64),
    "LSTM": (32 * 64, 128, 0, 10, 64),
    "GRU": (32 * 64, 128, 0, 10, 64),
    "Encoder": (128 * 64, 512, 128, 10, 32),
}
BATCHES = 8
PREDICTED_SAMPLES = 4096
LEARNING_RATE = 1e-6


class Encoder(nn.Module):
    """A block of a transformer that normalizes first, and the mean over the steps."""

    def __init__(self, features, hidden):
        super().__init__()
        self.features = features
        self.block = nn.TransformerEncoderLayer(features, 4, hidden, dropout=0.0, activation="gelu", batch_first=True,
                                                norm_first=True)

    def forward(self, x):
        return self.block(x.view(x.shape[0], -1, self.features)).mean(1)


class Recurrent(nn.Module):
    """A recurrent layer on 32 time steps, whose last output is classified."""

    def __init__(self, layer, features, hidden, outputs):
        super().__init__()
        self.layer = layer(features // 32, hidden, batch_first=True)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.out(self.layer(x.view(len(x), 32, -1))[0][:, -1])


def network(workload, features, hidden_1, hidden_2, outputs):
    if workload == "Encoder":
        return nn.Sequential(Encoder(hidden_2, hidden_1), nn.Linear(hidden_2, outputs))
    if workload in ("LSTM", "GRU"):
        return Recurrent(getattr(nn, workload), features, hidden_1, outputs)
    if workload == "M+":
        def hidden(inputs, units):
            return nn.Linear(inputs, units, bias=False), nn.BatchNorm1d(units), nn.ReLU(), nn.Dropout(0.2)
    else:
        def hidden(inputs, units):
            return nn.Linear(inputs, units), nn.Tanh() if workload == "S" else nn.ReLU()
    convolutions = []
    if workload == "LeNet":
        convolutions = [nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
        features = 16 * 5 * 5
    if workload == "VGG":
        def convolution(inputs, outputs):
            return nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()
        return nn.Sequential(
            nn.Unflatten(1, (3, 32, 32)), *convolution(3, hidden_1), *convolution(hidden_1, hidden_1), nn.MaxPool2d(2),
            *convolution(hidden_1, hidden_2), *convolution(hidden_2, hidden_2), nn.MaxPool2d(2),
            *convolution(hidden_2, 2 * hidden_2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(2 * hidden_2, outputs))
    if workload == "MobileNet":
        return nn.Sequential(
            nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, hidden_1, 3, padding=1), nn.ReLU(),
            nn.Conv2d(hidden_1, hidden_1, 3, padding=1, groups=hidden_1), nn.ReLU(),
            nn.Conv2d(hidden_1, hidden_2, 1), nn.ReLU(),
            nn.Conv2d(hidden_2, hidden_2, 3, stride=2, padding=1, groups=hidden_2), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(hidden_2, outputs))
    return nn.Sequential(*convolutions, *hidden(features, hidden_1), *hidden(hidden_1, hidden_2),
                         nn.Linear(hidden_2, outputs))


def steps_per_second(seconds, step):
    def run(duration, between_looks):
        steps, begin = 0, time.perf_counter()
        while True:
            for _ in range(between_looks):
                step()
            steps += between_looks
            elapsed = time.perf_counter() - begin
            if elapsed >= duration:
                return steps / elapsed

    warm = run(seconds / 4, 1)
    return run(seconds, max(1, int(warm / 1000)))


def peak_memory():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except OSError:
        import resource
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak


def main():
    workload, threads, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    *widths, batch = SIZES[workload]
    torch.set_num_threads(threads)
    torch.manual_seed(1)

    net = network(workload, *widths)
    if sys.argv[4:] == ["predict"]:
        net.eval()
        x = torch.randn(PREDICTED_SAMPLES, widths[0])
        with torch.inference_mode():
            speed = PREDICTED_SAMPLES * steps_per_second(seconds, lambda: net(x))
        print(f"{speed:.6g} {peak_memory()} -")
        return
    if workload == "L":
        optimizer = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE, momentum=0.9)
    else:
        optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)

    inputs = [torch.randn(batch, widths[0]) for _ in range(BATCHES)]
    if workload == "S":
        loss_of = nn.BCEWithLogitsLoss()
        targets = [torch.randint(2, (batch, 1)).float() for _ in range(BATCHES)]
    else:
        loss_of = nn.CrossEntropyLoss()
        targets = [torch.randint(widths[-1], (batch,)) for _ in range(BATCHES)]

    position = 0

    def step():
        nonlocal position
        i = position % BATCHES
        position += 1
        optimizer.zero_grad(set_to_none=True)  # as its performance guide recommends
        loss_of(net(inputs[i]), targets[i]).backward()
        optimizer.step()

    print(f"{steps_per_second(seconds, step):.6g} {peak_memory()} -")


if __name__ == "__main__":
    main()
