"""Races of Gymnasium's CarRacing, as JSON, with what was drawn for them (gymnasium 1.4.0, box2d 2.3.10, pygame-ce).

    python e2e/box2d/races.py > test/envs/golden/carRacing.json
"""
import base64
import gzip
import json
import math

import numpy as np
from gymnasium.envs.box2d.car_racing import CarRacing

from episodes import APART, Tape


def pursuit(env, speed):
    """Steers to a point of the road ahead, at a speed."""
    hull = env.car.hull
    x, y = hull.position
    track = np.array(env.track)
    nearest = int(np.argmin((track[:, 2] - x) ** 2 + (track[:, 3] - y) ** 2))
    _, _, target_x, target_y = track[(nearest + 4) % len(track)]
    angle = math.atan2(target_y - y, target_x - x) - math.pi / 2 - hull.angle
    angle = (angle + math.pi) % (2 * math.pi) - math.pi
    fast = math.hypot(*hull.linearVelocity)
    return [np.clip(-2 * angle, -1, 1), 0.5 if fast < speed else 0, 0.2 if fast > 1.3 * speed else 0]


def controller(kind, env, rng):
    """What chooses actions: by the road, straight on, or at random, which is held for some steps."""
    if kind.startswith("drive"):
        speed = float(kind.split()[1])
        return lambda: pursuit(env, speed)
    if kind == "straight":
        return lambda: [0, 0.6, 0]
    held = [0, None]

    def random():
        if held[0] % 8 == 0:
            held[1] = rng.uniform([-1.2, -0.2, -0.2], [1.2, 1.2, 0.5]) if env.continuous else int(rng.integers(5))
            if env.continuous and rng.random() < 0.1:
                held[1][2] = 0.95
        held[0] += 1
        return held[1]

    return random


def state(env):
    """What is compared: place, angle and velocities of the hull, speeds and steering of the wheels."""
    hull, wheels = env.car.hull, env.car.wheels
    body = [*hull.position, hull.angle, *hull.linearVelocity, hull.angularVelocity]
    return [float(x) for x in [*body, *(w.omega for w in wheels), *(w.joint.angle for w in wheels[:2])]]


def race(options, kind, seed, steps, pictures=(), apart=APART):
    env = CarRacing(**options)
    tape = Tape(seed)
    env._np_random = tape
    act = controller(kind, env, np.random.default_rng([seed, 1]))
    observation, _ = env.reset()
    shots = {0: observation}
    actions, seen, total, terminated, info = [], [[0, 0, env.tile_visited_count, *state(env)]], 0, False, {}
    while len(actions) < steps and not terminated:
        action = act()
        # Four digits, which both sides round to the same float32.
        action = np.round(action, 4).astype(np.float32) if env.continuous else action
        observation, reward, terminated, _, info = env.step(action)
        actions.append([round(float(a), 4) for a in action] if env.continuous else action)
        total += float(reward)
        if len(actions) % apart == 0 or terminated:
            seen.append([len(actions), round(total, 6), env.tile_visited_count, *state(env)])
        if len(actions) in pictures:
            shots[len(actions)] = observation
    return {
        "options": options,
        "kind": kind,
        "draws": tape.draws,
        # Every tenth point of the road: the angle of what is to its right, x, y.
        "tiles": len(env.track),
        "road": [[round(float(x), 6) for x in point[1:]] for point in env.track[::10]],
        "kerbs": sum(isinstance(color, tuple) for _, color in env.road_poly),
        "actions": actions,
        # The number of the step, the rewards until then, the visited tiles, the state.
        "seen": [[float(f"{x:.7g}") for x in row] for row in seen],
        "lapFinished": info.get("lap_finished"),
        "pictures": {
            step: base64.b64encode(gzip.compress(np.ascontiguousarray(shots[step]).tobytes(), 9, mtime=0)).decode()
            for step in pictures if step in shots
        },
    }


if __name__ == "__main__":
    races = [
        race({}, "drive 30", 0, 200, [0, 20, 60, 130, 200]),
        race({}, "random", 1, 120, [40, 120]),
        race({"continuous": False}, "random", 2, 150, [100]),
        race({}, "straight", 4, 600, [100]),
        race({"domain_randomize": True}, "drive 60", 3, 160, [160]),
    ]
    print("[" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in races) + "]")
