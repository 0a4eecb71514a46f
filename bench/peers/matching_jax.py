"""Flow matching in JAX: a step of training, jitted with its state donated, and acting by five steps of the midpoint. See serve.py."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from serve import LEARNING_RATE, layers, widths_of

STEPS = 5
# How many updates a scan has.
SCANNED = 32


def scanned(step, count):
    """`step`, whose first `count` arguments are what it gives back before its figures, as a program of as many steps as its others have rows."""

    def steps(*arguments):
        def body(carry, batch):
            *carry, figures = step(*carry, *batch)
            return tuple(carry), figures

        carry, figures = jax.lax.scan(body, arguments[:count], arguments[count:])
        return *carry, figures

    return steps


def mlp(layers, x):
    for kernel, bias in layers[:-1]:
        x = jax.nn.relu(x @ kernel + bias)
    kernel, bias = layers[-1]
    return x @ kernel + bias


def array(values):
    return jnp.asarray(values, jnp.float32)


def velocity(field, x, t, observations):
    return mlp(field, jnp.concatenate((x, t, observations), -1))


def matching_loss(field, observations, actions, noise, times):
    at = (1 - times) * noise + times * actions
    return jnp.mean((velocity(field, at, times, observations) - (actions - noise)) ** 2)


def carried(field, observations, noise):
    x, rows, step = noise, observations.shape[0], 1 / STEPS
    for i in range(STEPS):
        middle = x + 0.5 * step * velocity(field, x, jnp.full((rows, 1), i * step), observations)
        x = x + step * velocity(field, middle, jnp.full((rows, 1), (i + 0.5) * step), observations)
    return x


def field_of(row, parameters, observations, noise):
    size = noise.shape[-1]
    return layers(iter(parameters), widths_of(row, size + 1 + observations.shape[-1], size), array)


def matching_step(row, parameters, data, variant):
    observations, actions, noise, times = (array(data[key]) for key in ("observations", "actions", "noise", "times"))
    optimizer = optax.adam(LEARNING_RATE)
    field = field_of(row, parameters, observations, noise)
    state = [field, optimizer.init(field), jax.random.PRNGKey(0)]

    def improve(field, moments, *batch):
        value, gradients = jax.value_and_grad(matching_loss)(field, *batch)
        updates, moments = optimizer.update(gradients, moments, field)
        return optax.apply_updates(field, updates), moments, value

    def update(field, moments, key, observations, actions):
        key, first, second = jax.random.split(key, 3)
        noise = jax.random.normal(first, actions.shape)
        times = jax.random.uniform(second, (actions.shape[0], 1))
        field, moments, value = improve(field, moments, observations, actions, noise, times)
        return field, moments, key, value

    step = jax.jit(scanned(update, 3) if variant == "scan" else update, donate_argnums=(0, 1, 2))
    given = jax.jit(improve)
    batch = [observations, actions]
    if variant == "scan":
        batch = [jnp.stack([x] * SCANNED) for x in batch]

    def run():
        *state[:], value = step(*state, *batch)
        return np.asarray(value)

    def show():
        losses = []
        for _ in range(8):
            *state[:2], value = given(*state[:2], observations, actions, noise, times)
            losses.append(float(value))
        return {"losses": losses}

    return run, SCANNED if variant == "scan" else 1, show


def matching_act(row, parameters, data):
    observations, noise = array(data["observations"]), array(data["noise"])
    field = field_of(row, parameters, observations, noise)
    keys = [jax.random.PRNGKey(0)]

    def clipped(field, observations, noise):
        return jnp.clip(carried(field, observations, noise), -1, 1)

    def draw(field, observations, key):
        key, own = jax.random.split(key)
        return clipped(field, observations, jax.random.normal(own, noise.shape)), key

    sample = jax.jit(draw)

    def run():
        action, keys[0] = sample(field, observations, keys[0])
        return np.asarray(action)

    return run, 1, lambda: {"action": jax.jit(clipped)(field, observations, noise).ravel().tolist()}
