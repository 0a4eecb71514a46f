"""Writes files of the shapes of D4RL and OGBench by h5py and numpy, whose numbers follow from their rows, into the folder of the first argument.
Those that lie in test/datasets/golden are its: `python e2e/flat/write.py test/datasets/golden`, with h5py 3.16 and numpy 2.4."""
import gzip
import os
import sys

import h5py
import numpy as np

folder = sys.argv[1]
ROWS = 12
rows = np.arange(ROWS)
observations = (rows[:, None] + np.arange(3) / 4).astype(np.float32)
actions = (-rows[:, None] / 16 + np.arange(2)).astype(np.float32)
# Row 3 ends the task, row 7 is at the limit, row 8 is an episode of its own by a terminal, the last rows end by the file.
terminals = np.isin(rows, [3, 8])
timeouts = np.isin(rows, [7])


def d4rl(name, **more):
    with h5py.File(f"{folder}/{name}.hdf5", "w") as file:
        columns = dict(
            observations=observations, actions=actions, rewards=(rows / 8).astype(np.float32), terminals=terminals, **more
        )
        for column, values in columns.items():
            file.create_dataset(column, data=values, compression="gzip")
        file["infos/speed"] = rows / 3
        file["infos/qpos"] = np.zeros((ROWS, 2))
        file["metadata/algorithm"] = "SAC"
    with open(f"{folder}/{name}.hdf5", "rb") as file, open(f"{folder}/{name}.hdf5.gz", "wb") as packed:
        packed.write(gzip.compress(file.read(), mtime=0))
    os.remove(f"{folder}/{name}.hdf5")


d4rl("d4rl", timeouts=timeouts)
d4rl("d4rlNext", next_observations=np.where(timeouts[:, None], 100, observations + 1).astype(np.float32))

walks = dict(
    observations=observations.astype(np.float64),
    actions=actions,
    terminals=np.isin(rows, [4, 11]),
    qpos=np.zeros((ROWS, 2), np.float32),
    button=rows.astype(np.int64),
)
np.savez_compressed(f"{folder}/ogbench.npz", **walks)
pixels = (rows[:, None, None, None] * 20 + np.arange(4).reshape(1, 2, 2, 1)).astype(np.uint8)
np.savez(
    f"{folder}/ogbench-val.npz", **{**walks, "observations": pixels, "terminals": walks["terminals"].astype(np.float32)}
)
