"""Writes files of HDF5's that h5wasm does not write: an episode whose rewards are those of /dev/zero, as raw bytes and as a virtual column; one
with infos of float16.

    python elsewhere.py DIR       raw.hdf5, virtual.hdf5 and half.hdf5, which test/datasets/golden has as .gz; needs h5py
"""

import pathlib
import sys

import h5py
import numpy as np

ELSEWHERE = "/dev/zero"


def write(path, rewards):
    with h5py.File(path, "w", track_order=False) as file:
        episode = file.create_group("episode_0")
        for name in ("terminations", "truncations"):
            episode[name] = np.array([0, 1], np.uint8)
        episode["observations"] = np.zeros(3, np.float32)
        episode["actions"] = np.zeros(2, np.float32)
        rewards(episode)


def raw(episode):
    episode.create_dataset("rewards", (2,), np.float32, external=[(ELSEWHERE, 0, 8)])


def virtual(episode):
    layout = h5py.VirtualLayout((2,), np.float32)
    layout[:] = h5py.VirtualSource(ELSEWHERE, "rewards", (2,))
    episode.create_virtual_dataset("rewards", layout)


def half(episode):
    episode["rewards"] = np.zeros(2, np.float32)
    infos = episode.create_group("infos")
    infos["height"] = np.arange(3, dtype=np.float16)
    infos["speed"] = np.arange(3, dtype=np.float32)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    write(folder / "raw.hdf5", raw)
    write(folder / "virtual.hdf5", virtual)
    write(folder / "half.hdf5", half)
