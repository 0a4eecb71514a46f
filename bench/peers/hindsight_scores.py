"""Scores of Stable-Baselines3 with its HerReplayBuffer, or without, for each seed: DQN on its own bit flipping, SAC in PointMaze_UMaze-v3.

    python bench/peers/hindsight_scores.py 20 900,901,902,903,904
    python bench/peers/hindsight_scores.py 20 900,901 --without
    python bench/peers/hindsight_scores.py maze 900,901,902,903,904

The first argument is a number of bits, or `maze`, which needs gymnasium-robotics and "mujoco<3.4". One line of JSON a seed:
{"bits" or "env": …, "hindsight": …, "steps": …, "seed": …, "success": …, "seconds": …, "processorSeconds": …}, the share of greedy
episodes that end at the goal: 500 of bits, whose goal is all ones in this environment, and 50 of the maze. Settings are those of our
presets for BitFlipping-v0 and mujoco/PointMazeUMaze-v0.
"""

import argparse
import importlib.metadata
import json
import time

import gymnasium
import torch
from stable_baselines3 import DQN, SAC, HerReplayBuffer
from stable_baselines3.common.envs import BitFlippingEnv

arguments = argparse.ArgumentParser()
arguments.add_argument("task", help="a number of bits, or maze")
arguments.add_argument("seeds")
arguments.add_argument("--steps", type=int)
arguments.add_argument("--without", action="store_true")
options = arguments.parse_args()

torch.set_num_threads(1)
packages = ["stable-baselines3", "torch", "gymnasium"]
if options.task == "maze":
    import gymnasium_robotics

    gymnasium.register_envs(gymnasium_robotics)
    packages += ["gymnasium-robotics", "mujoco"]
    named = {"env": "PointMaze_UMaze-v3"}
    steps, episodes, make = 20_000, 50, lambda: gymnasium.make("PointMaze_UMaze-v3")
    agent, choices = SAC, dict(
        learning_rate=1e-3,
        learning_starts=1000,
        batch_size=256,
        gamma=0.99,
        tau=0.01,
        policy_kwargs=dict(net_arch=[128, 128]),
    )
else:
    named = {"bits": int(options.task)}
    steps, episodes, make = 30_000, 500, lambda: BitFlippingEnv(n_bits=named["bits"])
    agent, choices = DQN, dict(
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
    )
hindsight = dict(
    replay_buffer_class=HerReplayBuffer,
    replay_buffer_kwargs=dict(n_sampled_goal=4, goal_selection_strategy="future"),
)
print(json.dumps({name: importlib.metadata.version(name) for name in packages}), flush=True)

for seed in map(int, options.seeds.split(",")):
    model = agent(
        "MultiInputPolicy", make(), seed=seed, device="cpu", **choices, **({} if options.without else hindsight)
    )
    begin, processor = time.perf_counter(), time.process_time()
    model.learn(options.steps or steps)
    seconds, processor = time.perf_counter() - begin, time.process_time() - processor

    test = make()
    reached = 0
    for episode in range(episodes):
        observation, _ = test.reset(seed=(10_000 + seed if episode == 0 else None))
        ended = False
        while not ended:
            action, _ = model.predict(observation, deterministic=True)
            observation, _, terminated, truncated, info = test.step(action)
            ended = terminated or truncated
        reached += info["success" if options.task == "maze" else "is_success"]
    result = {
        **named,
        "hindsight": None if options.without else "future",
        "steps": model.num_timesteps,
        "seed": seed,
        "success": reached / episodes,
        "seconds": seconds,
        "processorSeconds": processor,
    }
    print(json.dumps(result), flush=True)
