import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  Categorical,
  checkDistribution,
  Distribution,
  MultivariateNormalTriL,
  Normal,
  type Rng,
} from '../../src/index.ts';
import { HALF_LOG_TWO_PI } from '../../src/special/elementary.ts';

/** A distribution around another, in which a change breaks something. */
class Changed extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = false;
  readonly own: Distribution;
  readonly change: Changes;

  constructor(own: Distribution, change: Changes = {}) {
    super();
    this.own = own;
    this.change = change;
    this.batchShape = own.batchShape;
    this.eventShape = own.eventShape;
    for (const method of ['mean', 'variance', 'entropy', 'mode', 'quantile', 'cdf', 'survival'] as const) {
      const changed = change[method];
      const right = (own[method] as (...x: tf.Tensor[]) => tf.Tensor).bind(own);
      if (changed) Object.assign(this, { [method]: (...x: tf.Tensor[]) => changed(right(...x)) });
      else Object.assign(this, { [method]: right });
    }
  }

  protected override computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const x = this.own.sample(rng, sampleShape);
    return this.change.sample?.(x, sampleShape) ?? x;
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const logProb = this.own.logProb(x);
    return this.change.logProb?.(logProb, x) ?? logProb;
  }
}

interface Changes
  extends Partial<Record<'mean' | 'variance' | 'entropy' | 'mode' | 'quantile' | 'cdf' | 'survival', Change>> {
  readonly sample?: (right: tf.Tensor, sampleShape: number[]) => tf.Tensor;
  readonly logProb?: (right: tf.Tensor, x: tf.Tensor) => tf.Tensor;
}
type Change = (right: tf.Tensor) => tf.Tensor;

const normal = () => new Normal({ loc: tf.scalar(0.5), logScale: tf.scalar(0.7) });
const vector = () =>
  new MultivariateNormalTriL({
    loc: tf.tensor1d([1, -2]),
    logDiagonal: tf.tensor1d([0.5, -1]),
    offDiagonal: tf.tensor1d([0.4]),
  });
const categories = () => new Categorical({ logits: tf.tensor1d([0, 1, -1]) });
const plus = (by: number) => (x: tf.Tensor) => tf.add(x, by);
const times = (by: number) => (x: tf.Tensor) => tf.mul(x, by);

test('right ones pass, and leave nothing', () => {
  const { numTensors } = tf.memory();
  const pass = (make: () => Distribution) => tf.tidy(() => checkDistribution(new Changed(make())));
  for (const make of [normal, vector, categories]) expect(pass(make)).toEqual([]);
  expect(tf.memory().numTensors).toBe(numTensors);
});

/** Of vectors: the second number is another draw's. */
const uncorrelated = (x: tf.Tensor) => {
  const [first, second] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.concat([first, tf.reverse(second, 0)], -1);
};
const mirrored = (right: tf.Tensor, x: tf.Tensor) =>
  tf.add(right, tf.log(tf.mul(2, tf.sigmoid(tf.mul(3, tf.sub(x, 0.5))))));

describe('a wrong one is found', () => {
  const mass = /logProb: the density has a mass/;
  const drawn = /logProb: the density has a mass|sample: got a share/;
  const neighbours = /logProb: got .* by the distances of neighbours/;
  test.each<[string, () => Distribution, Changes, RegExp]>([
    ['without its constant', normal, { logProb: plus(HALF_LOG_TWO_PI) }, mass],
    ['2 % too much', normal, { logProb: plus(0.05) }, mass],
    ['samples with the variance for the scale', normal, { sample: times(1.6) }, drawn],
    ['samples that are moved', normal, { sample: plus(0.5) }, drawn],
    ['samples that are mirrored', () => new Changed(normal(), { logProb: mirrored }), {}, drawn],
    ['the wrong mean', normal, { mean: plus(0.2) }, /mean: got .* by samples/],
    ['the scale for the variance', normal, { variance: tf.sqrt }, /variance: got/],
    ['an entropy without its log-scale', normal, { entropy: plus(-0.7) }, /entropy: got/],
    ['the wrong mode', normal, { mode: plus(3) }, /mode: got a log-density/],
    ['the wrong distribution function', normal, { cdf: times(0.9) }, /survival: got/],
    ['survival for it', normal, { cdf: (x) => tf.sub(1, x), survival: (x) => tf.sub(1, x) }, /cdf: got .* by counts/],
    ['the wrong quantile', normal, { quantile: plus(1) }, /quantile: got/],
    ['NaN', normal, { logProb: (right) => tf.log(tf.neg(tf.abs(right))) }, /logProb: got NaN/],
    [
      'no sample shape',
      normal,
      { sample: (x, shape) => (shape.length > 1 ? tf.reshape(x, [-1]) : x) },
      /sample: got float32 of shape \[6\]/,
    ],
    ['a log-density of each number', vector, { logProb: (_, x) => tf.neg(tf.square(x)) }, /broadcast|logProb: got/],
    [
      'a gradient that is cut',
      normal,
      { logProb: (right) => tf.tensor(right.dataSync(), right.shape) },
      /gradient by x: got 0/,
    ],
    ['of vectors, without their constant', vector, { logProb: plus(2 * HALF_LOG_TWO_PI) }, neighbours],
    ['of vectors, without a log-scale', vector, { logProb: plus(0.5) }, neighbours],
    [
      'of vectors, drawn without correlation',
      vector,
      { sample: uncorrelated },
      /sample: (a number|number 1) given the others/,
    ],
    ['of vectors, drawn too wide', vector, { sample: times(1.5) }, /sample: (a number|number \d) given the others/],
    [
      'of categories, beyond 1',
      categories,
      { logProb: plus(0.05) },
      /probabilities of the 3 events that were drawn sum to 1\.05/,
    ],
    [
      'of categories, in another order',
      categories,
      { sample: (x) => tf.sub(2, x) },
      /sample: drew \[\d\] in a share of/,
    ],
    ['of categories, the wrong entropy', categories, { entropy: times(1.1) }, /entropy: got/],
  ])('%s', (_, make, change, message) => {
    expect(() => checkDistribution(new Changed(make(), change))).toThrow(message);
  });

  test('randomness that is not from rng', () => {
    const wild = new Changed(normal(), { sample: (x) => tf.add(x, Math.random() * 1e-3) });
    expect(() => checkDistribution(wild)).toThrow('Changed.sample: got two results with equal streams');
    expect(() => checkDistribution(normal(), { samples: 10 })).toThrow('checkDistribution: samples: got 10');
  });
});

test('it says what it could not check', () => {
  const many = tf.zeros([5]);
  expect(checkDistribution(new Normal({ loc: many, logScale: many }))).toEqual([
    'mass and samples were checked of 3 of the batch of 5',
  ]);
});
