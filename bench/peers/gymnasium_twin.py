"""Steps environments of Gymnasium as `gymnasiumBridge.ts` does, without it: seconds of each block, in two ways."""

import json
import sys
import time

import gymnasium
import numpy as np


def timed(step, actions, blocks):
    seconds = []
    for _ in range(blocks):
        begin = time.perf_counter()
        for action in actions:
            step(action)
        seconds.append(time.perf_counter() - begin)
    return seconds


def main():
    asked = json.load(sys.stdin)
    mode = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}
    together = gymnasium.make_vec(
        asked["id"], num_envs=len(asked["seeds"]), vectorization_mode="sync", vector_kwargs=mode
    )
    together.reset(seed=asked["seeds"])
    space = together.action_space
    actions = [np.array(row, space.dtype).reshape(space.shape) for row in asked["actions"]]
    apart = [gymnasium.make(asked["id"]) for _ in asked["seeds"]]
    for env, seed in zip(apart, asked["seeds"]):
        env.reset(seed=seed)

    def step_apart(rows):
        for env, action in zip(apart, rows):
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()

    seconds = {
        "SyncVectorEnv": timed(together.step, actions, asked["blocks"]),
        "plain loop": timed(step_apart, actions, asked["blocks"]),
    }
    print(json.dumps({"version": gymnasium.__version__, "seconds": seconds}))


if __name__ == "__main__":
    main()
