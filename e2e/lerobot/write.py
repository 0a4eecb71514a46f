"""Writes small datasets in LeRobot's format v3 by pyarrow and pandas, as LeRobot 0.4 does, into folders below the first argument. Their numbers follow from
their rows. Those in test/datasets/golden are its: `python e2e/lerobot/write.py test/datasets/golden`, with pyarrow 26 and pandas 3.1."""
import json
import os
import shutil
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

PLACES = {name: dict(dtype="int64", shape=[1], names=None) for name in ["frame_index", "episode_index", "index", "task_index"]}
PLACES["timestamp"] = dict(dtype="float32", shape=[1], names=None)


def write(name, lengths, features, columns, tasks=("push",), files=1, groups=True, types=None, **options):
    folder = f"{sys.argv[1]}/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    rows = sum(lengths)
    episode = np.repeat(np.arange(len(lengths)), lengths)
    frame = np.concatenate([np.arange(n) for n in lengths])
    columns = dict(
        columns,
        timestamp=(frame / 10).astype(np.float32),
        frame_index=frame,
        episode_index=episode,
        index=np.arange(rows),
        task_index=episode % len(tasks),
    )
    arrays = {}
    for key, values in columns.items():
        if isinstance(values, np.ndarray) and values.ndim == 2:
            flat = pa.array(values.reshape(-1))
            width = values.shape[1]
            fixed = pa.FixedSizeListArray.from_arrays(flat, width)
            arrays[key] = fixed if types == "fixed" else fixed.cast(pa.list_(flat.type))
        else:
            arrays[key] = pa.array(values)
    table = pa.table(arrays)
    episodes_of = np.array_split(np.arange(len(lengths)), files)
    for i, some in enumerate(episodes_of):
        path = f"{folder}/data/chunk-000/file-{i:03d}.parquet"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        part = table.filter(pa.array(np.isin(episode, some)))
        with pq.ParquetWriter(path, part.schema, **options) as writer:
            for one in some if groups else [None]:
                writer.write_table(part if one is None else part.filter(pa.compute.equal(part["episode_index"], int(one))))
    info = dict(
        codebase_version="v3.0",
        robot_type="so100",
        total_episodes=len(lengths),
        total_frames=rows,
        total_tasks=len(tasks),
        chunks_size=1000,
        data_files_size_in_mb=100,
        video_files_size_in_mb=200,
        fps=10,
        splits=dict(train=f"0:{len(lengths)}"),
        data_path="data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        video_path="videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
        features=dict(features, **PLACES),
    )
    os.makedirs(f"{folder}/meta")
    with open(f"{folder}/meta/info.json", "w") as file:
        json.dump(info, file, indent=4)
    frame = pd.DataFrame({"task_index": range(len(tasks))}, index=pd.Index(tasks, name="task"))
    frame.to_parquet(f"{folder}/meta/tasks.parquet")


def box(dtype, *shape, names=None):
    return dict(dtype=dtype, shape=list(shape), names=names)


# As a robot's: two observations, cameras, a text; success at the end of the first episode, a limit at the end of the second.
ROWS = 9
rows = np.arange(ROWS)
write(
    "lerobotSnappy",
    [4, 5],
    {
        "observation.state": box("float32", 3, names=dict(motors=["a", "b", "c"])),
        "observation.environment_state": box("float32", 2),
        "observation.images.top": box("video", 96, 96, 3, names=["height", "width", "channels"]),
        "observation.note": box("string", 1),
        "action": box("float32", 2, names=dict(motors=["x", "y"])),
        "next.reward": box("float32", 1),
        "next.done": box("bool", 1),
        "next.success": box("bool", 1),
        "grip": box("float32", 1),
        "wrench": box("float64", 6),
    },
    {
        "observation.state": (rows[:, None] + np.arange(3) / 4).astype(np.float32),
        "observation.environment_state": (rows[:, None] * 10 + np.arange(2)).astype(np.float32),
        "observation.note": [f"row {row}" for row in rows],
        "action": (-rows[:, None] / 16 + np.arange(2)).astype(np.float32),
        "next.reward": (rows / 8).astype(np.float32),
        "next.done": np.isin(rows, [3, 8]),
        "next.success": np.isin(rows, [3]),
        "grip": (rows / 2).astype(np.float32),
        "wrench": np.zeros((ROWS, 6)),
    },
    tasks=("push", "pull"),
    types="fixed",
    compression="snappy",
    use_dictionary=True,
)

# As simulations': choices, images as bytes, two files, Parquet's second version of pages, and rows after the one that is done, as evaluation pads them.
ROWS = 14
rows = np.arange(ROWS)
write(
    "lerobotGzip",
    [3, 4, 2, 5],
    {
        "observation.state": box("uint8", 2, 2, 1),
        "action": box("int64", 1),
        "next.reward": box("float64", 1),
        "next.done": box("bool", 1),
        "next.truncated": box("bool", 1),
    },
    {
        "observation.state": pa.array(
            [[[[int(row * 16 + 2 * i + j)] for j in range(2)] for i in range(2)] for row in rows],
            pa.list_(pa.list_(pa.list_(pa.uint8()))),
        ),
        "action": rows % 3,
        "next.reward": rows / 3,
        "next.done": np.isin(rows, [1, 2, 5, 6, 11, 12, 13]),
        "next.truncated": np.isin(rows, [5, 6]),
    },
    files=2,
    groups=False,
    compression="gzip",
    data_page_version="2.0",
    use_dictionary=["episode_index"],
)

ROWS = 3
rows = np.arange(ROWS)
write(
    "lerobotZstd",
    [3],
    {"observation.state": box("float32", 1), "action": box("float64", 2)},
    {"observation.state": (rows / 4).astype(np.float32), "action": rows[:, None] / 3 + np.arange(2)},
    compression="zstd",
)
