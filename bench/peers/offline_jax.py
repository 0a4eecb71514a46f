"""FQL, IQL and TD3+BC in JAX, from their papers' equations, for jax_twin.py.

Networks are lists of layers, pairs of kernel and bias; actions lie in [−1, 1]. A `batch` has observations, actions, rewards,
nextObservations, terminations and discounts, in rows. An agent is made of
  init(nets) → state, update(state, batch, draws) → (state, figures), draws(key, rows, size) → what an update draws,
and `act(nets, observations, key)`.

Park, Li and Levine, arXiv:2502.02538; Kostrikov, Nair and Levine, arXiv:2110.06169; Fujimoto and Gu, arXiv:2106.06860.
"""

import math
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
from matching_jax import SCANNED, array, carried, matching_loss, mlp, scanned
from serve import COLUMNS, ROW_SIZES, agent_networks, layers, minibatch

MAX_LOG_SCALE = 10.0
TAU = 0.005


def adam(rate):
    return optax.adam(rate)


def improved(optimizer, nets, moments, gradients):
    updates, moments = optimizer.update(gradients, moments)
    return optax.apply_updates(nets, updates), moments


def averaged(slow, fast):
    return jax.tree.map(lambda a, b: a + TAU * (b - a), slow, fast)


def values(critics, observations, actions):
    inputs = jnp.concatenate((observations, actions), -1)
    return jnp.stack([mlp(critic, inputs)[:, 0] for critic in critics])


def td_target(batch, next_values):
    return batch["rewards"] + (1 - batch["terminations"]) * batch["discounts"] * next_values


def critic_loss(critics, batch, targets):
    q = values(critics, batch["observations"], jnp.clip(batch["actions"], -1, 1))
    return ((q - targets) ** 2).sum(0).mean(), q[0].mean()


def value_weight(q):
    return jax.lax.stop_gradient(1 / jnp.maximum(jnp.abs(q).mean(), 1e-6))


def copied(nets):
    return jax.tree.map(jnp.copy, nets)


def fql(rate=3e-4, alpha=5.0):
    """nets: policy, behavior, critics"""
    optimizer = adam(rate)

    def init(nets):
        moments = {name: optimizer.init(net) for name, net in nets.items()}
        return dict(nets=nets, targets=copied(nets["critics"]), moments=moments, count=jnp.zeros((), jnp.int32))

    def draws(key, rows, size):
        keys = jax.random.split(key, 4)
        names = ("next", "noise", "carried")
        normal = {name: jax.random.normal(own, (rows, size)) for name, own in zip(names, keys)}
        return dict(normal, times=jax.random.uniform(keys[3], (rows, 1)))

    def policy_action(policy, observations, noise):
        return mlp(policy, jnp.concatenate((observations, noise), -1))

    def update(state, batch, draws):
        nets, moments = dict(state["nets"]), dict(state["moments"])

        def improve(name, loss):
            (value, extra), gradients = jax.value_and_grad(loss, has_aux=True)(nets[name])
            nets[name], moments[name] = improved(optimizer, nets[name], moments[name], gradients)
            return value, extra

        observations = batch["observations"]
        next_actions = jnp.clip(policy_action(nets["policy"], batch["nextObservations"], draws["next"]), -1, 1)
        targets = td_target(batch, values(state["targets"], batch["nextObservations"], next_actions).mean(0))
        of_critics, action_value = improve("critics", lambda critics: critic_loss(critics, batch, targets))

        def behavior_loss(behavior):
            return matching_loss(behavior, observations, batch["actions"], draws["noise"], draws["times"]), None

        of_behavior, _ = improve("behavior", behavior_loss)
        shown = jnp.clip(carried(nets["behavior"], observations, draws["carried"]), -1, 1)

        def policy_loss(policy):
            actions = policy_action(policy, observations, draws["carried"])
            q = values(nets["critics"], observations, jnp.clip(actions, -1, 1)).mean(0)
            distance = ((actions - shown) ** 2).mean()
            return alpha * distance - value_weight(q) * q.mean(), distance

        of_policy, distance = improve("policy", policy_loss)
        targets = averaged(state["targets"], nets["critics"])
        figures = [of_policy, distance, of_behavior, of_critics, action_value]
        return dict(nets=nets, targets=targets, moments=moments, count=state["count"] + 1), figures

    def act(nets, observations, key):
        noise = jax.random.normal(key, (observations.shape[0], nets["policy"][-1][1].shape[0]))
        return policy_action(nets["policy"], observations, noise)

    return SimpleNamespace(init=init, draws=draws, update=update, act=act)


def iql(rate=3e-4, expectile=0.7, beta=3.0, max_weight=100.0):
    """nets: policy, critics, values"""
    optimizer = adam(rate)

    def init(nets):
        moments = {name: optimizer.init(net) for name, net in nets.items()}
        return dict(nets=nets, targets=copied(nets["critics"]), moments=moments, count=jnp.zeros((), jnp.int32))

    def normal_log_prob(policy, observations, actions):
        mean, raw = jnp.split(mlp(policy, observations), 2, -1)
        log_scale = MAX_LOG_SCALE * jnp.tanh(raw / MAX_LOG_SCALE)
        z = (actions - mean) * jnp.exp(-log_scale)
        return -(0.5 * z**2 + log_scale + 0.5 * math.log(2 * math.pi)).sum(-1)

    def update(state, batch, _):
        nets, moments = dict(state["nets"]), dict(state["moments"])

        def improve(name, loss):
            (value, extra), gradients = jax.value_and_grad(loss, has_aux=True)(nets[name])
            nets[name], moments[name] = improved(optimizer, nets[name], moments[name], gradients)
            return value, extra

        observations, actions = batch["observations"], batch["actions"]
        best = values(state["targets"], observations, jnp.clip(actions, -1, 1)).min(0)

        def value_loss(net):
            v = mlp(net, observations)[:, 0]
            error = best - v
            return (jnp.where(error < 0, 1 - expectile, expectile) * error**2).mean(), v.mean()

        of_values, value = improve("values", value_loss)
        advantages = best - mlp(nets["values"], observations)[:, 0]
        weights = jnp.exp(jnp.minimum(beta * advantages, math.log(max_weight)))

        def policy_loss(policy):
            return -(weights * normal_log_prob(policy, observations, actions)).mean(), None

        of_policy, _ = improve("policy", policy_loss)
        targets = td_target(batch, mlp(nets["values"], batch["nextObservations"])[:, 0])
        of_critics, action_value = improve("critics", lambda critics: critic_loss(critics, batch, targets))
        targets = averaged(state["targets"], nets["critics"])
        figures = [of_policy, of_values, of_critics, action_value, value]
        return dict(nets=nets, targets=targets, moments=moments, count=state["count"] + 1), figures

    def act(nets, observations, key):
        return jnp.split(mlp(nets["policy"], observations), 2, -1)[0]

    return SimpleNamespace(init=init, draws=lambda key, rows, size: {}, update=update, act=act)


def td3_bc(rate=3e-4, alpha=2.5, noise=0.2, noise_clip=0.5, delay=2):
    """nets: policy, critics"""
    optimizer = adam(rate)

    def init(nets):
        moments = {name: optimizer.init(net) for name, net in nets.items()}
        return dict(nets=nets, targets=copied(nets), moments=moments, count=jnp.zeros((), jnp.int32))

    def draws(key, rows, size):
        return {"next": jax.random.normal(key, (rows, size))}

    def policy_action(policy, observations):
        return jnp.tanh(mlp(policy, observations))

    def improve_policy(nets, targets, moments, batch):
        def loss(policy):
            actions = policy_action(policy, batch["observations"])
            q = mlp(nets["critics"][0], jnp.concatenate((batch["observations"], actions), -1))[:, 0]
            cloning = ((actions - batch["actions"]) ** 2).mean()
            return cloning - alpha * value_weight(q) * q.mean(), cloning

        (value, cloning), gradients = jax.value_and_grad(loss, has_aux=True)(nets["policy"])
        policy, own = improved(optimizer, nets["policy"], moments["policy"], gradients)
        nets, moments = dict(nets, policy=policy), dict(moments, policy=own)
        return nets, averaged(targets, nets), moments, [value, cloning]

    def update(state, batch, draws):
        nets, moments, targets = dict(state["nets"]), dict(state["moments"]), state["targets"]
        smoothing = jnp.clip(noise * draws["next"], -noise_clip, noise_clip)
        next_actions = jnp.clip(policy_action(targets["policy"], batch["nextObservations"]) + smoothing, -1, 1)
        y = td_target(batch, values(targets["critics"], batch["nextObservations"], next_actions).min(0))
        (of_critics, action_value), gradients = jax.value_and_grad(critic_loss, has_aux=True)(nets["critics"], batch, y)
        nets["critics"], moments["critics"] = improved(optimizer, nets["critics"], moments["critics"], gradients)
        count = state["count"] + 1
        nets, targets, moments, of_policy = jax.lax.cond(
            count % delay == 0,
            lambda args: improve_policy(*args, batch),
            lambda args: (*args, [jnp.nan, jnp.nan]),
            (nets, targets, moments),
        )
        return dict(nets=nets, targets=targets, moments=moments, count=count), [*of_policy, of_critics, action_value]

    def act(nets, observations, key):
        return policy_action(nets["policy"], observations)

    return SimpleNamespace(init=init, draws=draws, update=update, act=act)


AGENTS = {"fql": fql, "iql": iql, "td3-bc": td3_bc}


def orthogonal_layers(key):
    """Gives the layers of one network after the other: orthogonal kernels, of gain √2 in hidden layers, and no biases."""
    keys = iter(jax.random.split(key, 64))

    def layers_of(widths):
        pairs = list(zip(widths, widths[1:]))
        gains = [math.sqrt(2)] * (len(pairs) - 1) + [1.0]
        kernel = lambda gain, pair: jax.nn.initializers.orthogonal(gain)(next(keys), pair)
        return [(kernel(gain, pair), jnp.zeros(pair[1])) for gain, pair in zip(gains, pairs)]

    return layers_of


def step_of(agent, size, variant="step"):
    """One update on a minibatch, with draws of its own; or a scan over as many as there are minibatches."""

    def step(state, key, batch):
        key, own = jax.random.split(key)
        state, figures = agent.update(state, batch, agent.draws(own, batch["actions"].shape[0], size))
        return state, key, jnp.stack(figures)

    return jax.jit(scanned(step, 2) if variant == "scan" else step, donate_argnums=(0, 1))


def update_row(name, variant):
    def make(row, parameters, data):
        observation, action = ROW_SIZES["observations"], ROW_SIZES["actions"]
        agent, flat = AGENTS[name](), iter(parameters)
        network = lambda widths: layers(flat, widths, array)
        state = [agent.init(agent_networks(name, row, observation, action, network))]
        batches = [minibatch(batch) for batch in data["batches"]]
        given, step = jax.jit(agent.update), step_of(agent, action, variant)
        steps = SCANNED if variant == "scan" else 1
        keys = [jax.random.PRNGKey(0)]
        replay = {column: np.concatenate([rows[column] for rows, _ in batches]) for column in COLUMNS}
        rows, size = replay["rewards"].shape[0], batches[0][0]["rewards"].shape[0]
        random = np.random.default_rng(0)

        def run():
            drawn = random.integers(0, rows, (steps, size) if variant == "scan" else size)
            batch = {column: replay[column][drawn] for column in COLUMNS}
            state[0], keys[0], figures = step(state[0], keys[0], batch)
            return np.asarray(figures)

        def show():
            losses = []
            for batch, draws in batches:
                state[0], figures = given(state[0], batch, draws)
                losses += [float(figure) for figure in figures if math.isfinite(figure)]
            return {"losses": losses}

        return run, steps, show

    return make
