"""PyTorch's GRU and LSTM in float64 over 200 steps with begins of episodes, for a test.

    python bench/peers/memory_golden.py > test/golden/recurrent.json

Weights, inputs and begins are not in the file: both sides draw them from one stream of numbers, rounded to float32. The objective is
Σ cos(k) output_k, k from 0, by which gradients are. Outputs are those of every 25th step.
"""

import json
import math

import numpy as np
import torch
from memory_torch import memory

TIME, BATCH, INPUTS, UNITS = 200, 3, 4, 8
GATES = {"gru": 3, "lstm": 4}


class Stream:
    """Numbers in [−1, 1) of Park and Miller's generator, in float32."""

    def __init__(self):
        self.state = 1

    def draw(self, count):
        values = []
        for _ in range(count):
            self.state = self.state * 16807 % 2147483647
            values.append(float(np.float32(self.state / 2**30 - 1)))
        return values


def shown(values):
    return [float(f"{value:.9g}") for value in values.detach().flatten().tolist()]


def ours(gradient, name):
    """A gradient by a weight of PyTorch, [gates · units, inputs] in its order, as [inputs, gates · units] in ours."""
    order = [0, 1, 2] if name == "gru" else [0, 1, 3, 2]
    return gradient.reshape(GATES[name], UNITS, -1)[order].permute(2, 0, 1)


def results(name):
    stream, gates = Stream(), GATES[name] * UNITS
    parameters = [stream.draw(size) for size in (INPUTS * gates, gates, UNITS * gates)]
    tensor = lambda size, *shape: torch.tensor(stream.draw(size), dtype=torch.float64).reshape(shape).requires_grad_()
    inputs = tensor(TIME * BATCH * INPUTS, TIME, BATCH, INPUTS)
    # Of an LSTM h and c.
    parts = 2 if name == "lstm" else 1
    state = tensor(BATCH * parts * UNITS, BATCH, parts * UNITS)
    begins = torch.tensor([draw < -0.97 for draw in stream.draw(TIME * BATCH)]).reshape(TIME, BATCH, 1)
    network = memory(name, parameters, INPUTS, UNITS, torch.float64)
    current, outputs = state, []
    for t in range(TIME):
        current = torch.where(begins[t], 0.0, current)
        pieces = [piece.contiguous() for piece in current[None].split(UNITS, -1)]
        output, after = network(inputs[t : t + 1], tuple(pieces) if parts == 2 else pieces[0])
        current = torch.cat(after if parts == 2 else (after,), -1)[0]
        outputs.append(output[0])
    outputs = torch.stack(outputs)
    weights = torch.tensor([math.cos(k) for k in range(outputs.numel())], dtype=torch.float64).reshape(outputs.shape)
    (outputs * weights).sum().backward()
    return {
        "begins": int(begins.sum()),
        "outputs": shown(outputs[24::25]),
        "state": shown(current),
        "gradients": {
            "input.kernel": shown(ours(network.weight_ih_l0.grad, name)),
            "input.bias": shown(ours(network.bias_ih_l0.grad, name)),
            "recurrent.kernel": shown(ours(network.weight_hh_l0.grad, name)),
            "inputs": shown(inputs.grad[24::25]),
            "state": shown(state.grad),
        },
    }


print(json.dumps({"source": f"PyTorch {torch.__version__}", **{name: results(name) for name in GATES}}))
