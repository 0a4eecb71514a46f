"""Writes datasets by Minari's own code, without its collector, which needs JAX.

    python write.py ROOT          datasets to compare: pendulum-v0 of Gymnasium's environment, and maze-v0, whose observations are a Dict
    python write.py --golden DIR  the small one that test/datasets reads
"""

import os
import pathlib
import shutil
import sys

import numpy as np


def pendulum(seed, steps=200):
    import gymnasium as gym

    env = gym.make("Pendulum-v1", max_episode_steps=steps)
    env.action_space.seed(seed)
    observation, _ = env.reset(seed=seed)
    observations, actions, rewards = [observation], [], []
    for _ in range(steps):
        action = env.action_space.sample()
        observation, reward, *_ = env.step(action)
        observations.append(observation)
        actions.append(action)
        rewards.append(reward)
    return observations, actions, rewards


def maze_spaces():
    from gymnasium import spaces

    box = lambda n, dtype: spaces.Box(-np.inf, np.inf, (n,), dtype)
    observation = spaces.Dict(
        {
            "observation": box(4, np.float64),
            "desired_goal": box(2, np.float64),
            "achieved_goal": box(2, np.float64),
            "room": spaces.Discrete(3),
        }
    )
    return observation, spaces.Discrete(4, start=1)


def maze(seed, steps):
    rng = np.random.default_rng(seed)
    rows = steps + 1
    observations = {
        "observation": rng.normal(size=(rows, 4)),
        "desired_goal": np.tile(rng.normal(size=2), (rows, 1)),
        "achieved_goal": rng.normal(size=(rows, 2)),
        "room": rng.integers(3, size=rows),
    }
    return observations, rng.integers(1, 5, size=steps), rng.normal(size=steps)


def ends(steps, truncated):
    last = np.arange(steps) == steps - 1
    none = np.zeros(steps, dtype=bool)
    return dict(terminations=none if truncated else last, truncations=last if truncated else none)


def main():
    golden = sys.argv[1] == "--golden"
    root = pathlib.Path(sys.argv[-1]).absolute()
    os.environ["MINARI_DATASETS_PATH"] = str(root)
    import gymnasium as gym
    import minari
    from minari.data_collector import EpisodeBuffer

    about = dict(
        algorithm_name="random", author="oxbow", author_email="oxbow@example.org",
        code_permalink="https://example.org", description="A test.",
    )
    mazes = []
    for seed, steps in enumerate([2, 3] if golden else [1, 7, 40]):
        observations, actions, rewards = maze(seed, steps)
        infos = {"success": np.arange(steps + 1) == steps, "place": {"x": np.arange(steps + 1, dtype=np.float64) / 4}}
        mazes.append(
            EpisodeBuffer(
                id=seed, seed=seed + 100, observations=observations, actions=actions, rewards=rewards,
                infos=infos, **ends(steps, seed % 2 == 1),
            )
        )
    observation_space, action_space = maze_spaces()
    minari.create_dataset_from_buffers(
        dataset_id="maze-v0", buffer=mazes, observation_space=observation_space, action_space=action_space, **about
    )
    if golden:
        for part in (root / "maze-v0" / "data").iterdir():
            shutil.move(part, root / part.name)
        shutil.rmtree(root / "maze-v0")
        return
    episodes = []
    for seed in range(5):
        observations, actions, rewards = pendulum(seed)
        episodes.append(
            EpisodeBuffer(
                id=seed, seed=seed, observations=observations, actions=actions, rewards=rewards,
                infos={}, **ends(len(rewards), True),
            )
        )
    minari.create_dataset_from_buffers(dataset_id="pendulum-v0", buffer=episodes, env=gym.make("Pendulum-v1"), **about)


main()
