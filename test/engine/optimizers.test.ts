import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import {
  Adam,
  type AdamOptions,
  clipByGlobalNorm,
  type Optimizer,
  RmsProp,
  Sgd,
  type SgdOptions,
} from '../../src/engine/optimizers.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { cosineSchedule, geometricSchedule, linearSchedule } from '../../src/engine/schedule.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Rng } from '../../src/random.ts';
import { expectClose, Net, numbers } from './support.ts';

beforeAll(async () => {
  await selectEngine();
});

const STEPS = 100;
const RATE = 0.01;

/** A loss whose gradient changes from step to step, by an input. */
function lossOf(net: Net, t: tf.Tensor): tf.Scalar {
  const x = tf.tensor2d(
    Array.from({ length: 15 }, (_, i) => Math.sin(i)),
    [5, 3],
  );
  return tf.mean(tf.square(tf.sub(net.apply(x), tf.sin(t)))) as tf.Scalar;
}

/** The parameters after training, and the loss at each step. */
function train(make: (net: Net) => Optimizer, isCompiled: boolean): { parameters: number[]; losses: number[] } {
  const net = new Net([3, 6, 2], 'train');
  const optimizer = make(net);
  const update = ({ t, learningRate }: { t: tf.Tensor; learningRate: tf.Tensor }) => {
    const { loss, gradients } = valueAndGradients(() => ({ loss: lossOf(net, t) }), net.variables());
    optimizer.update(gradients, learningRate);
    return { loss };
  };
  const compiled = compile(update, { name: 'train', state: [net, optimizer] });
  const losses: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const loss = isCompiled
      ? compiled({ t: i, learningRate: RATE }).loss
      : tf.tidy(() => update({ t: tf.scalar(i), learningRate: tf.scalar(RATE) }).loss);
    losses.push(...numbers(loss));
  }
  return { parameters: net.variables().flatMap(numbers), losses };
}

/** The same by tfjs's own optimizer. */
function trainByTfjs(optimizer: tf.Optimizer): { parameters: number[]; losses: number[] } {
  const net = new Net([3, 6, 2], 'train');
  const losses: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    losses.push(...numbers(optimizer.minimize(() => lossOf(net, tf.scalar(i)), true, net.variables())!));
  }
  return { parameters: net.variables().flatMap(numbers), losses };
}

describe.each([false, true])('compiled: %s', (isCompiled) => {
  test.each([
    ['adam', (net: Net) => new Adam(net.variables()), () => tf.train.adam(RATE, 0.9, 0.999, 1e-8)],
    [
      'adam with other options',
      (net: Net) => new Adam(net.variables(), { beta1: 0.8, beta2: 0.99, epsilon: 1e-5 }),
      () => tf.train.adam(RATE, 0.8, 0.99, 1e-5),
    ],
    ['sgd', (net: Net) => new Sgd(net.variables()), () => tf.train.sgd(RATE)],
    ['momentum', (net: Net) => new Sgd(net.variables(), { momentum: 0.9 }), () => tf.train.momentum(RATE, 0.9)],
    [
      'nesterov',
      (net: Net) => new Sgd(net.variables(), { momentum: 0.9, nesterov: true }),
      () => tf.train.momentum(RATE, 0.9, true),
    ],
  ])('%s equals tf.train over 100 steps', (_, make, tfjs) => {
    const got = train(make, isCompiled);
    const wanted = trainByTfjs(tfjs());
    expectClose(got.losses, wanted.losses, 1e-4);
    expectClose(got.parameters, wanted.parameters, 1e-4);
  });
});

/** Rates, of which the smallest makes the smallest products. */
const RATES = [1e-2, 1e-4];
const { fround } = Math;

/** What a step calculates in float32 of each element of the state of Adam where the gradient is 0. */
function adamProducts(adam: Adam, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): number[] {
  const [sum1, sum2] = numbers(adam.decaySums) as [number, number];
  const root = fround(Math.sqrt(sum2));
  const moments2 = numbers(adam.moment2);
  return numbers(adam.moment1).flatMap((moment1, i) => {
    const moment2 = moments2[i]!;
    const direction = fround(moment1 / fround(fround(Math.sqrt(moment2)) + epsilon * root));
    const steps = RATES.map((rate) => fround(direction * fround(rate * fround(root / sum1))));
    return [moment1, moment2, fround(moment1 * fround(beta1)), fround(moment2 * fround(beta2)), direction, ...steps];
  });
}

/** The same of gradient descent. */
function sgdProducts(sgd: Sgd, momentum: number): number[] {
  return numbers(sgd.velocity!).flatMap((velocity) => {
    const decayed = fround(velocity * fround(momentum));
    return [velocity, decayed, ...RATES.flatMap((rate) => [fround(velocity * rate), fround(decayed * rate)])];
  });
}

describe('a gradient that has gone to 0 leaves nothing subnormal, for 20,000 steps', () => {
  const sizes = [1e-12, 1e-8, 1e-5, 1e-3, 0.1, 1, 30, 1e3];
  const first = [0, ...sizes, ...sizes.map((size) => -size)];
  const almostWithout = { epsilon: 1e-30 };
  const slow = { beta1: 0.99, beta2: 0.9999, epsilon: 1e-5 };
  test.each<[string, (parameters: tf.Variable[]) => [Optimizer, () => number[]]]>([
    ['Adam', of((parameters) => new Adam(parameters), adamProducts)],
    [
      'Adam almost without ε',
      of(
        (parameters) => new Adam(parameters, almostWithout),
        (adam) => adamProducts(adam, almostWithout),
      ),
    ],
    [
      'Adam, slower',
      of(
        (parameters) => new Adam(parameters, slow),
        (adam) => adamProducts(adam, slow),
      ),
    ],
    [
      'momentum',
      of(
        (parameters) => new Sgd(parameters, { momentum: 0.9 }),
        (sgd) => sgdProducts(sgd, 0.9),
      ),
    ],
    [
      'nesterov',
      of(
        (parameters) => new Sgd(parameters, { momentum: 0.99, nesterov: true }),
        (sgd) => sgdProducts(sgd, 0.99),
      ),
    ],
    [
      'RmsProp',
      of(
        (parameters) => new RmsProp(parameters),
        ({ meanSquare }) => numbers(meanSquare).flatMap((v) => [v, fround(v * fround(0.99))]),
      ),
    ],
  ])('%s', (_, make) => {
    const parameters = tf.variable(tf.ones([first.length]));
    const [optimizer, products] = make([parameters]);
    const update = ({ gradient }: { gradient: tf.Tensor }) => {
      optimizer.update([gradient], 0);
      return {};
    };
    const step = compile(update, { name: 'dead', state: [parameters, optimizer] });
    const onArrays = step.onArrays({ gradient: { shape: [first.length] } });
    const [alive, dead] = [Float32Array.from(first), new Float32Array(first.length)];
    for (let i = 0; i < 20_000; i++) {
      onArrays({ gradient: i < 3 ? alive : dead });
      // Decays are slow: what is subnormal is so for many steps.
      if (i % 20 === 0) expect(products().filter((x) => x !== 0 && Math.abs(x) < 2 ** -126)).toEqual([]);
    }
    expect(numbers(parameters).every(Number.isFinite)).toBe(true);
  });

  function of<T extends Optimizer>(make: (parameters: tf.Variable[]) => T, products: (optimizer: T) => number[]) {
    return (parameters: tf.Variable[]): [Optimizer, () => number[]] => {
      const optimizer = make(parameters);
      return [optimizer, () => products(optimizer)];
    };
  }
});

test('what is flushed of moments is far below what moves a parameter, and until then they decay exactly', () => {
  const parameters = tf.variable(tf.tensor1d([0, 0]));
  const adam = new Adam([parameters]);
  const step = (gradient: number, rate = 0) => tf.tidy(() => adam.update([tf.tensor1d([gradient, -gradient])], rate));
  step(1e-3);
  for (let i = 1; i <= 280; i++) step(0);
  // 1e-3 · 0.9²⁸⁰ = 1.5e-16, far above 2⁻⁸⁰ = 8.3e-25.
  const [above, below] = numbers(adam.moment1) as [number, number];
  expect(above / (1e-3 * 0.9 ** 280)).toBeCloseTo(1, 4);
  expect(below).toBe(-above);
  for (let i = 0; i < 720; i++) step(0);
  expect(Math.max(...numbers(adam.moment1).map(Math.abs))).toBeLessThan(2 ** -100);
  expect(numbers(adam.moment2)[0]! / (1e-6 * 0.999 ** 1000)).toBeCloseTo(1, 4);
  for (let i = 0; i < 1000; i++) step(0, 1);
  expect(Math.max(...numbers(parameters).map(Math.abs))).toBeLessThan(1e-18);
});

/** Adam and SGD on plain numbers, one parameter at a time, from their published definitions. */
function adamByNumbers(theta: number[], gradients: number[][], options: AdamOptions, rate: number): number[] {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const [m, v] = [theta.map(() => 0), theta.map(() => 0)];
  const current = [...theta];
  gradients.forEach((gradient, step) => {
    const t = step + 1;
    gradient.forEach((g, i) => {
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      const corrected = m[i]! / (1 - beta1 ** t) / (Math.sqrt(v[i]! / (1 - beta2 ** t)) + epsilon);
      current[i] = current[i]! - rate * weightDecay * current[i]! - rate * corrected;
    });
  });
  return current;
}

function sgdByNumbers(
  theta: number[],
  gradients: number[][],
  { momentum = 0, nesterov = false }: SgdOptions,
  rate: number,
): number[] {
  const velocity = theta.map(() => 0);
  const current = [...theta];
  for (const gradient of gradients) {
    gradient.forEach((g, i) => {
      velocity[i] = momentum * velocity[i]! + g;
      current[i] = current[i]! - rate * (nesterov ? g + momentum * velocity[i]! : velocity[i]!);
    });
  }
  return current;
}

describe('against plain numbers', () => {
  const rng = new Rng('gradients');
  const theta = [1, -2, 0.5, 3, -0.1, 0];
  // From tiny to large, the first all zero but one.
  const gradients = [
    [0, 0, 1e-3, 0, 0, 0],
    ...Array.from({ length: 60 }, (_, k) => theta.map((__, i) => rng.normal(0, 10 ** (i - 4 + (k % 3))))),
  ];

  function run(make: (parameters: tf.Variable[]) => Optimizer): number[] {
    const parameters = [tf.variable(tf.tensor2d(theta.slice(0, 4), [2, 2])), tf.variable(tf.tensor1d(theta.slice(4)))];
    const optimizer = make(parameters);
    for (const gradient of gradients) {
      tf.tidy(() =>
        optimizer.update([tf.tensor2d(gradient.slice(0, 4), [2, 2]), tf.tensor1d(gradient.slice(4))], 0.05),
      );
    }
    return parameters.flatMap(numbers);
  }

  test.each<AdamOptions>([{}, { epsilon: 1e-5 }, { weightDecay: 0.1 }, { beta1: 0, beta2: 0.5, epsilon: 0.1 }])(
    'adam %o',
    (options) => {
      expectClose(
        run((parameters) => new Adam(parameters, options)),
        adamByNumbers(theta, gradients, options, 0.05),
      );
    },
  );

  test.each<SgdOptions>([{}, { momentum: 0.5 }, { momentum: 0.9, nesterov: true }])('sgd %o', (options) => {
    expectClose(
      run((parameters) => new Sgd(parameters, options)),
      sgdByNumbers(theta, gradients, options, 0.05),
    );
  });
});

describe('clipping by the global norm', () => {
  const gradients = [tf.tensor1d([3, 0]), tf.tensor2d([[0], [4]])];

  test.each([
    ['above', 2, 2 / (5 + 1e-6)],
    ['below', 6, 1],
  ])('%s', (_, maxNorm, factor) => {
    for (const bound of [maxNorm, tf.scalar(maxNorm)]) {
      const clipped = clipByGlobalNorm(gradients, bound);
      expect(numbers(clipped.norm)).toEqual([5]);
      expectClose(
        clipped.gradients.flatMap(numbers),
        [3, 0, 0, 4].map((g) => g * factor),
      );
      expect(clipped.gradients.map(({ shape }) => shape)).toEqual([[2], [2, 1]]);
    }
  });

  test('zero gradients stay zero', () => {
    const clipped = clipByGlobalNorm([tf.zeros([3])], 1);
    expect([numbers(clipped.norm), numbers(clipped.gradients[0]!)]).toEqual([[0], [0, 0, 0]]);
  });

  test('compiled, the norm may be an input', () => {
    const clip = compile(
      ({ a, b, maxNorm }: { a: tf.Tensor; b: tf.Tensor; maxNorm: tf.Tensor }) => {
        const {
          gradients: [x, y],
          norm,
        } = clipByGlobalNorm([a, b], maxNorm);
        return { x: x!, y: y!, norm };
      },
      { name: 'clip', state: [] },
    );
    const got = clip({ a: gradients[0]!, b: gradients[1]!, maxNorm: 2.5 });
    expectClose([...numbers(got.x), ...numbers(got.y), ...numbers(got.norm)], [1.5, 0, 0, 2, 5]);
  });

  test('wrong arguments', () => {
    expect(() => clipByGlobalNorm([], 1)).toThrow('clipByGlobalNorm: got none, expected at least one gradient');
    expect(() => clipByGlobalNorm(gradients, 0)).toThrow('clipByGlobalNorm: maxNorm: got 0, expected a number > 0');
  });
});

test('schedules', () => {
  const shares = [-1, 0, 0.25, 0.5, 1, 2];
  expect(shares.map(linearSchedule(4))).toEqual([4, 4, 3, 2, 0, 0]);
  expect(shares.map(linearSchedule(4, 2))).toEqual([4, 4, 3.5, 3, 2, 2]);
  expectClose(shares.map(cosineSchedule(4, 2)), [4, 4, 3 + Math.SQRT1_2, 3, 2, 2]);
  expectClose(shares.map(geometricSchedule(4, 0.25)), [4, 4, 2, 1, 0.25, 0.25]);
  expect(geometricSchedule(1, 0.02)(1)).toBe(0.02);
});

test('eager updates leave no tensors', () => {
  const net = new Net([3, 6, 2], 'leaks');
  for (const optimizer of [
    new Adam(net.variables(), { weightDecay: 0.1 }),
    new Sgd(net.variables(), { momentum: 0.9 }),
  ]) {
    const gradients = net.variables().map((variable) => tf.onesLike(variable));
    optimizer.update(gradients, 0.1);
    const { numTensors } = tf.memory();
    for (let i = 0; i < 10; i++) optimizer.update(gradients, 0.1);
    expect(tf.memory().numTensors).toBe(numTensors);
  }
});

describe('wrong arguments', () => {
  const net = new Net([1, 2, 1], 'wrong');
  test.each([
    [() => new Adam([]), 'Adam: got none, expected at least one parameter'],
    [() => new Adam([net.bias1, net.bias1]), 'Adam: a parameter is given twice'],
    [
      () => new Adam([tf.variable(tf.scalar(1, 'int32'), true, 'whole')]),
      "Adam: the parameter 'whole' is int32, expected float32",
    ],
    [
      () => new Adam([net.bias1], { lr: 1e-3 } as object),
      'Adam: unknown option "lr", expected one of beta1, beta2, epsilon, weightDecay',
    ],
    [
      () => new Sgd([net.bias1], { nestrov: true } as object),
      'Sgd: unknown option "nestrov", expected one of momentum, nesterov (did you mean nesterov?)',
    ],
    [() => new Adam([net.bias1], { beta1: 1 }), 'Adam: beta1: got 1, expected a number in [0, 1)'],
    [() => new Adam([net.bias1], { beta2: -0.1 }), 'Adam: beta2: got -0.1, expected a number in [0, 1)'],
    [() => new Adam([net.bias1], { epsilon: Number.NaN }), 'Adam: epsilon: got NaN, expected a number'],
    [() => new Adam([net.bias1], { weightDecay: -1 }), 'Adam: weightDecay must not be negative, got -1'],
    [() => new Sgd([net.bias1], { momentum: 1 }), 'Sgd: momentum: got 1, expected a number in [0, 1)'],
    [() => new Sgd([net.bias1], { nesterov: true }), 'Sgd: nesterov needs a momentum above 0'],
    [() => new Adam([net.bias1]).update([], 0.1), 'Adam.update: got 0, expected 1 gradients'],
    [
      () => new Adam([net.bias1]).update([tf.ones([3])], 0.1),
      /Adam.update: the gradient of '\d+' has shape \[3\], expected \[2\]/,
    ],
    [
      () => new Adam([net.bias1]).update([tf.ones([2])], Number.NaN),
      'Adam.update: learningRate: got NaN, expected a number or a Tensor',
    ],
    [() => new Sgd([net.bias1]).update([tf.ones([2])], -1), 'Sgd.update: got -1, expected a learning rate ≥ 0'],
  ])('%#', (act, message) => {
    expect(act).toThrow(message);
  });
});
