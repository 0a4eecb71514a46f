"""Agents that learn from data, on Minari's format, with scores by Gymnasium: the JAX of offline_jax.py (`jax`), or FlowRL's own code (`flowrl`).

The first line is {"version": …}; then {"train": {"agent": "fql", "data": FILE, "env": "Hopper-v5", "seed": 0, …}} →
{"score": mean return of the episodes, "updatesPerSecond": by the clock, "updatesPerProcessorSecond": …}, or {} where there is no such agent. FlowRL is a checkout that
OXBOW_FLOWRL names. Needs jax[cpu], optax, h5py and gymnasium[mujoco] from PyPI; flowrl hydra-core, orbax-checkpoint and distrax beside them.
"""

import json
import os
import sys
import time
from types import SimpleNamespace

import gymnasium
import h5py
import jax
import jax.numpy as jnp
import numpy as np
from offline_jax import AGENTS, orthogonal_layers, step_of
from serve import agent_networks

VARIANT = sys.argv[1]


def read(path, space, gamma, reward_scale):
    """All transitions of a dataset; actions brought to [−1, 1] by the space's bounds."""
    columns = {name: [] for name in ("observations", "actions", "rewards", "nextObservations", "terminations")}
    middle, half = (space.high + space.low) / 2, (space.high - space.low) / 2
    with h5py.File(path) as file:
        for name in sorted(file, key=lambda name: int(name.rsplit("_", 1)[1])):
            episode = file[name]
            observations = episode["observations"][:]
            columns["observations"].append(observations[:-1])
            columns["nextObservations"].append(observations[1:])
            columns["actions"].append((episode["actions"][:] - middle) / half)
            columns["rewards"].append(episode["rewards"][:] * reward_scale)
            columns["terminations"].append(episode["terminations"][:])
    data = {name: np.concatenate(rows).astype(np.float32) for name, rows in columns.items()}
    return dict(data, discounts=np.full(len(data["rewards"]), gamma, np.float32))


def evaluate(name, act, episodes, seed):
    """The mean return of episodes side by side, each with a seed of its own; `act` takes and gives rows, actions in [−1, 1]."""
    envs = [gymnasium.make(name) for _ in range(episodes)]
    space = envs[0].action_space
    middle, half = (space.high + space.low) / 2, (space.high - space.low) / 2
    observations = np.stack([env.reset(seed=1000 * seed + i)[0] for i, env in enumerate(envs)]).astype(np.float32)
    returns, plays = np.zeros(episodes), np.ones(episodes, bool)
    while plays.any():
        actions = np.clip(np.asarray(act(observations)), -1, 1) * half + middle
        for i in np.flatnonzero(plays):
            observation, reward, terminated, truncated, _ = envs[i].step(actions[i].astype(space.dtype))
            observations[i] = observation
            returns[i] += reward
            plays[i] = not (terminated or truncated)
    for env in envs:
        env.close()
    return float(returns.mean())


class Twin:
    """An agent of offline_jax.py."""

    def __init__(self, request, observation, action):
        key, self.key = jax.random.split(jax.random.PRNGKey(request["seed"]))
        self.agent = AGENTS[request["agent"]](rate=request["learningRate"], **request["options"])
        nets = agent_networks(request["agent"], request["hidden"], observation, action, orthogonal_layers(key))
        self.state, self.step = self.agent.init(nets), step_of(self.agent, action)
        self.sample = jax.jit(self.agent.act)

    def update(self, batch):
        self.state, self.key, figures = self.step(self.state, self.key, batch)
        return figures

    def act(self, observations):
        self.key, own = jax.random.split(self.key)
        return self.sample(self.state["nets"], observations, own)


class FlowRl:
    """FlowRL's FQL or IQL."""

    def __init__(self, request, observation, action):
        from flowrl.agent.offline.fql.fql import FQLAgent
        from flowrl.agent.offline.iql import IQLAgent
        from flowrl.types import Batch

        hidden = [int(width) for width in request["hidden"].split("-")]
        rate, options = request["learningRate"], request["options"]
        common = dict(
            discount=request["gamma"],
            actor_hidden_dims=hidden,
            critic_hidden_dims=hidden,
            max_action=1.0,
            min_action=-1.0,
        )
        of_fql = dict(
            tau=0.005,
            lr=rate,
            alpha=options.get("alpha", 5.0),
            actor_layer_norm=False,
            critic_layer_norm=False,
            flow_steps=10,
            normalize_q_loss=True,
            q_agg="mean",
        )
        of_iql = dict(
            ema=0.005,
            actor_lr=rate,
            critic_lr=rate,
            value_lr=rate,
            expectile=options.get("expectile", 0.7),
            beta=options.get("beta", 3.0),
            value_hidden_dims=hidden,
            critic_ensemble_size=2,
            dropout=None,
            layer_norm=False,
            deterministic_actor=False,
            conditional_logstd=False,
            policy_logstd_min=-5.0,
            clip_grad_norm=None,
            lr_decay_steps=None,
            opt_decay_schedule="none",
        )
        made, own = (FQLAgent, of_fql) if request["agent"] == "fql" else (IQLAgent, of_iql)
        self.agent = made(observation, action, SimpleNamespace(**common, **own), request["seed"])
        self.batch, self.count = Batch, 0

    def update(self, batch):
        self.count += 1
        rows = {"obs": "observations", "action": "actions", "next_obs": "nextObservations"}
        columns = {"reward": "rewards", "terminal": "terminations"}
        of = {name: jnp.asarray(batch[own]) for name, own in rows.items()}
        of |= {name: jnp.asarray(batch[own][:, None]) for name, own in columns.items()}
        return self.agent.train_step(self.batch(**of, next_action=of["action"]), self.count)

    def act(self, observations):
        return self.agent.sample_actions(jnp.asarray(observations))[0]


def train(request):
    space = gymnasium.make(request["env"]).action_space
    data = read(request["data"], space, request["gamma"], request["rewardScale"])
    seen = lambda observations: observations
    if request["normalizes"]:
        mean, deviation = data["observations"].mean(0), data["observations"].std(0) + 1e-3
        seen = lambda observations: (observations - mean) / deviation
    data |= {name: seen(data[name]) for name in ("observations", "nextObservations")}
    rows, size = len(data["rewards"]), request["batchSize"]
    sides = {"jax": Twin, "flowrl": FlowRl}
    agent = sides[VARIANT](request, data["observations"].shape[1], data["actions"].shape[1])
    random = np.random.default_rng(request["seed"])

    def update():
        drawn = random.integers(0, rows, size)
        return agent.update({name: column[drawn] for name, column in data.items()})

    # The first updates compile.
    compiled = min(10, request["updates"] - 1)
    for _ in range(compiled):
        jax.block_until_ready(update())
    begin, processor = time.perf_counter(), time.process_time()
    for _ in range(request["updates"] - compiled):
        figures = update()
    jax.block_until_ready(figures)
    timed = request["updates"] - compiled
    speed = timed / (time.perf_counter() - begin), timed / (time.process_time() - processor)
    score = evaluate(request["env"], lambda rows: agent.act(seen(rows)), request["episodes"], request["seed"])
    return dict(score=score, updatesPerSecond=speed[0], updatesPerProcessorSecond=speed[1])


version, agents = f"JAX {jax.__version__}", list(AGENTS)
if VARIANT == "flowrl":
    sys.path.insert(0, os.environ.get("OXBOW_FLOWRL", ""))
    import flowrl  # noqa: E402

    version, agents = f"FlowRL {flowrl.__version__}, JAX {jax.__version__}", ["fql", "iql"]
print(json.dumps({"version": version}), flush=True)
for line in sys.stdin:
    request = json.loads(line)["train"]
    print(json.dumps(train(request) if request["agent"] in agents else {}), flush=True)
