import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type { Activation } from '../../src/nn/dense.ts';
import { Cnn, Conv2d, cnnPresets, Dense, Mlp, QNetwork, stopGradient } from '../../src/nn/index.ts';
import { Rng } from '../../src/random.ts';
import { derivative, gradient } from '../oracle/calculus.ts';
import { cnn } from '../oracle/cnn.ts';
import { mlp, type Variables } from '../oracle/mlp.ts';
import { qNetwork } from '../oracle/qNetwork.ts';
import { perturb } from '../support/perturb.ts';

const rng = new Rng('nn');
const activations: Record<Activation, (x: number) => number> = {
  identity: (x) => x,
  tanh: Math.tanh,
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.log1p(Math.exp(x)),
};

/** A network, the shape of one input, and the same in float64. */
interface Case {
  readonly name: string;
  readonly network: Mlp | Cnn | QNetwork;
  readonly input: readonly number[];
  readonly oracle: (variables: Variables, x: number[]) => number[];
}
const image = [6, 7, 2] as const;
const convolutions = [
  [3, 3, 2],
  [4, 2, 1],
] as const;
const q = { inputDim: 3, actions: 4, activation: 'relu', outputScale: 1, rng: new Rng(1) } as const;
const cases: Case[] = [
  ...(Object.entries(activations) as [Activation, (x: number) => number][]).map(([activation, f]) => ({
    name: `Mlp with ${activation}`,
    network: new Mlp({ inputDim: 3, hidden: [5, 4], outputDim: 2, activation, rng }),
    input: [3],
    oracle: (variables: Variables, x: number[]) => mlp(variables, x, f),
  })),
  {
    name: 'Cnn',
    network: new Cnn({ image, convolutions, features: 3, rng }),
    input: image,
    oracle: (variables, x) => cnn(variables, x, image, convolutions),
  },
  ...[
    { dueling: false, hidden: [5, 4] },
    { dueling: true, hidden: [5, 4] },
    { dueling: true, hidden: [6, 5, 4], outputs: 3 },
    { dueling: true, hidden: [5], outputs: 2 },
    { dueling: true, hidden: [] },
  ].map((options) => ({
    name: `QNetwork of ${JSON.stringify(options)}`,
    network: new QNetwork({ ...q, ...options }),
    input: [3],
    oracle: (variables: Variables, x: number[]) => qNetwork(variables, x, options.outputs).flat(),
  })),
];

test.each(cases)('$name: values and gradients are those of the float64 network', ({ network, input, oracle }) => {
  perturb(network, new Rng('moved'));
  const variables: Variables = Object.fromEntries(
    Object.entries(network.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
  );
  const size = input.reduce((product, each) => product * each, 1);
  const rows = [0, 1].map((i) => Array.from(new Rng(i).fillNormal(new Float32Array(size))));
  const x = tf.tensor(rows.flat(), [2, ...input]);
  const wanted = rows.flatMap((row) => oracle(variables, row));
  const output = network.apply(x).dataSync();
  expect(output).toHaveLength(wanted.length);
  output.forEach((value, k) => expect(value).toBeCloseTo(wanted[k]!, 4));
  expect(wanted.filter((value) => value !== 0).length).toBeGreaterThan(2);
  const weights = wanted.map((_, k) => Math.sin(k + 1));
  const { grads } = tf.variableGrads(
    () => tf.sum(tf.mul(tf.reshape(network.apply(x), [-1]), weights)) as tf.Scalar,
    network.trainableVariables(),
  );
  for (const [path, variable] of network.namedVariables()) {
    const objective = (values: number[]) =>
      rows
        .flatMap((row) => oracle({ ...variables, [path]: values }, row))
        .reduce((sum, value, k) => sum + weights[k]! * value, 0);
    const slopes = gradient(objective, variables[path]!, 1e-5);
    grads[variable.name]!.dataSync().forEach((value, i) => expect(value, path).toBeCloseTo(slopes[i]!, 3));
  }
});

test.each(Object.entries(activations) as [Activation, (x: number) => number][])(
  'a Jacobian-vector product of an Mlp is the derivative along the vector: %s',
  (activation, f) => {
    for (const hidden of [[], [5], [5, 4]]) {
      const network = perturb(new Mlp({ inputDim: 3, hidden, outputDim: 2, activation, rng }), new Rng('moved'));
      const variables: Variables = Object.fromEntries(
        Object.entries(network.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
      );
      const [x, tangent] = [0, 1].map((i) => new Rng(i).normalTensor([2, 3]));
      const [rows, directions] = [x!, tangent!].map((tensor) => tensor.arraySync() as number[][]);
      const [value, product] = network.jvp(x!, tangent!);
      expect(value.arraySync()).toEqual(network.apply(x!).arraySync());
      (product.arraySync() as number[][]).forEach((row, i) =>
        row.forEach((value, k) => {
          const along = (by: number) =>
            mlp(
              variables,
              rows![i]!.map((each, j) => each + by * directions![i]![j]!),
              f,
            )[k]!;
          expect(value).toBeCloseTo(derivative(along, 1e-5), 5);
        }),
      );
    }
  },
);

test('a network with normalization has no Jacobian-vector product', () => {
  const one = tf.ones([1, 3]);
  for (const normalization of [{ layerNorm: true }, { batchRenorm: {} }]) {
    const network = new Mlp({ inputDim: 3, hidden: [4], outputDim: 2, rng, ...normalization });
    expect(() => network.jvp(one, one)).toThrow('Mlp.jvp: got a network with normalization, expected one without');
  }
});

test.each([true, false])(
  'the mean over actions is the value of the state where there are two streams: %s',
  (dueling) => {
    const network = perturb(new QNetwork({ ...q, hidden: [5, 4], dueling }), new Rng(2));
    const mean = () => tf.mean(network.apply(tf.tensor2d([[0.3, -1, 2]])), 1).dataSync()[0]!;
    const before = mean();
    for (const variable of network.advantages.trainableVariables()) variable.assign(tf.mul(variable, 2));
    expect(Math.abs(mean() - before) < 1e-4).toBe(dueling);
  },
);

test('Mlp is made of orthogonal kernels of gain √2, a last one of gain outputScale, and zero biases, or as it is told', () => {
  const state = new Mlp({ inputDim: 4, hidden: [4], outputDim: 4, outputScale: 0.01, rng }).stateDict();
  const norm = (path: string) => Math.hypot(...state[path]!.values);
  expect(Object.keys(state)).toEqual(['layers.0.kernel', 'layers.0.bias', 'layers.1.kernel', 'layers.1.bias']);
  expect(norm('layers.0.kernel')).toBeCloseTo(Math.sqrt(2 * 4), 5);
  expect(norm('layers.1.kernel')).toBeCloseTo(0.01 * 2, 5);
  expect(norm('layers.0.bias') + norm('layers.1.bias')).toBe(0);
  const ones = (fanIn: number, fanOut: number) => new Float32Array(fanIn * fanOut).fill(1);
  const linear = new Mlp({ inputDim: 2, hidden: [], outputDim: 3, outputInitializer: ones, rng });
  expect(linear.apply(tf.tensor2d([[2, 3]])).arraySync()).toEqual([[5, 5, 5]]);
});

test("Nature's network has Nature's layers, and 'same' keeps the size of an image", () => {
  const shapes = (size: [number, number, number]) =>
    Object.values(new Cnn({ image: size, ...cnnPresets.nature, features: 4, rng }).stateDict()).map(
      ({ shape }) => shape,
    );
  expect(JSON.stringify(shapes([84, 84, 4]))).toBe('[[8,8,4,32],[32],[4,4,32,64],[64],[3,3,64,64],[64],[3136,4],[4]]');
  expect([shapes([36, 36, 1]).at(-2), cnnPresets.nature.features]).toEqual([[64, 4], 512]);
  const layer = new Conv2d({ channels: 2, filters: 3, size: 3, padding: 'same', rng });
  expect(layer.apply(tf.ones([1, 5, 4, 2])).shape).toEqual([1, 5, 4, 3]);
});

test('Dense without a bias has one variable, and dispose frees it', () => {
  const before = tf.memory().numTensors;
  const layer = new Dense({ inputDim: 2, outputDim: 2, bias: false, rng });
  expect(layer.variables().length).toBe(1);
  layer.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('stopGradient is a constant to differentiate, also where integers come in between', () => {
  const largest = (x: tf.Tensor) => tf.cast(tf.argMax(tf.stack([x, tf.mul(x, 2)])), 'float32');
  const slope = tf.grad((x) =>
    tf.mul(
      x,
      stopGradient(() => largest(x)),
    ),
  );
  expect(slope(tf.tensor1d([3, -1])).arraySync()).toEqual([1, 0]);
});
