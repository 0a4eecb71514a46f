"""Policies of other libraries as ONNX files, with what ONNX Runtime makes of them, for `npm run bench:onnx`.

    pip install torch onnx onnxscript onnxruntime stable-baselines3 sb3-contrib
    OMP_NUM_THREADS=1 python bench/peers/onnx_policies.py <folder> [<part of a name>]
    OMP_NUM_THREADS=1 python bench/peers/onnx_policies.py test/golden/onnx fixtures

Networks are not trained, but their weights are moved, so that no action is near 0 for all observations. For each there is `<name>.onnx`,
and `<name>.json` of inputs and outputs. The second line writes the few small ones that tests read.
"""

import json
import sys
import warnings
from pathlib import Path

import gymnasium as gym
import numpy as np
import onnxruntime as ort
import sb3_contrib
import stable_baselines3 as sb3
import torch
from gymnasium import spaces
from torch import nn
from torch.distributions import Normal

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
# Checks of values, which an exporter of graphs cannot follow.
torch.distributions.Distribution.set_default_validate_args(False)
FOLDER = Path(sys.argv[1])
ONLY = sys.argv[2] if len(sys.argv) > 2 else ""


class Blank(gym.Env):
    """An environment that is its spaces alone."""

    def __init__(self, observation_space, action_space):
        self.observation_space, self.action_space = observation_space, action_space

    def reset(self, seed=None, options=None):
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 0.0, False, False, {}


def box(*shape, high=1.0):
    return spaces.Box(-high, high, shape, np.float32)


IMAGE = spaces.Box(0, 255, (36, 36, 3), np.uint8)
DICT = spaces.Dict({"camera": IMAGE, "vector": box(5)})


def moved(module):
    """The module with other weights, in inference."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in module.parameters():
            scale = 0.5 / max(1, p[0].numel() if p.dim() > 1 else 8) ** 0.5
            p.add_(scale * torch.randn(p.shape, generator=generator))
        for name, b in module.named_buffers():
            if name.endswith("running_mean"):
                b.add_(torch.randn(b.shape, generator=generator))
            if name.endswith("running_var"):
                b.mul_(0.5 + torch.rand(b.shape, generator=generator))
    return module.eval()


class Call(nn.Module):
    """A function of a policy as a module."""

    def __init__(self, policy, function):
        super().__init__()
        self.policy, self.function = policy, function

    def forward(self, *inputs):
        return self.function(self.policy, *inputs)


def sb3_policy(algorithm, observation, action, policy="MlpPolicy", **options):
    return moved(algorithm(policy, Blank(observation, action), device="cpu", **options).policy)


deterministic = lambda policy, obs: policy(obs, deterministic=True)
actor = lambda policy, obs: policy.actor(obs, deterministic=True)
first = lambda policy, obs: policy(obs, deterministic=True)[0]


def of_parts(policy, camera, vector):
    return policy({"camera": camera, "vector": vector}, deterministic=True)[0]


def recurrent(policy, obs, h, c, starts):
    from sb3_contrib.common.recurrent.type_aliases import RNNStates

    action, _, _, states = policy(obs, RNNStates((h, c), (h, c)), starts, deterministic=True)
    return action, *states.pi


def mlp(*sizes, activation=nn.Tanh, last=nn.Identity, norm=None):
    layers = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(a, b))
        if i < len(sizes) - 2:
            layers += [norm(b)] if norm else []
            layers.append(activation())
    return nn.Sequential(*layers, last())


class CleanSac(nn.Module):
    """CleanRL's actor of SAC, its mean action."""

    def __init__(self):
        super().__init__()
        self.body = mlp(11, 256, 256, activation=nn.ReLU, last=nn.ReLU)
        self.mean, self.log_std = nn.Linear(256, 3), nn.Linear(256, 3)
        self.register_buffer("scale", torch.tensor([2.0, 1.0, 0.5]))
        self.register_buffer("bias", torch.tensor([0.0, 1.0, -0.5]))

    def forward(self, x):
        x = self.body(x)
        log_std = -5 + 0.5 * 7 * (torch.tanh(self.log_std(x)) + 1)
        return torch.tanh(self.mean(x)) * self.scale + self.bias, log_std


class CleanAtari(nn.Module):
    """CleanRL's agent for stacked grey screens."""

    def __init__(self, size=36):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, 16, 8, 4), nn.ReLU(), nn.Conv2d(16, 32, 4, 2), nn.ReLU(), nn.Conv2d(32, 32, 3, 1, 1), nn.ReLU(),
            nn.Flatten(), nn.LazyLinear(128), nn.ReLU(), nn.Linear(128, 6),
        )  # fmt: skip
        self.body(torch.zeros(1, 4, size, size))

    def forward(self, x):
        return self.body(x / 255.0)


class Greedy(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return torch.argmax(self.inner(x), dim=1)


class Impala(nn.Module):
    """Residual blocks with pooling, as of IMPALA and procgen."""

    def __init__(self):
        super().__init__()
        self.stem, self.pool = nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(3, 2, 1)
        self.a, self.b = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.out = nn.Linear(8 * 12 * 12, 5)

    def forward(self, x):
        x = self.pool(self.stem(x / 255.0))
        x = x + self.b(torch.relu(self.a(torch.relu(x))))
        return torch.log_softmax(self.out(torch.flatten(torch.relu(x), 1)), dim=-1)


class Pooled(nn.Module):
    """Convolutions with norms, groups, dilation and pooling of every kind."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, 8, 3, padding="same"), nn.BatchNorm2d(8), nn.SiLU(),
            nn.Conv2d(8, 8, 3, groups=8, padding=(1, 2)), nn.GroupNorm(2, 8), nn.GELU(),
            nn.AvgPool2d(3, 2, 1, ceil_mode=True), nn.Conv2d(8, 12, 3, dilation=2), nn.InstanceNorm2d(12, affine=True),
            nn.LeakyReLU(), nn.MaxPool2d(2, ceil_mode=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 3), nn.Tanh(),
        )  # fmt: skip

    def forward(self, x):
        return self.body(x)


class TanhNormal(nn.Module):
    """TorchRL's modules: NormalParamExtractor with a biased softplus, and a squashed normal's mode."""

    def __init__(self):
        super().__init__()
        self.net = mlp(17, 64, 64, 12, activation=nn.Tanh)
        self.register_buffer("low", torch.full((6,), -1.0))
        self.register_buffer("high", torch.full((6,), 2.0))

    def forward(self, observation):
        loc, scale = self.net(observation).chunk(2, -1)
        scale = torch.nn.functional.softplus(scale + 0.54132485).clamp_min(1e-4)
        loc = 5.0 * torch.tanh(loc / 5.0)
        action = (torch.tanh(loc) + 1) / 2 * (self.high - self.low) + self.low
        return loc, scale, action.clamp(self.low + 1e-6, self.high - 1e-6)


class Empirical(nn.Module):
    """rsl_rl's normalizer of observations."""

    def __init__(self, size):
        super().__init__()
        self.register_buffer("_mean", torch.randn(1, size))
        self.register_buffer("_std", 0.5 + torch.rand(1, size))

    def forward(self, x):
        return (x - self._mean) / (self._std + 1e-2)


class Legged(nn.Module):
    """rsl_rl's exported actor: a normalizer and a perceptron with ELU."""

    def __init__(self):
        super().__init__()
        self.normalizer, self.actor = Empirical(45), mlp(45, 512, 256, 128, 12, activation=nn.ELU)

    def forward(self, x):
        return self.actor(self.normalizer(x))


class LeggedRecurrent(nn.Module):
    def __init__(self, kind, layers=1, inputs=45, units=64):
        super().__init__()
        self.rnn, self.actor = kind(inputs, units, layers), mlp(units, units, 12, activation=nn.ELU)

    def forward(self, x, h, c=None):
        x, state = self.rnn(x.unsqueeze(0), h if c is None else (h, c))
        return self.actor(x.squeeze(0)), *([state] if c is None else state)


class Attentive(nn.Module):
    """A transformer's block over parts of an observation."""

    def __init__(self):
        super().__init__()
        self.embed, self.block = nn.Linear(6, 32), nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.out = nn.Linear(32, 4)

    def forward(self, x):
        parts = self.embed(x.reshape(x.shape[0], 5, 6))
        return self.out(self.block(parts).mean(1))


class Masked(nn.Module):
    """Choices by logits, of which a mask forbids some."""

    def __init__(self):
        super().__init__()
        self.net = mlp(9, 64, 5)

    def forward(self, x, mask):
        logits = torch.where(mask > 0, self.net(x), torch.tensor(-1e8))
        return torch.argmax(torch.softmax(logits, -1), -1), logits


class C51(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(4, 120, 84, 2 * 51, activation=nn.ReLU)
        self.register_buffer("atoms", torch.linspace(-100, 100, 51))

    def forward(self, x):
        probabilities = torch.softmax(self.net(x).view(-1, 2, 51), 2)
        return torch.argmax((probabilities * self.atoms).sum(2), 1)


class Sampled(nn.Module):
    """A normal sample by noise that is an input."""

    def __init__(self):
        super().__init__()
        self.net, self.log_std = mlp(8, 64, 64, 2), nn.Parameter(torch.zeros(2) - 0.5)

    def forward(self, x, noise):
        mean = self.net(x)
        std = torch.exp(self.log_std.expand_as(mean))
        action = mean + std * noise
        return action, Normal(mean, std, validate_args=False).log_prob(action).sum(1)


def seen(*shape, scale=1.0):
    return lambda rows: torch.randn(rows, *shape) * scale


def pixels(*shape):
    return lambda rows: torch.randint(0, 256, (rows, *shape)).float()


def state(layers, units):
    return lambda rows: torch.randn(layers, rows, units) * 0.5


CASES = {}
SMALL = dict(buffer_size=10, learning_starts=1)
for name, arch in {"64x64": [64, 64], "256x256": [256, 256]}.items():
    # Each its own, since a policy may write into them.
    options = lambda arch=arch: dict(policy_kwargs=dict(net_arch=arch))
    CASES[f"sb3-ppo-{name}"] = lambda o=options: (Call(sb3_policy(sb3.PPO, box(11), box(3), **o()), deterministic), [seen(11)])
    CASES[f"sb3-sac-{name}"] = lambda o=options: (Call(sb3_policy(sb3.SAC, box(11), box(3), **SMALL, **o()), actor), [seen(11)])
    CASES[f"sb3-td3-{name}"] = lambda o=options: (Call(sb3_policy(sb3.TD3, box(11), box(3), **SMALL, **o()), first_actor), [seen(11)])
    CASES[f"sb3-dqn-{name}"] = lambda o=options: (Call(sb3_policy(sb3.DQN, box(4), spaces.Discrete(3), **SMALL, **o()), deterministic), [seen(4)])


def first_actor(policy, obs):
    return policy.actor(obs)


CASES |= {
    "sb3-sac-pendulum": lambda: (
        Call(sb3_policy(sb3.SAC, box(3), box(1, high=2.0), policy_kwargs=dict(net_arch=[64, 64]), **SMALL), actor), [seen(3)]),
    "sb3-a2c": lambda: (Call(sb3_policy(sb3.A2C, box(8), box(2)), first), [seen(8)]),
    "sb3-ppo-discrete": lambda: (Call(sb3_policy(sb3.PPO, box(4), spaces.Discrete(3)), deterministic), [seen(4)]),
    "sb3-ppo-multidiscrete": lambda: (Call(sb3_policy(sb3.PPO, box(4), spaces.MultiDiscrete([3, 4])), first), [seen(4)]),
    "sb3-ppo-binary": lambda: (Call(sb3_policy(sb3.PPO, box(4), spaces.MultiBinary(3)), first), [seen(4)]),
    "sb3-ppo-gsde": lambda: (Call(sb3_policy(sb3.PPO, box(8), box(2), use_sde=True), first), [seen(8)]),
    "sb3-ppo-silu": lambda: (
        Call(sb3_policy(sb3.PPO, box(8), box(2), policy_kwargs=dict(activation_fn=nn.SiLU)), first), [seen(8)]),
    "sb3-ppo-cnn": lambda: (Call(sb3_policy(sb3.PPO, IMAGE, spaces.Discrete(4), "CnnPolicy"), deterministic), [pixels(3, 36, 36)]),
    "sb3-dqn-cnn": lambda: (
        Call(sb3_policy(sb3.DQN, IMAGE, spaces.Discrete(4), "CnnPolicy", **SMALL), lambda p, o: p.q_net(o)), [pixels(3, 36, 36)]),
    "sb3-sac-cnn": lambda: (Call(sb3_policy(sb3.SAC, IMAGE, box(2), "CnnPolicy", **SMALL), actor), [pixels(3, 36, 36)]),
    "sb3-td3-cnn": lambda: (Call(sb3_policy(sb3.TD3, IMAGE, box(2), "CnnPolicy", **SMALL), first_actor), [pixels(3, 36, 36)]),
    "sb3-ppo-dict": lambda: (
        Call(sb3_policy(sb3.PPO, DICT, box(2), "MultiInputPolicy"), of_parts), [pixels(3, 36, 36), seen(5)]),
    "contrib-recurrent": lambda: (
        Call(sb3_policy(sb3_contrib.RecurrentPPO, box(6), box(2), "MlpLstmPolicy"), recurrent),
        [seen(6), state(1, 256), state(1, 256), lambda rows: torch.zeros(rows)]),
    "contrib-recurrent-2": lambda: (
        Call(sb3_policy(sb3_contrib.RecurrentPPO, box(6), spaces.Discrete(3), "MlpLstmPolicy",
                        policy_kwargs=dict(n_lstm_layers=2, lstm_hidden_size=64)), recurrent),
        [seen(6), state(2, 64), state(2, 64), lambda rows: torch.zeros(rows)]),
    "contrib-tqc": lambda: (Call(sb3_policy(sb3_contrib.TQC, box(11), box(3), **SMALL), actor), [seen(11)]),
    "contrib-crossq": lambda: (Call(sb3_policy(sb3_contrib.CrossQ, box(11), box(3), **SMALL), actor), [seen(11)]),
    "contrib-qrdqn": lambda: (Call(sb3_policy(sb3_contrib.QRDQN, box(4), spaces.Discrete(3), **SMALL), deterministic), [seen(4)]),
    "contrib-trpo": lambda: (Call(sb3_policy(sb3_contrib.TRPO, box(8), box(2)), first), [seen(8)]),
    "contrib-ars": lambda: (Call(sb3_policy(sb3_contrib.ARS, box(8), box(2), "LinearPolicy"), lambda p, o: p(o)), [seen(8)]),
    "contrib-maskable": lambda: (Call(sb3_policy(sb3_contrib.MaskablePPO, box(4), spaces.Discrete(3)), first), [seen(4)]),
    "cleanrl-ppo": lambda: (moved(mlp(4, 64, 64, 2)), [seen(4)]),
    "cleanrl-ppo-greedy": lambda: (moved(Greedy(mlp(4, 64, 64, 2))), [seen(4)]),
    "cleanrl-ppo-continuous": lambda: (moved(mlp(17, 64, 64, 6)), [seen(17)]),
    "cleanrl-sac": lambda: (moved(CleanSac()), [seen(11)]),
    "cleanrl-c51": lambda: (moved(C51()), [seen(4)]),
    "cleanrl-atari": lambda: (moved(CleanAtari()), [pixels(4, 36, 36)]),
    "cleanrl-atari-84": lambda: (moved(CleanAtari(84)), [pixels(4, 84, 84)]),
    "cleanrl-atari-greedy": lambda: (moved(Greedy(CleanAtari())), [pixels(4, 36, 36)]),
    "cleanrl-sampled": lambda: (moved(Sampled()), [seen(8), seen(2)]),
    "impala": lambda: (moved(Impala()), [pixels(3, 24, 24)]),
    "pooled": lambda: (moved(Pooled()), [seen(4, 21, 17)]),
    "torchrl-tanhnormal": lambda: (moved(TanhNormal()), [seen(17)]),
    "rsl-mlp": lambda: (moved(Legged()), [seen(45)]),
    "rsl-gru": lambda: (moved(LeggedRecurrent(nn.GRU)), [seen(45), state(1, 64)]),
    "rsl-lstm": lambda: (moved(LeggedRecurrent(nn.LSTM)), [seen(45), state(1, 64), state(1, 64)]),
    "rsl-lstm-2": lambda: (moved(LeggedRecurrent(nn.LSTM, 2)), [seen(45), state(2, 64), state(2, 64)]),
    "rsl-lstm-small": lambda: (moved(LeggedRecurrent(nn.LSTM, 2, 6, 8)), [seen(6), state(2, 8), state(2, 8)]),
    "rsl-gru-small": lambda: (moved(LeggedRecurrent(nn.GRU, 1, 6, 8)), [seen(6), state(1, 8)]),
    "attentive": lambda: (moved(Attentive()), [seen(30)]),
    "masked": lambda: (moved(Masked()), [seen(9), lambda rows: (torch.rand(rows, 5) > 0.5).float()]),
    "layernorm": lambda: (moved(mlp(8, 64, 64, 2, norm=nn.LayerNorm, activation=nn.ReLU, last=nn.Tanh)), [seen(8)]),
    "batchnorm": lambda: (moved(mlp(8, 64, 64, 2, norm=nn.BatchNorm1d, activation=nn.ReLU)), [seen(8)]),
    "rmsnorm": lambda: (moved(mlp(8, 64, 2, norm=nn.RMSNorm, activation=nn.SiLU)), [seen(8)]),
}  # fmt: skip
ACTIVATIONS = [
    nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus, nn.Softsign, nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, nn.LeakyReLU,
    nn.PReLU, nn.ReLU6, nn.LogSigmoid,
]  # fmt: skip
for kind in ACTIVATIONS:
    CASES[f"mlp-{kind.__name__.lower()}"] = lambda kind=kind: (moved(mlp(6, 32, 32, 3, activation=kind)), [seen(6, scale=2.0)])
# Which exporter and which set of operators: in turn, and for a few policies all of them.
WAYS = [(False, 9), (True, 18), (False, 11), (True, 13), (False, 13), (True, 20), (False, 17), (True, 21), (False, 20), (True, 17)]
FIXTURES = {
    "sb3-sac-pendulum": (False, 13), "contrib-ars": (False, 20), "cleanrl-ppo-greedy": (True, 18),
    "rsl-lstm-small": (False, 17), "rsl-gru-small": (True, 21), "masked": (True, 21), "torchrl-tanhnormal": (False, 9), "impala": (False, 11),
    "mlp-gelu": (True, 20),
}  # fmt: skip
EVERY = ["sb3-ppo-64x64", "contrib-recurrent-2", "pooled", "attentive", "impala"]


def export(path, module, inputs, is_dynamo, opset):
    names = [f"input{i}" for i in range(len(inputs))]
    batch = [1 if x.dim() == 3 else 0 for x in inputs]
    if is_dynamo:
        shapes = tuple({axis: torch.export.Dim.AUTO} for axis in batch)
        # A batch of 2, since 1 would be taken for a size that stays.
        torch.onnx.export(module, tuple(inputs), str(path), dynamo=True, opset_version=opset, external_data=False, verbose=False,
                          input_names=names, dynamic_shapes=(shapes,) if isinstance(module, Call) else shapes)  # fmt: skip
    else:
        torch.onnx.export(module, tuple(inputs), str(path), dynamo=False, opset_version=opset, input_names=names,
                          dynamic_axes={name: {axis: "batch"} for name, axis in zip(names, batch)})  # fmt: skip


def shown(array):
    kind = {"float32": "float32", "float64": "float32", "bool": "bool"}.get(str(array.dtype), "int32")
    # Nine digits are a float32 to the bit.
    return {"shape": list(array.shape), "dtype": kind, "data": [float(f"{float(x):.9g}") for x in array.flatten()]}


def write(name, module, makers, is_dynamo, opset):
    torch.manual_seed(0)
    path = FOLDER / f"{name}.onnx"
    with torch.no_grad():
        export(path, module, [make(2) for make in makers], is_dynamo, opset)
        runs = []
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        given = {x.name for x in session.get_inputs()}
        for rows in (1,) if ONLY == "fixtures" and name.startswith("impala") else (1, 5):
            feeds = {f"input{i}": make(rows).numpy() for i, make in enumerate(makers) if f"input{i}" in given}
            outputs = dict(zip([x.name for x in session.get_outputs()], session.run(None, feeds)))
            runs.append({"inputs": {k: shown(v) for k, v in feeds.items()}, "outputs": {k: shown(np.asarray(v)) for k, v in outputs.items()}})
    path.with_suffix(".json").write_text(json.dumps({"runs": runs}))


FOLDER.mkdir(parents=True, exist_ok=True)
failed = 0
for i, (case, make) in enumerate(CASES.items()):
    ways = WAYS if case in EVERY else [WAYS[i % len(WAYS)], WAYS[(i + 3) % len(WAYS)]]
    if ONLY == "fixtures":
        ways = [FIXTURES[case]] if case in FIXTURES else []
    elif ONLY not in case:
        ways = []
    for is_dynamo, opset in ways:
        name = f"{case}-{'dynamo' if is_dynamo else 'legacy'}{opset}"
        try:
            torch.manual_seed(1)
            module, makers = make()
            write(name, module.eval(), makers, is_dynamo, opset)
            print(name, flush=True)
        except Exception as error:  # What an exporter cannot do is no fault of what reads its files.
            failed += 1
            (FOLDER / f"{name}.onnx").unlink(missing_ok=True)
            print(f"not exported: {name}: {type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}", flush=True)
print(f"{failed} not exported")
