"""PyTorch twins: `eager`, or `compiled`, where torch.compile makes one program of a whole step. See serve.py."""

import math
import sys

import torch
import torch.nn.functional as F
from matching_torch import matching_act, matching_step
from memory_torch import memory_step
from offline_torch import AGENTS, update_row
from serve import (
    ACTION,
    BINS,
    BOUND,
    CLIP,
    EPSILON,
    GAUSSIAN_MAX_LOG_SCALE,
    LEARNING_RATE,
    MAX_LOG_SCALE,
    MIN_BIN,
    MIN_SLOPE,
    OBSERVATION,
    networks,
    serve,
)
from torch import nn

VARIANT = sys.argv[1]
LOG_TWO_PI = math.log(2 * math.pi)


def mlp(layers):
    linears = [nn.Linear(*kernel.shape) for kernel, _ in layers]
    with torch.no_grad():
        for linear, (kernel, bias) in zip(linears, layers):
            linear.weight.copy_(kernel.T)
            linear.bias.copy_(bias)
    return nn.Sequential(linears[0], nn.Tanh(), linears[1], nn.Tanh(), linears[2])


def location_and_log_scale(raw, bound):
    location, log_scale = raw.chunk(2, -1)
    return location, bound * torch.tanh(log_scale / bound)


def normal_log_prob(x):
    return -0.5 * (x**2).sum(-1) - 0.5 * ACTION * LOG_TWO_PI


class Gaussian(nn.Module):
    def __init__(self, nets):
        super().__init__()
        self.net = mlp(nets[0])

    def forward(self, observations, latents):
        mean, log_scale = location_and_log_scale(self.net(observations), GAUSSIAN_MAX_LOG_SCALE)
        return normal_log_prob((latents - mean) * torch.exp(-log_scale)) - log_scale.sum(-1)

    def sample(self, observations):
        mean, log_scale = location_and_log_scale(self.net(observations), GAUSSIAN_MAX_LOG_SCALE)
        noise = torch.randn_like(mean)
        return mean + torch.exp(log_scale) * noise, normal_log_prob(noise) - log_scale.sum(-1)


class Affine:
    @staticmethod
    def forward(x, raw):
        shift, log_scale = location_and_log_scale(raw, MAX_LOG_SCALE)
        return shift + torch.exp(log_scale) * x, log_scale.sum(-1)

    @staticmethod
    def inverse(y, raw):
        shift, log_scale = location_and_log_scale(raw, MAX_LOG_SCALE)
        return (y - shift) * torch.exp(-log_scale), -log_scale.sum(-1)


class Spline:
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
    def __init__(self, family, nets):
        super().__init__()
        self.family = family
        self.nets = nn.ModuleList(mlp(layers) for layers in nets)

    def split(self, layer, x):
        first, second = x.chunk(2, -1)
        return (first, second) if layer % 2 == 0 else (second, first)

    def join(self, layer, kept, moved):
        return torch.cat((kept, moved) if layer % 2 == 0 else (moved, kept), -1)

    def step(self, method, layer, kept, moved, observations):
        raw = self.nets[layer](torch.cat((kept, observations), -1))
        if self.family is Affine:
            return method(moved, raw)
        out, log_det = method(moved.unsqueeze(-1), raw.unsqueeze(-2))
        return out.squeeze(-1), log_det.sum(-1)

    def forward(self, observations, latents):
        x, total = latents, torch.zeros(latents.shape[0])
        for layer in range(len(self.nets)):
            kept, moved = self.split(layer, x)
            moved, log_det = self.step(self.family.inverse, layer, kept, moved, observations)
            total = total + log_det
            x = self.join(layer, kept, moved)
        return total + normal_log_prob(x)

    def sample(self, observations):
        x = torch.randn(observations.shape[0], ACTION)
        total = normal_log_prob(x)
        for layer in reversed(range(len(self.nets))):
            kept, moved = self.split(layer, x)
            moved, log_det = self.step(self.family.forward, layer, kept, moved, observations)
            total = total - log_det
            x = self.join(layer, kept, moved)
        return x, total


class Masked(nn.Module):
    """MADE: a unit sees those of at most its own degree, which says from how many actions it may depend."""

    def __init__(self, layers, order):
        super().__init__()
        position = torch.tensor([order.index(i) for i in range(ACTION)])
        self.linears = nn.ModuleList(nn.Linear(*kernel.shape) for kernel, _ in layers)
        seen = torch.cat((position + 1, torch.zeros(OBSERVATION, dtype=torch.long)))
        for i, (linear, (kernel, bias)) in enumerate(zip(self.linears, layers)):
            width = kernel.shape[1]
            last = i == len(layers) - 1
            sees = position.repeat(width // ACTION) if last else ((torch.arange(width) + 0.5) * ACTION / width).long()
            self.register_buffer(f"mask{i}", (seen <= sees.unsqueeze(-1)).float())
            with torch.no_grad():
                linear.weight.copy_(kernel.T)
                linear.bias.copy_(bias)
            seen = sees

    def forward(self, x):
        for i, linear in enumerate(self.linears):
            x = F.linear(x, linear.weight * getattr(self, f"mask{i}"), linear.bias)
            if i < len(self.linears) - 1:
                x = torch.tanh(x)
        return x


class AutoregressiveFlow(nn.Module):
    def __init__(self, family, nets):
        super().__init__()
        self.family = family
        natural = list(range(ACTION))
        self.orders = [natural if layer % 2 == 0 else natural[::-1] for layer in range(len(nets))]
        self.nets = nn.ModuleList(Masked(layers, order) for layers, order in zip(nets, self.orders))

    def step(self, method, x, raw):
        if self.family is Affine:
            return method(x, raw)
        out, log_det = method(x.unsqueeze(-1), raw.reshape(x.shape[0], -1, ACTION).transpose(1, 2))
        return out.squeeze(-1), log_det.sum(-1)

    def forward(self, observations, latents):
        x, total = latents, torch.zeros(latents.shape[0])
        for net in self.nets:
            x, log_det = self.step(self.family.inverse, x, net(torch.cat((x, observations), -1)))
            total = total + log_det
        return total + normal_log_prob(x)

    def sample(self, observations):
        """One pass of a network for each action, as libraries have it."""
        z = torch.randn(observations.shape[0], ACTION)
        total = normal_log_prob(z)
        for net, order in zip(reversed(self.nets), reversed(self.orders)):
            x = torch.zeros_like(z)
            for i in order:
                y, log_det = self.step(self.family.forward, z, net(torch.cat((x, observations), -1)))
                x = torch.where(torch.arange(ACTION) == i, y, x)
            total = total - log_det
            z = x
        return z, total


POLICIES = {
    "gaussian": Gaussian,
    "realnvp": lambda nets: CouplingFlow(Affine, nets),
    "spline": lambda nets: CouplingFlow(Spline, nets),
    "maf": lambda nets: AutoregressiveFlow(Affine, nets),
    "autoregressive-spline": lambda nets: AutoregressiveFlow(Spline, nets),
}


def surrogate(log_prob, advantages, old):
    ratio = torch.exp(log_prob - old)
    return -torch.min(ratio * advantages, ratio.clamp(1 - CLIP, 1 + CLIP) * advantages).mean()


def eager_step(policy, observations, latents, advantages, old):
    optimizer = torch.optim.Adam(policy.parameters(), lr=LEARNING_RATE, eps=EPSILON)

    def run():
        loss = surrogate(policy(observations, latents), advantages, old)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return run


def compiled_step(policy, *batch):
    """Forward, backward and Adam as one function of parameters and moments, which torch.compile sees whole."""
    names = [name for name, _ in policy.named_parameters()]
    parameters = [parameter.detach().clone() for parameter in policy.parameters()]
    zeros = [torch.zeros_like(parameter) for parameter in parameters]
    state = [parameters, zeros, zeros, torch.zeros(())]

    def loss(parameters, observations, latents, advantages, old):
        log_prob = torch.func.functional_call(policy, dict(zip(names, parameters)), (observations, latents))
        return surrogate(log_prob, advantages, old)

    def step(parameters, first, second, count, batch):
        gradients, value = torch.func.grad_and_value(loss)(parameters, *batch)
        count = count + 1
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients)]
        bias1, bias2 = 1 - 0.9**count, 1 - 0.999**count
        parameters = [
            p - LEARNING_RATE * (m / bias1) / (torch.sqrt(v / bias2) + EPSILON)
            for p, m, v in zip(parameters, first, second)
        ]
        return parameters, first, second, count, value

    compiled = torch.compile(step, fullgraph=True, dynamic=False)

    def run():
        with torch.no_grad():
            *state[:], value = compiled(*state, batch)
        return value.item()

    return run


def ppo_step(name, parameters, data):
    policy = POLICIES[name](networks(name, parameters, torch.tensor))
    batch = [torch.tensor(data[key]) for key in ("observations", "latents", "advantages", "oldLogProb")]
    run = (compiled_step if VARIANT == "compiled" else eager_step)(policy, *batch)
    return run, 1, lambda: {"losses": [run() for _ in range(8)]}


def act(name, parameters, data):
    policy = POLICIES[name](networks(name, parameters, torch.tensor))
    observations = torch.tensor(data["observations"])
    sample = torch.compile(policy.sample, fullgraph=True, dynamic=False) if VARIANT == "compiled" else policy.sample

    def run():
        with torch.no_grad():
            return sample(observations)

    def show():
        action, log_prob = run()
        return {"action": action.ravel().tolist(), "logProb": log_prob.tolist()}

    return run, 1, show


torch.set_num_threads(1)
torch.manual_seed(0)
serve(
    f"PyTorch {torch.__version__}",
    {
        "ppo-step": ppo_step,
        "act": act,
        "matching-step": matching_step,
        "matching-act": matching_act,
        "memory-step": memory_step,
        **{f"{name}-update": update_row(name) for name in AGENTS},
    },
)
