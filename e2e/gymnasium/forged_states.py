"""Reads forged states of environments: `python forged_states.py FOLDER`, that of `oxbow_snapshot.py`. Prints what it found.

A forged state must be refused in one line, with the environment as it was and no module imported. One that was changed at
random may also be a state like another. Even then what acts is what acted before.
"""

import copy
import functools
import json
import random
import sys

sys.path.insert(0, sys.argv[1])
import environments
import gymnasium
import numpy as np
import oxbow_snapshot as snapshot

IDS = ["CartPole-v1", "FrozenLake-v1", "Hopper-v5", "environments:Hoard-v0"]
rng = random.Random(0)
counts = {"forged": 0, "changed": 0, "changed and taken": 0}
problems = []


def made(id):
    env = gymnasium.make(id)
    return env, snapshot.Snapshots([env])


def text_of(snapshots):
    return json.dumps(snapshots.save())


def actors(env):
    """The wrappers and what acts in them, as the very objects."""
    found = {}
    for depth, wrapped in enumerate(snapshot.wrapped_envs(env)):
        found[depth] = wrapped
        for name, value in vars(wrapped).items():
            if value is not None and snapshot.is_live_only(value):
                # A method is made anew when it is asked for, not when it is kept.
                found[depth, name] = value
    return found


def nodes_of(x, path=()):
    if isinstance(x, (dict, list)):
        if isinstance(x, dict) and "kind" in x:
            yield path
        for key, value in x.items() if isinstance(x, dict) else enumerate(x):
            yield from nodes_of(value, (*path, key))


def at(x, path):
    return functools.reduce(lambda part, key: part[key], path, x)


def put(state, path, value):
    """A copy with another part at a place."""
    changed = copy.deepcopy(state)
    if not path:
        return value
    at(changed, path[:-1])[path[-1]] = value
    return changed


def check(env, snapshots, before, state, what, may_be_right=False):
    modules, acting = set(sys.modules), actors(env)
    counts["changed" if may_be_right else "forged"] += 1
    message = None
    try:
        snapshots.restore([state])
    except snapshot.CannotSave as error:
        message = str(error)
    except BaseException as error:
        problems.append(f"{what}: raised {error!r}"[:300])
    if set(sys.modules) != modules:
        problems.append(f"{what}: imported {set(sys.modules) - modules}")
    if message is not None:
        if "\n" in message or len(message) > 400:
            problems.append(f"{what}: said {message[:500]!r}")
        if text_of(snapshots) != before:
            problems.append(f"{what}: refused, and changed the environment")
    elif may_be_right:
        counts["changed and taken"] += 1
        now = actors(env)
        # A function may be gone, as one that is called once.
        gone = {place for place, value in acting.items() if snapshot.constant_name(value) is not None} - now.keys()
        if any(now[place] is not acting[place] for place in acting.keys() - gone):
            problems.append(f"{what}: put something else where it acts")
    else:
        problems.append(f"{what}: taken")


def an_object(name, **attributes):
    return {"kind": "object", "class": name, "attributes": attributes}


def names():
    """Of all that is loaded, and of some that could be."""
    yield from ("os.system", "subprocess.Popen", "builtins.eval", "builtins.exec", "_sitebuiltins._Helper", "evil.Evil")
    yield from ("builtins.object", "builtins.type", "builtins.dict", "types.SimpleNamespace", "", ".", "builtins", "a" * 10**6)
    for module_name, module in list(sys.modules.items()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if isinstance(value, type) or (callable(value) and rng.random() < 0.05):
                yield f"{module_name}.{name}"


def deep(count, shell):
    part = {"kind": "list", "items": []}
    for _ in range(count):
        part = shell(part)
    return part


def array(**changed):
    return {"kind": "array", "type": "<f8", "shape": [1], "data": "AAAAAAAAAAA=", **changed}


def wrong_parts():
    for name in ("reduce", "__reduce__", "__class__", "restore", "env", "constant_name", "py/object", "pickle", "", None, 3, [], {}):
        yield {"kind": name, "items": [], "args": ["os.system", "true"]}
    yield {"kind": "list", "items": [], "__reduce__": ["os.system", ["true"]]}
    yield {"__reduce__": ["os.system", ["true"]]}
    yield {}
    yield []
    yield [[], {}]
    for index in (-1, 10**6, 10**30, 1.5, "0", None, [0]):
        yield {"kind": "seen", "index": index}
    for name in ("os.system", "builtins.eval", "builtins.print", "gymnasium.make", "os", "", None):
        yield {"kind": "constant", "name": name}
    yield deep(250, lambda part: {"kind": "list", "items": [part]})
    yield deep(250, lambda part: {"kind": "tuple", "items": [part]})
    yield deep(250, lambda part: {"kind": "dict", "pairs": [["a", part]]})
    for shape in ([-1], [2**31], [2**62, 2**62], [1] * 33, [1.0], [True, 2], ["1"], [[1]], [2], [0], None, 1):
        yield array(shape=shape)
    yield array(shape=[0, 2**31 - 1, 2**31 - 1, 2**31 - 1], data="")
    for kind in ("O", "|O", "|O8", "object", "f8,O", "<f8,<i4", "V8", "<U999999999", "<M8[evil]", "<f3", "evil", "", "float64", 8, None):
        yield array(type=kind)
    for data in ("AAAAAAAAAAA", "AAAAAAAAAAB=AA", "ä", "AAAA", "", None, ["AAAAAAAAAAA="]):
        yield array(data=data)
    yield array(type="|b1", data="Ag==")
    yield array(type="<U1", data="/////w==")
    yield {**array(), "kind": "number"}
    yield {"kind": "objects", "shape": [2**31 - 1, 2**31 - 1], "items": []}
    yield {"kind": "objects", "shape": [2], "items": [1]}
    yield {"kind": "dtype", "type": "O"}
    yield {"kind": "dtype", "type": "f8,O"}
    for most in (-1, 2**63, 0, 1.5, True, "1"):
        yield {"kind": "deque", "most": most, "items": [1]}
    for pairs in ([[1]], [[1, 2, 3]], [1], {}, [[{"kind": "list", "items": []}, 1]], [["a", 1], ["a", 2]]):
        yield {"kind": "dict", "pairs": pairs}
    yield {"kind": "set", "items": [{"kind": "dict", "pairs": []}]}
    yield {"kind": "set", "items": [1, 1]}
    yield {"kind": "bytes", "data": "!"}
    for bits in ("PCG64", "MT19937", "Philox", "SFC64", "default_rng", "__class__", "RandomState", "evil"):
        yield {"kind": "Generator", "bits": bits, "state": {"kind": "dict", "pairs": []}}
        yield {"kind": "Generator", "bits": bits, "state": {"kind": "seen", "index": 0}}
    for bits, name, wrong in (("MT19937", "pos", 10**6), ("MT19937", "pos", -5), ("Philox", "buffer_pos", 10**6)):
        state = getattr(np.random, bits)(0).state
        (state["state"] if name in state["state"] else state)[name] = wrong
        yield {"kind": "Generator", "bits": bits, "state": save(state)}
    state = np.random.PCG64(0).state
    for changed in ({"has_uint32": 5}, {"uinteger": -1}, {"bit_generator": "MT19937"}, {"state": {"state": 2**200, "inc": 1}}):
        yield {"kind": "Generator", "bits": "PCG64", "state": save({**state, **changed})}
    words = np.random.RandomState(0).get_state()
    for changed in ((*words[:2], 10**6, 0, 0.0), (*words[:2], -1, 0, 0.0), ("PCG64", *words[1:]), words[:4], (1, 2)):
        yield {"kind": "RandomState", "state": save(changed)}
    version, internal, gauss = random.Random(0).getstate()
    for changed in ((version, (*internal[:-1], 10**6), gauss), (version, internal[:-1], gauss), (9, internal, gauss), (1,)):
        yield {"kind": "Random", "state": save(changed)}
    yield {"kind": "space", "random": None, "parts": []}
    yield {"kind": "mujoco", "model": "0" * 64, "changes": {}, "time": 0, "arrays": {}}
    yield {"kind": "enum", "class": "environments.Phase", "name": "__class__"}
    yield {"kind": "enum", "class": "signal.Signals", "name": "SIGKILL"}
    yield {"kind": "namedtuple", "class": "posix.stat_result", "items": []}
    yield an_object("gymnasium.core.Env")
    yield an_object("gymnasium.wrappers.transform_observation.TransformObservation", func=an_object("_sitebuiltins._Helper"))
    yield an_object("environments.Dying", word="left")
    yield an_object("environments.Hoard")
    # A part that is within itself before there is one.
    yield {"kind": "object", "class": "environments.Thing", "attributes": {"__class__": 1}}
    yield {"kind": "object", "class": "environments.Thing", "attributes": {"shout": 1}}


def save(x):
    return json.loads(json.dumps(snapshot.Saver(None).save(x, "it")))


def forge(id):
    env, _ = first = made(id)
    env.action_space.seed(0)
    env.reset(seed=0)
    for _ in range(3):
        env.step(env.action_space.sample())
    (state,) = json.loads(text_of(first[1]))
    env, snapshots = made(id)
    before = text_of(snapshots)
    paths = list(nodes_of(state))
    innermost = next(path for path in reversed(paths) if at(state, path)["kind"] == "object" and path[-2:] != ("spec",))
    wrapped = ("attributes", "env")
    scalar = (*wrapped, "attributes", "a_new_one")
    for part in wrong_parts():
        for path in ((), wrapped, scalar):
            check(env, snapshots, before, put(state, path, part), f"{id}: {str(part)[:80]} at {path}")
    for name in names():
        # All of them in one environment.
        if name not in snapshots.types.by_name and (id == IDS[0] or rng.random() < 0.03):
            for path in (scalar, wrapped):
                check(env, snapshots, before, put(state, path, an_object(name)), f"{id}: an object of {name} at {path}")
            tuple_of = {"kind": "namedtuple", "class": name, "items": []}
            check(env, snapshots, before, put(state, scalar, tuple_of), f"{id}: a tuple of {name}")
    # Names that would stand for what the classes do.
    for name in ("step", "reset", "close", "render", "unwrapped", "np_random", "__class__", "__dict__", "__del__", "__reduce__"):
        for value in (3, None, {"kind": "seen", "index": 0}):
            for holder in (*wrapped, "attributes"), (*innermost, "attributes"):
                if holder[-2] == "env" or name.startswith("__"):
                    check(env, snapshots, before, put(state, (*holder, name), value), f"{id}: {name} at {holder}")
    for path in paths:
        node = at(state, path)
        check(env, snapshots, before, put(state, path, {**node, "__reduce__": 1}), f"{id}: a key more at {path}")
        missing = dict(list(node.items())[:-1])
        check(env, snapshots, before, put(state, path, missing), f"{id}: a key less at {path}")
        if node["kind"] in ("space", "mujoco"):
            for other in ({"kind": "list", "items": []}, 3, {"kind": "seen", "index": 0}):
                check(env, snapshots, before, put(state, path, other), f"{id}: something else at {path}")
        if node["kind"] == "mujoco":
            arrays = node["arrays"]
            for wrong in ({}, {**arrays, "evil": ""}, {**arrays, "qpos": ""}, {**arrays, "qpos": 3}, {**arrays, "model": arrays["qpos"]}):
                check(env, snapshots, before, put(state, (*path, "arrays"), wrong), f"{id}: other arrays at {path}")
            for wrong in ({"evil": ""}, {"body_mass": ""}, {"body_mass": 3}, {"jnt_type": ""}, {"opt": ""}, {"__class__": ""}):
                check(env, snapshots, before, put(state, (*path, "changes"), wrong), f"{id}: other changes at {path}")
    for states in (None, 3, "text", {}, [], [state, state]):
        try:
            snapshots.restore(states)
            problems.append(f"{id}: {str(states)[:40]} was taken for a list of states")
        except snapshot.CannotSave:
            counts["forged"] += 1
    # Anything in the place of anything.
    for i in range(200):
        path, other = rng.choice(paths), at(state, rng.choice(paths))
        if path:
            changed = put(state, path, rng.choice([other, other, None, 3, -1.5, "text", float("nan"), {**other, "index": 1}]))
            check(env, snapshots, before, changed, f"{id}: change {i} at {path}", may_be_right=True)
            env, snapshots = made(id)
            before = text_of(snapshots)
    snapshots.restore([state])
    if json.loads(text_of(snapshots)) != [state]:
        problems.append(f"{id}: the state itself did not come back")


for id in IDS:
    forge(id)
if environments.Dying.died:
    problems.append("something was made that acts when it goes")
print(json.dumps({**counts, "problems": problems[:20]}))
