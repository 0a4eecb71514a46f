import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { StandardNormal, TransformedDistribution } from '../../src/distributions/index.ts';
import { Rng } from '../../src/random.ts';
import { registry } from '../bijectors/registry.ts';

const ROWS = 3;

/** Whether noise goes through: its numbers lie where the map is defined. */
const takesNoise = registry.filter(({ domain }) => domain === undefined);

test.each(takesNoise)('$name: draws have the shape of batch and event', ({ make, dim, outputDim, contextDim = 0 }) => {
  const bijector = make(new Rng('batches'));
  const context = new Rng('context').normalTensor([ROWS, contextDim]);
  const distribution = new TransformedDistribution({
    base: new StandardNormal(dim),
    bijector: contextDim > 0 ? bijector.given(context) : bijector,
  });
  const size = outputDim ?? dim;
  const batch = contextDim > 0 ? [ROWS] : bijector.parameterShape.slice(0, -1);
  expect([distribution.batchShape, distribution.eventShape]).toEqual([[...batch], [size]]);
  const { sample, logProb } = distribution.sampleWithLogProb(new Rng(0), [2]);
  expect([sample.shape, logProb.shape]).toEqual([
    [2, ...batch, size],
    [2, ...batch],
  ]);
  expect(distribution.logProb(sample).shape).toEqual([2, ...batch]);
  if (contextDim > 0) {
    // A batch of contexts is a batch of independent draws, and meets one event.
    const firsts = tf.slice(sample, [0, 0, 0], [-1, -1, 1]).dataSync();
    expect(new Set(firsts).size).toBe(2 * ROWS);
    const met = distribution.logProb(tf.reshape(tf.slice(sample, [1, 1, 0], [1, 1, size]), [size]));
    expect(met.shape).toEqual([ROWS]);
    const [got, wanted] = [met.dataSync()[1]!, logProb.dataSync()[ROWS + 1]!];
    expect(Math.abs(got - wanted)).toBeLessThan(0.01 * (1 + Math.abs(got)));
    for (const wrong of [
      [ROWS + 1, size],
      [ROWS, size + 1],
      [2, ROWS + 1, size],
    ])
      expect(() => distribution.logProb(tf.zeros(wrong))).toThrow(/^TransformedDistribution\.logProb: got /);
  } else if (bijector.dim !== undefined) {
    expect(() => new TransformedDistribution({ base: new StandardNormal(dim + 1), bijector })).toThrow(
      `TransformedDistribution: got event shape [${dim + 1}]`,
    );
  }
  bijector.dispose();
});
