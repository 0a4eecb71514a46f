"""Environments for `gymnasium.check.ts`: make('gymnasium:environments:Name-v0', …), this folder being in PYTHONPATH."""

import collections
import ctypes
import dataclasses
import enum
import os
import random
import sys
import time

import gymnasium
import numpy as np
from gymnasium import spaces


class Shown(gymnasium.Wrapper):
    """Tells its whole state with each observation."""

    def __init__(self, of):
        super().__init__(gymnasium.make(of))

    def told(self, info):
        return {**info, "state": [float(x) for x in self.unwrapped.state]}

    def reset(self, **arguments):
        observation, info = self.env.reset(**arguments)
        return observation, self.told(info)

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, self.told(info)


class Shy(type):
    """Of types that raise when one looks at them, as some of SWIG's do."""

    def __getattribute__(cls, name):
        if name in ("__module__", "__mro__", "__dictoffset__"):
            raise AttributeError("__module__")
        return super().__getattribute__(name)


class Unseen(metaclass=Shy):
    pass


class Mute(Exception):
    """Raises also when one asks what it says."""

    def __str__(self):
        raise RuntimeError


def circle():
    """A list that holds itself."""
    found = []
    found.append({"again": found})
    return found


# Infos that are not sent. What is too large is refused before anyone asks Mute.
UNTOLD = {
    "circle": circle,
    "300 MB of text": lambda: ["x" * 300_000_000, Mute()],
    "300 MB of texts": lambda: [["x" * 1000] * 300_000, Mute()],
    "300 MB of arrays": lambda: [{"b": [np.zeros(3_700_000)] * 10}, Mute()],
    "40 million booleans": lambda: [np.zeros(40_000_000, bool), Mute()],
    "escapes": lambda: "\0" * 20_000_000,
}


class Misbehaving(gymnasium.Env):
    """Does something `wrong` at `when`, reset or step."""

    def __init__(self, wrong="", when="step"):
        self.wrong, self.when = wrong, when
        self.observation_space = spaces.Box(-1, 1, (2,), np.float32)
        self.action_space = spaces.Box(-1, 1, (1,), np.float32)
        if wrong == "made":
            raise FileNotFoundError("no map")
        if wrong == "action space":
            self.action_space = spaces.Text(3)
        if wrong == "observation space":
            self.observation_space = spaces.Graph(spaces.Box(0, 1, (1,)), None)
        if wrong in ("fractions", "beyond", "complex part"):
            self.observation_space = spaces.Dict({"a": spaces.Box(0, 255, (2,), np.uint8), "b": spaces.Discrete(3)})
        if wrong == "unsaved":
            self.things = (i for i in range(3))
        if wrong == "unseen":
            self.thing = Unseen()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if self.when == "reset":
            self.act()
        return self.observation(), {"pid": os.getpid()}

    def step(self, action):
        if self.when == "step":
            self.act()
        if self.wrong == "reward":
            return self.observation(), None, False, False, {}
        if self.wrong == "flag":
            return self.observation(), 0.0, False, "no", {}
        if self.wrong == "complex reward":
            return self.observation(), np.complex64(1 + 2j), False, False, {}
        if self.wrong == "info":
            return self.observation(), 0.0, False, False, None
        if self.wrong in UNTOLD:
            return self.observation(), 0.0, False, False, {"a": UNTOLD[self.wrong]()}
        if self.wrong == "four":
            return self.observation(), 0.0, False, {}
        return self.observation(), 0.0, False, False, {}

    def act(self):
        if self.wrong == "raise":
            raise ValueError("the motor\nis hot")
        if self.wrong == "mute":
            raise Mute
        if self.wrong == "long":
            raise ValueError("the motor\nis hot " * 5000)
        if self.wrong == "print":
            print("hello from the environment")
            os.write(1, b"hello from C\n")
        if self.wrong == "exit":
            sys.exit(3)
        if self.wrong == "killed":
            os.kill(os.getpid(), 9)
        if self.wrong == "segfault":
            os.kill(os.getpid(), 11)
        if self.wrong == "hang":
            time.sleep(600)
        if self.wrong == "lock":
            # With Python's lock, so that no other thread of this process runs.
            ctypes.PyDLL(None).sleep(600)
        if self.wrong == "fork":
            self.leave(os.fork())
        if self.wrong in ("fork by a library", "fork by a library, exit"):
            self.leave(ctypes.CDLL(None).fork())

    def leave(self, child):
        """Ends with a child that stays, in a group of its own."""
        if child == 0:
            os.setsid()
            os.closerange(0, 3)
            time.sleep(60)
            os._exit(0)
        if self.wrong.endswith("exit"):
            os._exit(0)
        os.kill(os.getpid(), 9)

    def observation(self):
        if self.wrong == "outside":
            return np.full(2, 3, np.float32)
        if self.wrong == "shape":
            return np.zeros(1, np.float32)
        if self.wrong == "text":
            return "far\noff"
        if self.wrong == "complex":
            return np.array([0, 1 + 2j])
        if self.wrong == "complex part":
            return {"a": np.zeros(2), "b": 1j}
        if self.wrong == "fractions":
            return {"a": np.array([0.5, 1]), "b": 2}
        if self.wrong == "beyond":
            return {"a": np.zeros(2), "b": 2**32 + 1}
        return np.zeros(2, np.float32)

    def close(self):
        if self.when == "close":
            self.act()


class Phase(enum.Enum):
    WALK = 1
    REST = 2


@dataclasses.dataclass
class Thing:
    at: np.ndarray
    friend: object = None


    def shout(self):
        raise AssertionError("nobody asked")


class Dying:
    """Does something when it goes."""

    died = []

    def __init__(self):
        self.word = ""

    def __del__(self):
        self.died.append(self.word)


class Slotted:
    __slots__ = ("count", "phase")


class Hoard(gymnasium.Env):
    """Whose state is everything that Python has: it must be saved, and come back, for its numbers to go on."""

    def __init__(self):
        self.observation_space = spaces.Dict(
            {"near": spaces.Box(-np.inf, np.inf, (2,), np.float64), "kind": spaces.Discrete(3)}
        )
        self.action_space = spaces.MultiDiscrete([3, 2], start=[1, 0])
        self.rule = max

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self.action_space.seed(seed)
            self.shuffled = random.Random(seed)
            self.legacy = np.random.RandomState(seed)
            self.twister = np.random.Generator(np.random.MT19937(seed))
        thing = Thing(np.zeros(2))
        self.things = [thing, Thing(np.ones(2, np.float32), thing)]
        thing.friend = self.things[1]
        self.recent = collections.deque([0.5], maxlen=3)
        self.visited = {"start", "middle"}
        self.counts = {(0, 1): 2, "a": np.int64(3)}
        self.slotted = Slotted()
        self.slotted.count, self.slotted.phase = 0, Phase.WALK
        self.table = np.array([None, "x", 3], object)
        self.time = 0
        return self.observation(), {}

    def observation(self):
        near = self.things[0].friend.friend.at + [self.slotted.count, sum(self.recent)]
        return {"near": near + len(self.visited) + self.counts[(0, 1)], "kind": self.slotted.phase.value}

    def step(self, action):
        self.time += 1
        chance = self.np_random.random() + self.shuffled.random() + self.legacy.rand() + self.twister.random()
        chance += float(self.action_space.sample()[0])
        self.recent.append(chance)
        self.visited.add(f"{int(chance * 10)}")
        self.counts[(0, 1)] += int(action[0])
        self.things.append(Thing(self.things[-1].at + chance, self.things[0]))
        self.things[0].at += 0.1
        self.slotted.count += 1
        self.slotted.phase = Phase.REST if chance > 1 else Phase.WALK
        self.table[0] = self.rule(chance, 1)
        info = {"chance": chance, "list": np.arange(2), "half": np.float32(0.5), "long": np.longdouble(0.25), "none": float("nan"), (1, 2): Phase.REST}
        return self.observation(), np.float32(chance), self.time == 6, self.time % 4 == 0, info


class Kinds(gymnasium.Env):
    """Gives back what it was given, as an observation of any space."""

    def __init__(self, kind):
        kinds = {
            "image": spaces.Box(0, 255, (96, 96, 3), np.uint8),
            "long": spaces.Box(-(2**40), 2**40, (2,), np.int64),
            "short": spaces.Box(-5, 5, (2,), np.int16),
            "half": spaces.Box(-np.inf, np.inf, (2,), np.float16),
            "number": spaces.Box(0, np.inf, (), np.float64),
            "grid": spaces.MultiDiscrete([[2, 3], [4, 5]]),
            "bits": spaces.MultiBinary([2, 2]),
            "negative": spaces.Discrete(5, start=-2),
            "bool": spaces.Box(0, 1, (3,), np.bool_),
            "far": spaces.Discrete(2**40, start=2**35),
        }
        bytes_alone = {"image": kinds["image"], "bits": kinds["bits"]}
        kinds |= {
            "bytes alone": spaces.Dict(bytes_alone),
            "whole numbers": spaces.Tuple([spaces.Dict(bytes_alone), kinds["grid"], kinds["negative"], kinds["short"]]),
            "all": spaces.Dict({"b": spaces.Tuple([kinds["long"], kinds["bool"]]), "a": kinds["number"], "é": kinds["negative"]}),
        }
        self.observation_space = self.action_space = kinds[kind]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self.action_space.seed(seed)
        return self.action_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action), f"{action!r} of {type(action)}"
        return action, 0.0, False, False, {}


class Speaking(gymnasium.Env):
    """Observes words, in parts of parts."""

    def __init__(self):
        word = spaces.Text(40, charset="abcdefghijklmnopqrstuvwxyz0123456789 ")
        self.observation_space = spaces.Dict({"b": spaces.Tuple([word, spaces.Discrete(5)]), "a": word, "c": spaces.Discrete(9)})
        self.action_space = spaces.Discrete(2)

    def observation(self):
        return {"b": (f"step {self.time}", self.time), "a": f"episode {self.episode}", "c": 7}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.episode, self.time = int(self.np_random.integers(100)), 0
        return self.observation(), {"time": 0.0}

    def step(self, action):
        # An action of 1 lets time pass.
        self.time += int(action)
        return self.observation(), 0.0, self.time == 3, False, {"time": float(self.time)}


class Halved(gymnasium.RewardWrapper):
    """A wrapper of a package of one's own."""

    def __init__(self, env, times):
        super().__init__(env)
        self.factor = 0.5**times

    def reward(self, reward):
        return reward * self.factor


class Telling(gymnasium.Env):
    """Tells one info after another; the episode ends with the last one."""

    observation_space = action_space = spaces.Box(-1, 1, (3,), np.float32)
    infos = (
        {"a": 0.5, "b": np.float64(-2)},
        {"a": float("nan"), "b": np.float32(0.1)},
        {"b": 3.0, "a": np.float64("inf")},
        {"b": 1e300, "a": -0.0},
        {"b": 4.0, "a": True},
        {},
        {"b": 5.0, "a": 6.0, 7: 8.0},
        {"b": 9.0, "a": 10.0, 7: 11.0},
    )

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return np.zeros(3, np.float32), {"b": 1.0, "a": 2.0, 7: 3.0}

    def step(self, action):
        self.time += 1
        return np.full(3, self.time / 10, np.float32), 0.0, self.time == len(self.infos), False, self.infos[self.time - 1]


class Goals(gymnasium.Env):
    """A point that is to go to another one. Rewards are computed of many goals at once, unless `one`, and ends of one alone."""

    def __init__(self, one=False):
        space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
        self.observation_space = spaces.Dict({"observation": space, "achieved_goal": space, "desired_goal": space})
        self.action_space = spaces.Box(-1, 1, (2,), np.float32)
        self.one = one

    def told(self):
        return {"observation": self.at.copy(), "achieved_goal": self.at.copy(), "desired_goal": self.goal.copy()}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.goal = self.np_random.random((2, 2))
        return self.told(), {}

    def step(self, action):
        self.at = self.at + action
        return self.told(), self.compute_reward(self.at, self.goal, {}), self.compute_terminated(self.at, self.goal, {}), False, {}

    def compute_reward(self, achieved_goal, desired_goal, info):
        if self.one:
            return -float(np.linalg.norm(achieved_goal - desired_goal))
        return -np.linalg.norm(achieved_goal - desired_goal, axis=-1)

    def compute_terminated(self, achieved_goal, desired_goal, info):
        return bool(np.linalg.norm(achieved_goal - desired_goal) < 0.5)


for name, cls in (("Goals", Goals), ("Shown", Shown), ("Speaking", Speaking), ("Telling", Telling), ("Misbehaving", Misbehaving), ("Hoard", Hoard), ("Kinds", Kinds)):
    gymnasium.register(f"{name}-v0", entry_point=cls, disable_env_checker=name == "Misbehaving")
