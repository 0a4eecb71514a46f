"""What the twins have in common: shapes, and the protocol by which the other side takes turns with them.

One JSON request a line, one JSON answer a line. The first line that a twin writes is {"version": …}. Then
  {"make": "ppo-step/realnvp", "batch": 64, "parameters": [[…], …], "data": {…}}  →  {}
  {"run": "ppo-step/realnvp", "batch": 64, "repeats": 20}                          →  {"ms": time of one run}
  {"show": "ppo-step/realnvp", "batch": 64}                                        →  the results of the next runs
`parameters` are flat, kernel [inputs, outputs] and bias of one layer after the other.
"""

import json
import sys
import time

OBSERVATION, ACTION, LAYERS, HIDDEN, BINS, BOUND = 4, 2, 4, 64, 8, 5.0
# Bounds of log-scales: of affine couplings, and of a Gaussian's network.
MAX_LOG_SCALE, GAUSSIAN_MAX_LOG_SCALE = 5.0, 10.0
MIN_BIN, MIN_SLOPE = 1e-3, 1e-3
LEARNING_RATE, EPSILON, CLIP = 3e-4, 1e-5, 0.2

SHAPES = {
    "gaussian": [(OBSERVATION, 2 * ACTION)],
    "realnvp": [(ACTION // 2 + OBSERVATION, 2 * (ACTION // 2))] * LAYERS,
    "spline": [(ACTION // 2 + OBSERVATION, (3 * BINS - 1) * (ACTION // 2))] * LAYERS,
    "maf": [(ACTION + OBSERVATION, 2 * ACTION)] * LAYERS,
    "autoregressive-spline": [(ACTION + OBSERVATION, (3 * BINS - 1) * ACTION)] * LAYERS,
}


def networks(policy, flat, array):
    """The layers of each network, as pairs of kernel and bias."""
    values = iter(flat)
    return [
        [
            (array(next(values)).reshape(inputs, outputs), array(next(values)))
            for inputs, outputs in ((first, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, last))
        ]
        for first, last in SHAPES[policy]
    ]


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
            begin = time.perf_counter()
            for _ in range(calls):
                run()
            answer = {"ms": (time.perf_counter() - begin) / (calls * size) * 1e3}
        print(json.dumps(answer), flush=True)
