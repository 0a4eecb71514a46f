"""Recurrent networks in JAX: a step of training over `lax.scan`, jitted with its state donated. See serve.py."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from serve import LEARNING_RATE, MEMORY_INPUT, MEMORY_UNITS


def gru(h, seen, kernel):
    past = h @ kernel
    x, xn = jnp.split(seen, [2 * MEMORY_UNITS], -1)
    u, un = jnp.split(past, [2 * MEMORY_UNITS], -1)
    r, z = jnp.split(jax.nn.sigmoid(x + u), 2, -1)
    n = jnp.tanh(xn + r * un)
    h = n + z * (h - n)
    return h, h


def lstm(state, seen, kernel):
    h, c = state
    gates, g = jnp.split(seen + h @ kernel, [3 * MEMORY_UNITS], -1)
    i, f, o = jnp.split(jax.nn.sigmoid(gates), 3, -1)
    c = f * c + i * jnp.tanh(g)
    h = o * jnp.tanh(c)
    return (h, c), h


def memory_step(name, parameters, data):
    array = lambda flat, *shape: jnp.asarray(flat, jnp.float32).reshape(shape)
    inputs = array(data["inputs"], data["time"], -1, MEMORY_INPUT)
    kernel, bias, recurrent = parameters
    parameters = [array(kernel, MEMORY_INPUT, -1), array(bias, -1), array(recurrent, MEMORY_UNITS, -1)]
    zeros = jnp.zeros((inputs.shape[1], MEMORY_UNITS))
    step, begin = (gru, zeros) if name == "gru" else (lstm, (zeros, zeros))
    optimizer = optax.adam(LEARNING_RATE)

    def loss(parameters, inputs):
        kernel, bias, recurrent = parameters
        # Of all steps at once, outside the scan, as ours.
        seen = inputs @ kernel + bias
        _, outputs = jax.lax.scan(lambda state, seen: step(state, seen, recurrent), begin, seen)
        return jnp.mean(outputs**2)

    def improve(parameters, moments, inputs):
        value, gradients = jax.value_and_grad(loss)(parameters, inputs)
        updates, moments = optimizer.update(gradients, moments, parameters)
        return optax.apply_updates(parameters, updates), moments, value

    improve = jax.jit(improve, donate_argnums=(0, 1))
    state = [parameters, optimizer.init(parameters)]

    def run():
        *state[:], value = improve(*state, inputs)
        return np.asarray(value)

    return run, 1, lambda: {"losses": [float(run()) for _ in range(8)]}
