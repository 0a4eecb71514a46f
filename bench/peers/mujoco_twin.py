"""Gymnasium's robots, as mujoco.ts steps them. A request is a line of JSON, an answer too."""

import json
import sys
import time

import gymnasium
import numpy as np

print(json.dumps({"version": gymnasium.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "make" in request:
        env = gymnasium.make(request["make"])
        env.reset(seed=0)
        actions = [np.array(action, np.float32) for action in request["actions"]]
        at = 0
        print(json.dumps({}), flush=True)
        continue
    begin = time.process_time()
    for _ in range(request["steps"]):
        _, _, terminated, truncated, _ = env.step(actions[at % len(actions)])
        at += 1
        if terminated or truncated:
            env.reset()
    print(json.dumps({"microseconds": (time.process_time() - begin) / request["steps"] * 1e6}), flush=True)
