"""The peer of bench/datasets.ts: the same steps written and read by minari. Prints seconds of a processor."""

import pathlib
import sys
import time

work, path = sys.argv[1], pathlib.Path(sys.argv[2])
EPISODES, STEPS = 5000, 200

import gymnasium as gym
import numpy as np
from minari.data_collector import EpisodeBuffer
from minari.dataset.minari_dataset import MinariDataset
from minari.dataset.minari_storage import MinariStorage

box = lambda n: gym.spaces.Box(-np.inf, np.inf, (n,), np.float32)
columns = dict(
    observations=(np.arange((STEPS + 1) * 17) / 7).reshape(-1, 17).astype(np.float32),
    actions=(np.arange(STEPS * 6) / 9).reshape(-1, 6).astype(np.float32),
    rewards=np.arange(STEPS) / 3,
    terminations=np.zeros(STEPS, dtype=bool),
    truncations=np.arange(STEPS) == STEPS - 1,
)


def write():
    path.mkdir()
    storage = MinariStorage.new(path / "data", observation_space=box(17), action_space=box(6))
    storage.update_episodes(EpisodeBuffer(id=None, infos=None, **columns) for _ in range(EPISODES))
    storage.update_metadata({"dataset_id": path.name, "minari_version": "0.5.4"})


def read():
    steps = sum(len(episode.rewards) for episode in MinariDataset(path / "data").iterate_episodes())
    assert steps == EPISODES * STEPS


begin = time.process_time()
{"write": write, "read": read}[work]()
print(time.process_time() - begin)
