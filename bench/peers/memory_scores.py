"""Scores of sb3_contrib's RecurrentPPO on tasks that need a memory, for each seed.

    python bench/peers/memory_scores.py CartPoleNoVel-v1 900,901,902,903,904
    python bench/peers/memory_scores.py TMaze-v0 900,901 --steps 200000

One line of JSON a seed: {"env": …, "settings": …, "seed": …, "greedy": …, "sampled": …, "seconds": …, "processorSeconds": …}, the mean
returns of 100 greedy and of 100 sampled episodes after the training, and how long that took. Observations without velocities have two
numbers. Settings are those of rl-baselines3-zoo (`hyperparams/ppo_lstm.yml`) for CartPole and Pendulum; it has none for the T-maze, which
takes those of CartPole with a discount of 0.99 and an entropy bonus of 0.01, or with `--settings default` what the library has.
"""

import argparse
import importlib.metadata
import json
import time

import gymnasium
import numpy
import torch
from gymnasium import spaces
from sb3_contrib import RecurrentPPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize


class TMaze(gymnasium.Env):
    """The T-maze of envs/toy/memory.ts."""

    observation_space = spaces.Box(numpy.array([-1, 0], numpy.float32), numpy.array([1, 1], numpy.float32))
    action_space = spaces.Discrete(4)

    def __init__(self, length=10):
        self.length = length

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = 0
        self.signal = 1 if self.np_random.random() < 0.5 else -1
        return self.observation(), {}

    def step(self, action):
        turn = {0: 1, 2: -1}.get(int(action), 0)
        if self.x == self.length and turn != 0:
            return self.observation(), 4.0 if turn == self.signal else -0.1, True, False, {}
        following = self.x + {1: 1, 3: -1}.get(int(action), 0)
        free = turn == 0 and 0 <= following <= self.length
        if free:
            self.x = following
        return self.observation(), 0.0 if free else -0.1, False, False, {}

    def observation(self):
        return numpy.array([self.signal if self.x == 0 else 0, self.x == self.length], numpy.float32)


class Part(gymnasium.ObservationWrapper):
    """The environment with some numbers of its observations alone."""

    def __init__(self, env, places):
        super().__init__(env)
        self.places = places
        self.observation_space = spaces.Box(env.observation_space.low[places], env.observation_space.high[places])

    def observation(self, observation):
        return observation[self.places]


ENVS = {
    "CartPoleNoVel-v1": lambda: Part(gymnasium.make("CartPole-v1"), [0, 2]),
    "PendulumNoVel-v1": lambda: Part(gymnasium.make("Pendulum-v1"), [0, 1]),
    "TMaze-v0": lambda: gymnasium.wrappers.TimeLimit(TMaze(), 200),
}

falling = lambda begin: lambda left: begin * left
NETWORK = dict(
    ortho_init=False,
    activation_fn=torch.nn.ReLU,
    lstm_hidden_size=64,
    enable_critic_lstm=True,
    net_arch=dict(pi=[64], vf=[64]),
)
CART_POLE = dict(
    n_steps=32,
    batch_size=256,
    gae_lambda=0.8,
    gamma=0.98,
    n_epochs=20,
    ent_coef=0.0,
    learning_rate=falling(1e-3),
    clip_range=falling(0.2),
    policy_kwargs=NETWORK,
)
# Environments, whether observations and rewards are normalized, and options of the agent.
SETTINGS = {
    "CartPoleNoVel-v1": (8, True, CART_POLE),
    "PendulumNoVel-v1": (
        4,
        True,
        dict(
            n_steps=1024,
            gae_lambda=0.95,
            gamma=0.9,
            n_epochs=10,
            ent_coef=0.0,
            learning_rate=1e-3,
            clip_range=0.2,
            use_sde=True,
            sde_sample_freq=4,
            policy_kwargs=NETWORK,
        ),
    ),
    "TMaze-v0": (8, True, dict(CART_POLE, gamma=0.99, ent_coef=0.01)),
    "default": (1, False, {}),
}

arguments = argparse.ArgumentParser()
arguments.add_argument("env", choices=ENVS)
arguments.add_argument("seeds")
arguments.add_argument("--steps", type=int, default=100_000)
arguments.add_argument("--episodes", type=int, default=100)
arguments.add_argument("--settings", choices=SETTINGS)
options = arguments.parse_args()
settings = options.settings or options.env

torch.set_num_threads(1)
versions = {name: importlib.metadata.version(name) for name in ("sb3-contrib", "torch", "gymnasium")}
print(json.dumps(versions), flush=True)

for seed in map(int, options.seeds.split(",")):
    count, normalizes, choices = SETTINGS[settings]
    env = DummyVecEnv([ENVS[options.env]] * count)
    if normalizes:
        env = VecNormalize(env, gamma=choices["gamma"])
    model = RecurrentPPO("MlpLstmPolicy", env, seed=seed, device="cpu", **choices)
    begin, processor = time.perf_counter(), time.process_time()
    model.learn(options.steps)
    seconds, processor = time.perf_counter() - begin, time.process_time() - processor

    def score(deterministic):
        test = DummyVecEnv([ENVS[options.env]])
        if normalizes:
            test = VecNormalize(test, training=False, norm_reward=False)
            test.obs_rms = env.obs_rms
        test.seed(10_000 + seed)
        returns, _ = evaluate_policy(
            model,
            test,
            n_eval_episodes=options.episodes,
            deterministic=deterministic,
            return_episode_rewards=True,
            warn=False,
        )
        return float(numpy.mean(returns))

    result = {
        "env": options.env,
        "settings": settings,
        "steps": model.num_timesteps,
        "seed": seed,
        "greedy": score(True),
        "sampled": score(False),
        "seconds": seconds,
        "processorSeconds": processor,
    }
    print(json.dumps(result), flush=True)
