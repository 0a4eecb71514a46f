"""Flow matching in eager PyTorch: a step of training, and acting by five steps of the midpoint. See serve.py."""

import torch
from serve import LEARNING_RATE, layers, widths_of
from torch import nn

STEPS = 5


def mlp(kernels):
    """A network of relu from pairs of kernel and bias."""
    parts = []
    for kernel, bias in kernels:
        linear = nn.Linear(*kernel.shape)
        with torch.no_grad():
            linear.weight.copy_(kernel.T)
            linear.bias.copy_(bias)
        parts += [linear, nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def matching_loss(field, observations, actions, noise, times):
    at = (1 - times) * noise + times * actions
    return ((field(torch.cat((at, times, observations), -1)) - (actions - noise)) ** 2).mean()


def carried(field, observations, noise):
    x, step = noise, 1 / STEPS
    velocity = lambda x, t: field(torch.cat((x, torch.full((x.shape[0], 1), t), observations), -1))
    for i in range(STEPS):
        middle = x + 0.5 * step * velocity(x, i * step)
        x = x + step * velocity(middle, (i + 0.5) * step)
    return x


def field_of(row, parameters, observations, noise):
    size = noise.shape[-1]
    return mlp(layers(iter(parameters), widths_of(row, size + 1 + observations.shape[-1], size), torch.tensor))


def matching_step(row, parameters, data):
    observations, actions, noise, times = (
        torch.tensor(data[key]) for key in ("observations", "actions", "noise", "times")
    )
    field = field_of(row, parameters, observations, noise)
    optimizer = torch.optim.Adam(field.parameters(), lr=LEARNING_RATE)

    def improve(noise, times):
        loss = matching_loss(field, observations, actions, noise, times)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    run = lambda: improve(torch.randn_like(actions), torch.rand(actions.shape[0], 1))
    return run, 1, lambda: {"losses": [improve(noise, times) for _ in range(8)]}


def matching_act(row, parameters, data):
    observations, noise = torch.tensor(data["observations"]), torch.tensor(data["noise"])
    field = field_of(row, parameters, observations, noise)

    def actions(noise):
        with torch.no_grad():
            return carried(field, observations, noise).clamp(-1, 1)

    run = lambda: actions(torch.randn_like(noise)).numpy()
    return run, 1, lambda: {"action": actions(noise).ravel().tolist()}
