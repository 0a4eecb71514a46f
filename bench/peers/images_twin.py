"""PyTorch's twin of the training steps of images.ts. A request is a line of JSON, an answer too."""

import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)


class Step:
    def __init__(self, image, convolutions, features, learningRate, parameters, x, y):
        height, width, channels = image
        self.x = torch.tensor(x).reshape(-1, height, width, channels).permute(0, 3, 1, 2).contiguous()
        tensors = iter(torch.tensor(values) for values in parameters)
        layers = []
        for filters, size, stride in convolutions:
            layer = nn.Conv2d(channels, filters, size, stride)
            kernel = next(tensors).reshape(size, size, channels, filters)
            self.set(layer, kernel.permute(3, 2, 0, 1), next(tensors))
            layers += [layer, nn.ReLU()]
            height, width, channels = (height - size) // stride + 1, (width - size) // stride + 1, filters
        dense = nn.Linear(height * width * channels, features)
        # Rows of our kernel have channels last.
        kernel = next(tensors).reshape(height, width, channels, features).permute(3, 2, 0, 1)
        self.set(dense, kernel.reshape(features, -1), next(tensors))
        kernel, bias = next(tensors), next(tensors)
        last = nn.Linear(features, len(bias))
        self.set(last, kernel.reshape(features, -1).T, bias)
        self.net = nn.Sequential(*layers, nn.Flatten(), dense, nn.ReLU(), last)
        self.y = torch.tensor(y).reshape(len(self.x), -1)
        self.optimizer = torch.optim.Adam(self.net.parameters(), learningRate)

    @staticmethod
    def set(layer, weight, bias):
        with torch.no_grad():
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)

    def __call__(self):
        self.optimizer.zero_grad()
        loss = ((self.net(self.x) - self.y) ** 2).mean()
        loss.backward()
        self.optimizer.step()
        return loss.item()


print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "make" in request:
        step = Step(**request["make"])
        print(json.dumps({"losses": [step() for _ in range(request["losses"])]}), flush=True)
        continue
    clock = time.process_time if request["processor"] else time.perf_counter
    begin = clock()
    for _ in range(request["time"]):
        step()
    print(json.dumps({"milliseconds": 1000 * (clock() - begin) / request["time"]}), flush=True)
