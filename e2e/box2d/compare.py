"""Many episodes of Gymnasium's tasks in Box2D: reads a request as JSON, writes what came of them to a file as JSON."""
import json
import sys

import gymnasium
import numpy as np
from gymnasium.envs.box2d.bipedal_walker import BipedalWalkerHeuristics
from gymnasium.envs.box2d.lunar_lander import heuristic

from episodes import episode
from races import race


def returns(name, policy, weights, episodes):
    """Of so many episodes by a fixed policy, each the first of its environment: a walker's world is made once, and knows the episodes before."""
    rng = np.random.default_rng(0)
    found = []
    for seed in range(episodes):
        env = gymnasium.make(name)
        space = env.action_space
        is_discrete = hasattr(space, "n")
        observation, _ = env.reset(seed=seed)
        walker = BipedalWalkerHeuristics()
        walker.a = np.zeros(4)
        total, ended = 0, False
        while not ended:
            if policy == "heuristic":
                action = heuristic(env, observation) if name.startswith("LunarLander") else walker.step_heuristic(observation)
            elif policy == "random":
                action = int(rng.integers(space.n)) if is_discrete else rng.uniform(-1, 1, space.shape)
            elif policy == "zero":
                action = 0 if is_discrete else np.zeros(space.shape)
            else:
                numbers = np.clip(np.array(weights) @ np.append(observation, 1), -1, 1)
                action = int(np.argmax(numbers)) if is_discrete else numbers
            observation, reward, terminated, truncated, _ = env.step(action if is_discrete else np.asarray(action, np.float32))
            total += float(reward)
            ended = terminated or truncated
        env.close()
        found.append(total)
    return found


request = json.load(sys.stdin)
answer = {
    "version": gymnasium.__version__,
    "episodes": [
        episode(name, {}, kind, 100 + seed, steps)
        for name, steps in request["steps"].items()
        for kind in ["heuristic", "random"]
        for seed in range(request["seeds"])
    ],
    "races": [
        race({}, kind, 100 + seed, request["raceSteps"], [1, 20, 100, 200])
        for kind in request["drivers"]
        for seed in range(request["raceSeeds"])
    ],
    "returns": [returns(**one) for one in request["returns"]],
}
with open(sys.argv[1], "w") as file:
    json.dump(answer, file)
