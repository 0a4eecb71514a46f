import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Gru, Lstm, MinGru } from '../../src/nn/index.ts';
import type { RecurrentNetwork, Remembered, Sequences } from '../../src/nn/recurrent.ts';
import { Rng } from '../../src/random.ts';
import { derivative, gradient } from '../oracle/calculus.ts';
import type { Variables } from '../oracle/mlp.ts';
import { type RecurrentName, recurrent } from '../oracle/recurrent.ts';
import { perturb } from '../support/perturb.ts';

const NETWORKS = { Gru, Lstm, MinGru };
const [INPUT, UNITS, BATCH] = [3, 4, 2];

interface Sizes {
  readonly time: number;
  readonly batch?: number;
  readonly inputDim?: number;
  readonly units?: number;
  /** The share of steps that begin an episode. */
  readonly share?: number;
  readonly seed?: number;
}

/** Numbers in rows of this length. */
const rows = <T>(values: readonly T[], length: number): T[][] =>
  Array.from({ length: values.length / length }, (_, i) => values.slice(i * length, (i + 1) * length));

/** A network, sequences for it, and what it makes of flat numbers of any of them in float64. */
function subject(name: RecurrentName, sizes: Sizes) {
  const { time, batch = BATCH, inputDim = INPUT, units = UNITS, share = 0.3, seed = 0 } = sizes;
  const rng = new Rng(seed);
  const network = perturb(new NETWORKS[name]({ inputDim, units, rng }), rng);
  const variables: Record<string, number[]> = Object.fromEntries(
    Object.entries(network.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
  );
  const draw = (size: number) => Array.from(rng.fillNormal(new Float32Array(size)));
  const begins = Array.from({ length: time * batch }, () => Number(rng.uniform() < share));
  const wholes: Record<string, number[]> = {
    ...variables,
    inputs: draw(time * batch * inputDim),
    state: draw(batch * network.stateDim),
  };
  const wanted = ({ inputs, state, ...rest }: Record<string, number[]>) => {
    const { outputs, states, everyState } = recurrent(
      name,
      rest as Variables,
      rows(rows(inputs!, inputDim), batch),
      rows(state!, network.stateDim),
      rows(begins, batch),
    );
    return { outputs, state: states, states: everyState };
  };
  const tensors = {
    inputs: tf.tensor2d(wholes.inputs!, [time * batch, inputDim]),
    state: tf.tensor2d(wholes.state!, [batch, network.stateDim]),
    begins: tf.tensor1d(begins),
  };
  return { network, wholes, wanted, tensors, batch };
}
type Tensors = ReturnType<typeof subject>['tensors'];

/** What each number of {@link objective} counts. */
const WEIGHTS = {
  outputs: (k: number) => Math.sin(k + 1),
  state: (k: number) => Math.cos(k + 1),
  states: (k: number) => Math.sin(2 * k),
};
const PARTS = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[];

/** A number that depends on all that a network gives. */
const objective = (made: Record<keyof typeof WEIGHTS, readonly number[]>): number =>
  PARTS.reduce((sum, part) => sum + made[part].reduce((sum, value, k) => sum + WEIGHTS[part](k) * value, 0), 0);

const objectiveOf = (made: Remembered) =>
  tf.addN(
    PARTS.map((part) => {
      const weights = tf.tensor(
        Array.from({ length: made[part].size }, (_, k) => WEIGHTS[part](k)),
        made[part].shape,
      );
      return tf.sum(tf.mul(made[part], weights));
    }),
  ) as tf.Scalar;

/** By path: the gradients of an objective by all variables, by the inputs and by the state. */
function slopesOf(
  network: RecurrentNetwork,
  { inputs, state, begins }: Tensors,
  objective: (sequences: Sequences) => tf.Scalar,
): Record<string, tf.Tensor> {
  const { grads } = tf.variableGrads(() => objective({ inputs, state, begins }), network.trainableVariables());
  const [byInputs, byState] = tf.grads((inputs: tf.Tensor, state: tf.Tensor) => objective({ inputs, state, begins }))([
    inputs,
    state,
  ]) as [tf.Tensor, tf.Tensor];
  const byVariables = [...network.namedVariables()].map(([path, { name }]) => [path, grads[name]!]);
  return { ...Object.fromEntries(byVariables), inputs: byInputs, state: byState };
}

/** Steps of sequences. */
const piece = (x: tf.Tensor, batch: number, first: number, count: number) =>
  tf.slice(x, [first * batch, ...(x.rank > 1 ? [0] : [])], [count * batch, ...(x.rank > 1 ? [-1] : [])]);

/** The largest difference of any of their numbers. */
function apart(some: Record<string, tf.Tensor>, others: Record<string, tf.Tensor>): number {
  expect(Object.keys(some)).toEqual(Object.keys(others));
  const furthest = Object.entries(some).map(([path, x]) => {
    expect(x.shape, path).toEqual(others[path]!.shape);
    return tf.max(tf.abs(tf.sub(x, others[path]!))).arraySync() as number;
  });
  return Math.max(...furthest);
}

const upTo = (max: number) => fc.integer({ min: 1, max });
const arbitrarySizes = fc.record({
  time: upTo(9),
  batch: upTo(4),
  inputDim: upTo(5),
  units: upTo(5),
  share: fc.constantFrom(0, 0.3, 0.9),
  seed: fc.nat(),
});

describe.each(Object.keys(NETWORKS) as RecurrentName[])('%s', (name) => {
  test.each([1, 2, 3, 7, 8])('over %i steps values and gradients are those of the float64 network', (time) => {
    const { network, wholes, wanted, tensors } = subject(name, { time });
    const { outputs, state } = network.unroll(tensors);
    const reference = wanted(wholes);
    outputs.dataSync().forEach((value, k) => expect(value).toBeCloseTo(reference.outputs[k]!, 5));
    state.dataSync().forEach((value, k) => expect(value).toBeCloseTo(reference.state[k]!, 5));
    expect(outputs.size).toBe(reference.outputs.length);
    expect(state.size).toBe(reference.state.length);

    const slopes = (path: string) =>
      gradient((values) => objective(wanted({ ...wholes, [path]: values })), wholes[path]!);
    const all = slopesOf(network, tensors, (sequences) => objectiveOf(network.unroll(sequences)));
    for (const [path, slope] of Object.entries(all)) {
      const expected = slopes(path);
      slope.dataSync().forEach((value, k) => expect(value, `${path} ${k}`).toBeCloseTo(expected[k]!, 4));
    }
    expect(Object.keys(all)).toContain(name === 'MinGru' ? 'input.bias' : 'recurrent.kernel');
  });

  /** For random sizes; the same ones each time, since float32 has no bound that holds for all. */
  const always = (claim: (sizes: Required<Sizes>) => void, numRuns = 15) =>
    fc.assert(
      fc.property(arbitrarySizes, (sizes) => {
        tf.engine().startScope();
        claim(sizes);
        tf.engine().endScope();
      }),
      { seed: 1, numRuns },
    );

  test('whatever the sizes, values, and slopes along any direction, are those of the float64 network', () => {
    always((sizes) => {
      const { network, wholes, wanted, tensors } = subject(name, sizes);
      const { outputs, state } = network.unroll(tensors);
      const reference = wanted(wholes);
      expect(outputs.size).toBe(reference.outputs.length);
      outputs.dataSync().forEach((value, k) => expect(value).toBeCloseTo(reference.outputs[k]!, 5));
      state.dataSync().forEach((value, k) => expect(value).toBeCloseTo(reference.state[k]!, 5));

      const slopes = slopesOf(network, tensors, (sequences) => objectiveOf(network.unroll(sequences)));
      const rng = new Rng(sizes.seed);
      const along = Object.entries(wholes).map(([path, values]) => {
        return [path, values, Array.from(rng.fillNormal(new Float32Array(values.length)))] as const;
      });
      const got = along.flatMap(([path, , way]) => Array.from(slopes[path]!.dataSync(), (slope, k) => slope * way[k]!));
      const expected = derivative((t) => {
        const moved = along.map(([path, values, way]) => [path, values.map((value, k) => value + t * way[k]!)]);
        return objective(wanted(Object.fromEntries(moved)));
      });
      const size = Math.hypot(1, ...got);
      expect(Math.abs(got.reduce((sum, slope) => sum + slope, 0) - expected) / size).toBeLessThan(1e-5);
    });
  });

  test('in two pieces, the second from the state of the first, it gives what it gives at once, gradients too', () => {
    always((sizes) => {
      fc.pre(sizes.time > 1);
      const { network, tensors, batch } = subject(name, sizes);
      const cut = 1 + (sizes.seed % (sizes.time - 1));
      const inPieces = ({ inputs, state, begins }: Sequences) => {
        const unrolled = (first: number, count: number, state: tf.Tensor) => {
          const part = (x: tf.Tensor) => piece(x, batch, first, count);
          return network.unroll({ inputs: part(inputs), begins: part(begins!), state });
        };
        const one = unrolled(0, cut, state);
        const other = unrolled(cut, sizes.time - cut, one.state);
        const both = (key: 'outputs' | 'states') => tf.concat([one[key], other[key]]);
        return { outputs: both('outputs'), state: other.state, states: both('states') };
      };
      const whole = network.unroll(tensors);
      expect(apart(inPieces(tensors), { ...whole })).toBeLessThan(1e-6);
      expect(apart({ last: piece(whole.states, batch, sizes.time - 1, 1) }, { last: whole.state })).toBe(0);
      expect(
        apart(
          slopesOf(network, tensors, (sequences) => objectiveOf(inPieces(sequences))),
          slopesOf(network, tensors, (sequences) => objectiveOf(network.unroll(sequences))),
        ),
      ).toBeLessThan(1e-5);
    });
  });

  test('a sequence does not depend on those beside it', () => {
    always((sizes) => {
      const { network, tensors, batch } = subject(name, sizes);
      const row = sizes.seed % batch;
      const ofRow = (x: tf.Tensor) =>
        tf.reshape(tf.gather(tf.reshape(x, [-1, batch, x.shape[1] ?? 1]), [row], 1), [-1, ...x.shape.slice(1)]);
      const { inputs, state, begins } = tensors;
      const alone = network.unroll({ inputs: ofRow(inputs), state: ofRow(state), begins: ofRow(begins) });
      const beside = Object.fromEntries(Object.entries(network.unroll(tensors)).map(([key, x]) => [key, ofRow(x)]));
      expect(apart({ ...alone }, beside)).toBeLessThan(1e-6);
    });
  });

  test('where each step begins an episode no state is seen, and where none does begins change nothing', () => {
    always((sizes) => {
      const { network, tensors } = subject(name, sizes);
      const { inputs, state } = tensors;
      const rows = inputs.shape[0]!;
      const { outputs, states } = network.unroll({ inputs, state, begins: tf.ones([rows]) });
      const each = network.unroll({ inputs, state: tf.zeros([rows, network.stateDim]) });
      expect(apart({ outputs, states }, { outputs: each.outputs, states: each.states })).toBeLessThan(1e-6);
      const none = network.unroll({ inputs, state, begins: tf.zeros([rows]) });
      expect(apart({ ...none }, { ...network.unroll({ inputs, state }) })).toBe(0);
    });
  });

  test('where gates are shut or open to the last bit all is finite, gradients too', () => {
    always((sizes) => {
      const { network, tensors } = subject(name, sizes);
      const far = { ...tensors, inputs: tf.mul(tensors.inputs, 1e6), state: tf.mul(tensors.state, 1e6) } as Tensors;
      const { outputs, state } = network.unroll(far);
      const slopes = slopesOf(network, far, (sequences) => objectiveOf(network.unroll(sequences)));
      for (const [path, x] of Object.entries({ outputs, last: state, ...slopes }))
        expect(Array.from(x.dataSync()).every(Number.isFinite), path).toBe(true);
    });
  });

  test('what was before the begin of an episode has no influence', () => {
    const { network, tensors } = subject(name, { time: 5 });
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
    always((sizes) => {
      const { network, tensors } = subject(name, sizes);
      const parameters = network.trainableVariables();
      const compiled = compile(
        (sequences: Tensors) => {
          const { value, grads } = tf.variableGrads(() => objectiveOf(network.unroll(sequences)), parameters);
          return { value, ...Object.fromEntries(parameters.map(({ name }, i) => [`gradient${i}`, grads[name]!])) };
        },
        { name, state: [network] },
      );
      const got: Record<string, tf.Tensor> = compiled(tensors);
      const { value, grads } = tf.variableGrads(() => objectiveOf(network.unroll(tensors)), parameters);
      expect(got.value!.arraySync()).toBeCloseTo(value.arraySync() as number, 5);
      parameters.forEach(({ name }, i) => {
        expect(tf.max(tf.abs(tf.sub(got[`gradient${i}`]!, grads[name]!))).arraySync()).toBeLessThan(1e-5);
      });
      compiled.dispose();
    }, 5);
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
    ['no step', { inputs: tf.zeros([0, 3]), begins: undefined }, 'inputs: got float32 of shape [0,3]'],
    ['begins of other steps', { begins: tf.zeros([2]) }, 'begins: got float32 of shape [2], expected float32 [4]'],
    ['no state', { state: undefined }, 'state: got undefined'],
  ])('%s: said in one line', (_, wrong, message) => {
    const { network, tensors } = subject(name, { time: 2 });
    expect(() => network.unroll({ ...tensors, ...wrong } as Tensors)).toThrow(`${name}.unroll: ${message}`);
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
