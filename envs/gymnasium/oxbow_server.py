"""Serves environments of Gymnasium to oxbow: `python oxbow_server.py REQUESTS ANSWERS`, the file descriptors of two pipes.

A frame is two little-endian uint32, its payload's length and its kind, then the payload. Each request, of a kind below, is
followed by one answer, OK, NUMBERS or FAILED. A payload is JSON, but for these.

- STEP: the actions [n, actionSize], then [n] uint8, 1 where an environment is to be reset in place of a step.
- The answer to STEP and RESET: rewards [n] float64; observations [n, observationSize]; [n] uint8, 1 terminated + 2 truncated,
  and zeros up to a multiple of 8; where `sameStep` and an episode ended, its last observation, row after row; then, where
  there is something to tell, JSON: the `infos`, n and after them the last ones of those rows; their `keys`, where all have the
  same ones and numbers alone; and the `texts` of the n observations, where they were asked for and have changed. While all have
  those keys and no text changes, the answers are NUMBERS: in place of JSON the infos' values as float64.
- REWARDS: the goals that steps led to [n, goalSize] float32, then those that were desired, likewise. The answer: their rewards
  [n] float64, then [n] uint8, 1 terminated, where the environment computes that, too.

Actions and observations are rows of numbers, as `oxbow_spaces.py` lays them out, of the type that the answer to MAKE names.

There are two processes. The environments run in a child of the one that was started, in a process group of its own. The parent is
their guard: it runs none of their code, so that nothing of theirs can hold it up. It ends the child's group when there are no more
requests, however the one who sent them ended; and it ends as the child has ended.
"""

import contextlib
import functools
import importlib
import json
import math
import mmap
import os
import resource
import select
import signal
import struct
import sys
import threading
import time
import traceback

MAKE, RESET, STEP, CLOSE, REWARDS = range(5)
OK, FAILED, NUMBERS = range(3)
HEADER = struct.Struct("<II")
TERMINATED, TRUNCATED = 1, 2
MAKING = "gymnasium.make()"
# Of Linux.
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# Of a payload; the longest text that JavaScript has is a little longer.
MOST_BYTES = 2**29 - 1024
# Of infos as JSON, and of a line that says what went wrong, in characters; a traceback has as much at each end.
MOST_INFOS, MOST_SAID, MOST_TRACED = 2**26, 1000, 10000
# Seconds for an environment to close itself when there are no more requests, and for the process of one that was closed to end.
PATIENCE, PATIENCE_CLOSED = 0.3, 1


class Refusal(Exception):
    """What the user is told as it is."""


class Raised(Exception):
    """The environment's own code raised `error` in `call`."""

    def __init__(self, call, error, advice=""):
        super().__init__()
        self.call = call
        self.error = error
        self.advice = advice


def pip_install(package):
    return f'install it with "{sys.executable} -m pip install --upgrade {package}"'


def load_packages():
    global gymnasium, np, spaces, wrappers
    own_folder = sys.path.pop(0)
    # An environment's own modules are found where the user stands, as with `python -m`.
    sys.path.insert(0, os.getcwd())
    try:
        import gymnasium
        import numpy as np
    except ImportError as error:
        if (error.name or "").split(".")[0] not in ("gymnasium", "numpy"):
            raise
        raise Refusal(f"{sys.executable} has no {error.name}; {pip_install('gymnasium')}") from None
    if int(gymnasium.__version__.split(".")[0]) < 1:
        raise Refusal(f"Gymnasium {gymnasium.__version__} is too old, 1.0 is needed; {pip_install('gymnasium')}")
    sys.path.insert(0, own_folder)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    spaces, wrappers = map(importlib.import_module, ("oxbow_spaces", "oxbow_wrappers"))
    sys.dont_write_bytecode = writes
    sys.path.remove(own_folder)


def one_line(text):
    try:
        return cut(" ".join(str(text).split()), MOST_SAID)
    except Exception as error:
        return f"(its text raised {type(error).__name__})"


def cut(text, most):
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def place_of(error):
    """The innermost line outside of Gymnasium, numpy and this file, if there is one."""
    libraries = tuple(os.path.dirname(module.__file__) + os.sep for module in (gymnasium, np))
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename != __file__ and not frame.filename.startswith(libraries):
            return f" ({frame.filename}:{frame.lineno}, in {frame.name})"
    return ""


def describe_error(error):
    call, cause = (error.call, error.error) if isinstance(error, Raised) else (None, error)
    said = one_line(cause)
    if isinstance(cause, Refusal) or is_advice(call, cause):
        message = said + getattr(error, "advice", "")
    elif call is None:
        message = f"{type(cause).__name__}: {said}"
    else:
        message = f"{call} raised {type(cause).__name__}{': ' + said if said else ''}{place_of(cause)}"
    lines = "".join(traceback.format_exception(type(cause), cause, cause.__traceback__))
    if len(lines) > 2 * MOST_TRACED:
        lines = f"{lines[:MOST_TRACED]}\n…\n{lines[-MOST_TRACED:]}"
    return {"message": message, "traceback": lines}


def is_advice(call, error):
    """Whether Gymnasium's own text says what to do: install something, or what the id might have meant."""
    if call is None:
        return False
    errors = gymnasium.error
    if isinstance(error, (errors.DependencyNotInstalled, errors.ResetNeeded)):
        return True
    return call == MAKING and isinstance(error, (errors.Error, ImportError))


def plain(x):
    """Arrays as lists, numpy's numbers as numbers, what is not finite as null, the rest as text: what JSON has a form for."""
    if isinstance(x, dict):
        return {str(key): plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple, set, frozenset)):
        return [plain(value) for value in x]
    if isinstance(x, (float, np.floating)):
        # Not by tolist, which gives a longdouble as it is.
        return float(x) if math.isfinite(x) else None
    if isinstance(x, (np.ndarray, np.generic)):
        told = x.tolist()
        if x.dtype.kind in "biu" or (x.dtype.kind == "f" and x.itemsize <= 8 and np.isfinite(x).all()):
            return told
        return plain(told) if type(told) is not type(x) else str(x)
    return x if x is None or isinstance(x, (bool, int, str)) else str(x)


encode_finite = json.JSONEncoder(default=plain, allow_nan=False).encode


def encode(value):
    try:
        # To make hundreds of megabytes, and refuse them then, takes a minute.
        left_after(value, MOST_INFOS)
        try:
            encoded = encode_finite(value).encode()
        except (TypeError, ValueError):
            encoded = json.dumps(plain(value)).encode()
    except RecursionError:
        raise Refusal("its infos hold themselves, or are nested too deep, expected what JSON has a form for") from None
    if len(encoded) > MOST_INFOS:
        raise too_large()
    return encoded


def left_after(x, left):
    """Of so many bytes those that are left after what x has at least: its characters, its numbers, and two for each part."""
    parts = ()
    if isinstance(x, (str, bytes)):
        left -= len(x)
    elif isinstance(x, dict):
        parts = x.values()
    elif isinstance(x, (list, tuple, set, frozenset)):
        parts = x
    elif isinstance(x, np.ndarray) and x.dtype.hasobject:
        parts = x.tolist()
    elif isinstance(x, np.ndarray):
        left -= max(x.nbytes, 2 * x.size)
    # Before one looks at them: there may be millions.
    left -= 2 * len(parts)
    if left < 0:
        raise too_large()
    for part in parts:
        if not isinstance(part, (float, int)):
            left = left_after(part, left)
    return left


def too_large():
    return Refusal(f"its infos have more than {MOST_INFOS} bytes, expected at most as many in a step")


class Environments:
    """n environments of one kind, and what they gave last."""

    def __init__(self, id, first, count, options, wrappers, sameStep, texts):
        self.same_step = sameStep
        # What the first one is called in errors: others may run in other processes.
        self.first = first
        self.envs = [self.make(id, options, wrappers) for _ in range(count)]
        one = self.envs[0]
        self.spaces = {
            "actionSpace": self.describe_space(one.action_space, "action space"),
            "observationSpace": self.describe_space(one.observation_space, "observation space"),
        }
        self.actions, self.rows = spaces.Rows(one.action_space), spaces.Rows(one.observation_space)
        if self.actions.texts:
            raise Refusal(f"its action space is {one_line(one.action_space)}, expected {spaces.KNOWN}")

        # What each environment gave last; of observations the bytes that are sent.
        self.observations = [bytes(self.rows.size * self.rows.type.itemsize)] * count
        self.rewards = [0.0] * count
        self.pack_rewards = struct.Struct(f"{count}d").pack
        self.no_flags = bytes((count + 7) // 8 * 8)
        self.infos = [{}] * count
        self.number_types = {float, np.float64, np.float32}
        self.announced_keys = None
        self.texts = [None] * count if texts and self.rows.texts else None
        self.announced_texts = None
        # Whether what computes something of goals takes many at once, by its name.
        self.takes_many = {}

    def make(self, id, options, wrapping):
        try:
            env = gymnasium.make(id, **options)
        except Exception as error:
            raise Raised(MAKING, error, self.advice(id, error)) from error
        package = id.partition(":")[0].partition(".")[0] if ":" in id else None
        for name, arguments in wrapping:
            try:
                wrapper = wrappers.find(name, package)
            except wrappers.Unknown as error:
                raise Refusal(str(error)) from None
            try:
                env = wrapper(env, **wrappers.tuples(arguments))
            except Exception as error:
                raise Raised(f"the wrapper {name}", error) from error
        return env

    def advice(self, id, error):
        """What may help where Gymnasium knows no such id, and none that is like it."""
        errors = gymnasium.error
        is_unknown = isinstance(error, (errors.NameNotFound, errors.NamespaceNotFound)) and ":" not in id
        if not is_unknown or "Did you mean" in str(error):
            return ""
        return f" If a package of its own has it, put the module to import in front: gymnasium:MODULE:{id}"

    def describe_space(self, space, what):
        try:
            return spaces.describe(space)
        except spaces.Unknown as error:
            said = f"its {what} is {one_line(space)}, expected {spaces.KNOWN}"
            part = "" if str(error) == one_line(space) else f", and no {error}"
            raise Refusal(f"{said}{part}; a wrapper in Python can give it one") from None

    def describe(self):
        # Of all, since wrappers keep it in their state.
        spec = [env.spec for env in self.envs][0]
        return {
            **self.spaces,
            # Gymnasium says -1 for no limit.
            "maxEpisodeSteps": None if spec is None or (spec.max_episode_steps or 0) < 1 else spec.max_episode_steps,
            "rewardThreshold": None if spec is None else spec.reward_threshold,
        }

    def reset(self, seeds, options, mask):
        for i in range(len(self.envs)):
            if mask is None or mask[i]:
                self.reset_row(i, seed=None if seeds is None else seeds[i], options=options)
        return self.results(self.no_flags, [])

    def reset_row(self, i, **arguments):
        try:
            observation, info = self.envs[i].reset(**arguments)
        except Exception as error:
            raise Raised(f"reset() of environment {self.first + i}", error) from error
        self.put(i, observation, 0, info, "reset")

    def put(self, i, observation, reward, info, call):
        try:
            self.observations[i] = self.rows.bytes_of(observation)
            if self.texts is not None:
                self.texts[i] = self.rows.texts_of(observation)
        except spaces.Misfit as error:
            raise Refusal(f"{call}() of environment {self.first + i} gave {error}") from None
        try:
            # Of a complex number numpy would take the real part.
            if type(reward) is not float and np.iscomplexobj(reward):
                raise TypeError
            self.rewards[i] = float(reward)
        except (TypeError, ValueError, OverflowError):
            said = f"gave the reward {one_line(reward)}, expected a number"
            raise Refusal(f"{call}() of environment {self.first + i} {said}") from None
        if not isinstance(info, dict):
            raise Refusal(f"{call}() of environment {self.first + i} gave the info {one_line(info)}, expected a dict")
        self.infos[i] = info

    def step(self, payload):
        # Copies, since an environment may keep its action.
        flat = np.frombuffer(payload, self.actions.type, len(self.envs) * self.actions.size)
        actions = self.actions.values_of(flat.reshape(len(self.envs), self.actions.size))
        flags, lasts = bytearray(self.no_flags), []
        for i, (env, action, skip) in enumerate(zip(self.envs, actions, payload[flat.nbytes :])):
            if skip:
                self.reset_row(i)
                continue
            try:
                observation, reward, terminated, truncated, info = env.step(action)
            except Exception as error:
                raise Raised(f"step() of environment {self.first + i}", error) from error
            for name, flag in (("terminated", terminated), ("truncated", truncated)):
                if type(flag) is not bool and flag not in (0, 1):
                    said = f"gave {one_line(flag)} as {name}, expected a boolean"
                    raise Refusal(f"step() of environment {self.first + i} {said}")
            self.put(i, observation, reward, info, "step")
            if terminated or truncated:
                if self.same_step:
                    lasts.append((self.observations[i], info))
                    self.reset_row(i)
                    self.rewards[i] = float(reward)
                flags[i] = TERMINATED * bool(terminated) + TRUNCATED * bool(truncated)
        return self.results(flags, lasts)

    def compute_rewards(self, payload):
        goals = spaces.Rows(self.envs[0].observation_space["achieved_goal"])
        rows = np.frombuffer(payload, np.float32).reshape(2, -1, goals.size)
        achieved, desired = map(goals.values_of, rows)
        parts = [self.of_goals("compute_reward", achieved, desired).astype(np.float64).tobytes()]
        if self.envs[0].has_wrapper_attr("compute_terminated"):
            parts.append(self.of_goals("compute_terminated", achieved, desired).astype(np.uint8).tobytes())
        return OK, parts

    def of_goals(self, name, achieved, desired):
        """One number for each pair of goals. An environment need not take many at once; whether it does, the first call shows."""
        count = len(achieved)
        try:
            compute = self.envs[0].get_wrapper_attr(name)
            if self.takes_many.get(name):
                return np.asarray(compute(achieved, desired, [{}] * count))
            values = np.array([compute(*goals, {}) for goals in zip(achieved, desired)])
        except Exception as error:
            raise Raised(f"{name}() of environment {self.first}", error) from error
        if count > 1 and name not in self.takes_many:
            with contextlib.suppress(Exception):
                self.takes_many[name] = np.array_equal(values, compute(achieved, desired, [{}] * count))
            self.takes_many.setdefault(name, False)
        return values

    def results(self, flags, lasts):
        """The kind and the parts of the answer."""
        parts = [self.pack_rewards(*self.rewards), *self.observations, flags]
        infos = self.infos
        if lasts:
            parts += [observation for observation, _ in lasts]
            infos = infos + [info for _, info in lasts]
        told = {}
        if self.texts != self.announced_texts:
            told["texts"] = self.announced_texts = list(self.texts)
        if not any(infos):
            return OK, [*parts, encode(told)] if told else parts
        keys = list(infos[0])
        numbers = self.numbers_of(infos, keys)
        if numbers is not None and keys != self.announced_keys:
            self.announced_keys = keys
            told["keys"] = list(map(str, keys))
        if numbers is None or told:
            return OK, [*parts, encode({"infos": infos, **told})]
        return NUMBERS, [*parts, struct.pack(f"{len(numbers)}d", *numbers)]

    def numbers_of(self, infos, keys):
        """Their values one after another; None if some have other keys or something else than numbers."""
        values = []
        for info in infos:
            if list(info) != keys:
                return None
            values += info.values()
        return values if self.number_types.issuperset(map(type, values)) else None

    def close(self):
        for i, env in enumerate(self.envs):
            try:
                env.close()
            except Exception as error:
                raise Raised(f"close() of environment {self.first + i}", error) from error


# Whether the environments were closed; the guard sees it, too.
closed = mmap.mmap(-1, 1)


def answer(kind, payload, served):
    """The kind and the parts of the answer to a request; `served` holds the environments from MAKE on."""
    if kind == STEP:
        return served[0].step(payload)
    if kind == REWARDS:
        return served[0].compute_rewards(payload)
    asked = json.loads(payload) if payload else None
    if kind == RESET:
        return served[0].reset(**asked)
    if kind == MAKE:
        load_packages()
        served.append(Environments(**asked))
        return OK, [json.dumps(served[0].describe(), allow_nan=False).encode()]
    if kind == CLOSE:
        served.pop().close()
        closed[0] = 1
    return OK, []


def read_frame(requests):
    """The kind and the payload of the next request; None at their end."""
    data = os.read(requests, 65536)
    while data:
        if len(data) >= HEADER.size:
            length, kind = HEADER.unpack_from(data)
            if length > MOST_BYTES:
                sys.exit(f"oxbow_server.py: a request of {length} bytes, expected at most {MOST_BYTES}")
            missing = HEADER.size + length - len(data)
            if missing <= 0:
                return kind, data[HEADER.size :]
            return kind, data[HEADER.size :] + read_bytes(requests, missing)
        data += os.read(requests, 65536) or os._exit(1)
    return None


def read_bytes(requests, count):
    # Memory as it comes, not as a header says.
    data = bytearray()
    while len(data) < count:
        data += os.read(requests, min(count - len(data), 2**20)) or os._exit(1)
    return bytes(data)


def write_frame(answers, kind, parts):
    payload = b"".join(parts)
    if len(payload) > MOST_BYTES:
        said = {"message": f"its answer has {len(payload)} bytes, expected at most {MOST_BYTES}", "traceback": ""}
        return write_frame(answers, FAILED, [json.dumps(said).encode()])
    data = HEADER.pack(len(payload), kind) + payload
    sent = os.write(answers, data)
    while sent < len(data):
        sent += os.write(answers, memoryview(data)[sent:])


def go_on_guarded(requests, answers):
    """Returns in a child. This process stays its guard, and ends when and as it ends."""
    linux(PR_SET_CHILD_SUBREAPER, 1)
    guard, child = os.getpid(), os.fork()
    if child == 0:
        os.setpgid(0, 0)
        die_with(guard)
        for pipe in (requests, answers):
            # Gone or not: a copy would keep the one who asks waiting.
            os.register_at_fork(after_in_child=functools.partial(os.closerange, pipe, pipe + 1))
        return
    with contextlib.suppress(OSError):
        # By whoever is first.
        os.setpgid(child, child)
    # Held, though neither read nor written, so that no other pipe takes its place in the file system.
    pipe = os.open(f"/proc/self/fd/{answers}", os.O_PATH) if sys.platform == "linux" else None
    os.close(answers)
    threading.Thread(target=end_with, args=(requests, child), daemon=True).start()
    ended, status = os.wait()
    while ended != child:
        # An orphan that came here.
        ended, status = os.wait()
    # What is left of it keeps the group's id from another.
    kill_group(child)
    if pipe is not None:
        kill_writers(os.fstat(pipe))
    end_as(status)


def linux(option, value):
    """Sets an option of this process, where there is Linux, and Python has been built with ctypes."""
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def die_with(parent):
    """Has this process killed when its parent ends: by Linux, even within a call that never comes back."""
    linux(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def end_with(requests, child):
    """Ends a child that goes on when there is no one left to ask."""
    hung_up = select.poll()
    hung_up.register(requests, 0)
    hung_up.poll()
    time.sleep(PATIENCE_CLOSED if closed[0] else PATIENCE)
    kill_group(child)


def kill_group(group):
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGKILL)


def kill_writers(pipe):
    """Ends what a library has forked behind Python's back, and put into another group: with a copy of the pipe, the one who
    asked would wait for it. Linux alone shows who they are, and makes orphans this process's children."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        # Some end meanwhile.
        with contextlib.suppress(OSError):
            if descends(int(process), os.getpid()):
                if any(is_writer(process, fd, pipe) for fd in os.listdir(f"/proc/{process}/fd")):
                    os.kill(int(process), signal.SIGKILL)


def descends(process, ancestor):
    while process > 1:
        with open(f"/proc/{process}/stat") as stat:
            # After the name, which may hold anything, come the state and the parent.
            process = int(stat.read().rpartition(")")[2].split()[1])
        if process == ancestor:
            return True
    return False


def is_writer(process, fd, pipe):
    try:
        if not os.path.samestat(os.stat(f"/proc/{process}/fd/{fd}"), pipe):
            return False
        with open(f"/proc/{process}/fdinfo/{fd}") as info:
            flags = dict(line.split(":", 1) for line in info if ":" in line)["flags"]
    except OSError:
        return False
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY


def end_as(status):
    """Ends this process with what `waitpid` has said of another."""
    if os.WIFSIGNALED(status):
        # One core is enough.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if os.WTERMSIG(status) != signal.SIGKILL:
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


def main():
    requests, answers = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(requests, False)
    os.set_inheritable(answers, False)
    # Ctrl-C goes to the whole group; the one who asks decides when it is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A terminal stops those that write in the background if it is told to.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    go_on_guarded(requests, answers)
    served = []
    while True:
        request = read_frame(requests)
        if request is None:
            break
        try:
            kind, parts = answer(*request, served)
        except Exception as error:
            kind, parts = FAILED, [json.dumps(describe_error(error)).encode()]
        write_frame(answers, kind, parts)
    for environments in served:
        environments.close()


if __name__ == "__main__":
    main()
