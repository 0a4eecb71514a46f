"""JAX twins: `step`, the whole step jitted with its state donated, or `scan`, 32 steps in one `lax.scan`. See serve.py."""

import math
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from matching_jax import SCANNED, matching_act, matching_step, scanned
from memory_jax import memory_step
from offline_jax import AGENTS, update_row
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
    networks,
    serve,
)

VARIANT = sys.argv[1]
HALF = ACTION // 2
LOG_TWO_PI = math.log(2 * math.pi)


def mlp(layers, x):
    for kernel, bias in layers[:-1]:
        x = jnp.tanh(x @ kernel + bias)
    kernel, bias = layers[-1]
    return x @ kernel + bias


def location_and_log_scale(raw, bound):
    location, log_scale = jnp.split(raw, 2, -1)
    return location, bound * jnp.tanh(log_scale / bound)


def affine(x, raw, inverse):
    shift, log_scale = location_and_log_scale(raw, MAX_LOG_SCALE)
    if inverse:
        return (x - shift) * jnp.exp(-log_scale), -log_scale.sum(-1)
    return shift + jnp.exp(log_scale) * x, log_scale.sum(-1)


def pad(x, before, after, value=0.0):
    return jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(before, after)], constant_values=value)


def knots(raw):
    sizes = MIN_BIN + (1 - MIN_BIN * BINS) * jax.nn.softmax(raw, -1)
    return 2 * BOUND * pad(jnp.cumsum(sizes, -1), 1, 0) - BOUND


def spline(x, raw, inverse):
    raw = raw.reshape(x.shape + (3 * BINS - 1,))
    xs, ys = knots(raw[..., :BINS]), knots(raw[..., BINS : 2 * BINS])
    slopes = MIN_SLOPE + jax.nn.softplus(raw[..., 2 * BINS :] + math.log(math.expm1(1 - MIN_SLOPE)))
    slopes = pad(slopes, 1, 1, 1.0)
    inside = (x > -BOUND) & (x < BOUND)
    v = jnp.where(inside, x, 0.0)
    k = jnp.clip((v[..., None] >= (ys if inverse else xs)[..., :-1]).sum(-1) - 1, 0, BINS - 1)
    # Sums over one-hot rows: faster than a gather here.
    low, high = jax.nn.one_hot(k, BINS + 1), jax.nn.one_hot(k + 1, BINS + 1)
    x0, x1, y0, y1, d0, d1 = ((table * row).sum(-1) for table in (xs, ys, slopes) for row in (low, high))
    s = (y1 - y0) / (x1 - x0)
    if inverse:
        w = (v - y0) * (d0 + d1 - 2 * s)
        a, b, c = (y1 - y0) * (s - d0) + w, (y1 - y0) * d0 - w, -s * (v - y0)
        t = 2 * c / (-b - jnp.sqrt(b**2 - 4 * a * c))
    else:
        t = (v - x0) / (x1 - x0)
    u = t * (1 - t)
    denominator = s + (d0 + d1 - 2 * s) * u
    out = x0 + t * (x1 - x0) if inverse else y0 + (y1 - y0) * (s * t**2 + d0 * u) / denominator
    log_slope = 2 * jnp.log(s / denominator) + jnp.log(d1 * t**2 + 2 * s * u + d0 * (1 - t) ** 2)
    log_slope = -log_slope if inverse else log_slope
    return jnp.where(inside, out, x), jnp.where(inside, log_slope, 0.0).sum(-1)


FAMILIES = {"realnvp": affine, "spline": spline}


def split(layer, x):
    first, second = x[:, :HALF], x[:, HALF:]
    return (first, second) if layer % 2 == 0 else (second, first)


def join(layer, kept, moved):
    return jnp.concatenate((kept, moved) if layer % 2 == 0 else (moved, kept), -1)


def normal_log_prob(x):
    return -0.5 * (x**2).sum(-1) - 0.5 * ACTION * LOG_TWO_PI


def log_prob(policy, nets, observations, x):
    if policy == "gaussian":
        mean, log_scale = location_and_log_scale(mlp(nets[0], observations), GAUSSIAN_MAX_LOG_SCALE)
        return normal_log_prob((x - mean) * jnp.exp(-log_scale)) - log_scale.sum(-1)
    total = 0.0
    for layer, net in enumerate(nets):
        kept, moved = split(layer, x)
        moved, log_det = FAMILIES[policy](moved, mlp(net, jnp.concatenate((kept, observations), -1)), True)
        total = total + log_det
        x = join(layer, kept, moved)
    return total + normal_log_prob(x)


def sample(policy, nets, observations, key):
    x = jax.random.normal(key, (observations.shape[0], ACTION))
    if policy == "gaussian":
        mean, log_scale = location_and_log_scale(mlp(nets[0], observations), GAUSSIAN_MAX_LOG_SCALE)
        return mean + jnp.exp(log_scale) * x, normal_log_prob(x) - log_scale.sum(-1)
    total = normal_log_prob(x)
    for layer in reversed(range(len(nets))):
        kept, moved = split(layer, x)
        moved, log_det = FAMILIES[policy](moved, mlp(nets[layer], jnp.concatenate((kept, observations), -1)), False)
        total = total - log_det
        x = join(layer, kept, moved)
    return x, total


def array(values):
    return jnp.asarray(values, jnp.float32)


def ppo_step(policy, parameters, data):
    optimizer = optax.adam(LEARNING_RATE, eps=EPSILON)
    nets = networks(policy, parameters, array)
    state = [nets, optimizer.init(nets)]
    observations, latents = array(data["observations"]), array(data["latents"])
    batch = (observations, latents, array(data["advantages"]), array(data["oldLogProb"]))

    def loss(nets, observations, latents, advantages, old):
        ratio = jnp.exp(log_prob(policy, nets, observations, latents) - old)
        return -jnp.minimum(ratio * advantages, jnp.clip(ratio, 1 - CLIP, 1 + CLIP) * advantages).mean()

    def update(nets, moments, batch):
        value, gradients = jax.value_and_grad(loss)(nets, *batch)
        updates, moments = optimizer.update(gradients, moments, nets)
        return optax.apply_updates(nets, updates), moments, value

    step = jax.jit(scanned(update, 2) if VARIANT == "scan" else update, donate_argnums=(0, 1))
    inputs = tuple(jnp.stack([x] * SCANNED) for x in batch) if VARIANT == "scan" else batch

    def run():
        state[0], state[1], value = step(state[0], state[1], inputs)
        return np.asarray(value)

    def show():
        # Of the 32 of a scan the first eight too: float32's rounding grows from step to step, to 1e-3 of a spline's loss after 30.
        losses = run()[:8] if VARIANT == "scan" else [run() for _ in range(8)]
        return {"losses": [float(value) for value in losses]}

    return run, SCANNED if VARIANT == "scan" else 1, show


def act(policy, parameters, data):
    nets = networks(policy, parameters, array)
    observations = array(data["observations"])
    keys = [jax.random.PRNGKey(0)]

    def draw(nets, observations, key):
        key, own = jax.random.split(key)
        return *sample(policy, nets, observations, own), key

    draw = jax.jit(draw)

    def run():
        action, logs, keys[0] = draw(nets, observations, keys[0])
        return np.asarray(action), np.asarray(logs)

    def show():
        action, logs = run()
        return {"action": action.ravel().tolist(), "logProb": logs.tolist()}

    return run, 1, show


serve(
    f"JAX {jax.__version__}",
    {
        "ppo-step": ppo_step,
        "act": act,
        "matching-step": lambda *row: matching_step(*row, VARIANT),
        "matching-act": matching_act,
        "memory-step": memory_step,
        **{f"{name}-update": update_row(name, VARIANT) for name in AGENTS},
    },
)
