"""Policies of sbx, which are JAX's, as ONNX files by jax2onnx, with what ONNX Runtime makes of them, for `npm run bench:onnx`.

    pip install sbx-rl jax2onnx onnxruntime
    JAX_PLATFORMS=cpu python bench/peers/onnx_sbx.py <folder>

Distributions of PPO and SAC have no free batch in jax2onnx 0.17.1: their files take one row.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from jax2onnx import to_onnx
from sbx import DQN, PPO, SAC

warnings.filterwarnings("ignore")
FOLDER = Path(sys.argv[1])


def shown(array):
    kind = "float32" if array.dtype.kind == "f" else "int32"
    return {"shape": list(array.shape), "dtype": kind, "data": [float(x) for x in array.flatten()]}


FOLDER.mkdir(parents=True, exist_ok=True)
for name, algorithm, env, size in (("ppo", PPO, "Pendulum-v1", 3), ("sac", SAC, "Pendulum-v1", 3), ("dqn", DQN, "CartPole-v1", 4)):
    policy = algorithm("MlpPolicy", env, seed=0).policy
    state = policy.qf_state if name == "dqn" else policy.actor_state

    def act(x, state=state, name=name):
        out = state.apply_fn(state.params, x)
        return out if name == "dqn" else out.mode()

    path = FOLDER / f"sbx-{name}-jax21.onnx"
    onnx.save(to_onnx(act, [("B" if name == "dqn" else 1, size)], opset=21), path)
    session = ort.InferenceSession(str(path))
    x = np.random.default_rng(0).normal(size=(5, size)).astype(np.float32)
    runs = []
    for rows in (1, 5) if name == "dqn" else (1,):
        feeds = {session.get_inputs()[0].name: x[:rows]}
        outputs = dict(zip([each.name for each in session.get_outputs()], session.run(None, feeds)))
        runs.append({"inputs": {k: shown(v) for k, v in feeds.items()}, "outputs": {k: shown(v) for k, v in outputs.items()}})
    path.with_suffix(".json").write_text(json.dumps({"runs": runs}))
    print(path.stem, flush=True)
