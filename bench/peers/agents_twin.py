"""Whole agents of Stable-Baselines3 (`stable_baselines3`) or sbx (`sbx`), with the settings of ../agentSubjects.ts. See serve.py."""

import importlib
import os
import sys

from serve import serve_agents

LIBRARY = sys.argv[1]
library = importlib.import_module(LIBRARY)

import torch  # noqa: E402
from stable_baselines3.common.env_util import make_vec_env  # noqa: E402

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))

SAC = dict(learning_rate=1e-3)


def sac(width):
    return ("SAC", "Pendulum-v1", 1, 500, dict(**SAC, policy_kwargs=dict(net_arch=[width, width])))


ROWS = {
    "ppo/Pendulum-v1": (
        "PPO",
        "Pendulum-v1",
        4,
        4096,
        dict(n_steps=1024, batch_size=64, n_epochs=10, learning_rate=1e-3, gamma=0.9, gae_lambda=0.95),
    ),
    "ppo/HalfCheetah-v5": ("PPO", "HalfCheetah-v5", 1, 2048, {}),
    "sac/Pendulum-v1/256-256": sac(256),
    "sac/Pendulum-v1/64-64": sac(64),
    "dqn/CartPole-v1": (
        "DQN",
        "CartPole-v1",
        1,
        2000,
        dict(
            batch_size=128,
            buffer_size=100_000,
            learning_rate=2.3e-3,
            gamma=0.99,
            learning_starts=1000,
            train_freq=2,
            gradient_steps=1,
            target_update_interval=250,
            exploration_final_eps=0.04,
            policy_kwargs=dict(net_arch=[64, 64]),
        ),
    ),
    "a2c/CartPole-v1": ("A2C", "CartPole-v1", 8, 2000, {}),
}


def make(row):
    name, env, count, steps, options = ROWS[row]
    agent = getattr(library, name)("MlpPolicy", make_vec_env(env, n_envs=count, seed=0), seed=0, **options)
    # Beyond the first steps, which compile and only collect.
    agent.learn(steps)

    def run():
        before = agent.num_timesteps
        agent.learn(steps, reset_num_timesteps=False)
        return agent.num_timesteps - before

    return run, {}


serve_agents(f"{LIBRARY} {library.__version__}", make)
