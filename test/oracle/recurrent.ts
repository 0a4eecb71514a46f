import type { Variables } from './mlp.ts';

export type RecurrentName = 'Gru' | 'Lstm' | 'MinGru';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** x · kernel + bias of a layer at `path`. */
function linear(variables: Variables, path: string, x: readonly number[]): number[] {
  const kernel = variables[`${path}.kernel`]!;
  const width = kernel.length / x.length;
  return Array.from({ length: width }, (_, k) =>
    x.reduce((sum, value, i) => sum + value * kernel[i * width + k]!, variables[`${path}.bias`]?.[k] ?? 0),
  );
}

/** One step of one sequence in float64: gates as the papers write them, not in the order of the computation. */
function step(name: RecurrentName, variables: Variables, x: readonly number[], state: readonly number[]) {
  const seen = linear(variables, 'input', x);
  const units = state.length / (name === 'Lstm' ? 2 : 1);
  const each = (f: (k: number) => number) => Array.from({ length: units }, (_, k) => f(k));
  if (name === 'MinGru') {
    const h = each((k) => (1 - sigmoid(seen[k]!)) * state[k]! + sigmoid(seen[k]!) * seen[units + k]!);
    return { output: h, state: h };
  }
  const past = linear(variables, 'recurrent', state.slice(0, units));
  const gate = (part: number, k: number) => sigmoid(seen[part * units + k]! + past[part * units + k]!);
  if (name === 'Gru') {
    const h = each((k) => {
      const candidate = Math.tanh(seen[2 * units + k]! + gate(0, k) * past[2 * units + k]!);
      return (1 - gate(1, k)) * candidate + gate(1, k) * state[k]!;
    });
    return { output: h, state: h };
  }
  const c = each(
    (k) => gate(1, k) * state[units + k]! + gate(0, k) * Math.tanh(seen[3 * units + k]! + past[3 * units + k]!),
  );
  const h = each((k) => gate(2, k) * Math.tanh(c[k]!));
  return { output: h, state: [...h, ...c] };
}

/**
 * All steps of several sequences in float64.
 * @param inputs `[time][batch][inputDim]`
 * @param states `[batch][stateDim]`
 * @param begins `[time][batch]`, 1 where a step begins an episode
 * @returns outputs of all steps, the states after the last, and those after every step
 */
export function recurrent(
  name: RecurrentName,
  variables: Variables,
  inputs: readonly (readonly (readonly number[])[])[],
  states: readonly (readonly number[])[],
  begins: readonly (readonly number[])[],
): { outputs: number[]; states: number[]; everyState: number[] } {
  let current = states;
  const everyState: number[] = [];
  const outputs = inputs.flatMap((rows, t) => {
    const after = rows.map((x, b) =>
      step(name, variables, x, begins[t]![b] === 1 ? current[b]!.map(() => 0) : current[b]!),
    );
    current = after.map(({ state }) => state);
    everyState.push(...current.flat());
    return after.flatMap(({ output }) => output);
  });
  return { outputs, states: current.flat(), everyState };
}
