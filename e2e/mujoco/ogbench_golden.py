"""Walks through OGBench's point mazes, as JSON: where its PyPI package (ogbench 1.2.2, MUJOCO_GL=disable) carries the point by given actions.

    python e2e/mujoco/ogbench_golden.py > test/envs/golden/ogbenchPointMaze.json
"""
import json
import sys

import gymnasium
import numpy as np
import ogbench.locomaze  # noqa: F401

STEPS = 1000
# For so many steps an action stays the same.
HELD = 10
# Actions are multiples of 1/128, which float32 has exactly.
GRAIN = 128


def walk(name, rng):
    """A noisy walk by shortest paths from goal to goal, each of which is one of the tasks'."""
    env = gymnasium.make(f"pointmaze-{name}-v0", terminate_at_goal=False).unwrapped
    tasks = [[task["init_xy"], task["goal_xy"]] for task in env.task_infos]
    env.reset(options={"task_id": 1})
    next_goal = lambda i: np.array(tasks[i % 5][1], float) + rng.integers(-4, 5, 2) / 4
    goals = [[0, *next_goal(0)]]
    start = np.array(tasks[0][0], float) + rng.integers(-4, 5, 2) / 4
    env.set_goal(goal_xy=np.array(goals[0][1:]))
    env.set_xy(start)
    actions, places, exits, successes = [], [], [], []
    for step in range(STEPS):
        if step % HELD == 0:
            subgoal, _ = env.get_oracle_subgoal(env.get_xy(), env.cur_goal_xy)
            way = subgoal - env.get_xy()
            way = way / (np.linalg.norm(way) + 1e-6) + rng.normal(0, 0.5, 2)
            action = np.round(np.clip(way, -1, 1) * GRAIN).astype(int)
            actions.append(action.tolist())
        place, reward, _, _, _ = env.step((action / GRAIN).astype(np.float32))
        if step % HELD == HELD - 1:
            places.append(place.tolist())
        if not np.array_equal(env.get_xy(), place):
            exits.append([step, *env.get_xy().tolist()])
        if reward == 1:
            successes.append(step)
            goals.append([step + 1, *next_goal(len(goals))])
            env.set_goal(goal_xy=np.array(goals[-1][1:]))
    return {
        "map": ["".join("#" if cell else "." for cell in row) for row in env.maze_map],
        "tasks": tasks,
        "start": start.tolist(),
        "goals": goals,
        "actions": actions,
        "places": places,
        "exits": exits,
        "successes": successes,
    }


np.random.seed(4)
walks = {name: walk(name, np.random.default_rng(0)) for name in ["medium", "large", "giant", "teleport"]}
rows = [f'"{name}":{json.dumps(one, separators=(",", ":"))}' for name, one in walks.items()]
sys.stdout.write("{" + ",\n".join(rows) + "}\n")
