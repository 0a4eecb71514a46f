"""Steps of the ant in OGBench's mazes, as JSON: where its PyPI package (ogbench 1.2.2 with mujoco 3.14.0, which is the version of ours,
MUJOCO_GL=disable) has it by given actions from given states.

    python e2e/mujoco/ogbench_ant_golden.py > test/envs/golden/ogbenchAntMaze.json
"""
import json
import sys

import gymnasium
import mujoco
import numpy as np
import ogbench.locomaze  # noqa: F401

STEPS = 20
# After so many steps it is told where the ant is.
TOLD = [1, 5, 20]
# Actions are multiples of 1/128, which float32 has exactly.
GRAIN = 128
# Random steps from a start to the state that is given.
WARMUPS = [0, 3, 10]
RESETS = 3000
# Far from walls, or near them: its legs reach 1.1 m from the middle of the ant, walls begin 2 m from that of a cell.
PLACES = {"medium": [[0, 0], [8.4, 1.2]], "large": [[12.3, 8.9]], "giant": [[0.9, 8.9]], "teleport": [[3, -1.2]]}


def drawn(env, rng):
    return np.round(rng.uniform(-1, 1, env.action_space.shape) * GRAIN).astype(int)


def episode(env, place, warmup, rng):
    env.reset(seed=int(rng.integers(1000)), options={"task_id": 1})
    env.set_xy(np.array(place, float))
    for _ in range(warmup):
        env.step((drawn(env, rng) / GRAIN).astype(np.float32))
    state = env.get_ob()
    # All that is left of the steps before it is the state.
    mujoco.mj_resetData(env.model, env.data)
    env.set_state(state[:15], state[15:])
    # As far off as counts, about.
    angle = rng.uniform(0, 2 * np.pi)
    goal = np.round(env.get_xy() + 0.5 * np.array([np.cos(angle), np.sin(angle)]), 3)
    env.set_goal(goal_xy=goal)
    actions, rewards, told, walls = [], [], [], set()
    for step in range(1, STEPS + 1):
        action = drawn(env, rng)
        observation, reward, terminated, _, _ = env.step((action / GRAIN).astype(np.float32))
        assert terminated == (reward == 1)
        names = {env.model.geom(geom).name for contact in env.data.contact for geom in contact.geom}
        walls |= {name for name in names if name.startswith("block")}
        actions.append(action.tolist())
        rewards.append(int(reward))
        if step in TOLD:
            told.append([step, observation.tolist()])
    return {"state": state.tolist(), "goal": goal.tolist(), "walls": len(walls), "actions": actions, "rewards": rewards, "told": told}


def moments(rows):
    rows = np.array(rows)
    return {"mean": rows.mean(0).round(6).tolist(), "deviation": rows.std(0).round(6).tolist()}


def maze(name):
    env = gymnasium.make(f"antmaze-{name}-v0").unwrapped
    rng = np.random.default_rng(len(name))
    episodes = [episode(env, place, warmup, rng) for place in PLACES[name] for warmup in WARMUPS]
    return {
        "map": ["".join("#" if cell else "." for cell in row) for row in env.maze_map],
        "tasks": [[task["init_xy"], task["goal_xy"]] for task in env.task_infos],
        "episodes": episodes,
    }


def resets():
    """Of what is observed at a start of the first task, and of its goal."""
    env = gymnasium.make("antmaze-medium-v0").unwrapped
    env.action_space.seed(0)
    env.reset(seed=0)
    starts, goals = [], []
    for _ in range(RESETS):
        start, info = env.reset(options={"task_id": 1})
        starts.append(start)
        goals.append(info["goal"])
    return {"start": moments(starts), "goal": moments(goals)}


np.random.seed(0)
assert mujoco.__version__ == "3.14.0", mujoco.__version__
parts = {**{name: maze(name) for name in PLACES}, "resets": resets()}
rows = [f'"{name}":{json.dumps(one, separators=(",", ":"))}' for name, one in parts.items()]
sys.stdout.write("{" + ",\n".join(rows) + "}\n")
