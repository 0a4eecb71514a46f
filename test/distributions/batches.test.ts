import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { StandardNormal, TransformedDistribution } from '../../src/distributions/index.ts';
import { Rng } from '../../src/random.ts';
import { registry } from '../bijectors/registry.ts';

const ROWS = 3;

/** Whether noise goes through: its numbers lie where the map is defined. */
const takesNoise = registry.filter(({ domain }) => domain === undefined);

describe.each(takesNoise.filter(({ contextDim = 0 }) => contextDim > 0))(
  '$name',
  ({ make, dim, outputDim, contextDim }) => {
    test('a batch of contexts is a batch of independent draws, and meets one event', () => {
      const bijector = make(new Rng('batches'));
      const context = new Rng('context').normalTensor([ROWS, contextDim!]);
      const distribution = new TransformedDistribution({
        base: new StandardNormal(dim),
        bijector: bijector.given(context),
      });
      const size = outputDim ?? dim;
      expect([distribution.batchShape, distribution.eventShape]).toEqual([[ROWS], [size]]);
      const { sample, logProb } = distribution.sampleWithLogProb(new Rng(0), [2]);
      expect([sample.shape, logProb.shape]).toEqual([
        [2, ROWS, size],
        [2, ROWS],
      ]);
      const firsts = tf.slice(sample, [0, 0, 0], [-1, -1, 1]).dataSync();
      expect(new Set(firsts).size).toBe(2 * ROWS);
      const one = tf.reshape(tf.slice(sample, [1, 1, 0], [1, 1, size]), [size]);
      const met = distribution.logProb(one);
      expect(met.shape).toEqual([ROWS]);
      expect(Math.abs(met.dataSync()[1]! - logProb.dataSync()[ROWS + 1]!)).toBeLessThan(
        0.01 * (1 + Math.abs(met.dataSync()[1]!)),
      );
      for (const wrong of [
        [ROWS + 1, size],
        [ROWS, size + 1],
        [2, ROWS + 1, size],
      ]) {
        expect(() => distribution.logProb(tf.zeros(wrong))).toThrow(
          /^TransformedDistribution\.logProb: got .*, expected float32 of shape/,
        );
      }
      bijector.dispose();
    });
  },
);

describe.each(takesNoise.filter(({ contextDim = 0 }) => contextDim === 0))('$name', ({ make, dim, outputDim }) => {
  test('a draw has the shape that the batch and the event say', () => {
    const bijector = make(new Rng('batches'));
    const batch = bijector.parameterShape.slice(0, -1);
    const distribution = new TransformedDistribution({ base: new StandardNormal(dim), bijector });
    const size = outputDim ?? dim;
    expect([distribution.batchShape, distribution.eventShape]).toEqual([[...batch], [size]]);
    const { sample, logProb } = distribution.sampleWithLogProb(new Rng(0), [2]);
    expect([sample.shape, logProb.shape]).toEqual([
      [2, ...batch, size],
      [2, ...batch],
    ]);
    expect(distribution.logProb(sample).shape).toEqual([2, ...batch]);
    if (bijector.dim !== undefined) {
      expect(() => new TransformedDistribution({ base: new StandardNormal(dim + 1), bijector })).toThrow(
        `TransformedDistribution: got event shape [${dim + 1}], expected a base over vectors of ${dim} numbers`,
      );
    }
    bijector.dispose();
  });
});
