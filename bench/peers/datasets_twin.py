"""The peer of bench/datasets.ts: the same steps written and read by minari, and by h5py alone. A line of JSON."""

import json
import os
import pathlib
import resource
import sys
import time

work, path = sys.argv[1], pathlib.Path(sys.argv[2])
EPISODES, STEPS = 5000, 200

import gymnasium as gym
import h5py
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


def write_h5py():
    with h5py.File(path, "w") as file:
        for i in range(EPISODES):
            group = file.create_group(f"episode_{i}")
            for name, values in columns.items():
                group.create_dataset(name, data=values)
            group.attrs["id"] = i
            group.attrs["total_steps"] = STEPS


def read_h5py():
    with h5py.File(path, "r") as file:
        steps = 0
        for i in range(EPISODES):
            group = file[f"episode_{i}"]
            steps += len({name: group[name][()] for name in columns}["rewards"])
    assert steps == EPISODES * STEPS


peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, begin = peak(), time.process_time()
{"write": write, "read": read, "write-h5py": write_h5py, "read-h5py": read_h5py}[work]()
print(json.dumps(dict(seconds=time.process_time() - begin, peak=peak(), before=before)))
