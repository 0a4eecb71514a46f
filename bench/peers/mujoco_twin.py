"""Gymnasium's robots and tasks in Box2D, as mujoco.ts steps them, or MuJoCo's own steps of a model. A request is a line of JSON, an answer too."""

import json
import sys
import time

import gymnasium
import numpy as np


def whole_env(name):
    env = gymnasium.make(name)
    env.reset(seed=0)

    def step(action):
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()

    return step


def physics_alone(name, xml, reset_after):
    import mujoco

    model = mujoco.MjModel.from_xml_string(xml)
    data = mujoco.MjData(model)
    frames = gymnasium.make(name).unwrapped.frame_skip
    steps = 0

    def step(action):
        nonlocal steps
        if steps % reset_after == 0:
            mujoco.mj_resetData(model, data)
        steps += 1
        data.ctrl[:] = action
        mujoco.mj_step(model, data, nstep=frames)

    return step


print(json.dumps({"version": gymnasium.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "make" in request:
        actions = [action if isinstance(action, int) else np.array(action, np.float32) for action in request["actions"]]
        step = physics_alone(request["make"], request["xml"], len(actions)) if "xml" in request else whole_env(request["make"])
        at = 0
        print(json.dumps({}), flush=True)
        continue
    begin = time.process_time()
    for _ in range(request["steps"]):
        step(actions[at % len(actions)])
        at += 1
    print(json.dumps({"microseconds": (time.process_time() - begin) / request["steps"] * 1e6}), flush=True)
