"""What policies of Stable-Baselines3 predict for observations of every kind, and their ONNX files, for `npm run bench:onnx`.

    OMP_NUM_THREADS=1 python bench/peers/onnx_predictions.py <folder>

Weights are moved and not trained; SAC, PPO and RecurrentPPO have a VecNormalize of random observations. `<folder>/predictions.json` has spaces,
options of `policyFromOnnx`, observations as an environment gives them, and the actions of `model.predict(…, deterministic=True)`.
"""

import json
import sys
import warnings
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize
from torch import nn

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.distributions.Distribution.set_default_validate_args(False)
FOLDER = Path(sys.argv[1])


class Blank(gym.Env):
    """An environment that is its spaces alone."""

    def __init__(self, observation_space, action_space):
        self.observation_space, self.action_space = observation_space, action_space

    def reset(self, seed=None, options=None):
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 0.0, False, False, {}


def box(size, low=-1.0, high=1.0):
    return spaces.Box(np.full(size, low, np.float32), np.full(size, high, np.float32), seed=0)


def plain_space(space):
    if isinstance(space, spaces.Box):
        bytes_ = {"dtype": "uint8"} if space.dtype == np.uint8 else {}
        return {"low": space.low.flatten().tolist(), "high": space.high.flatten().tolist(), "shape": list(space.shape), **bytes_}
    if isinstance(space, spaces.Discrete):
        return {"n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.MultiDiscrete):
        return {"nvec": space.nvec.tolist(), "start": [0] * len(space.nvec)}
    if isinstance(space, spaces.MultiBinary):
        return {"binaries": int(space.n)}
    return {"names": list(space.spaces), "spaces": [plain_space(each) for each in space.spaces.values()]}


def plain(observation):
    if isinstance(observation, dict):
        return {key: value.flatten().tolist() for key, value in observation.items()}
    return int(observation) if np.ndim(observation) == 0 else np.asarray(observation).flatten().tolist()


class Predicting(nn.Module):
    """The action of a policy, and what a memory holds after it."""

    def __init__(self, policy):
        super().__init__()
        self.policy = policy

    def forward(self, *inputs):
        if len(inputs) == 4:
            observation, h, c, starts = inputs
            action, _, _, states = self.policy(observation, RNNStates((h, c), (h, c)), starts, deterministic=True)
            return action, *states.pi
        observation = dict(zip(("camera", "vector"), inputs)) if len(inputs) == 2 else inputs[0]
        result = self.policy(observation, deterministic=True)
        return result[0] if isinstance(result, tuple) else result


def image():
    return spaces.Box(0, 255, (36, 40, 3), np.uint8, seed=0)


SMALL = dict(buffer_size=10)
RESCALE = {"squash": "rescale"}
SCREEN, WIDE = (3, 36, 40), (-2.0, 4.0)
# Algorithm, policy, spaces, options of it, whether observations are normalized, options of policyFromOnnx, shapes of the inputs.
CASES = {
    "sac": (SAC, "MlpPolicy", box(3, -8, 8), box(2, *WIDE), SMALL, True, RESCALE, {"obs": (3,)}),
    "td3": (TD3, "MlpPolicy", box(3, -8, 8), box(2, *WIDE), SMALL, False, RESCALE, {"obs": (3,)}),
    "ppo": (PPO, "MlpPolicy", box(3, -8, 8), box(2, *WIDE), {}, True, {}, {"obs": (3,)}),
    "a2c-discrete": (A2C, "MlpPolicy", box(3, -8, 8), spaces.Discrete(5), {}, False, {}, {"obs": (3,)}),
    "ppo-multi-discrete": (PPO, "MlpPolicy", box(3), spaces.MultiDiscrete([3, 4]), {}, False, {}, {"obs": (3,)}),
    "ppo-multi-binary": (PPO, "MlpPolicy", box(3), spaces.MultiBinary(3), {}, False, {}, {"obs": (3,)}),
    "ppo-of-integers": (PPO, "MlpPolicy", spaces.Discrete(6, seed=0), spaces.Discrete(3), {}, False, {}, {"obs": ()}),
    "dqn": (DQN, "MlpPolicy", box(4), spaces.Discrete(3), SMALL, False, {}, {"obs": (4,)}),
    "ppo-images": (PPO, "CnnPolicy", image(), spaces.Discrete(4), {}, False, {}, {"obs": SCREEN}),
    "sac-images": (SAC, "CnnPolicy", image(), box(2, *WIDE), SMALL, False, RESCALE, {"obs": SCREEN}),
    "ppo-dict": (
        PPO, "MultiInputPolicy", spaces.Dict({"camera": image(), "vector": box(5)}, seed=0), box(2), {}, False, {},
        {"camera": SCREEN, "vector": (5,)}),
    "recurrent-ppo": (
        RecurrentPPO, "MlpLstmPolicy", box(6), box(2), {}, True, {"state": {"h": "h_next", "c": "c_next"}},
        {"obs": (6,), "h": (1, 256), "c": (1, 256), "episode_starts": ()}),
}  # fmt: skip

FOLDER.mkdir(parents=True, exist_ok=True)
stored = []
for name, (algorithm, kind, observations, actions, settings, is_normalized, options, inputs) in CASES.items():
    torch.manual_seed(0)
    env = DummyVecEnv([lambda o=observations, a=actions: Blank(o, a)])
    if is_normalized:
        env = VecNormalize(env, clip_obs=3.0)
        env.reset()
        for _ in range(50):
            env.step(np.array([actions.sample()]))
        env.training = False
        moments = {"mean": env.obs_rms.mean.tolist(), "var": env.obs_rms.var.tolist(), "clip": env.clip_obs, "epsilon": env.epsilon}
        options = {**options, "normalize": moments}
    model = algorithm(kind, env, device="cpu", **settings)
    with torch.no_grad():
        for p in model.policy.parameters():
            p.add_(0.5 * torch.randn(p.shape) / max(1, p[0].numel() if p.dim() > 1 else 8) ** 0.5)
    model.policy.set_training_mode(False)
    kept = "state" in options
    example = [
        torch.zeros(1, 1, *shape[1:]) if kept and key in "hc" else
        torch.zeros(1, *shape, dtype=torch.int64 if isinstance(observations, spaces.Discrete) else torch.float32)
        for key, shape in inputs.items()
    ]  # fmt: skip
    torch.onnx.export(
        Predicting(model.policy), tuple(example), str(FOLDER / f"predict-{name}.onnx"), dynamo=False, input_names=list(inputs),
        output_names=["action", "h_next", "c_next"] if kept else ["action"],
        dynamic_axes={key: {1 if kept and key in "hc" else 0: "batch"} for key in inputs})  # fmt: skip
    seen, predicted, state = [observations.sample() for _ in range(12)], [], None
    for i, each in enumerate(seen):
        batch = {key: value[None] for key, value in each.items()} if isinstance(each, dict) else np.array([each])
        given = env.normalize_obs(batch) if is_normalized else batch
        action, state = model.predict(given, state=state, episode_start=np.array([i == 0]), deterministic=True)
        predicted.append(np.asarray(action[0]).flatten().tolist())
    stored.append({
        "name": name, "file": f"predict-{name}.onnx", "observationSpace": plain_space(observations), "actionSpace": plain_space(actions),
        "options": options, "observations": [plain(each) for each in seen], "actions": predicted})  # fmt: skip
    print(name, flush=True)
(FOLDER / "predictions.json").write_text(json.dumps(stored))
