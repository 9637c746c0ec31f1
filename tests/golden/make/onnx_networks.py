"""Writes tests/golden/onnx/lenet*.onnx and lstm*.onnx, exports of whole networks of PyTorch as its tutorials write them, and
tests/golden/onnx_networks.json with inputs, outputs, and the outputs after steps of gradient descent.

Run from the root of the repository; needs Debian's python3-torch:
    /usr/bin/python3 tests/golden/make/onnx_networks.py
"""
import copy

import torch
from torch import nn
from torch.nn import functional as F

from golden import pytorch, tensor, write

torch.manual_seed(1)


class LeNet(nn.Sequential):
    """LeNet-5 of modules."""

    def __init__(self):
        super().__init__(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                         nn.Linear(84, 10))


class LeNetView(nn.Module):
    """A smaller LeNet of functions, with the mean and tanh of LeCun et al. and a view."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 3, 5)
        self.conv2 = nn.Conv2d(3, 4, 3)
        self.fc1 = nn.Linear(16, 12)
        self.fc2 = nn.Linear(12, 5)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), (2, 2))
        x = x.view(x.size(0), -1)
        return self.fc2(torch.tanh(self.fc1(x)))


class LeNetProduct(nn.Module):
    """A small one with the number of features computed as in a tutorial of PyTorch."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 5)
        self.dropout = nn.Dropout2d()
        self.fc1 = nn.Linear(3 * 6 * 5, 8)
        self.fc2 = nn.Linear(8, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.dropout(self.conv(x))), 2)
        features = 1
        for size in x.size()[1:]:
            features *= size
        return self.fc2(F.relu(self.fc1(x.view(-1, features))))


class Tokens(nn.Module):
    """Tokens, an LSTM, and the last step."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.lstm = nn.LSTM(4, 5, batch_first=True)
        self.fc = nn.Linear(5, 3)

    def forward(self, x):
        out, _ = self.lstm(self.embedding(x))
        return self.fc(out[:, -1, :])


class Zeros(nn.Module):
    """Two layers with dropout, initial states of zeros written out, and the last step."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 5, 2, batch_first=True, dropout=0.2)
        self.fc = nn.Linear(5, 3)

    def forward(self, x):
        h0 = torch.zeros(2, x.size(0), 5)
        c0 = torch.zeros(2, x.size(0), 5)
        out, _ = self.lstm(x, (h0, c0))
        return self.fc(out[:, -1])


class Hidden(nn.Module):
    """The final hidden state of the last layer; of both directions if there are two."""

    def __init__(self, layers, bidirectional=False, recurrent=nn.LSTM):
        super().__init__()
        self.lstm = recurrent(3, 5, layers, batch_first=True, bidirectional=bidirectional)
        self.fc = nn.Linear(10 if bidirectional else 5, 3)

    def forward(self, x):
        _, h = self.lstm(x)
        h = h[0] if isinstance(h, tuple) else h
        return self.fc(torch.cat((h[-2], h[-1]), dim=1) if self.lstm.bidirectional else h[-1])


class Pooled(nn.Module):
    """The mean or the maximum of all steps of both directions."""

    def __init__(self, pool):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(8, 3)
        self.pool = pool

    def forward(self, x):
        return self.fc(self.pool(self.lstm(x)[0]))


def export(name, opset, network, x):
    network.eval()  # without dropout
    # Nearly all rounded to few bits, so that the file is small when it is compressed.
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_((parameter * 256).round() / 256)
    torch.onnx.export(network, x, f"tests/golden/onnx/{name}_{opset}.onnx", opset_version=opset, input_names=["x"],
                      output_names=["y"], dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})
    trained = copy.deepcopy(network)
    for parameter_name, parameter in trained.named_parameters():
        # PyTorch has two biases whose sum counts; with one of them fixed, the other moves as a single one does.
        parameter.requires_grad_(not parameter_name.startswith("lstm.bias_hh"))
    optimizer = torch.optim.SGD([p for p in trained.parameters() if p.requires_grad], lr=0.1)
    classes = torch.arange(len(x)) % network(x).shape[1]
    for _ in range(5):
        optimizer.zero_grad()
        F.cross_entropy(trained(x), classes).backward()
        optimizer.step()
    channels = x.shape[1] if x.dim() == 4 else x.shape[2] if x.dim() == 3 else 1
    rows = x if x.dim() == 4 else x.flatten(1)  # of sequences, the values of a sample in a row
    return {"file": f"{name}_{opset}", "x": tensor(rows), "channels": channels, "y": tensor(network(x)),
            "classes": classes.tolist(), "trained": tensor(trained(x))}


images = [export("lenet", 17, LeNet(), torch.rand(3, 1, 28, 28).mul(64).round() / 64),
          export("lenet_view", 13, LeNetView(), torch.rand(4, 1, 16, 16).mul(64).round() / 64)]
sequences = [export("lstm_tokens", 17, Tokens(), torch.randint(7, (4, 6))),
             export("lstm_zeros", 13, Zeros(), torch.randn(4, 6, 3)),
             export("lstm_hidden", 17, Hidden(1), torch.randn(4, 6, 3)),
             export("lstm_hidden_of_two", 13, Hidden(2), torch.randn(4, 6, 3)),
             export("lstm_both", 17, Hidden(1, True), torch.randn(4, 6, 3)),
             export("lstm_both_of_two", 13, Hidden(2, True), torch.randn(4, 6, 3)),
             export("lstm_mean", 17, Pooled(lambda y: y.mean(dim=1)), torch.randn(4, 6, 3)),
             export("lstm_max", 13, Pooled(lambda y: y.max(dim=1)[0]), torch.randn(4, 6, 3))]
images.append(export("lenet_product", 17, LeNetProduct(), torch.rand(4, 1, 16, 14).mul(64).round() / 64))
write("onnx_networks", {"source": f"{pytorch}, torch.onnx.export", "rate": 0.1, "steps": 5, "images": images,
                        "sequences": sequences})
