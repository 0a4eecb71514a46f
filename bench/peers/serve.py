"""What the twins have in common: shapes, and the protocol by which the other side takes turns with them.

One JSON request a line, one JSON answer a line. The first line that a twin writes is {"version": …}. Then
  {"make": "ppo-step/realnvp", "batch": 64, "parameters": [[…], …], "data": {…}}  →  {}
  {"run": "ppo-step/realnvp", "batch": 64, "repeats": 20}                          →  {"ms": time of one run, "processorMs": …}
  {"show": "ppo-step/realnvp", "batch": 64}                                        →  the results of the next runs
`parameters` are flat, kernel [inputs, outputs] and bias of one layer after the other.
"""

import json
import sys
import time

import numpy as np

OBSERVATION, ACTION, LAYERS, HIDDEN, BINS, BOUND = 4, 2, 4, 64, 8, 5.0
# Bounds of log-scales: of affine couplings, and of a Gaussian's network.
MAX_LOG_SCALE, GAUSSIAN_MAX_LOG_SCALE = 5.0, 10.0
MIN_BIN, MIN_SLOPE = 1e-3, 1e-3
LEARNING_RATE, EPSILON, CLIP = 3e-4, 1e-5, 0.2
# Of recurrent networks.
MEMORY_INPUT, MEMORY_UNITS = 8, 64

SHAPES = {
    "gaussian": [(OBSERVATION, 2 * ACTION)],
    "realnvp": [(ACTION // 2 + OBSERVATION, 2 * (ACTION // 2))] * LAYERS,
    "spline": [(ACTION // 2 + OBSERVATION, (3 * BINS - 1) * (ACTION // 2))] * LAYERS,
    "maf": [(ACTION + OBSERVATION, 2 * ACTION)] * LAYERS,
    "autoregressive-spline": [(ACTION + OBSERVATION, (3 * BINS - 1) * ACTION)] * LAYERS,
}


def layers(values, widths, array):
    """The layers of the next network, as pairs of kernel and bias; `values` is an iterator over `parameters`."""
    return [
        (array(next(values)).reshape(inputs, outputs), array(next(values)))
        for inputs, outputs in zip(widths, widths[1:])
    ]


def networks(policy, flat, array):
    """The layers of each network of a policy."""
    values = iter(flat)
    return [layers(values, (first, HIDDEN, HIDDEN, last), array) for first, last in SHAPES[policy]]


def widths_of(row, first, last):
    """"64-64" → (first, 64, 64, last)"""
    return (first, *map(int, row.split("-")), last)


# Of rows of agents that learn from data: columns of a minibatch, and how many numbers a row of those has that are no single numbers.
COLUMNS = ("observations", "actions", "rewards", "nextObservations", "terminations", "discounts")
ROW_SIZES = {"observations": 11, "nextObservations": 11, "actions": 3, "next": 3, "noise": 3, "carried": 3, "times": 1}


def minibatch(batch):
    """A minibatch that was sent, and what its update draws: arrays [rows, size], or [rows] of single numbers."""

    def shaped(name, numbers):
        rows = np.asarray(numbers, np.float32)
        return rows.reshape(-1, ROW_SIZES[name]) if name in ROW_SIZES else rows

    columns = {name: shaped(name, batch[name]) for name in COLUMNS}
    return columns, {name: shaped(name, numbers) for name, numbers in batch["draws"].items()}


def agent_networks(agent, row, observation, action, network):
    """The networks of an agent that learns from data; `network` gives the next one by its widths."""
    of = lambda first, last: network(widths_of(row, first, last))
    critics = lambda: [of(observation + action, 1) for _ in range(2)]
    if agent == "fql":
        policy, behavior = of(observation + action, action), of(action + 1 + observation, action)
        return dict(policy=policy, behavior=behavior, critics=critics())
    if agent == "iql":
        return dict(policy=of(observation, 2 * action), critics=critics(), values=of(observation, 1))
    return dict(policy=of(observation, action), critics=critics())


def serve(version, kinds):
    """`kinds` has for each kind of row a function (policy, parameters, data) → (run, runs a call, show)."""
    print(json.dumps({"version": version}), flush=True)
    subjects = {}
    for line in sys.stdin:
        request = json.loads(line)
        batch = request["batch"]
        if "make" in request:
            kind, policy = request["make"].split("/")
            subjects[request["make"], batch] = kinds[kind](policy, request["parameters"], request["data"])
            answer = {}
        elif "show" in request:
            _, _, show = subjects[request["show"], batch]
            answer = show()
        else:
            run, size, _ = subjects[request["run"], batch]
            calls = max(1, round(request["repeats"] / size))
            begin, processor = time.perf_counter(), time.process_time()
            for _ in range(calls):
                run()
            took = {"ms": time.perf_counter() - begin, "processorMs": time.process_time() - processor}
            answer = {name: seconds / (calls * size) * 1e3 for name, seconds in took.items()}
        print(json.dumps(answer), flush=True)


def serve_agents(version, make):
    """Whole agents. `make` gives for a row a function that trains a block and says its environment steps, and an answer:
    {"make": "sac/Pendulum-v1/256-256"} → the answer, and {"run": …} → {"steps": …, "seconds": …, "processorSeconds": …}.
    """
    print(json.dumps({"version": version}), flush=True)
    subjects = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "make" in request:
            subjects[request["make"]], answer = make(request["make"])
        else:
            begin, processor = time.perf_counter(), time.process_time()
            steps = subjects[request["run"]]()
            seconds, processor = time.perf_counter() - begin, time.process_time() - processor
            answer = {"steps": steps, "seconds": seconds, "processorSeconds": processor}
        print(json.dumps(answer), flush=True)
