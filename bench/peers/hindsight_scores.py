"""Scores of Stable-Baselines3's DQN on its own bit flipping, with its HerReplayBuffer or without, for each seed.

    python bench/peers/hindsight_scores.py 20 900,901,902,903,904
    python bench/peers/hindsight_scores.py 20 900,901 --without

One line of JSON a seed: {"bits": …, "hindsight": …, "steps": …, "seed": …, "success": …, "seconds": …, "processorSeconds": …}, the share of
500 greedy episodes that reach the goal, which is all ones in this environment. Settings are those of our preset for BitFlipping-v0.
"""

import argparse
import importlib.metadata
import json
import time

import torch
from stable_baselines3 import DQN, HerReplayBuffer
from stable_baselines3.common.envs import BitFlippingEnv

arguments = argparse.ArgumentParser()
arguments.add_argument("bits", type=int)
arguments.add_argument("seeds")
arguments.add_argument("--steps", type=int, default=30_000)
arguments.add_argument("--without", action="store_true")
options = arguments.parse_args()

torch.set_num_threads(1)
versions = {name: importlib.metadata.version(name) for name in ("stable-baselines3", "torch", "gymnasium")}
print(json.dumps(versions), flush=True)
hindsight = dict(
    replay_buffer_class=HerReplayBuffer,
    replay_buffer_kwargs=dict(n_sampled_goal=4, goal_selection_strategy="future"),
)

for seed in map(int, options.seeds.split(",")):
    model = DQN(
        "MultiInputPolicy",
        BitFlippingEnv(n_bits=options.bits),
        seed=seed,
        learning_rate=1e-3,
        buffer_size=100_000,
        learning_starts=1000,
        batch_size=128,
        gamma=0.98,
        train_freq=2,
        gradient_steps=1,
        tau=0.05,
        target_update_interval=20,
        exploration_fraction=0.3,
        exploration_final_eps=0.05,
        policy_kwargs=dict(net_arch=[256]),
        device="cpu",
        **({} if options.without else hindsight),
    )
    begin, processor = time.perf_counter(), time.process_time()
    model.learn(options.steps)
    seconds, processor = time.perf_counter() - begin, time.process_time() - processor

    test = BitFlippingEnv(n_bits=options.bits)
    reached = 0
    for episode in range(500):
        observation, _ = test.reset(seed=(10_000 + seed if episode == 0 else None))
        ended = False
        while not ended:
            action, _ = model.predict(observation, deterministic=True)
            observation, _, terminated, truncated, _ = test.step(action)
            ended = terminated or truncated
        reached += terminated
    result = {
        "bits": options.bits,
        "hindsight": None if options.without else "future",
        "steps": model.num_timesteps,
        "seed": seed,
        "success": reached / 500,
        "seconds": seconds,
        "processorSeconds": processor,
    }
    print(json.dumps(result), flush=True)
