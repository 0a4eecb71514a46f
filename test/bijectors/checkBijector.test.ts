import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  Bijector,
  Chain,
  ConditionalBijector,
  Coupling,
  checkBijector,
  type Direction,
  Exp,
  Identity,
  Invert,
  type Monotonicity,
  PRelu,
  Rng,
  rationalQuadraticSplineFamily,
  SoftmaxCentered,
  Tanh,
  type WithLogDet,
} from '../../src/index.ts';

/** y = e^s sinh x + shift, written by hand; a change breaks it. */
class HandMade extends Bijector {
  readonly eventNdims: 0 | 1 = 0;
  readonly logScale = tf.tidy(() => tf.variable(tf.scalar(0.3)));
  readonly shift = tf.tidy(() => tf.variable(tf.scalar(-0.5)));
  readonly change: Changes;

  constructor(change: Changes = {}) {
    super();
    this.change = change;
    if (change.eventNdims !== undefined) this.eventNdims = change.eventNdims;
  }

  override monotonicity(): Monotonicity | undefined {
    return this.change.monotonicity ?? 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const right: WithLogDet = [
      tf.add(tf.mul(tf.sinh(x), tf.exp(this.logScale)), this.shift),
      logCosh(x, this.logScale),
    ];
    return this.change.forward?.(right, x, this) ?? right;
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const x = tf.asinh(tf.mul(tf.sub(y, this.shift), tf.exp(tf.neg(this.logScale))));
    const right: WithLogDet = [x, tf.neg(logCosh(x, this.logScale))];
    return this.change.inverse?.(right, y, this) ?? right;
  }
}

interface Changes {
  readonly eventNdims?: 0 | 1;
  readonly monotonicity?: Monotonicity;
  readonly forward?: (right: WithLogDet, x: tf.Tensor, own: HandMade) => WithLogDet;
  readonly inverse?: (right: WithLogDet, y: tf.Tensor, own: HandMade) => WithLogDet;
}

const logCosh = (x: tf.Tensor, logScale: tf.Tensor) => tf.add(tf.log(tf.cosh(x)), logScale);
/** Both log-determinants alike, so that only the Jacobian knows. */
const both = (change: (logDet: tf.Tensor, own: HandMade) => tf.Tensor): Changes => ({
  forward: ([y, logDet], _, own) => [y, change(logDet, own)],
  inverse: ([x, logDet], _, own) => [x, tf.neg(change(tf.neg(logDet), own))],
});
const constant = (x: tf.Tensor) => tf.tensor(x.dataSync(), x.shape);

test('a right one passes, and is left as it was', () => {
  const right = new HandMade();
  const before = right.variables().map(({ dataId }) => dataId);
  const { numTensors } = tf.memory();
  for (const dim of [1, 3]) expect(checkBijector(right, { dim })).toEqual([]);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(right.logScale.dataSync()[0]).toBe(Math.fround(0.3));
  expect(right.variables().length).toBe(before.length);
  expect(checkBijector(right, { rng: new Rng('another') })).toEqual([]);
});

describe('a wrong one is found', () => {
  test.each<[string, Changes, RegExp]>([
    ['sign of both log-determinants', both(tf.neg), /by the derivative of the map$/],
    ['a factor of both', both((logDet) => tf.mul(logDet, 1.1)), /forward: log-determinant/],
    ['a term left out of both', both((logDet, own) => tf.sub(logDet, own.logScale)), /forward: log-determinant/],
    ['a small constant', both((logDet) => tf.add(logDet, 0.01)), /forward: log-determinant/],
    ['of the inverse alone', { inverse: ([x, logDet]) => [x, tf.neg(logDet)] }, /inverse: log-determinant/],
    ['a wrong inverse', { inverse: ([x, logDet]) => [tf.add(x, 0.05), logDet] }, /inverse of forward/],
    ['log-determinants summed', { forward: ([y, logDet]) => [y, tf.sum(logDet, -1)] }, /of shape \[8\], expected/],
    ['of a vector, not summed', { eventNdims: 1 }, /log-determinant: got float32 of shape \[8,2\], expected/],
    ['summed over the batch', { forward: ([y, l]) => [y, tf.fill(l.shape, tf.sum(l).dataSync()[0]!)] }, /a row/],
    ['rows that look at others', { forward: ([y, logDet]) => [tf.add(y, tf.mean(y)), logDet] }, /forward: a row/],
    ['numbers that mix', { forward: ([y, l]) => [tf.add(y, tf.mul(tf.reverse(y, -1), 0.1)), l] }, /: got|moves with/],
    ['NaN', { forward: ([y], x) => [y, tf.log(tf.neg(tf.abs(x)))] }, /log-determinant: got NaN/],
    ['an integer', { forward: ([y, logDet]) => [tf.cast(y, 'int32'), logDet] }, /forward: value: got int32/],
    ['falls where it says that it rises', { monotonicity: -1 }, /monotonicity: got -1/],
    [
      'no gradient by the input',
      { inverse: ([x, logDet]) => [constant(x), logDet] },
      /inverse: gradient of the value by/,
    ],
    [
      'none of a log-determinant',
      { forward: ([y, l]) => [y, constant(l)] },
      /forward: gradient of the log-determinant/,
    ],
    [
      'no gradient by a variable',
      { forward: ([y, logDet], _, own) => [tf.add(tf.sub(y, own.shift), constant(own.shift)), logDet] },
      /gradient of the value by the variables/,
    ],
  ])('%s', (_, change, message) => {
    expect(() => checkBijector(new HandMade(change))).toThrow(/^checkBijector: HandMade\./);
    expect(() => checkBijector(new HandMade(change))).toThrow(message);
  });

  test('with a context: the inverse forgets it, the log-determinant does', () => {
    class Moved extends ConditionalBijector {
      readonly forgets: readonly (Direction | 'logDet')[];
      constructor(...forgets: (Direction | 'logDet')[]) {
        super(2, 1);
        this.forgets = forgets;
      }
      transform(input: tf.Tensor, direction: Direction, context?: tf.Tensor): WithLogDet {
        const scale = this.forgets.includes(direction) ? tf.onesLike(context!) : tf.exp(context!);
        const value = direction === 'forward' ? tf.mul(input, scale) : tf.div(input, scale);
        const logDet = tf.mul(tf.squeeze(tf.log(scale), [-1]), direction === 'forward' ? 2 : -2);
        const whole = tf.add(logDet, tf.zeros(input.shape.slice(0, -1)));
        return [value, this.forgets.includes('logDet') ? tf.div(whole, 2) : whole];
      }
    }
    expect(checkBijector(new Moved())).toEqual([]);
    expect(() => checkBijector(new Moved('inverse'))).toThrow('Moved.inverse of forward: got');
    expect(() => checkBijector(new Moved('logDet'))).toThrow('Moved.forward: log-determinant: got');
  });
});

test('of those that there are: onto a surface, in a domain, saturated, with a context', () => {
  expect(checkBijector(new SoftmaxCentered(3))).toEqual([]);
  expect(checkBijector(new Invert(new Exp()), { domain: [0.1, 5] })).toEqual([]);
  expect(checkBijector(new Chain([new Tanh(), new Identity()]))).toEqual([]);
  expect(checkBijector(new Tanh(), { domain: [20, 30] })[0]).toMatch(/^8 of 8 inputs lie where the map is too flat/);
  const coupling = new Coupling({
    dim: 3,
    contextDim: 2,
    transformed: 'first',
    family: rationalQuadraticSplineFamily({ bins: 4, bound: 3 }),
    hidden: [8],
    rng: new Rng(0),
  });
  expect(checkBijector(coupling)).toEqual([]);
  expect(checkBijector(new PRelu({ crossingWidth: 0.1, initialSlope: 0.3 }), { gradients: false })).toEqual([]);
});
