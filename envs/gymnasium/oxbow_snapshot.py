"""Snapshots of environments as JSON.

An environment's state is all that can be reached from it: plain data, arrays, random generators, MuJoCo's data, the
attributes of its objects. What its constructor made and no step changes (functions, models, the bounds of spaces) is left out.
Restoring fills in an environment that was made anew, and makes objects of classes that are loaded already; unlike
pickle it calls nothing that the snapshot names. One state gives one text, whatever the process.
"""

import base64
import collections
import enum
import hashlib
import logging
import random
import struct
import sys
import types
import zlib

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec, WrapperSpec


class CannotSave(Exception):
    """What cannot be saved, or restored, in words for the user."""


def save(env, name="env"):
    """The state of `env` as JSON. Raises CannotSave with the part that has none."""
    return Saver().save(env, name)


def restore(env, saved):
    """`env` in the state that `save` gave; it must have been made in the same way. Raises CannotSave where it was not."""
    return Restorer().restore(saved, env)


def class_name(cls):
    return f"{cls.__module__}.{cls.__qualname__}"


def loaded_class(name, base=object):
    """A class by name, of a module that is loaded already."""
    for module in list(sys.modules):
        if name.startswith(module + "."):
            found = sys.modules[module]
            for part in name[len(module) + 1 :].split("."):
                found = getattr(found, part, None)
            if isinstance(found, type) and issubclass(found, base) and class_name(found) == name:
                return found
    raise CannotSave(f"it has a {name}, which is not known here")


def constant_name(x):
    """A name for what stays as it was made; None for what may change."""
    if isinstance(x, (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return f"{x.__module__}.{x.__qualname__}"
    if isinstance(x, (types.ModuleType, np.ufunc)):
        return x.__name__
    if isinstance(x, (EnvSpec, WrapperSpec, logging.Logger)) or is_mujoco(x, "MjModel"):
        return class_name(type(x))
    return None


def is_mujoco(x, name):
    return "mujoco" in sys.modules and isinstance(x, getattr(sys.modules["mujoco"], name))


def slots_of(cls):
    declared = (vars(base).get("__slots__", ()) for base in cls.__mro__)
    names = (name for slots in declared for name in ((slots,) if isinstance(slots, str) else slots))
    return [name for name in names if name not in ("__dict__", "__weakref__")]


def is_attributes_only(cls):
    """Whether an object of the class is its attributes, with nothing hidden in C."""
    slots = slots_of(cls)
    most = object.__basicsize__ + (2 + len(slots)) * struct.calcsize("P")
    return (cls.__dictoffset__ != 0 or len(slots) > 0) and cls.__basicsize__ <= most and cls.__itemsize__ == 0


def attributes_of(x):
    slots = {name: getattr(x, name) for name in slots_of(type(x)) if hasattr(x, name)}
    return {**slots, **getattr(x, "__dict__", {})}


def subspaces(space):
    spaces = getattr(space, "spaces", ())
    return list(spaces.values()) if isinstance(spaces, dict) else list(spaces)


def text_of(data):
    return base64.b64encode(data).decode("ascii")


def array_of(saved):
    kind = np.dtype(saved["type"])
    if kind.hasobject:
        raise CannotSave(f"it has an array of the type {kind}")
    return np.frombuffer(base64.b64decode(saved["data"]), kind).reshape(saved["shape"]).copy()


def model_digest(model):
    data = np.empty(sys.modules["mujoco"].mj_sizeModel(model), np.uint8)
    sys.modules["mujoco"].mj_saveModel(model, None, data)
    return hashlib.sha256(data).digest()


# Of MuJoCo's models, as they were when a snapshot was made first.
first_digests = {}

# What cannot change needs no reference: whether two of them are one object must not show in the text.
IMMUTABLE = (tuple, frozenset, bytes, np.generic, np.dtype, enum.Enum)
IMMUTABLE_KINDS = {"tuple", "namedtuple", "frozenset", "bytes", "number", "dtype", "enum"}


class Saver:
    """Something mutable that is met again becomes a reference to where it was met first."""

    def __init__(self):
        self.seen = {}

    def save(self, x, path):
        if x is None or type(x) in (bool, int, float, str):
            return x
        if constant_name(x) is not None:
            return {"kind": "constant", "name": constant_name(x)}
        if id(x) in self.seen:
            return {"kind": "seen", "index": self.seen[id(x)][0]}
        if not isinstance(x, IMMUTABLE):
            # With x, so that its id is not given to another.
            self.seen[id(x)] = (len(self.seen), x)
        kind, parts = self.parts_of(x, path)
        return {"kind": kind, **parts}

    def save_all(self, items, path):
        return [self.save(item, f"{path}[{i}]") for i, item in enumerate(items)]

    def parts_of(self, x, path):
        cls = type(x)
        if cls in (list, tuple):
            return cls.__name__, {"items": self.save_all(x, path)}
        if cls is collections.deque:
            return "deque", {"most": x.maxlen, "items": self.save_all(x, path)}
        if cls in (set, frozenset):
            return cls.__name__, {"items": self.save_all(sorted(x, key=repr), path)}
        if cls in (dict, collections.OrderedDict):
            pairs = [[self.save(key, path), self.save(value, f"{path}[{key!r}]")] for key, value in x.items()]
            return cls.__name__, {"pairs": pairs}
        if cls in (bytes, bytearray):
            return cls.__name__, {"data": text_of(x)}
        if isinstance(x, enum.Enum):
            return "enum", {"class": class_name(cls), "name": x.name}
        if isinstance(x, tuple) and hasattr(cls, "_fields"):
            return "namedtuple", {"class": class_name(cls), "items": self.save_all(x, path)}
        if cls is np.ndarray and x.dtype.names is None and not x.dtype.hasobject:
            return "array", {"type": x.dtype.str, "shape": x.shape, "data": text_of(x.tobytes())}
        if cls is np.ndarray and x.dtype == object:
            return "objects", {"shape": x.shape, "items": self.save_all(x.ravel().tolist(), path)}
        if isinstance(x, np.generic) and not x.dtype.hasobject:
            return "number", {"type": x.dtype.str, "shape": (), "data": text_of(x.tobytes())}
        if isinstance(x, np.dtype):
            return "dtype", {"type": x.str}
        if isinstance(x, np.random.Generator):
            bits = x.bit_generator
            return "Generator", {"bits": type(bits).__name__, "state": self.save(bits.state, path)}
        if isinstance(x, np.random.RandomState):
            return "RandomState", {"state": self.save(x.get_state(), path)}
        if isinstance(x, random.Random):
            return "Random", {"state": self.save(x.getstate(), path)}
        if isinstance(x, gymnasium.Space):
            return "space", {"random": self.save(x._np_random, path), "parts": self.save_all(subspaces(x), path)}
        if is_mujoco(x, "MjData"):
            digest = model_digest(x.model)
            if first_digests.setdefault(id(x.model), digest) != digest:
                raise CannotSave(f"{path} is of a MuJoCo model that was changed after it was made")
            # By the wall clock, for profiles only.
            for timer in x.timer:
                timer.duration = 0
            return "mujoco", {"data": text_of(zlib.compress(x.__getstate__()))}
        if is_attributes_only(cls):
            attributes = sorted(attributes_of(x).items())
            saved = {name: self.save(value, f"{path}.{name}") for name, value in attributes}
            return "object", {"class": class_name(cls), "attributes": saved}
        raise CannotSave(f"{path} is a {class_name(cls)}")


MISSING = object()


class Restorer:
    """`restore(saved, live)` gives what was saved; `live` is what a fresh environment has in its place."""

    def __init__(self):
        self.seen = []
        self.taken = {}

    def restore(self, saved, live=MISSING):
        if not isinstance(saved, dict):
            return saved
        if saved["kind"] == "constant":
            return self.constant(saved["name"], live)
        if saved["kind"] == "seen":
            return self.seen[saved["index"]]
        restore = getattr(self, f"restore_{saved['kind']}")
        if saved["kind"] in IMMUTABLE_KINDS:
            return restore(saved, live, None)
        index = len(self.seen)
        self.seen.append(None)
        # What holds others is put in `seen` by its method before they are restored, since they may hold it.
        self.seen[index] = restore(saved, live, index)
        return self.seen[index]

    def constant(self, name, live):
        # Wrappers keep a spec once they were asked for it.
        if name == class_name(EnvSpec) and live in (None, MISSING):
            return None
        if live is MISSING or constant_name(live) != name:
            raise CannotSave(f"it has {name} where this environment has something else")
        return live

    def items(self, saved, live=()):
        lives = list(live) if isinstance(live, (list, tuple, collections.deque)) else []
        lives += [MISSING] * (len(saved["items"]) - len(lives))
        return [self.restore(item, lives[i]) for i, item in enumerate(saved["items"])]

    def restore_list(self, saved, live, index):
        self.seen[index] = target = []
        target += self.items(saved, live)
        return target

    def restore_deque(self, saved, live, index):
        self.seen[index] = target = collections.deque(maxlen=saved["most"])
        target += self.items(saved, live)
        return target

    def restore_dict(self, saved, live, index, cls=dict):
        self.seen[index] = target = cls()
        for saved_key, value in saved["pairs"]:
            key = self.restore(saved_key)
            target[key] = self.restore(value, live.get(key, MISSING) if isinstance(live, dict) else MISSING)
        return target

    def restore_OrderedDict(self, saved, live, index):
        return self.restore_dict(saved, live, index, collections.OrderedDict)

    def restore_tuple(self, saved, live, index):
        return tuple(self.items(saved, live))

    def restore_namedtuple(self, saved, live, index):
        return tuple.__new__(loaded_class(saved["class"], tuple), self.items(saved, live))

    def restore_set(self, saved, live, index):
        self.seen[index] = target = set()
        target.update(self.items(saved))
        return target

    def restore_frozenset(self, saved, live, index):
        return frozenset(self.items(saved))

    def restore_bytes(self, saved, live, index):
        return base64.b64decode(saved["data"])

    def restore_bytearray(self, saved, live, index):
        return bytearray(base64.b64decode(saved["data"]))

    def restore_enum(self, saved, live, index):
        return loaded_class(saved["class"], enum.Enum)[saved["name"]]

    def restore_array(self, saved, live, index):
        return array_of(saved)

    def restore_objects(self, saved, live, index):
        self.seen[index] = target = np.empty(saved["shape"], object)
        for i, item in enumerate(self.items(saved)):
            target.flat[i] = item
        return target

    def restore_number(self, saved, live, index):
        return array_of(saved)[()]

    def restore_dtype(self, saved, live, index):
        return np.dtype(saved["type"])

    def restore_Generator(self, saved, live, index):
        if saved["bits"] not in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
            raise CannotSave(f"it has an unknown random generator, {saved['bits']}")
        bits = getattr(np.random, saved["bits"])(0)
        bits.state = self.restore(saved["state"])
        return np.random.Generator(bits)

    def restore_RandomState(self, saved, live, index):
        generator = np.random.RandomState(0)
        generator.set_state(self.restore(saved["state"]))
        return generator

    def restore_Random(self, saved, live, index):
        generator = random.Random(0)
        generator.setstate(self.restore(saved["state"]))
        return generator

    def restore_space(self, saved, live, index):
        if not isinstance(live, gymnasium.Space):
            raise CannotSave("it has a space where this environment has something else")
        live._np_random = self.restore(saved["random"])
        for part, space in zip(saved["parts"], subspaces(live)):
            self.restore(part, space)
        return live

    def restore_mujoco(self, saved, live, index):
        if not is_mujoco(live, "MjData"):
            raise CannotSave("it has MuJoCo's data where this environment has something else")
        data = type(live).__new__(type(live))
        data.__setstate__(zlib.decompress(base64.b64decode(saved["data"])))
        if model_digest(data.model) != model_digest(live.model):
            raise CannotSave("it is of another MuJoCo model")
        # In place: what refers to its arrays goes on doing so.
        sys.modules["mujoco"].mj_copyData(live, live.model, data)
        return live

    def restore_object(self, saved, live, index):
        cls = loaded_class(saved["class"])
        if type(live) is cls and id(live) not in self.taken:
            target = live
        elif is_attributes_only(cls) and not hasattr(cls, "__del__"):
            # One with __del__ would act when it goes, on what the snapshot says.
            target = object.__new__(cls)
        else:
            raise CannotSave(f"it has a {saved['class']}, which cannot be made")
        self.taken[id(target)] = self.seen[index] = target
        lives = attributes_of(target)
        for name in lives.keys() - saved["attributes"].keys():
            object.__delattr__(target, name)
        for name, value in saved["attributes"].items():
            object.__setattr__(target, name, self.restore(value, lives.get(name, MISSING)))
        return target
