"""Snapshots of environments as JSON.

An environment's state is all that can be reached from it: plain data, arrays, random generators, MuJoCo's numbers, the
attributes of its objects. What its constructor made and no step changes (functions, models, the bounds of spaces) is left out.
One state gives one text, whatever the process.

A text may come from anyone. It is restored into environments that were made anew, from which all that acts is taken:
environments, wrappers, spaces, functions. The text says numbers, strings, arrays and containers, and which objects of the
environment's own classes there are. Names in it are looked up in a table that was made of the environments alone, and nothing
is imported. It is read as a whole, and what it says is built aside, before anything changes.
"""

import base64
import binascii
import collections
import contextlib
import copy
import enum
import functools
import hashlib
import logging
import math
import random
import re
import struct
import sys
import types

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec, WrapperSpec

# Of parts within parts.
MAX_DEPTH = 200


class CannotSave(Exception):
    """What cannot be saved, or restored, in words for the user."""


class Snapshots:
    """Saves and restores environments that have just been made, all in one way."""

    def __init__(self, envs):
        self.envs = envs
        self.types = None
        # What keeps them from being saved; None where nothing does.
        self.unsaved = None
        try:
            with looking():
                self.types = Types(envs)
                self.types.learn(envs)
        except CannotSave as error:
            self.unsaved = str(error)

    def save(self):
        """Their states as JSON. Raises CannotSave with the part that has none."""
        self.refuse_unsaved()
        with looking():
            return [Saver(self.types).save(env, "env") for env in self.envs]

    def refuse_unsaved(self):
        if self.unsaved is not None:
            raise CannotSave(self.unsaved)

    def restore(self, states):
        """Puts them in the states that `save` gave, or raises CannotSave and leaves them as they are."""
        self.refuse_unsaved()
        if type(states) is not list or len(states) != len(self.envs):
            raise CannotSave(f"it is not a list of {len(self.envs)} states")
        restorers = []
        try:
            for env, state in zip(self.envs, states):
                restorers.append(Restorer(self.types))
                restorers[-1].restore_env(state, env)
        except CannotSave:
            raise
        except Exception as error:
            # Numbers that a type refuses, say.
            raise CannotSave(f"it is damaged: {type(error).__name__}: {' '.join(str(error).split())}") from None
        for restorer in restorers:
            restorer.apply()


@contextlib.contextmanager
def looking():
    """Objects of somebody else's may answer in any way when they are looked at: then they cannot be saved, and that is all."""
    try:
        yield
    except CannotSave:
        raise
    except Exception as error:
        said = " ".join(str(error).split())
        raise CannotSave(f"looking for it raised {type(error).__name__}{': ' + said if said else ''}") from error


def module_of(x):
    # SWIG's types have none.
    return str(getattr(x, "__module__", "?"))


def class_name(cls):
    return f"{module_of(cls)}.{cls.__qualname__}"


def package_of(name):
    return name.partition(".")[0]


# Of whose classes there are objects only where the environment has them as it is made.
FOREIGN_PACKAGES = {*sys.stdlib_module_names, "gymnasium", "numpy", "mujoco", "__main__", __name__}


class Types:
    """The classes of which a state may have objects, by name.

    They are those that the environments have as they are made, and all that are defined in their own packages: an environment
    makes some of its objects in its first reset.
    """

    def __init__(self, envs):
        self.by_name = {}
        # By their ids, which they keep while they are here.
        self.envs = {}
        self.models = {}
        # By their digests: environments of one kind share them.
        self.first_models = {}
        bases = {base for env in envs for wrapped in wrapped_envs(env) for base in type(wrapped).__mro__}
        self.own_packages = {package_of(module_of(base)) for base in bases} - FOREIGN_PACKAGES
        for name, module in list(sys.modules.items()):
            if package_of(name) in self.own_packages and issubclass(type(module), types.ModuleType):
                # A module that is loaded lazily stays unloaded.
                self.add_defined(object.__getattribute__(module, "__dict__"), name)

    def add_defined(self, namespace, module):
        for x in list(namespace.values()):
            is_defined_here = issubclass(type(x), type) and x.__dict__.get("__module__") == module
            if is_defined_here and class_name(x) not in self.by_name:
                self.by_name[class_name(x)] = x
                self.add_defined(vars(x), module)

    def learn(self, envs):
        for env in envs:
            Saver(self, learns=True).save(env, "env")

    def name_for(self, x, path, learns):
        """The name of an object's class. Raises CannotSave where a fresh environment would not know it."""
        name = class_name(type(x))
        if learns:
            self.by_name.setdefault(name, type(x))
            if isinstance(x, gymnasium.Env):
                self.envs[id(x)] = x
        if self.by_name.get(name) is not type(x) or (isinstance(x, gymnasium.Env) and id(x) not in self.envs):
            raise CannotSave(f"{path} is a {name} that was not there when the environment was made")
        return name

    def first_model(self, model):
        """A MuJoCo model as it was when it was met first."""
        if id(model) not in self.models:
            digest = model_digest(model)
            first = self.first_models.get(digest) or FirstModel(model, digest)
            self.first_models[digest] = first
            # With the model, so that its id is not given to another.
            self.models[id(model)] = (model, first)
        return self.models[id(model)][1]

    def find(self, name, base):
        found = self.by_name.get(name)
        if found is None or not issubclass(found, base):
            raise CannotSave(f"it has a {short(name)}, which this environment has not")
        return found


def wrapped_envs(env):
    while isinstance(env, gymnasium.Wrapper):
        yield env
        env = env.env
    yield env


def short(text):
    text = " ".join(str(text).split())
    return text if len(text) <= 80 else f"{text[:80]}…"


def constant_name(x):
    """A name for what stays as it was made; None for what may change."""
    if isinstance(x, (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return f"{module_of(x)}.{x.__qualname__}"
    if isinstance(x, (types.ModuleType, np.ufunc)):
        return x.__name__
    if isinstance(x, (EnvSpec, WrapperSpec, logging.Logger)) or is_mujoco(x, "MjModel"):
        return class_name(type(x))
    return None


def is_mujoco(x, name):
    return "mujoco" in sys.modules and isinstance(x, getattr(sys.modules["mujoco"], name))


def is_live_only(x):
    """Whether it acts, so that nothing else may take its place."""
    if isinstance(x, (gymnasium.Env, gymnasium.Space)) or is_mujoco(x, "MjData"):
        return True
    # Wrappers keep a spec once they were asked for it.
    return constant_name(x) is not None and not isinstance(x, EnvSpec)


def slots_of(cls):
    """The descriptors of its slots by name."""
    declared = {}
    for base in cls.__mro__:
        if "__slots__" in vars(base):
            members = vars(base).items()
            declared |= {name: member for name, member in members if type(member) is types.MemberDescriptorType}
    return declared


def is_attributes_only(cls):
    """Whether an object of the class is its attributes, with nothing hidden in C."""
    slots = slots_of(cls)
    most = object.__basicsize__ + (2 + len(slots)) * struct.calcsize("P")
    return (cls.__dictoffset__ != 0 or len(slots) > 0) and cls.__basicsize__ <= most and cls.__itemsize__ == 0


def dict_of(x):
    return object.__getattribute__(x, "__dict__") if type(x).__dictoffset__ != 0 else {}


def attributes_of(x):
    attributes = dict(dict_of(x))
    for name, slot in slots_of(type(x)).items():
        try:
            attributes[name] = slot.__get__(x)
        except AttributeError:
            pass
    return attributes


def set_attributes(x, values):
    # Not by setattr, which could call what the class makes of a name.
    held, slots = dict_of(x), slots_of(type(x))
    for name in attributes_of(x).keys() - values.keys():
        if name in slots:
            slots[name].__delete__(x)
        else:
            del held[name]
    for name, value in values.items():
        if name in slots:
            slots[name].__set__(x, value)
        else:
            held[name] = value


def shadows(cls, name):
    """Whether an attribute of this name would stand for what the class does."""
    if name.startswith("__") and name.endswith("__"):
        return True
    for base in cls.__mro__:
        if name in vars(base):
            member = vars(base)[name]
            if type(member) in (types.MemberDescriptorType, functools.cached_property):
                return False
            return callable(member) or hasattr(type(member), "__get__")
    return False


def subspaces(space):
    spaces = getattr(space, "spaces", ())
    return list(spaces.values()) if isinstance(spaces, dict) else list(spaces)


def text_of(data):
    return base64.b64encode(data).decode("ascii")


def data_of(text):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CannotSave("it has bytes that are not base64") from None


ARRAY_TYPE = re.compile(r"[<>|=][biufcSUV]\d{1,6}|[<>=][mM]8(\[\d{0,6}[a-zA-Z]{1,2}\])?")


def type_of(text):
    if not ARRAY_TYPE.fullmatch(text):
        raise CannotSave(f"it has an array of the type {short(text)}")
    return np.dtype(text)


def shape_of(sizes):
    if len(sizes) > 32 or not all(type(size) is int and 0 <= size < 2**31 for size in sizes):
        raise CannotSave(f"it has an array of the shape {short(sizes)}")
    return tuple(sizes)


def array_of(kind, shape, data):
    if math.prod(shape) * kind.itemsize != len(data):
        raise CannotSave(f"it has {len(data)} bytes for an array of {short(list(shape))} × {kind}")
    if kind.kind == "b" and data.count(0) + data.count(1) != len(data):
        raise CannotSave("it has booleans that are neither 0 nor 1")
    if kind.kind == "U" and any(np.frombuffer(data, kind.str[0] + "u4") > sys.maxunicode):
        raise CannotSave("it has text that is no text")
    return np.ndarray(shape, kind, bytearray(data))


BIT_GENERATORS = {name: getattr(np.random, name) for name in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")}
# Of their states: where the next number is in a buffer, which numpy does not check.
BUFFER_ENDS = {"pos": 624, "buffer_pos": 4, "has_uint32": 1}


def check_bits(given, model, name="state"):
    """Whether it is of the form that this generator's states have."""
    if type(model) is dict and type(given) is dict and given.keys() == model.keys():
        for key, value in model.items():
            check_bits(given[key], value, key)
        return
    if type(model) is np.ndarray:
        is_right = type(given) is np.ndarray and (given.dtype, given.shape) == (model.dtype, model.shape)
    elif type(model) is int:
        is_right = type(given) is int and 0 <= given <= BUFFER_ENDS.get(name, 2**128 - 1)
    else:
        is_right = given == model
    if not is_right:
        raise CannotSave(f"it has a random generator without a right {short(name)}")


def check_words(words, end):
    """Whether it is the state of a Mersenne twister."""
    if len(words) != 624 or not all(0 <= word < 2**32 for word in words) or type(end) is not int or not 0 <= end <= 624:
        raise CannotSave("it has a random generator without a right state")


def is_key(x):
    """Whether looking it up calls none but Python's and numpy's own code."""
    if type(x) in (tuple, frozenset):
        return all(map(is_key, x))
    if isinstance(x, tuple):
        return type(x).__hash__ is tuple.__hash__ and type(x).__eq__ is tuple.__eq__ and all(map(is_key, x))
    if x is None or type(x) in (bool, int, float, str, bytes) or isinstance(x, (np.generic, np.dtype, enum.Enum)):
        return True
    return type(x).__hash__ is object.__hash__


class ModelNumbers:
    """What changes in the data of a MuJoCo model: the arrays of numbers by name. The rest the next step computes from them."""

    def __init__(self, data, path="it"):
        mujoco = sys.modules["mujoco"]
        model = data.model
        sleeps = getattr(mujoco.mjtEnableBit, "mjENBL_SLEEP", 0)
        if model.nplugin > 0 or model.opt.enableflags & int(sleeps):
            raise CannotSave(f"{path} is of a MuJoCo model with plugins or sleep")
        if data.qpos.size == 0:
            raise CannotSave(f"{path} is of a MuJoCo model in which nothing moves")
        # One without contacts and constraints, whose arrays come and go.
        empty = mujoco.MjData(model)
        self.arrays = {}
        for name in dir(empty):
            array = None if name.startswith("_") else getattr(empty, name)
            is_lasting = type(array) is np.ndarray and array.size > 0 and is_in_buffer(array, empty, name)
            if is_lasting and (array.dtype.kind == "f" or name == "eq_active"):
                self.arrays[name] = getattr(data, name)

    def save(self):
        return {name: text_of(array.tobytes()) for name, array in self.arrays.items()}

    def read(self, saved):
        """The new values of each array, by name."""
        if saved.keys() != self.arrays.keys() or not all(type(text) is str for text in saved.values()):
            raise CannotSave("it has other numbers than this version of MuJoCo")
        arrays = self.arrays.items()
        return {name: array_of(array.dtype, array.shape, data_of(saved[name])) for name, array in arrays}


def is_in_buffer(array, data, name):
    """Whether it is in the memory that MuJoCo's data has as long as it lives. Others show what a step has left, or anything."""
    first, here = (x.__array_interface__["data"][0] for x in (data.qpos, array))
    return 0 <= here - first < data.nbuffer or name == "energy"


class FirstModel:
    """A MuJoCo model as it was made, and what an environment has changed in it since: its real numbers, as the place of a goal."""

    def __init__(self, model, digest):
        self.digest = digest
        names = (name for name in dir(model) if not name.startswith("_"))
        arrays = {name: getattr(model, name) for name in names}
        self.arrays = {
            name: array.copy()
            for name, array in arrays.items()
            if type(array) is np.ndarray and array.dtype.kind == "f" and array.size > 0
        }

    def changes(self, model, path):
        """The arrays by name that are others now, as text."""
        changed = {name: array for name, array in self.arrays.items() if getattr(model, name).tobytes() != array.tobytes()}
        if changed:
            model = copy.copy(model)
        texts = {name: text_of(getattr(model, name).tobytes()) for name in changed}
        for name, array in changed.items():
            np.copyto(getattr(model, name), array)
        if model_digest(model) != self.digest:
            raise CannotSave(f"{path} is of a MuJoCo model of which more was changed than real numbers after it was made")
        return texts

    def read(self, saved):
        """The values of each array that is changed in this model or that one, by name."""
        if not saved.keys() <= self.arrays.keys() or not all(type(text) is str for text in saved.values()):
            raise CannotSave("it has other numbers than this version of MuJoCo")
        given = {name: array_of(self.arrays[name].dtype, self.arrays[name].shape, data_of(saved[name])) for name in saved}
        return self.arrays | given


def model_digest(model):
    data = np.empty(sys.modules["mujoco"].mj_sizeModel(model), np.uint8)
    sys.modules["mujoco"].mj_saveModel(model, None, data)
    return hashlib.sha256(data).hexdigest()


# What cannot change needs no reference: whether two of them are one object must not show in the text.
IMMUTABLE = (tuple, frozenset, bytes, np.generic, np.dtype, enum.Enum)


class Saver:
    """Something mutable that is met again becomes a reference to where it was met first."""

    def __init__(self, types, learns=False):
        self.types = types
        self.learns = learns
        self.seen = {}
        self.depth = 0

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
        if self.depth == MAX_DEPTH:
            raise CannotSave(f"{short(path)} lies more than {MAX_DEPTH} parts deep")
        self.depth += 1
        kind, parts = self.parts_of(x, path)
        self.depth -= 1
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
            if x.name not in cls._member_map_:
                raise CannotSave(f"{path} is a {class_name(cls)} without a name")
            return "enum", {"class": self.types.name_for(x, path, self.learns), "name": x.name}
        if isinstance(x, tuple) and hasattr(cls, "_fields"):
            return "namedtuple", {
                "class": self.types.name_for(x, path, self.learns),
                "items": self.save_all(x, path),
            }
        if cls is np.ndarray and x.dtype.names is None and ARRAY_TYPE.fullmatch(x.dtype.str):
            return "array", {"type": x.dtype.str, "shape": x.shape, "data": text_of(x.tobytes())}
        if cls is np.ndarray and x.dtype == object:
            return "objects", {"shape": x.shape, "items": self.save_all(x.ravel().tolist(), path)}
        if isinstance(x, np.generic) and x.dtype.names is None and ARRAY_TYPE.fullmatch(x.dtype.str):
            return "number", {"type": x.dtype.str, "shape": (), "data": text_of(x.tobytes())}
        if isinstance(x, np.dtype) and x.names is None and ARRAY_TYPE.fullmatch(x.str):
            return "dtype", {"type": x.str}
        if cls is np.random.Generator and type(x.bit_generator) in BIT_GENERATORS.values():
            bits = x.bit_generator
            return "Generator", {"bits": type(bits).__name__, "state": self.save(bits.state, path)}
        if cls is np.random.RandomState:
            return "RandomState", {"state": self.save(x.get_state(), path)}
        if cls is random.Random:
            return "Random", {"state": self.save(x.getstate(), path)}
        if isinstance(x, gymnasium.Space):
            return "space", {"random": self.save(x._np_random, path), "parts": self.save_all(subspaces(x), path)}
        if is_mujoco(x, "MjData"):
            first = self.types.first_model(x.model)
            return "mujoco", {
                "model": first.digest,
                "changes": first.changes(x.model, path),
                "time": x.time,
                "arrays": ModelNumbers(x, path).save(),
            }
        if is_attributes_only(cls):
            attributes = sorted(attributes_of(x).items())
            saved = {name: self.save(value, f"{path}.{name}") for name, value in attributes}
            return "object", {"class": self.types.name_for(x, path, self.learns), "attributes": saved}
        raise CannotSave(f"{path} is a {class_name(cls)}")


MISSING = object()

# What each kind of part consists of.
FORMS = {
    "constant": {"name": str},
    "seen": {"index": int},
    "list": {"items": list},
    "tuple": {"items": list},
    "set": {"items": list},
    "frozenset": {"items": list},
    "deque": {"most": (int, type(None)), "items": list},
    "dict": {"pairs": list},
    "OrderedDict": {"pairs": list},
    "bytes": {"data": str},
    "bytearray": {"data": str},
    "enum": {"class": str, "name": str},
    "namedtuple": {"class": str, "items": list},
    "array": {"type": str, "shape": list, "data": str},
    "number": {"type": str, "shape": list, "data": str},
    "objects": {"shape": list, "items": list},
    "dtype": {"type": str},
    "Generator": {"bits": str, "state": dict},
    "RandomState": {"state": dict},
    "Random": {"state": dict},
    "space": {"random": (dict, type(None)), "parts": list},
    "mujoco": {"model": str, "changes": dict, "time": (int, float), "arrays": dict},
    "object": {"class": str, "attributes": dict},
}
IMMUTABLE_KINDS = {"tuple", "namedtuple", "frozenset", "bytes", "number", "dtype", "enum"}


class Restorer:
    """`restore(saved, live)` gives what was saved; `live` is what a fresh environment has in its place.

    What is to change in live objects waits for `apply`.
    """

    def __init__(self, types):
        self.types = types
        self.seen = []
        self.taken = set()
        self.changes = []
        self.depth = 0

    def apply(self):
        for change, *arguments in self.changes:
            change(*arguments)

    def restore_env(self, saved, env):
        if self.restore(saved, env) is not env:
            raise CannotSave("it is not a state of an environment")

    def restore(self, saved, live=MISSING):
        if saved is None or type(saved) in (bool, int, float, str):
            return self.fitting(saved, live)
        if type(saved) is not dict:
            raise CannotSave(f"it has {short(saved)} where a part of a state should be")
        kind = saved.get("kind")
        form = FORMS.get(kind) if type(kind) is str else None
        if form is None:
            raise CannotSave(f"it has a part of the kind {short(kind)}, which no state has")
        is_whole = saved.keys() == {"kind", *form}
        if not is_whole or not all(isinstance(saved[name], wanted) for name, wanted in form.items()):
            raise CannotSave(f"it has a part of the kind {kind} that is not one: {short(list(saved))}")
        if self.depth == MAX_DEPTH:
            raise CannotSave(f"it has parts more than {MAX_DEPTH} deep")
        self.depth += 1
        restored = self.restore_kind(kind, saved, live)
        self.depth -= 1
        return restored

    def restore_kind(self, kind, saved, live):
        if kind == "constant":
            return self.constant(saved["name"], live)
        if kind == "seen":
            return self.fitting(self.reference(saved["index"]), live)
        restore = getattr(self, f"restore_{kind}")
        if kind in IMMUTABLE_KINDS:
            return self.fitting(restore(saved, live, None), live)
        index = len(self.seen)
        self.seen.append(MISSING)
        # What holds others is put in `seen` by its method before they are restored, since they may hold it.
        self.seen[index] = self.fitting(restore(saved, live, index), live)
        return self.seen[index]

    def fitting(self, restored, live):
        """What was restored, if it may stand where this environment has `live`."""
        if restored is live or live is MISSING or (restored is None and constant_name(live) is not None):
            return restored
        is_gymnasiums = package_of(module_of(type(live))) == "gymnasium"
        if is_live_only(live) or (is_gymnasiums and not isinstance(live, EnvSpec) and type(restored) is not type(live)):
            has = f"{short(class_name(type(restored)))} where this environment has another"
            raise CannotSave(f"it has a {has} {class_name(type(live))}")
        return restored

    def reference(self, index):
        if not 0 <= index < len(self.seen) or self.seen[index] is MISSING:
            raise CannotSave(f"it has a reference to its part {short(index)}, which there is not")
        return self.seen[index]

    def constant(self, name, live):
        if name == class_name(EnvSpec) and (live is None or live is MISSING):
            return None
        if live is MISSING or constant_name(live) != name:
            raise CannotSave(f"it has {short(name)} where this environment has something else")
        return live

    def items(self, saved, live=()):
        lives = list(live) if type(live) in (list, tuple, collections.deque) else []
        lives += [MISSING] * (len(saved["items"]) - len(lives))
        return [self.restore(item, lives[i]) for i, item in enumerate(saved["items"])]

    def keys(self, saved_keys):
        keys = [self.restore(key) for key in saved_keys]
        if not all(map(is_key, keys)) or len(set(keys)) != len(keys):
            raise CannotSave("it has keys that are the same, or that are none")
        return keys

    def restore_list(self, saved, live, index):
        self.seen[index] = target = []
        target += self.items(saved, live)
        return target

    def restore_deque(self, saved, live, index):
        most = saved["most"]
        if type(most) is bool or (most is not None and not len(saved["items"]) <= most < 2**31):
            raise CannotSave(f"it has {len(saved['items'])} parts in a queue of at most {short(most)}")
        self.seen[index] = target = collections.deque(maxlen=most)
        target += self.items(saved, live)
        return target

    def restore_dict(self, saved, live, index, cls=dict):
        self.seen[index] = target = cls()
        pairs = saved["pairs"]
        if not all(type(pair) is list and len(pair) == 2 for pair in pairs):
            raise CannotSave("it has a dict whose parts are no pairs")
        lives = live if type(live) in (dict, collections.OrderedDict) else {}
        # One after another, since a value may refer to a part of a key.
        for saved_key, value in pairs:
            (key,) = self.keys([saved_key])
            if key in target:
                raise CannotSave("it has a dict with a key twice")
            target[key] = self.restore(value, lives.get(key, MISSING))
        return target

    def restore_OrderedDict(self, saved, live, index):
        return self.restore_dict(saved, live, index, collections.OrderedDict)

    def restore_tuple(self, saved, live, index):
        return tuple(self.items(saved, live))

    def restore_namedtuple(self, saved, live, index):
        cls = self.types.find(saved["class"], tuple)
        if len(getattr(cls, "_fields", ())) != len(saved["items"]):
            raise CannotSave(f"it has a {class_name(cls)} of {len(saved['items'])} parts")
        return tuple.__new__(cls, self.items(saved, live))

    def restore_set(self, saved, live, index):
        self.seen[index] = target = set()
        target.update(self.keys(saved["items"]))
        return target

    def restore_frozenset(self, saved, live, index):
        return frozenset(self.keys(saved["items"]))

    def restore_bytes(self, saved, live, index):
        return data_of(saved["data"])

    def restore_bytearray(self, saved, live, index):
        return bytearray(data_of(saved["data"]))

    def restore_enum(self, saved, live, index):
        members = self.types.find(saved["class"], enum.Enum)._member_map_
        if saved["name"] not in members:
            raise CannotSave(f"it has a {short(saved['class'])} of the name {short(saved['name'])}")
        return members[saved["name"]]

    def restore_array(self, saved, live, index):
        return array_of(type_of(saved["type"]), shape_of(saved["shape"]), data_of(saved["data"]))

    def restore_objects(self, saved, live, index):
        shape = shape_of(saved["shape"])
        if math.prod(shape) != len(saved["items"]):
            raise CannotSave(f"it has {len(saved['items'])} parts for an array of {short(list(shape))}")
        self.seen[index] = target = np.empty(shape, object)
        for i, item in enumerate(self.items(saved)):
            target.flat[i] = item
        return target

    def restore_number(self, saved, live, index):
        if saved["shape"] != []:
            raise CannotSave(f"it has a number of the shape {short(saved['shape'])}")
        return self.restore_array(saved, live, index)[()]

    def restore_dtype(self, saved, live, index):
        return type_of(saved["type"])

    def restore_Generator(self, saved, live, index):
        if saved["bits"] not in BIT_GENERATORS:
            raise CannotSave(f"it has an unknown random generator, {short(saved['bits'])}")
        bits = BIT_GENERATORS[saved["bits"]](0)
        state = self.restore(saved["state"])
        check_bits(state, bits.state)
        bits.state = state
        return np.random.Generator(bits)

    def restore_RandomState(self, saved, live, index):
        state = self.restore(saved["state"])
        if type(state) is not tuple or len(state) != 5 or state[0] != "MT19937" or type(state[1]) is not np.ndarray:
            raise CannotSave("it has a random generator without a right state")
        check_words(state[1].ravel().tolist(), state[2])
        generator = np.random.RandomState(0)
        generator.set_state(state)
        return generator

    def restore_Random(self, saved, live, index):
        state = self.restore(saved["state"])
        if type(state) is not tuple or len(state) != 3 or type(state[1]) is not tuple or len(state[1]) != 625:
            raise CannotSave("it has a random generator without a right state")
        check_words(state[1][:-1], state[1][-1])
        generator = random.Random(0)
        generator.setstate(state)
        return generator

    def restore_space(self, saved, live, index):
        if not isinstance(live, gymnasium.Space) or id(live) in self.taken:
            raise CannotSave("it has a space where this environment has something else")
        self.seen[index] = live
        self.taken.add(id(live))
        generator = self.restore(saved["random"])
        if generator is not None and type(generator) is not np.random.Generator:
            raise CannotSave("it has a space without a right random generator")
        parts = subspaces(live)
        if len(saved["parts"]) != len(parts):
            raise CannotSave("it has a space of other parts than this environment's")
        for part, space in zip(saved["parts"], parts):
            self.restore(part, space)
        self.changes.append((dict_of(live).__setitem__, "_np_random", generator))
        return live

    def restore_mujoco(self, saved, live, index):
        if not is_mujoco(live, "MjData"):
            raise CannotSave("it has MuJoCo's data where this environment has something else")
        first = self.types.first_model(live.model)
        if saved["model"] != first.digest:
            raise CannotSave("it is of another MuJoCo model")
        for name, values in first.read(saved["changes"]).items():
            self.changes.append((np.copyto, getattr(live.model, name), values))
        numbers = ModelNumbers(live)
        # In place: what refers to these arrays goes on doing so.
        for name, values in numbers.read(saved["arrays"]).items():
            self.changes.append((np.copyto, numbers.arrays[name], values))
        self.changes.append((setattr, live, "time", float(saved["time"])))
        return live

    def restore_object(self, saved, live, index):
        cls = self.types.find(saved["class"], object)
        if type(live) is cls and id(live) not in self.taken:
            target = live
        elif is_attributes_only(cls) and not issubclass(cls, gymnasium.Env) and not hasattr(cls, "__del__"):
            # One with __del__ would act when it goes, on what the text says.
            target = object.__new__(cls)
        else:
            raise CannotSave(f"it has a {class_name(cls)} where this environment has none")
        self.taken.add(id(target))
        self.seen[index] = target
        lives = attributes_of(target)
        for name, value in lives.items():
            if name not in saved["attributes"] and is_live_only(value):
                raise CannotSave(f"it has a {class_name(cls)} without the attribute {name}")
        values = {}
        for name, value in saved["attributes"].items():
            if name not in lives and shadows(cls, name):
                raise CannotSave(f"it has the attribute {short(name)} in a {class_name(cls)}")
            values[name] = self.restore(value, lives.get(name, MISSING))
        self.changes.append((set_attributes, target, values))
        return target
