import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Gru, Lstm, MinGru } from '../../src/nn/index.ts';
import type { RecurrentNetwork } from '../../src/nn/recurrent.ts';
import { Rng } from '../../src/random.ts';
import { gradient } from '../oracle/calculus.ts';
import type { Variables } from '../oracle/mlp.ts';
import { type RecurrentName, recurrent } from '../oracle/recurrent.ts';
import { perturb } from '../support/perturb.ts';

const NETWORKS = { Gru, Lstm, MinGru };
const [INPUT, UNITS, BATCH] = [3, 4, 2];

/** Numbers in rows of this length. */
const rows = <T>(values: readonly T[], length: number): T[][] =>
  Array.from({ length: values.length / length }, (_, i) => values.slice(i * length, (i + 1) * length));

/** A network, sequences for it, and what it makes of flat numbers of any of them in float64. */
function subject(name: RecurrentName, time: number, seed = 0) {
  const rng = new Rng(seed);
  const network = perturb(new NETWORKS[name]({ inputDim: INPUT, units: UNITS, rng }), rng);
  const variables: Record<string, number[]> = Object.fromEntries(
    Object.entries(network.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
  );
  const draw = (size: number) => Array.from(rng.fillNormal(new Float32Array(size)));
  const begins = Array.from({ length: time * BATCH }, () => Number(rng.uniform() < 0.3));
  const wholes: Record<string, number[]> = {
    ...variables,
    inputs: draw(time * BATCH * INPUT),
    state: draw(BATCH * network.stateDim),
  };
  const wanted = ({ inputs, state, ...rest }: Record<string, number[]>) =>
    recurrent(
      name,
      rest as Variables,
      rows(rows(inputs!, INPUT), BATCH),
      rows(state!, network.stateDim),
      rows(begins, BATCH),
    );
  const tensors = {
    inputs: tf.tensor2d(wholes.inputs!, [time * BATCH, INPUT]),
    state: tf.tensor2d(wholes.state!, [BATCH, network.stateDim]),
    begins: tf.tensor1d(begins),
  };
  return { network, wholes, wanted, tensors };
}

/** A number that depends on every output and on the last state. */
const objective = (outputs: ArrayLike<number>, states: ArrayLike<number>): number =>
  Array.from(outputs).reduce((sum, value, k) => sum + Math.sin(k + 1) * value, 0) +
  Array.from(states).reduce((sum, value, k) => sum + Math.cos(k + 1) * value, 0);

function objectiveOf(network: RecurrentNetwork, sequences: ReturnType<typeof subject>['tensors']): tf.Scalar {
  const { outputs, state } = network.unroll(sequences);
  const weighted = (x: tf.Tensor, f: (x: number) => number) =>
    tf.sum(tf.mul(tf.reshape(x, [-1]), tf.tensor1d(Array.from({ length: x.size }, (_, k) => f(k + 1)))));
  return tf.add(weighted(outputs, Math.sin), weighted(state, Math.cos)) as tf.Scalar;
}

describe.each(Object.keys(NETWORKS) as RecurrentName[])('%s', (name) => {
  test.each([1, 2, 3, 7, 8])('over %i steps values and gradients are those of the float64 network', (time) => {
    const { network, wholes, wanted, tensors } = subject(name, time);
    const { outputs, state } = network.unroll(tensors);
    const reference = wanted(wholes);
    outputs.dataSync().forEach((value, k) => expect(value).toBeCloseTo(reference.outputs[k]!, 5));
    state.dataSync().forEach((value, k) => expect(value).toBeCloseTo(reference.states[k]!, 5));
    expect(outputs.size).toBe(reference.outputs.length);
    expect(state.size).toBe(reference.states.length);

    const slopes = (path: string) =>
      gradient((values) => {
        const { outputs, states } = wanted({ ...wholes, [path]: values });
        return objective(outputs, states);
      }, wholes[path]!);
    const { grads } = tf.variableGrads(() => objectiveOf(network, tensors), network.trainableVariables());
    const [inputs, begun] = tf.grads((inputs: tf.Tensor, state: tf.Tensor) =>
      objectiveOf(network, { ...tensors, inputs, state } as typeof tensors),
    )([tensors.inputs, tensors.state]);
    const all: [string, tf.Tensor][] = [
      ...[...network.namedVariables()].map(([path, variable]): [string, tf.Tensor] => [path, grads[variable.name]!]),
      ['inputs', inputs!],
      ['state', begun!],
    ];
    for (const [path, slope] of all) {
      const expected = slopes(path);
      slope.dataSync().forEach((value, k) => expect(value, `${path} ${k}`).toBeCloseTo(expected[k]!, 4));
    }
    expect(all.map(([path]) => path)).toContain(name === 'MinGru' ? 'input.bias' : 'recurrent.kernel');
  });

  test('in pieces, each from the state of the last, it gives what it gives at once', () => {
    const { network, tensors } = subject(name, 6);
    const whole = network.unroll(tensors);
    const piece = (x: tf.Tensor, first: number, count: number) =>
      tf.slice(x, [first * BATCH, ...(x.rank > 1 ? [0] : [])], [count * BATCH, ...(x.rank > 1 ? [-1] : [])]);
    let { state } = tensors as { state: tf.Tensor };
    const outputs = [1, 3, 2].map((count, i) => {
      const first = [0, 1, 4][i]!;
      const after = network.unroll({
        inputs: piece(tensors.inputs, first, count),
        begins: piece(tensors.begins, first, count),
        state,
      });
      state = after.state;
      return after.outputs;
    });
    expect(tf.max(tf.abs(tf.sub(tf.concat(outputs, 0), whole.outputs))).arraySync()).toBeLessThan(1e-6);
    expect(tf.max(tf.abs(tf.sub(state, whole.state))).arraySync()).toBeLessThan(1e-6);
  });

  test('what was before the begin of an episode has no influence', () => {
    const { network, tensors } = subject(name, 5);
    const begins = tf.tensor1d([0, 0, 0, 0, 1, 1, 0, 0, 0, 0]);
    const last = (inputs: tf.Tensor, state: tf.Tensor) =>
      tf.sum(tf.slice(network.unroll({ inputs, state, begins }).outputs, [2 * BATCH, 0], [-1, -1]));
    const [inputs, state] = tf.grads(last)([tensors.inputs, tensors.state]);
    expect(Array.from(state!.dataSync()).every((slope) => slope === 0)).toBe(true);
    const slopes = Array.from(inputs!.dataSync());
    expect(slopes.slice(0, 2 * BATCH * INPUT).every((slope) => slope === 0)).toBe(true);
    expect(slopes.slice(2 * BATCH * INPUT).every((slope) => slope !== 0)).toBe(true);
  });

  test('compiled it gives what it gives eagerly, gradients too', () => {
    const { network, tensors } = subject(name, 9);
    const parameters = network.trainableVariables();
    const both = () => tf.variableGrads(() => objectiveOf(network, tensors), parameters);
    const compiled = compile(
      (sequences: typeof tensors) => {
        const { value, grads } = tf.variableGrads(() => objectiveOf(network, sequences), parameters);
        return { value, ...Object.fromEntries(parameters.map(({ name }, i) => [`gradient${i}`, grads[name]!])) };
      },
      { name, state: [network] },
    );
    const got: Record<string, tf.Tensor> = compiled(tensors);
    const { value, grads } = both();
    expect(got.value!.arraySync()).toBeCloseTo(value.arraySync() as number, 5);
    parameters.forEach(({ name }, i) => {
      expect(tf.max(tf.abs(tf.sub(got[`gradient${i}`]!, grads[name]!))).arraySync()).toBeLessThan(1e-5);
    });
    compiled.dispose();
  });

  test.each([
    [
      'inputs of another width',
      { inputs: tf.zeros([4, 2]) },
      'inputs: got float32 of shape [4,2], expected float32 [time · 2, 3]',
    ],
    ['a broken step', { inputs: tf.zeros([3, 3]) }, 'inputs: got float32 of shape [3,3]'],
    [
      'a state of another size',
      { state: tf.zeros([2, 3]) },
      'state: got float32 of shape [2,3], expected float32 [batch, ',
    ],
    ['begins of other steps', { begins: tf.zeros([2]) }, 'begins: got float32 of shape [2], expected float32 [4]'],
    ['no state', { state: undefined }, 'state: got undefined'],
  ])('%s: said in one line', (_, wrong, message) => {
    const { network, tensors } = subject(name, 2);
    expect(() => network.unroll({ ...tensors, ...wrong } as typeof tensors)).toThrow(`${name}.unroll: ${message}`);
  });
});

test('kernels are orthogonal gate by gate, and an LSTM begins by remembering', () => {
  const { recurrent, input } = new Lstm({ inputDim: 3, units: 4, rng: new Rng(0) });
  const kernel = tf.reshape(recurrent.kernel, [4, 4, 4]);
  for (let gate = 0; gate < 4; gate++) {
    const one = tf.reshape(tf.slice(kernel, [0, gate, 0], [4, 1, 4]), [4, 4]) as tf.Tensor2D;
    expect(tf.max(tf.abs(tf.sub(tf.matMul(one, one, true), tf.eye(4)))).arraySync()).toBeLessThan(1e-5);
  }
  expect(Array.from(input.bias!.dataSync())).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
});

interface Results {
  readonly outputs: readonly number[];
  readonly state: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

/** Of PyTorch in float64, by `bench/peers/memory_golden.py`. */
const { gru, lstm }: Record<'gru' | 'lstm', Results> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/recurrent.json'), 'utf8'),
);

/** Numbers in [−1, 1) of Park and Miller's generator, in float32. */
function parkMiller(): (size: number) => Float32Array {
  let state = 1;
  return (size) =>
    Float32Array.from({ length: size }, () => {
      state = (state * 16807) % 2147483647;
      return state / 2 ** 30 - 1;
    });
}

test.each([
  ['a GRU', Gru, gru],
  ['an LSTM', Lstm, lstm],
] as const)("over 200 steps with begins of episodes %s has PyTorch's values and gradients", (_, Network, golden) => {
  const [time, batch, inputDim, units] = [200, 3, 4, 8];
  const network = new Network({ inputDim, units, rng: new Rng(0) });
  const draw = parkMiller();
  const paths = ['input.kernel', 'input.bias', 'recurrent.kernel'];
  const variables = new Map(network.namedVariables());
  for (const path of paths) {
    const variable = variables.get(path)!;
    variable.assign(tf.tensor(draw(variable.size), variable.shape));
  }
  const drawn = (rows: number, width: number) => tf.tensor2d(draw(rows * width), [rows, width]);
  const sequences = { inputs: drawn(time * batch, inputDim), state: drawn(batch, network.stateDim) };
  const begins = tf.tensor1d(Array.from(draw(time * batch), (number) => Number(number < -0.97)));
  /** Of every 25th step. */
  const some = (x: tf.Tensor) => {
    const steps = tf.reshape(x, [time / 25, 25, x.size / time]);
    return tf.slice(steps, [0, 24, 0], [-1, 1, -1]);
  };

  const { outputs, state } = network.unroll({ ...sequences, begins });
  const weights = tf.tensor2d(
    Float32Array.from({ length: outputs.size }, (_, k) => Math.cos(k)),
    outputs.shape as [number, number],
  );
  const objective = (sequences: { inputs: tf.Tensor; state: tf.Tensor }) =>
    tf.sum(tf.mul(network.unroll({ ...sequences, begins }).outputs, weights)) as tf.Scalar;
  const { grads } = tf.variableGrads(() => objective(sequences), network.trainableVariables());
  const [byInputs, byState] = tf.grads((inputs: tf.Tensor, state: tf.Tensor) => objective({ inputs, state }))([
    sequences.inputs,
    sequences.state,
  ]) as [tf.Tensor, tf.Tensor];
  const all: [string, tf.Tensor, readonly number[]][] = [
    ['outputs', some(outputs), golden.outputs],
    ['state', state, golden.state],
    ...paths.map((path): [string, tf.Tensor, readonly number[]] => [
      path,
      grads[variables.get(path)!.name]!,
      golden.gradients[path]!,
    ]),
    ['gradient by inputs', some(byInputs), golden.gradients.inputs!],
    ['gradient by state', byState, golden.gradients.state!],
  ];
  for (const [what, tensor, expected] of all) {
    const got = tensor.dataSync();
    expect(got.length, what).toBe(expected.length);
    const furthest = Math.max(...expected.map((value, k) => Math.abs(value - got[k]!)));
    expect(furthest, what).toBeLessThan(1e-5);
  }
});
