"""Reads datasets by Minari's own code: a line of JSON for each, with checksums of its columns.

    python read.py ROOT DATASET...
"""

import hashlib
import json
import os
import sys

import numpy as np

os.environ["MINARI_DATASETS_PATH"] = os.path.abspath(sys.argv[1])
import minari


def leaves(value):
    if isinstance(value, dict):
        return [leaf for key in value for leaf in leaves(value[key])]
    return [value]


for name in sys.argv[2:]:
    dataset = minari.load_dataset(name)
    hashes = {column: hashlib.sha256() for column in ("observations", "actions", "rewards")}
    ended, seeds, infos, dtypes = [], [], None, {}
    for episode in dataset.iterate_episodes():
        for column, digest in hashes.items():
            for leaf in leaves(getattr(episode, column)):
                digest.update(np.ascontiguousarray(leaf).tobytes())
        dtypes = {column: [str(np.asarray(leaf).dtype) for leaf in leaves(getattr(episode, column))] for column in hashes}
        for column in ("terminations", "truncations"):
            dtypes[column] = [str(getattr(episode, column).dtype)]
        ended.append([int(np.sum(episode.terminations)), int(np.sum(episode.truncations))])
        infos = episode.infos
    for metadata in dataset.storage.get_episode_metadata(range(dataset.total_episodes)):
        seeds.append(metadata.get("seed"))
    try:
        env = dataset.recover_environment()
        recovered = env.spec.id
        spaces_fit = bool(env.observation_space == dataset.observation_space and env.action_space == dataset.action_space)
    except ValueError as error:
        recovered, spaces_fit = str(error), None
    print(
        json.dumps(
            {
                "episodes": dataset.total_episodes,
                "steps": dataset.total_steps,
                "observationSpace": str(dataset.observation_space),
                "actionSpace": str(dataset.action_space),
                **{column: digest.hexdigest() for column, digest in hashes.items()},
                "dtypes": dtypes,
                "ended": ended,
                "seeds": seeds,
                "infos": sorted(infos) if infos else [],
                "recovered": recovered,
                "spacesFit": spaces_fit,
            }
        )
    )
