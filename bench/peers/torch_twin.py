"""PyTorch twins of the benchmarked steps: same shapes, layers, loss and optimizer, one thread, eager.

Reads one JSON request a line, {"name": "ppo-step/realnvp", "batch": 64, "repeats": 20}, and answers with one JSON line,
{"ms": [time of each block]}: so that the other side can take turns with it.
"""

import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

OBSERVATION, ACTION, LAYERS, HIDDEN, BINS, BOUND = 4, 2, 4, 64, 8, 5.0
MAX_LOG_SCALE = 5.0
MIN_BIN, MIN_SLOPE = 1e-3, 1e-3
LOG_TWO_PI = math.log(2 * math.pi)


def mlp(inputs, outputs):
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, outputs)
    )


class Gaussian(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(OBSERVATION, 2 * ACTION)

    def log_prob(self, observation, action):
        mean, log_scale = self.net(observation).chunk(2, -1)
        noise = (action - mean) * torch.exp(-log_scale)
        return -(0.5 * noise**2 + log_scale).sum(-1) - 0.5 * ACTION * LOG_TWO_PI

    def sample(self, observation):
        mean, log_scale = self.net(observation).chunk(2, -1)
        noise = torch.randn_like(mean)
        log_prob = -(0.5 * noise**2 + log_scale).sum(-1) - 0.5 * ACTION * LOG_TWO_PI
        return mean + torch.exp(log_scale) * noise, log_prob


class Affine:
    parameters = 2

    @staticmethod
    def forward(x, raw):
        shift, log_scale = raw.chunk(2, -1)
        log_scale = MAX_LOG_SCALE * torch.tanh(log_scale / MAX_LOG_SCALE)
        return shift + torch.exp(log_scale) * x, log_scale.sum(-1)

    @staticmethod
    def inverse(y, raw):
        shift, log_scale = raw.chunk(2, -1)
        log_scale = MAX_LOG_SCALE * torch.tanh(log_scale / MAX_LOG_SCALE)
        return (y - shift) * torch.exp(-log_scale), -log_scale.sum(-1)


class Spline:
    parameters = 3 * BINS - 1

    @staticmethod
    def knots(raw):
        sizes = MIN_BIN + (1 - MIN_BIN * BINS) * F.softmax(raw, -1)
        edges = F.pad(torch.cumsum(sizes, -1), (1, 0))
        return 2 * BOUND * edges - BOUND

    @staticmethod
    def pieces(v, raw, inverse):
        widths, heights, slopes = raw.split([BINS, BINS, BINS - 1], -1)
        xs, ys = Spline.knots(widths), Spline.knots(heights)
        slopes = MIN_SLOPE + F.softplus(slopes + math.log(math.expm1(1 - MIN_SLOPE)))
        slopes = F.pad(slopes, (1, 1), value=1.0)
        k = (torch.searchsorted((ys if inverse else xs).contiguous(), v) - 1).clamp(0, BINS - 1)
        pick = lambda table, i: table.gather(-1, i)
        return pick(xs, k), pick(xs, k + 1), pick(ys, k), pick(ys, k + 1), pick(slopes, k), pick(slopes, k + 1)

    @staticmethod
    def forward(x, raw):
        inside = (x > -BOUND) & (x < BOUND)
        v = torch.where(inside, x, torch.zeros_like(x))
        x0, x1, y0, y1, d0, d1 = Spline.pieces(v, raw, False)
        s = (y1 - y0) / (x1 - x0)
        t = (v - x0) / (x1 - x0)
        u = t * (1 - t)
        denominator = s + (d0 + d1 - 2 * s) * u
        y = y0 + (y1 - y0) * (s * t**2 + d0 * u) / denominator
        log_slope = 2 * torch.log(s / denominator) + torch.log(d1 * t**2 + 2 * s * u + d0 * (1 - t) ** 2)
        return torch.where(inside, y, x), torch.where(inside, log_slope, torch.zeros_like(x)).sum(-1)

    @staticmethod
    def inverse(y, raw):
        inside = (y > -BOUND) & (y < BOUND)
        v = torch.where(inside, y, torch.zeros_like(y))
        x0, x1, y0, y1, d0, d1 = Spline.pieces(v, raw, True)
        s = (y1 - y0) / (x1 - x0)
        w = (v - y0) * (d0 + d1 - 2 * s)
        a = (y1 - y0) * (s - d0) + w
        b = (y1 - y0) * d0 - w
        c = -s * (v - y0)
        t = 2 * c / (-b - torch.sqrt(b**2 - 4 * a * c))
        u = t * (1 - t)
        denominator = s + (d0 + d1 - 2 * s) * u
        log_slope = 2 * torch.log(s / denominator) + torch.log(d1 * t**2 + 2 * s * u + d0 * (1 - t) ** 2)
        x = x0 + t * (x1 - x0)
        return torch.where(inside, x, y), torch.where(inside, -log_slope, torch.zeros_like(y)).sum(-1)


class CouplingFlow(nn.Module):
    def __init__(self, family):
        super().__init__()
        self.family = family
        self.nets = nn.ModuleList(mlp(1 + OBSERVATION, family.parameters) for _ in range(LAYERS))

    def split(self, layer, x):
        first, second = x.chunk(2, -1)
        return (first, second) if layer % 2 == 0 else (second, first)

    def join(self, layer, kept, moved):
        return torch.cat((kept, moved) if layer % 2 == 0 else (moved, kept), -1)

    def params(self, layer, kept, observation):
        raw = self.nets[layer](torch.cat((kept, observation), -1))
        return raw if self.family is Affine else raw.unsqueeze(-2)

    def log_prob(self, observation, action):
        x, log_det = action, torch.zeros(action.shape[0])
        for layer in range(LAYERS):
            kept, moved = self.split(layer, x)
            raw = self.params(layer, kept, observation)
            moved, term = self.step(self.family.inverse, moved, raw)
            log_det = log_det + term
            x = self.join(layer, kept, moved)
        return log_det - 0.5 * (x**2).sum(-1) - 0.5 * ACTION * LOG_TWO_PI

    def sample(self, observation):
        x = torch.randn(observation.shape[0], ACTION)
        log_prob = -0.5 * (x**2).sum(-1) - 0.5 * ACTION * LOG_TWO_PI
        for layer in reversed(range(LAYERS)):
            kept, moved = self.split(layer, x)
            moved, term = self.step(self.family.forward, moved, self.params(layer, kept, observation))
            log_prob = log_prob - term
            x = self.join(layer, kept, moved)
        return x, log_prob

    def step(self, method, moved, raw):
        if self.family is Affine:
            return method(moved, raw)
        out, log_det = method(moved.unsqueeze(-1), raw)
        return out.squeeze(-1), log_det.sum(-1)


POLICIES = {"gaussian": Gaussian, "realnvp": lambda: CouplingFlow(Affine), "spline": lambda: CouplingFlow(Spline)}


def ppo_step(policy, batch):
    optimizer = torch.optim.Adam(policy.parameters(), lr=3e-4, eps=1e-5)
    observation, action = torch.randn(batch, OBSERVATION), torch.randn(batch, ACTION)
    advantage, old = torch.randn(batch), -3 + 0.5 * torch.randn(batch)

    def step():
        ratio = torch.exp(policy.log_prob(observation, action) - old)
        loss = -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def act(policy, batch):
    observation = torch.randn(batch, OBSERVATION)

    def step():
        with torch.no_grad():
            return policy.sample(observation)

    return step


KINDS = {"ppo-step": ppo_step, "act": act}


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    steps = {}
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        key = (request["name"], request["batch"])
        if key not in steps:
            kind, policy = request["name"].split("/")
            steps[key] = KINDS[kind](POLICIES[policy](), request["batch"])
            for _ in range(request["repeats"]):
                steps[key]()
        step = steps[key]
        begin = time.perf_counter()
        for _ in range(request["repeats"]):
            step()
        print(json.dumps({"ms": (time.perf_counter() - begin) / request["repeats"] * 1e3}), flush=True)


main()
