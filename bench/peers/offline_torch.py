"""Updates of FQL, IQL and TD3+BC in eager PyTorch, as offline_jax.py has them. See serve.py."""

import copy
import itertools
import math

import numpy as np
import torch
from matching_torch import carried, matching_loss, mlp
from serve import COLUMNS, ROW_SIZES, agent_networks, layers, minibatch

MAX_LOG_SCALE = 10.0
TAU = 0.005
RATE = 3e-4


class Trained:
    """Networks with an Adam of their own."""

    def __init__(self, networks):
        self.networks = networks
        self.parameters = list(itertools.chain(*(net.parameters() for net in networks)))
        self.optimizer = torch.optim.Adam(self.parameters, lr=RATE)

    def improve(self, loss):
        for parameter, gradient in zip(self.parameters, torch.autograd.grad(loss, self.parameters)):
            parameter.grad = gradient
        self.optimizer.step()
        return loss.item()

    def follow(self, others):
        with torch.no_grad():
            for slow, fast in zip(self.parameters, others.parameters):
                slow.lerp_(fast, TAU)


def values(critics, observations, actions):
    inputs = torch.cat((observations, actions), -1)
    return torch.stack([net(inputs)[:, 0] for net in critics.networks])


def td_target(batch, next_values):
    return batch["rewards"] + (1 - batch["terminations"]) * batch["discounts"] * next_values


def improve_critics(critics, batch, targets):
    q = values(critics, batch["observations"], batch["actions"].clamp(-1, 1))
    return critics.improve(((q - targets) ** 2).sum(0).mean()), q[0].mean().item()


def value_weight(q):
    return 1 / q.abs().mean().clamp(min=1e-6).detach()


def fql(nets, alpha=5.0):
    policy, behavior, critics = (nets[name] for name in ("policy", "behavior", "critics"))
    targets = copy.deepcopy(critics)
    [one], [field] = policy.networks, behavior.networks

    def update(batch, draws):
        observations = batch["observations"]
        with torch.no_grad():
            next_actions = one(torch.cat((batch["nextObservations"], draws["next"]), -1)).clamp(-1, 1)
            y = td_target(batch, values(targets, batch["nextObservations"], next_actions).mean(0))
        of_critics, action_value = improve_critics(critics, batch, y)
        of_behavior = behavior.improve(
            matching_loss(field, observations, batch["actions"], draws["noise"], draws["times"])
        )
        with torch.no_grad():
            shown = carried(field, observations, draws["carried"]).clamp(-1, 1)
        actions = one(torch.cat((observations, draws["carried"]), -1))
        q = values(critics, observations, actions.clamp(-1, 1)).mean(0)
        distance = ((actions - shown) ** 2).mean()
        of_policy = policy.improve(alpha * distance - value_weight(q) * q.mean())
        targets.follow(critics)
        return [of_policy, distance.item(), of_behavior, of_critics, action_value]

    def draws(rows, size):
        drawn = {name: torch.randn(rows, size) for name in ("next", "noise", "carried")}
        return dict(drawn, times=torch.rand(rows, 1))

    return update, draws


def iql(nets, expectile=0.7, beta=3.0, max_weight=100.0):
    policy, critics, state_values = (nets[name] for name in ("policy", "critics", "values"))
    targets = copy.deepcopy(critics)
    [gaussian], [value] = policy.networks, state_values.networks

    def log_prob(observations, actions):
        mean, raw = gaussian(observations).chunk(2, -1)
        log_scale = MAX_LOG_SCALE * torch.tanh(raw / MAX_LOG_SCALE)
        z = (actions - mean) * torch.exp(-log_scale)
        return -(0.5 * z**2 + log_scale + 0.5 * math.log(2 * math.pi)).sum(-1)

    def update(batch, _):
        observations, actions = batch["observations"], batch["actions"]
        with torch.no_grad():
            best = values(targets, observations, actions.clamp(-1, 1)).min(0).values
        v = value(observations)[:, 0]
        error = best - v
        weight = torch.where(error < 0, 1 - expectile, expectile)
        of_values = state_values.improve((weight * error**2).mean())
        with torch.no_grad():
            advantages = best - value(observations)[:, 0]
            weights = torch.exp((beta * advantages).clamp(max=math.log(max_weight)))
            y = td_target(batch, value(batch["nextObservations"])[:, 0])
        of_policy = policy.improve(-(weights * log_prob(observations, actions)).mean())
        of_critics, action_value = improve_critics(critics, batch, y)
        targets.follow(critics)
        return [of_policy, of_values, of_critics, action_value, v.mean().item()]

    return update, lambda rows, size: {}


def td3_bc(nets, alpha=2.5, noise=0.2, noise_clip=0.5, delay=2):
    policy, critics = nets["policy"], nets["critics"]
    target_policy, target_critics = copy.deepcopy(policy), copy.deepcopy(critics)
    count = itertools.count(1)
    act = lambda trained, observations: torch.tanh(trained.networks[0](observations))

    def update(batch, draws):
        observations = batch["observations"]
        with torch.no_grad():
            smoothing = (noise * draws["next"]).clamp(-noise_clip, noise_clip)
            next_actions = (act(target_policy, batch["nextObservations"]) + smoothing).clamp(-1, 1)
            y = td_target(batch, values(target_critics, batch["nextObservations"], next_actions).min(0).values)
        of_critics, action_value = improve_critics(critics, batch, y)
        if next(count) % delay > 0:
            return [math.nan, math.nan, of_critics, action_value]
        actions = act(policy, observations)
        q = critics.networks[0](torch.cat((observations, actions), -1))[:, 0]
        cloning = ((actions - batch["actions"]) ** 2).mean()
        of_policy = policy.improve(cloning - alpha * value_weight(q) * q.mean())
        target_critics.follow(critics)
        target_policy.follow(policy)
        return [of_policy, cloning.item(), of_critics, action_value]

    return update, lambda rows, size: {"next": torch.randn(rows, size)}


AGENTS = {"fql": fql, "iql": iql, "td3-bc": td3_bc}


def update_row(name):
    def make(row, parameters, data):
        observation, action = ROW_SIZES["observations"], ROW_SIZES["actions"]
        flat = iter(parameters)
        network = lambda widths: mlp(layers(flat, widths, torch.tensor))
        nets = agent_networks(name, row, observation, action, network)
        trained = {key: Trained(net if isinstance(net, list) else [net]) for key, net in nets.items()}
        update, draws_of = AGENTS[name](trained)
        batches = [minibatch(batch) for batch in data["batches"]]
        replay = {column: np.concatenate([rows[column] for rows, _ in batches]) for column in COLUMNS}
        rows, size = replay["rewards"].shape[0], batches[0][0]["rewards"].shape[0]
        random = np.random.default_rng(0)

        def run():
            drawn = random.integers(0, rows, size)
            batch = {column: torch.from_numpy(replay[column][drawn]) for column in COLUMNS}
            return update(batch, draws_of(size, action))

        def show():
            losses = []
            for rows, draws in batches:
                tensors = [{key: torch.from_numpy(value) for key, value in each.items()} for each in (rows, draws)]
                losses += [figure for figure in update(*tensors) if math.isfinite(figure)]
            return {"losses": losses}

        return run, 1, show

    return make
