import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { MixtureSameFamily, MultivariateNormalDiag, StandardNormal } from '../../src/distributions/index.ts';
import { compile } from '../../src/engine/index.ts';
import { Rng } from '../../src/random.ts';

/** One-dimensional: [weight's logit, mean, log σ] of each component. */
function mixture(components: readonly (readonly [number, number, number])[]): MixtureSameFamily {
  const column = (i: 0 | 1 | 2) => tf.tensor2d(components.map((each) => [each[i]!]));
  return new MixtureSameFamily({
    logits: tf.tensor1d(components.map(([logit]) => logit)),
    components: new MultivariateNormalDiag({ loc: column(1), logScale: column(2) }),
  });
}

const ends = {
  eager: (fn: () => tf.Tensor) => fn(),
  compiled: (fn: () => tf.Tensor) => compile(() => ({ y: fn() }), { name: 'mixture', state: [] })({}).y,
};

describe('MixtureSameFamily at the edges of float32', () => {
  test('the variance of far means does not cancel', () => {
    for (const offset of [0, 5000, -1e6]) {
      const variance = mixture([
        [0, offset, 0],
        [0, offset, 0],
      ]).variance();
      expect(variance.dataSync()[0]).toBe(1);
    }
    // ¼·3/4·2² + ¼·4 + ¾·1 around a mean of 5000.5.
    const variance = mixture([
      [0, 5002, Math.LN2],
      [Math.log(3), 5000, 0],
    ]).variance();
    expect(variance.dataSync()[0]).toBeCloseTo(0.75 + 1 + 0.75, 3);
  });

  test.each(Object.entries(ends))('a component that overflows and has no weight does not show: %s', (_, run) => {
    const far = () =>
      mixture([
        [0, 2, 0],
        [-120, 0, 100],
        [-120, -3e38, 0],
      ]);
    const near = mixture([[0, 2, 0]]);
    const samples = far().sample(new Rng(0), [2000]);
    for (const value of samples.dataSync()) expect(Math.abs(value - 2)).toBeLessThan(6);
    const x = () => tf.tensor2d([-1, 0, 2, 5, 1e10], [5, 1]);
    const [got, wanted] = [run(() => far().logProb(x())).dataSync(), near.logProb(x()).dataSync()];
    [0, 1, 2, 3].forEach((i) => expect(got[i]!).toBeCloseTo(wanted[i]!, 4));
    expect(Number.isFinite(got[4])).toBe(true);
  });

  test.each(Object.entries(ends))(
    'where every density is 0, log p is least, and no NaN comes of its gradient: %s',
    (_, run) => {
      const parameters = () => [tf.tensor1d([0.3, -1]), tf.tensor2d([[0], [5]]), tf.tensor2d([[0], [1]])] as const;
      const logProb = (x: tf.Tensor, logits: tf.Tensor, loc: tf.Tensor, logScale: tf.Tensor) =>
        new MixtureSameFamily({ logits, components: new MultivariateNormalDiag({ loc, logScale }) }).logProb(x);
      for (const far of [1e20, -1e20, 1e38, 1e19]) {
        const value = run(() => logProb(tf.tensor2d([[far]]), ...parameters())).dataSync()[0]!;
        expect(value).toBeLessThan(-6e36);
        const gradients = run(() => {
          const all = tf.grads((...args: tf.Tensor[]) => logProb(args[0]!, args[1]!, args[2]!, args[3]!))([
            tf.tensor2d([[far]]),
            ...parameters(),
          ]);
          return tf.concat(
            all.map((gradient) => tf.reshape(gradient, [-1])),
            0,
          );
        });
        for (const slope of gradients.dataSync()) expect(Number.isNaN(slope)).toBe(false);
      }
    },
  );

  test('one component is that component', () => {
    const x = tf.tensor2d([[-1], [3]]);
    const [got, wanted] = [
      mixture([[7, 1, 0.5]]).logProb(x),
      new MultivariateNormalDiag({ loc: tf.tensor1d([1]), logScale: tf.scalar(0.5) }).logProb(x),
    ];
    wanted.dataSync().forEach((value, i) => expect(got.dataSync()[i]!).toBeCloseTo(value, 5));
    expect(mixture([[7, 1, 0.5]]).sample(new Rng(0), [3]).shape).toEqual([3, 1]);
  });

  test('wants logits and components', () => {
    expect(
      () => new MixtureSameFamily({ logits: tf.zeros([2, 0]), components: new StandardNormal(1, [2, 0]) }),
    ).toThrow('MixtureSameFamily: wanted logits [..., K] of at least one component, got [2,0]');
  });
});
