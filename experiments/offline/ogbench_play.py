"""OGBench's experts at play with a robot's arm, as environments of Gymnasium that act by themselves.

    gymnasium:experiments.offline.ogbench_play:cube-single-play-v0

A step takes no notice of its action. OGBench's own expert acts, as in `generate_manipspace.py --dataset_type=play` of its repository: by a
plan from keyframe to keyframe with smooth noise, to one random target after another. An episode has 1,000 steps. `info` says

- action0 … action4: what the expert did, clipped to ±1; NaN at a reset,
- at the last step `tasks`, a list of 1,001 rewards for each of the single tasks, one for each observation, by OGBench's relabelling: minus the
  number of things that are not yet as the task wants them; and `healthy`, whether the generator would keep the episode.

It needs PyPI's `ogbench`; 1.2.2 was tried.
"""

import gymnasium
import numpy as np
import ogbench.manipspace  # noqa: F401
from ogbench.manipspace.oracles.plan.button_plan import ButtonPlanOracle
from ogbench.manipspace.oracles.plan.cube_plan import CubePlanOracle
from ogbench.manipspace.oracles.plan.drawer_plan import DrawerPlanOracle
from ogbench.manipspace.oracles.plan.window_plan import WindowPlanOracle
from ogbench.relabel_utils import relabel_dataset

# As the generator has them by default.
STEPS = 1000
NOISE = {"noise": 0.1, "noise_smoothing": 0.5}
# Of stacking one cube on another, where there are several.
P_STACK = {"cube-single": 0.0, "scene": 0.5, "puzzle-3x3": 0.5}
TASKS = 5
UNKNOWN = {f"action{i}": float("nan") for i in range(5)}


class Play(gymnasium.Env):
    def __init__(self, name):
        self.name = name
        self.env = gymnasium.make(
            f"{name}-v0", terminate_at_goal=False, mode="data_collection", max_episode_steps=STEPS + 1
        )
        # Knows what each single task wants, one after another: an environment takes 230 MB.
        self.judge = gymnasium.make(f"{name}-singletask-v0")
        self.experts = experts_of(name, self.env)
        self.observation_space = self.env.observation_space
        self.action_space = self.env.action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        # Experts draw from numpy's global stream.
        np.random.seed(seed)
        self.observation, self.info = self.env.reset(seed=seed)
        self.rows = []
        self.plan(self.observation, self.info)
        return self.observation, UNKNOWN

    def plan(self, observation, info):
        self.expert = self.experts[info["privileged/target_task"]]
        self.expert.reset(observation, info)

    def step(self, _):
        action = np.clip(self.expert.select_action(self.observation, self.info), -1, 1)
        self.observation, reward, _, _, self.info = self.env.step(action)
        self.rows.append({name: self.info[f"prev_{name}"] for name in ("qpos", "button_states") if name in self.info})
        if self.expert.done:
            self.plan(*self.env.unwrapped.set_new_target(p_stack=P_STACK[self.name]))
        told = {f"action{i}": float(number) for i, number in enumerate(action)}
        is_last = len(self.rows) == STEPS
        return self.observation, reward, False, is_last, {**told, **(self.ended() if is_last else {})}

    def ended(self):
        last = {name: self.info[name] for name in self.rows[0]}
        columns = {name: np.array([row[name] for row in [*self.rows, last]]) for name in last}
        return {"tasks": [self.rewards(i + 1, columns) for i in range(TASKS)], "healthy": self.is_healthy(columns)}

    def rewards(self, task, columns):
        # As the generator stores numbers.
        dataset = {name: rows.astype(np.float32 if name == "qpos" else np.int64) for name, rows in columns.items()}
        self.judge.unwrapped._reward_task_id = task
        relabel_dataset(self.name, self.judge, dataset)
        return dataset["rewards"].tolist()

    def is_healthy(self, columns):
        """Whether the cube of the scene was always in sight, or in the drawer."""
        if self.name != "scene":
            return True
        _, y, z = columns["qpos"][:, 14:17].T
        return not ((y >= 0.29) | ((y <= -0.3) & ((z < 0.06) | (z > 0.08)))).any()

    def close(self):
        self.env.close()
        self.judge.close()


def experts_of(name, env):
    if name == "puzzle-3x3":
        return {"button": ButtonPlanOracle(env=env, gripper_always_closed=True, **NOISE)}
    cube = {"cube": CubePlanOracle(env=env, **NOISE)}
    if name == "cube-single":
        return cube
    others = {"button": ButtonPlanOracle, "drawer": DrawerPlanOracle, "window": WindowPlanOracle}
    return {**cube, **{what: expert(env=env, **NOISE) for what, expert in others.items()}}


for _name in P_STACK:
    gymnasium.register(f"{_name}-play-v0", entry_point=Play, kwargs={"name": _name})
