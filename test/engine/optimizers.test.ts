import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Adam, clipByGlobalNorm, RmsProp, Sgd } from '../../src/engine/optimizers.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { cosineSchedule, geometricSchedule, linearSchedule } from '../../src/engine/schedule.ts';
import { Rng } from '../../src/random.ts';
import { expectClose, Net, numbers } from './support.ts';

beforeAll(async () => {
  await selectEngine();
});

interface Options {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly decay?: number;
}
type Rule = (gradients: number[][], i: number, options: Options, rate: number, theta: number) => number;

/** A parameter after steps on plain numbers, from the published definitions. */
const adam: Rule = (gradients, i, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }, rate, theta) => {
  let [m, v, x] = [0, 0, theta];
  gradients.forEach(({ [i]: g }, step) => {
    m = beta1 * m + (1 - beta1) * g!;
    v = beta2 * v + (1 - beta2) * g! * g!;
    const corrected = m / (1 - beta1 ** (step + 1)) / (Math.sqrt(v / (1 - beta2 ** (step + 1))) + epsilon);
    x -= rate * weightDecay * x + rate * corrected;
  });
  return x;
};
const sgd: Rule = (gradients, i, { momentum = 0, nesterov = false }, rate, theta) => {
  let [velocity, x] = [0, theta];
  for (const { [i]: g } of gradients) {
    velocity = momentum * velocity + g!;
    x -= rate * (nesterov ? g! + momentum * velocity : velocity);
  }
  return x;
};
const rmsProp: Rule = (gradients, i, { decay = 0.99, epsilon = 1e-5 }, rate, theta) => {
  let [meanSquare, x] = [1, theta];
  for (const { [i]: g } of gradients) {
    meanSquare = decay * meanSquare + (1 - decay) * g! * g!;
    x -= (rate * g!) / Math.sqrt(meanSquare + epsilon);
  }
  return x;
};

describe.each([false, true])('against plain numbers, compiled: %s', (isCompiled) => {
  const rng = new Rng('gradients');
  const theta = [1, -2, 0.5, 3, -0.1, 0];
  // From tiny to large, the first all zero but one.
  const gradients = [
    [0, 0, 1e-3, 0, 0, 0],
    ...Array.from({ length: 60 }, (_, k) => theta.map((__, i) => rng.normal(0, 10 ** (i - 4 + (k % 3))))),
  ];
  test.each<[typeof Adam | typeof Sgd | typeof RmsProp, Rule, Options]>([
    [Adam, adam, {}],
    [Adam, adam, { epsilon: 1e-5 }],
    [Adam, adam, { weightDecay: 0.1 }],
    [Adam, adam, { beta1: 0, beta2: 0.5, epsilon: 0.1 }],
    [Sgd, sgd, {}],
    [Sgd, sgd, { momentum: 0.5 }],
    [Sgd, sgd, { momentum: 0.9, nesterov: true }],
    [RmsProp, rmsProp, {}],
    [RmsProp, rmsProp, { decay: 0.8, epsilon: 0.1 }],
  ])('$name %o', (Kind, rule, options) => {
    const parameters = [tf.variable(tf.tensor2d(theta.slice(0, 4), [2, 2])), tf.variable(tf.tensor1d(theta.slice(4)))];
    const optimizer = new Kind(parameters, options);
    const update = ({ a, b, rate }: Record<'a' | 'b' | 'rate', tf.Tensor>) => {
      optimizer.update([a, b], rate);
      return {};
    };
    const step = isCompiled ? compile(update, { name: 'step', state: [parameters, optimizer] }) : update;
    for (const gradient of gradients)
      tf.tidy(() =>
        step({
          a: tf.tensor2d(gradient.slice(0, 4), [2, 2]),
          b: tf.tensor1d(gradient.slice(4)),
          rate: tf.scalar(0.05),
        }),
      );
    const wanted = theta.map((x, i) => rule(gradients, i, options, 0.05, x));
    expectClose(parameters.flatMap(numbers), wanted, Kind === RmsProp ? 3e-5 : 1e-5);
  });
});

const { fround } = Math;
/** Rates, of which the smallest makes the smallest products. */
const RATES = [1e-2, 1e-4];

/** What a step calculates in float32 of each element of the state of Adam where the gradient is 0. */
function adamProducts(adam: Adam, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: Options): number[] {
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

/** The same of gradient descent, and of RmsProp. */
function otherProducts(optimizer: Sgd | RmsProp, { momentum = 0 }: Options): number[] {
  if (optimizer instanceof RmsProp) return numbers(optimizer.meanSquare).flatMap((v) => [v, fround(v * fround(0.99))]);
  return numbers(optimizer.velocity!).flatMap((velocity) => {
    const decayed = fround(velocity * fround(momentum));
    return [velocity, decayed, ...RATES.flatMap((rate) => [fround(velocity * rate), fround(decayed * rate)])];
  });
}

describe('a gradient that has gone to 0 leaves nothing subnormal, for 20,000 steps', () => {
  const sizes = [1e-12, 1e-8, 1e-5, 1e-3, 0.1, 1, 30, 1e3];
  const first = [0, ...sizes, ...sizes.map((size) => -size)];
  test.each<[string, typeof Adam | typeof Sgd | typeof RmsProp, Options]>([
    ['Adam', Adam, {}],
    ['Adam almost without ε', Adam, { epsilon: 1e-30 }],
    ['Adam, slower', Adam, { beta1: 0.99, beta2: 0.9999, epsilon: 1e-5 }],
    ['momentum', Sgd, { momentum: 0.9 }],
    ['nesterov', Sgd, { momentum: 0.99, nesterov: true }],
    ['RmsProp', RmsProp, {}],
  ])('%s', (_, Kind, options) => {
    const parameters = tf.variable(tf.ones([first.length]));
    const optimizer = new Kind([parameters], options);
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
      if (i % 40 !== 0) continue;
      const products = optimizer instanceof Adam ? adamProducts(optimizer, options) : otherProducts(optimizer, options);
      expect(products.filter((x) => x !== 0 && Math.abs(x) < 2 ** -126)).toEqual([]);
    }
    expect(numbers(parameters).every(Number.isFinite)).toBe(true);
  });
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
  const { numTensors } = tf.memory();
  for (let i = 0; i < 1000; i++) step(0, 1);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(Math.max(...numbers(parameters).map(Math.abs))).toBeLessThan(1e-18);
});

test.each([
  ['above', 2, 2 / (5 + 1e-6)],
  ['below', 6, 1],
])('clipping by a global norm that lies %s', (_, maxNorm, factor) => {
  const gradients = [tf.tensor1d([3, 0]), tf.tensor2d([[0], [4]])];
  const clip = compile(
    ({ maxNorm }: { maxNorm: tf.Tensor }) => {
      const { gradients: clipped, norm } = clipByGlobalNorm([tf.tensor1d([3, 0]), tf.tensor2d([[0], [4]])], maxNorm);
      return { x: clipped[0]!, y: clipped[1]!, norm };
    },
    { name: 'clip', state: [] },
  );
  const inside = clip({ maxNorm });
  for (const bound of [maxNorm, tf.scalar(maxNorm)]) {
    const clipped = clipByGlobalNorm(gradients, bound);
    expect(clipped.gradients.map(({ shape }) => shape)).toEqual([[2], [2, 1]]);
    for (const [x, y, norm] of [
      [...clipped.gradients, clipped.norm],
      [inside.x, inside.y, inside.norm],
    ] as tf.Tensor[][]) {
      expect(numbers(norm!)).toEqual([5]);
      expectClose([...numbers(x!), ...numbers(y!)], [3 * factor, 0, 0, 4 * factor]);
    }
  }
  const zero = clipByGlobalNorm([tf.zeros([3])], 1);
  expect([numbers(zero.norm), numbers(zero.gradients[0]!)]).toEqual([[0], [0, 0, 0]]);
});

test('schedules', () => {
  const shares = [-1, 0, 0.25, 0.5, 1, 2];
  expect(shares.map(linearSchedule(4))).toEqual([4, 4, 3, 2, 0, 0]);
  expect(shares.map(linearSchedule(4, 2))).toEqual([4, 4, 3.5, 3, 2, 2]);
  expectClose(shares.map(cosineSchedule(4, 2)), [4, 4, 3 + Math.SQRT1_2, 3, 2, 2]);
  expectClose(shares.map(geometricSchedule(4, 0.25)), [4, 4, 2, 1, 0.25, 0.25]);
  expect(geometricSchedule(1, 0.02)(1)).toBe(0.02);
});

test('wrong arguments', () => {
  const { bias1 } = new Net([1, 2, 1], 'wrong');
  const refused: [() => unknown, RegExp][] = [
    [() => new Adam([]), /^Adam: got none/],
    [() => new Adam([bias1, bias1]), /^Adam: a parameter is given twice/],
    [() => new Adam([tf.variable(tf.scalar(1, 'int32'))]), /^Adam: the parameter .* is int32/],
    [() => new Adam([bias1], { lr: 1e-3 } as object), /^Adam: unknown option "lr"/],
    [() => new Sgd([bias1], { nestrov: true } as object), /^Sgd: unknown option "nestrov"/],
    [() => new RmsProp([bias1], { rho: 0.9 } as object), /^RmsProp: unknown option "rho"/],
    [() => new Adam([bias1], { beta1: 1 }), /^Adam: beta1: got 1/],
    [() => new Adam([bias1], { beta2: -0.1 }), /^Adam: beta2: got -0.1/],
    [() => new Adam([bias1], { epsilon: Number.NaN }), /^Adam: epsilon: got NaN/],
    [() => new Adam([bias1], { weightDecay: -1 }), /^Adam: weightDecay/],
    [() => new Sgd([bias1], { momentum: 1 }), /^Sgd: momentum: got 1/],
    [() => new Sgd([bias1], { nesterov: true }), /^Sgd: nesterov needs a momentum/],
    [() => new RmsProp([bias1], { decay: 1 }), /^RmsProp: decay: got 1/],
    [() => new RmsProp([bias1], { epsilon: -1 }), /^RmsProp: epsilon/],
    [() => new Adam([bias1]).update([], 0.1), /^Adam\.update: got 0, expected 1 gradients/],
    [() => new Adam([bias1]).update([tf.ones([3])], 0.1), /^Adam\.update: the gradient of .* has shape \[3\]/],
    [() => new Adam([bias1]).update([tf.ones([2])], Number.NaN), /^Adam\.update: learningRate: got NaN/],
    [() => new Sgd([bias1]).update([tf.ones([2])], -1), /^Sgd\.update: got -1/],
    [() => clipByGlobalNorm([], 1), /^clipByGlobalNorm: got none/],
    [() => clipByGlobalNorm([tf.ones([2])], 0), /^clipByGlobalNorm: maxNorm: got 0/],
  ];
  for (const [act, message] of refused) expect(act).toThrow(message);
});
