"""Episodes of Gymnasium's tasks in Box2D, as JSON, with what was drawn for them (gymnasium 1.4.0, box2d 2.3.10, pygame).

    python e2e/box2d/episodes.py > test/envs/golden/box2d.json
"""
import json

import gymnasium
import numpy as np
from Box2D.b2 import polygonShape
from gymnasium.envs.box2d.bipedal_walker import BipedalWalker, BipedalWalkerHeuristics
from gymnasium.envs.box2d.lunar_lander import heuristic

# Every how many steps an observation is kept.
APART = 10

# They would be drawn, and are in pictures only.
BipedalWalker._generate_clouds = lambda self: None


class Tape:
    """Draws numbers of six digits, and keeps them, as parts of the way from the lower to the upper bound."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)
        self.draws = []

    def random(self):
        part = round(self.generator.random(), 6)
        self.draws.append(part)
        return part

    def uniform(self, low, high, size=None):
        if size is None:
            return low + (high - low) * self.random()
        return np.array([self.uniform(low, high) for _ in range(np.prod(size))])

    def integers(self, low, high=None):
        low, high = (0, low) if high is None else (low, high)
        return low + int((high - low) * self.random())


def controller(name, kind, rng):
    """What chooses actions from observations: Gymnasium's heuristic, or one at random that is held for some steps."""
    if kind == "heuristic":
        if name.startswith("LunarLander"):
            return lambda env, observation: heuristic(env, observation)
        walker = BipedalWalkerHeuristics()
        walker.a = np.zeros(4)
        return lambda env, observation: walker.step_heuristic(observation)
    held = [0, None]

    def random(env, _):
        if held[0] % 5 == 0:
            space = env.action_space
            held[1] = rng.integers(space.n) if hasattr(space, "n") else rng.uniform(-1.2, 1.2, space.shape)
        held[0] += 1
        return held[1]

    return random


def episode(name, options, kind, seed, steps):
    env = gymnasium.make(name, **options).unwrapped
    tape = Tape(seed)
    env._np_random = tape
    act = controller(name, kind, np.random.default_rng([seed, 1]))
    observation, _ = env.reset()
    actions, seen, total, terminated = [], [[0, 0, *observation.tolist()]], 0, False
    while len(actions) < steps and not terminated:
        action = act(env, observation)
        # Four digits, which both sides round to the same float32.
        action = int(action) if hasattr(env.action_space, "n") else np.round(action, 4).astype(np.float32)
        observation, reward, terminated, _, _ = env.step(action)
        actions.append(action if isinstance(action, int) else [round(float(a), 4) for a in action])
        total += float(reward)
        if len(actions) % APART == 0 or terminated:
            seen.append([len(actions), round(total, 6), *observation.tolist()])
    ground = {}
    if name.startswith("LunarLander"):
        corners = [env.sky_polys[0][0], *(piece[1] for piece in env.sky_polys)]
        ground = {"heights": [round(float(y), 6) for _, y in corners]}
    if name == "BipedalWalkerHardcore-v3":
        shapes = [body.fixtures[0].shape for body in reversed(env.terrain)]
        blocks = [np.array(shape.vertices) for shape in shapes if isinstance(shape, polygonShape)]
        ground = {
            "heights": [round(float(y), 6) for y in env.terrain_y],
            # Left, bottom, right, top.
            "blocks": [[round(float(x), 5) for x in [*block.min(0), *block.max(0)]] for block in blocks],
        }
    return {
        "id": name,
        "options": options,
        "kind": kind,
        "draws": tape.draws,
        "actions": actions,
        # The number of the step, the rewards until then, the observation.
        "seen": [[float(f"{x:.7g}") for x in row] for row in seen],
        "terminated": bool(terminated),
        **ground,
    }


if __name__ == "__main__":
    wind = {"enable_wind": True, "wind_power": 12, "turbulence_power": 1, "gravity": -9}
    # A lander's whole flight. A walker's feet enlarge the last bit of float32 by ten every ten steps.
    episodes = [
        episode("LunarLander-v3", {}, "heuristic", 0, 1000),
        episode("LunarLander-v3", {}, "random", 1, 1000),
        episode("LunarLander-v3", wind, "heuristic", 2, 1000),
        episode("LunarLanderContinuous-v3", {}, "heuristic", 13, 1000),
        episode("LunarLanderContinuous-v3", wind, "random", 4, 1000),
        episode("BipedalWalker-v3", {}, "heuristic", 5, 40),
        episode("BipedalWalker-v3", {}, "random", 9, 40),
        episode("BipedalWalkerHardcore-v3", {}, "heuristic", 7, 40),
        episode("BipedalWalkerHardcore-v3", {}, "random", 8, 60),
    ]
    print("[" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in episodes) + "]")
