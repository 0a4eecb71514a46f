"""Episodes of Gymnasium's tasks in native MuJoCo: reads requests as JSON, writes what came of them as JSON."""
import inspect
import json
import sys
import tempfile

import gymnasium
import mujoco
import numpy as np

# What a user sees, not what is computed.
NOT_OURS = {"xml_file", "default_camera_config", "kwargs"}


def plain(value):
    """A result as JSON has it; infinity, which it has not, as a text."""
    if isinstance(value, (np.ndarray, list, tuple)):
        return [plain(x) for x in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    number = value.item() if isinstance(value, np.generic) else value
    return str(number).replace("inf", "Infinity") if isinstance(number, float) and np.isinf(number) else number


def told(info):
    return {name: plain(value) for name, value in info.items()}


def place(env, qpos, qvel):
    """Begins an episode at a state, as a reset does."""
    mujoco.mj_resetData(env.model, env.data)
    env.set_state(np.array(qpos), np.array(qvel))
    return env._get_obs(), env._get_reset_info()


def episode(name, options, xml, seed, warmup, steps):
    """So many steps of random actions, from a state that as many others lead to."""
    kwargs = dict(options)
    if xml is not None:
        with tempfile.NamedTemporaryFile("w", suffix=".xml", delete=False) as file:
            file.write(xml)
        kwargs["xml_file"] = file.name
    env = gymnasium.make(name, **kwargs).unwrapped
    env.reset(seed=seed)
    env.action_space.seed(seed)
    for _ in range(warmup):
        env.step(env.action_space.sample())
    qpos, qvel = env.data.qpos.copy(), env.data.qvel.copy()
    observation, info = place(env, qpos, qvel)
    made = []
    for _ in range(steps):
        action = env.action_space.sample()
        result = env.step(action)
        made.append(
            {
                "action": plain(action),
                "observation": plain(result[0]),
                "reward": plain(result[1]),
                "terminated": plain(result[2]),
                "info": told(result[4]),
            }
        )
    return {
        "state": {"qpos": plain(qpos), "qvel": plain(qvel)},
        "observation": plain(observation),
        "info": told(info),
        "steps": made,
    }


def facts(name):
    """What is registered, the options with their defaults, and the model's text."""
    env = gymnasium.make(name)
    parameters = inspect.signature(type(env.unwrapped).__init__).parameters.values()
    with open(env.unwrapped.fullpath) as file:
        xml = file.read()
    return {
        "maxEpisodeSteps": env.spec.max_episode_steps,
        "rewardThreshold": env.spec.reward_threshold,
        "options": {p.name: plain(p.default) for p in parameters if p.name not in NOT_OURS | {"self"}},
        "low": plain(env.action_space.low),
        "high": plain(env.action_space.high),
        "observations": list(env.observation_space.shape),
        "xml": xml,
    }


def starts(name, count):
    """Of the positions and velocities at which so many episodes begin: each one's mean, deviation and kurtosis."""
    env = gymnasium.make(name).unwrapped
    rows = []
    for seed in range(count):
        env.reset(seed=seed)
        rows.append(np.concatenate([env.data.qpos, env.data.qvel]))
    centred = np.array(rows) - np.mean(rows, axis=0)
    deviation = np.std(rows, axis=0)
    fourth = np.mean(centred**4, axis=0) / np.where(deviation > 0, deviation, 1) ** 4
    return plain(np.stack([np.mean(rows, axis=0), deviation, fourth], axis=1))


request = json.load(sys.stdin)
answer = {
    "versions": [gymnasium.__version__, mujoco.__version__],
    "facts": {name: facts(name) for name in request["tasks"]},
    "starts": {name: starts(name, request["starts"]) for name in request["tasks"]},
    "episodes": [episode(**one) for one in request["episodes"]],
}
with open(sys.argv[1], "w") as file:
    json.dump(answer, file, allow_nan=False)
