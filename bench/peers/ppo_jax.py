"""PPO on Pendulum-v1 as one JAX program, after Lu et al., "Discovered Policy Optimisation", NeurIPS 2022 (PureJaxRL): the environment, the
rollout, and all epochs and minibatches in one jitted function. Settings are those of ../agentSubjects.ts, without a limit of the KL. See serve.py.
"""

import time

import jax
import jax.numpy as jnp
import optax
from serve import serve_agents

ENVS, HORIZON, BATCH, EPOCHS, EPISODE = 4, 1024, 64, 10, 200
GAMMA, LAMBDA, CLIP, KL, RATE = 0.9, 0.95, 0.2, 0.1, 1e-3
# Rollouts of one call of the program, and calls before it is timed, after which it must have learnt.
ROLLOUTS, CALLS, LEARNT = 5, 5, -300
STEPS = ROLLOUTS * ENVS * HORIZON


def network(key, last_gain):
    layers = []
    for inputs, outputs, gain in ((3, 64, 2**0.5), (64, 64, 2**0.5), (64, 1, last_gain)):
        key, own = jax.random.split(key)
        layers.append((jax.nn.initializers.orthogonal(gain)(own, (inputs, outputs)), jnp.zeros(outputs)))
    return layers


def mlp(layers, x):
    for kernel, bias in layers[:-1]:
        x = jnp.tanh(x @ kernel + bias)
    kernel, bias = layers[-1]
    return x @ kernel + bias


def log_prob(policy, observations, actions):
    net, log_scale = policy
    noise = (actions - mlp(net, observations)) * jnp.exp(-log_scale)
    return (-0.5 * noise**2 - log_scale - 0.5 * jnp.log(2 * jnp.pi)).sum(-1)


def value_of(value, observations):
    return mlp(value, observations)[:, 0]


def observe(state):
    angle, speed = state.T
    return jnp.stack([jnp.cos(angle), jnp.sin(angle), speed], -1)


def begin(key):
    bound = jnp.array([jnp.pi, 1.0])
    return jax.random.uniform(key, (ENVS, 2), minval=-bound, maxval=bound)


def env_step(state, age, action, key):
    torque = jnp.clip(2 * action[:, 0], -2, 2)
    angle, speed = state.T
    upright = jnp.mod(angle + jnp.pi, 2 * jnp.pi) - jnp.pi
    reward = -(upright**2 + 0.1 * speed**2 + 0.001 * torque**2)
    speed = jnp.clip(speed + (15 * jnp.sin(angle) + 3 * torque) * 0.05, -8, 8)
    moved = jnp.stack([angle + speed * 0.05, speed], -1)
    ended = age + 1 == EPISODE
    return jnp.where(ended[:, None], begin(key), moved), jnp.where(ended, 0, age + 1), reward, ended, observe(moved)


def collect(policy, value, state, age, key):
    def step(carry, key):
        state, age = carry
        of_action, of_env = jax.random.split(key)
        observations = observe(state)
        mean = mlp(policy[0], observations)
        actions = mean + jnp.exp(policy[1]) * jax.random.normal(of_action, mean.shape)
        state, age, rewards, ended, last = env_step(state, age, actions, of_env)
        logs, values = log_prob(policy, observations, actions), value_of(value, observations)
        # A time limit is no end: what would have followed is in the value of the last observation.
        returns = rewards + GAMMA * jnp.where(ended, value_of(value, last), 0)
        return (state, age), (observations, actions, logs, values, rewards, returns, ended)

    (state, age), columns = jax.lax.scan(step, (state, age), jax.random.split(key, HORIZON))
    observations, actions, logs, values, rewards, returns, ended = columns

    def backwards(carry, row):
        advantage, following = carry
        value, reward, ended = row
        advantage = reward + (1 - ended) * GAMMA * (following + LAMBDA * advantage) - value
        return (advantage, value), advantage

    end = jnp.zeros(ENVS), value_of(value, observe(state))
    _, advantages = jax.lax.scan(backwards, end, (values, returns, ended.astype(jnp.float32)), reverse=True)
    columns = (observations, actions, logs, advantages, advantages + values)
    return state, age, jax.tree.map(lambda x: x.reshape(ENVS * HORIZON, *x.shape[2:]), columns), rewards.mean() * EPISODE


def policy_loss(policy, observations, actions, old, advantages):
    logs = log_prob(policy, observations, actions) - old
    ratio = jnp.exp(logs)
    advantages = (advantages - advantages.mean()) / (advantages.std(ddof=1) + 1e-8)
    surrogate = jnp.minimum(ratio * advantages, jnp.clip(ratio, 1 - CLIP, 1 + CLIP) * advantages)
    return -surrogate.mean() + KL * (ratio - 1 - logs).mean()


def value_loss(value, observations, returns):
    return 0.5 * ((value_of(value, observations) - returns) ** 2).mean()


OPTIMIZER = optax.chain(optax.clip_by_global_norm(0.5), optax.adam(RATE, eps=1e-5))


def learn(loss, parameters, moments, *batch):
    updates, moments = OPTIMIZER.update(jax.grad(loss)(parameters, *batch), moments, parameters)
    return optax.apply_updates(parameters, updates), moments


def rollout_and_updates(carry, _):
    learners, state, age, key = carry
    key, of_rollout, of_epochs = jax.random.split(key, 3)
    state, age, columns, mean_return = collect(learners[0][0], learners[1][0], state, age, of_rollout)

    def minibatch(learners, rows):
        policy, value = learners
        observations, actions, old, advantages, returns = jax.tree.map(lambda column: column[rows], columns)
        policy = learn(policy_loss, *policy, observations, actions, old, advantages)
        return (policy, learn(value_loss, *value, observations, returns)), None

    def epoch(learners, key):
        return jax.lax.scan(minibatch, learners, jax.random.permutation(key, ENVS * HORIZON).reshape(-1, BATCH))

    learners, _ = jax.lax.scan(epoch, learners, jax.random.split(of_epochs, EPOCHS))
    return (learners, state, age, key), mean_return


def make(_row):
    of_policy, of_value, of_envs, key = jax.random.split(jax.random.PRNGKey(0), 4)
    networks = (network(of_policy, 0.01), jnp.zeros(1)), network(of_value, 1.0)
    learners = tuple((parameters, OPTIMIZER.init(parameters)) for parameters in networks)
    carry = [(learners, begin(of_envs), jnp.zeros(ENVS, jnp.int32), key)]
    start = time.perf_counter()
    program = jax.jit(lambda carry: jax.lax.scan(rollout_and_updates, carry, None, ROLLOUTS), donate_argnums=0)
    program = program.lower(carry[0]).compile()
    seconds = time.perf_counter() - start

    def train():
        carry[0], returns = jax.block_until_ready(program(carry[0]))
        return float(returns.mean())

    def run():
        train()
        return STEPS

    mean_return = [train() for _ in range(CALLS)][-1]
    about = f"mean return {mean_return:.0f} after {CALLS * STEPS} steps"
    if not mean_return > LEARNT:
        raise SystemExit(f"Error: {about}, expected more than {LEARNT}")
    return run, {"about": f"compiled in {seconds:.0f} s, {about}"}


serve_agents(f"JAX {jax.__version__}, one program", make)
