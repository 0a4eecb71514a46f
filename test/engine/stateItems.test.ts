/** What else than modules a compiled function takes as its state: plain variables, arrays, models and layers of tfjs-layers. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { ModuleState, type StateItem } from '../../src/engine/moduleState.ts';
import { Sgd } from '../../src/engine/optimizers.ts';
import { packsOf } from '../../src/engine/pack.ts';
import { currentRuntime, selectEngine } from '../../src/engine/runtime/engine.ts';
import { traceToOnnx } from '../../src/engine/traceToOnnx.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import {
  type Distribution,
  Independent,
  MixtureSameFamily,
  MultivariateNormalDiag,
  Normal,
  Rng,
  ShiftScale,
  StandardNormal,
  TransformedDistribution,
  TruncatedNormal,
  Wrapped,
} from '../../src/index.ts';
import { expectClose, numbers, onAllEngines } from './support.ts';

const x = new Rng('x').normalTensor([16, 3]);
const y = new Rng('y').normalTensor([16, 1]);

/** A model whose weights are drawn from a seed. */
function modelOf(...between: tfl.layers.Layer[]): tfl.Sequential {
  const model = tfl.sequential({
    layers: [
      tfl.layers.dense({ inputShape: [3], units: 4, activation: 'tanh' }),
      ...between,
      tfl.layers.dense({ units: 1 }),
    ],
  });
  const rng = new Rng('weights');
  model.setWeights(model.getWeights().map(({ shape }) => tf.abs(rng.normalTensor(shape))));
  return model;
}
const variablesOf = ({ weights }: { weights: tfl.LayerVariable[] }) => weights.map((w) => w.read() as tf.Variable);
const valuesOf = (variables: readonly tf.Variable[]) => variables.flatMap(numbers);

/** Loss, gradients and new values of a few steps down the gradient, in plain tfjs: what compiled ones are compared with. */
function steps(
  run: (parameters: readonly tf.Variable[]) => tf.Tensor[],
  parameters: readonly tf.Variable[],
): number[][] {
  return Array.from({ length: 3 }, () => [...run(parameters).flatMap(numbers), ...valuesOf(parameters)]);
}

describe('a model, a variable and an array of variables', () => {
  const setUp = () => {
    const model = modelOf();
    const scale = tf.variable(tf.scalar(0.5));
    const shifts = [tf.variable(tf.tensor1d([0.25])), tf.variable(tf.tensor1d([-0.5]))] as const;
    const parameters = [...variablesOf(model), scale, ...shifts];
    const lossOf = (input: tf.Tensor, target: tf.Tensor): tf.Scalar => {
      const output = tf.mul(model.apply(input) as tf.Tensor, scale);
      return tf.mean(tf.square(tf.sub(tf.add(output, tf.mul(...shifts)), target)));
    };
    return { model, scale, shifts, parameters, lossOf };
  };

  onAllEngines('have tfjs’s values and gradients, and are trained', () => {
    const plain = setUp();
    const expected = steps((parameters) => {
      const { value, grads } = tf.variableGrads(() => plain.lossOf(x, y), [...parameters]);
      const gradients = parameters.map(({ name }) => grads[name]!);
      parameters.forEach((variable, i) => variable.assign(tf.sub(variable, tf.mul(0.1, gradients[i]!))));
      return [value, ...gradients];
    }, plain.parameters);

    const { model, scale, shifts, parameters, lossOf } = setUp();
    const sgd = new Sgd(parameters);
    const step = compile(
      (inputs: { x: tf.Tensor; y: tf.Tensor }) => {
        const { loss, gradients } = valueAndGradients(() => ({ loss: lossOf(inputs.x, inputs.y) }), parameters);
        sgd.update(gradients, 0.1);
        return { loss, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient${i}`, gradient])) };
      },
      { name: 'mixed', state: [model, scale, shifts, sgd] },
    );
    const got = steps(() => Object.values(step({ x, y })), parameters);
    got.forEach((row, i) => expectClose(row, expected[i]!));
  });

  onAllEngines('see what is assigned to them, and are needed', () => {
    const { model, scale, shifts, lossOf } = setUp();
    const make = (state: readonly StateItem[]) => {
      const fn = compile((inputs: { x: tf.Tensor; y: tf.Tensor }) => ({ loss: lossOf(inputs.x, inputs.y) }), {
        name: 'loss',
        state,
      });
      return () => numbers(fn({ x, y }).loss);
    };
    const value = make([model, [scale, [...shifts]]]);
    value();
    model.layers[1]!.setWeights([tf.ones([4, 1]), tf.ones([1])]);
    scale.assign(tf.scalar(-2));
    shifts[1].assign(tf.tensor1d([3]));
    expectClose(value(), numbers(lossOf(x, y)));
    if (currentRuntime() === undefined) return;
    const [first] = variablesOf(model);
    const missing = ({ shape, name }: tf.Variable) =>
      `compile('loss'): the function reads a tensor [${shape}] (variable '${name}') that is neither`;
    expect(make([scale, shifts])).toThrow(missing(first!));
    expect(make([model, shifts])).toThrow(missing(scale));
    expect(make([model, scale, [shifts[0]]])).toThrow(missing(shifts[1]));
  });
});

onAllEngines('layers and whole models: predict, evaluate', () => {
  const model = modelOf();
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const [hidden, output] = model.layers;
  const fn = compile(
    ({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => ({
      applied: output!.apply(hidden!.apply(x)) as tf.Tensor,
      predicted: model.predict(x, { batchSize: 5 }) as tf.Tensor,
      loss: model.evaluate(x, y) as tf.Scalar,
    }),
    { name: 'layers', state: [model.layers] },
  );
  const expected = numbers(model.predict(x) as tf.Tensor);
  const { applied, predicted, loss } = fn({ x, y });
  expectClose(numbers(applied), expected);
  expectClose(numbers(predicted), expected);
  expectClose(numbers(loss), numbers(model.evaluate(x, y) as tf.Scalar));
});

onAllEngines('batch normalization: moving moments without training, the batch’s with it, which moves them', () => {
  const make = () => {
    const model = modelOf(tfl.layers.batchNormalization());
    const apply = (x: tf.Tensor, training: boolean) => model.apply(x, { training }) as tf.Tensor;
    return { model, apply };
  };
  const [plain, { model, apply }] = [make(), make()];
  const compiled = [false, true].map((training) =>
    compile(({ x }: { x: tf.Tensor }) => ({ y: apply(x, training) }), { name: 'normalized', state: [model] }),
  );
  for (const isTraining of [0, 1, 1, 0]) {
    expectClose(numbers(compiled[isTraining]!({ x }).y), numbers(plain.apply(x, isTraining === 1)));
    expectClose(valuesOf(variablesOf(model)), valuesOf(variablesOf(plain.model)));
  }
});

onAllEngines('what is added to a model or an array is seen, what is taken from it, too', () => {
  const model = tfl.sequential({
    layers: [tfl.layers.dense({ inputShape: [3], units: 2, kernelInitializer: 'ones' })],
  });
  const factors = [tf.variable(tf.scalar(2))];
  let traces = 0;
  const fn = compile(
    ({ x }: { x: tf.Tensor }) => {
      traces++;
      return { y: factors.reduce<tf.Tensor>((y, factor) => tf.mul(y, factor), model.apply(x) as tf.Tensor) };
    },
    { name: 'growing', state: [model, factors] },
  );
  const apply = () => numbers(fn({ x: tf.ones([1, 3]) }).y);
  expect([apply(), apply(), apply()]).toEqual([
    [6, 6],
    [6, 6],
    [6, 6],
  ]);
  if (currentRuntime() !== undefined) expect(traces).toBe(2);
  factors.push(tf.variable(tf.scalar(5)));
  expect(apply()).toEqual([30, 30]);
  model.add(tfl.layers.dense({ units: 1, kernelInitializer: 'ones' }));
  expect(apply()).toEqual([60]);
  factors.shift();
  expect(apply()).toEqual([30]);
  const { name } = model.weights[0]!.read() as tf.Variable;
  model.dispose();
  expect(apply).toThrow(`compile('growing'): the variable '${name}' in the state is disposed`);
});

onAllEngines('distributions and plain tensors are constants; another one in its place is seen', () => {
  const vector = (...values: number[]) => tf.tensor1d(values);
  const normal = () => new Normal({ loc: vector(1, 2), logScale: vector(0.5, 0) });
  const distributions: Distribution[] = [
    normal(),
    new Independent(normal(), 1),
    new MixtureSameFamily({ components: normal() }),
    new TruncatedNormal({ loc: vector(0), logScale: vector(0), low: -1, high: 2 }),
    new Wrapped(new MultivariateNormalDiag({ loc: vector(1), logScale: vector(0) })),
    new TransformedDistribution({
      base: new StandardNormal(1, []),
      bijector: new ShiftScale({ shift: vector(1), logScale: tf.variable(vector(1)) }),
    }),
  ];
  for (const distribution of distributions) {
    const x = tf.fill([2, ...distribution.batchShape, ...distribution.eventShape], 0.25);
    const density = compile(({ x }: { x: tf.Tensor }) => ({ y: distribution.logProb(x) }), {
      name: 'density',
      state: [distribution],
    });
    for (const _ of [1, 2]) expectClose(numbers(density({ x }).y), numbers(distribution.logProb(x)));
    density.dispose();
  }
  const [a, held] = [tf.scalar(2), [tf.scalar(3)]];
  const fn = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(tf.mul(x, a), held[0]!) }), {
    name: 'plain',
    state: [a, held],
  });
  const apply = () => numbers(fn({ x: 1 }).y);
  expect([apply(), apply()]).toEqual([[5], [5]]);
  held[0] = tf.scalar(10);
  expect([apply(), apply()]).toEqual([[12], [12]]);
  a.dispose();
  expect(apply).toThrow("compile('plain'): a tensor [] in the state is disposed");
});

test('plain variables of one array share a pack, as those of a model do', async () => {
  await selectEngine('wasm');
  const [model, a, b] = [modelOf(), tf.variable(tf.scalar(1)), tf.variable(tf.scalar(2))];
  const variables = new ModuleState('packed', [a, model, b]).variables();
  const packs = packsOf(variables, currentRuntime()!).map((pack) => pack.variables);
  expect(packs).toEqual([variablesOf(model), [a, b]]);
  await selectEngine();
});

test('a model of tfjs-layers becomes ONNX, its weights inside', () => {
  const model = modelOf();
  const { model: bytes, inputs } = traceToOnnx(
    ({ x }: { x: tf.Tensor }) => ({ y: model.apply(x) as tf.Tensor }),
    { x: { shape: [2, 3] } },
    { name: 'exported', state: [model] },
  );
  expect(inputs.map(({ name }) => name)).toEqual(['x']);
  const kernel = Float32Array.from(numbers(variablesOf(model)[0]!));
  expect(Buffer.from(bytes).includes(Buffer.from(kernel.buffer))).toBe(true);
});
