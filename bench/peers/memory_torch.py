"""Recurrent networks in eager PyTorch, from our weights: a step of training. See serve.py."""

import torch
from serve import LEARNING_RATE, MEMORY_INPUT, MEMORY_UNITS

# The gates of ours, in PyTorch's order: r, z, n of a GRU; i, f, g, o of an LSTM, which ours has as i, f, o, g.
MEMORIES = {"gru": (torch.nn.GRU, [0, 1, 2]), "lstm": (torch.nn.LSTM, [0, 1, 3, 2])}


def memory(name, parameters, inputs, units, dtype=torch.float32):
    """PyTorch's network of our input kernel, input bias and recurrent kernel. Its second bias is 0 and stays so: ours has one."""
    kind, order = MEMORIES[name]
    network = kind(inputs, units, dtype=dtype)
    network.bias_hh_l0.requires_grad_(False)
    # [inputs, gates · units] → [gates · units, inputs]
    kernel = lambda flat, rows: torch.tensor(flat, dtype=dtype).reshape(rows, -1, units)[:, order].flatten(1).T
    input_kernel, bias, recurrent_kernel = parameters
    with torch.no_grad():
        network.weight_ih_l0.copy_(kernel(input_kernel, inputs))
        network.weight_hh_l0.copy_(kernel(recurrent_kernel, units))
        network.bias_ih_l0.copy_(kernel(bias, 1)[:, 0])
        network.bias_hh_l0.zero_()
    return network


def memory_step(name, parameters, data):
    network = memory(name, parameters, MEMORY_INPUT, MEMORY_UNITS)
    inputs = torch.tensor(data["inputs"]).reshape(data["time"], -1, MEMORY_INPUT)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=LEARNING_RATE)

    def run():
        outputs, _ = network(inputs)
        loss = (outputs**2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return run, 1, lambda: {"losses": [run() for _ in range(8)]}
