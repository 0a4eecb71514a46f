"""Scores of an agent of sb3_contrib, stable_baselines3 or sbx: the mean return of 100 greedy episodes after a training, for each seed.

    python bench/peers/scores_twin.py sb3_contrib TQC 800,801,802
    python bench/peers/scores_twin.py sbx CrossQ 800,801,802 --rate 1e-3
    python bench/peers/scores_twin.py stable_baselines3 PPO 1300,1301,1302 --env HalfCheetah-v5 --steps 1000000
    python bench/peers/scores_twin.py sbx SAC 1300,1301,1302 --env Walker2d-v5 --starts 5000 --hidden 256 256

One line of JSON a seed: {"seed": …, "return": …, "error": …, "stepsPerSecond": …}, the error a standard error of the mean, the steps by
processor time. Networks, batches, the first steps at random, the rate and the discount are those that `oxbow train` is given beside it;
everything else is the library's default. PPO has Stable-Baselines3's own settings with what CleanRL adds for robots: one environment whose observations and rewards
are normalized, and a rate that falls to 0.
"""

import argparse
import importlib
import json
import time

import gymnasium
import numpy
import torch
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

arguments = argparse.ArgumentParser()
arguments.add_argument("library")
arguments.add_argument("agent")
arguments.add_argument("seeds")
arguments.add_argument("--env", default="Hopper-v5")
arguments.add_argument("--steps", type=int, default=100_000)
arguments.add_argument("--rate", type=float, default=3e-4)
arguments.add_argument("--gamma", type=float, default=0.99)
arguments.add_argument("--starts", type=int, default=1000)
arguments.add_argument("--hidden", type=int, nargs="+", default=[64, 64])
options = arguments.parse_args()

torch.set_num_threads(1)
agent = getattr(importlib.import_module(options.library), options.agent)


def on_policy(seed):
    env = VecNormalize(DummyVecEnv([lambda: gymnasium.make(options.env)]), gamma=options.gamma)
    rate = lambda left: options.rate * left
    return agent(
        "MlpPolicy",
        env,
        seed=seed,
        learning_rate=rate,
        gamma=options.gamma,
        policy_kwargs=dict(net_arch=options.hidden),
        device="cpu",
    )


def off_policy(seed):
    return agent(
        "MlpPolicy",
        gymnasium.make(options.env),
        seed=seed,
        learning_rate=options.rate,
        gamma=options.gamma,
        batch_size=256,
        learning_starts=options.starts,
        policy_kwargs=dict(net_arch=options.hidden),
        device="cpu",
    )


for seed in map(int, options.seeds.split(",")):
    model = on_policy(seed) if options.agent == "PPO" else off_policy(seed)
    begin = time.process_time()
    model.learn(options.steps)
    seconds = time.process_time() - begin

    played = gymnasium.make(options.env)
    played.reset(seed=10_000 + seed)
    test = DummyVecEnv([lambda: played])
    if (normalizer := model.get_vec_normalize_env()) is not None:
        test = VecNormalize(test, training=False, norm_reward=False)
        test.obs_rms = normalizer.obs_rms
    returns, _ = evaluate_policy(
        model, test, n_eval_episodes=100, deterministic=True, return_episode_rewards=True, warn=False
    )
    result = {
        "seed": seed,
        "return": float(numpy.mean(returns)),
        "error": float(numpy.std(returns, ddof=1) / len(returns) ** 0.5),
        "stepsPerSecond": options.steps / seconds,
    }
    print(json.dumps(result), flush=True)
