import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  Beta,
  Exponential,
  MixtureSameFamily,
  MultivariateNormalDiag,
  Uniform,
  VonMises,
  WrappedNormal,
} from '../../src/distributions/index.ts';
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
    'where every density is 0, log p is −∞, and no NaN comes of its gradient: %s',
    (_, run) => {
      const parameters = () => [tf.tensor1d([0.3, -1]), tf.tensor2d([[0], [5]]), tf.tensor2d([[0], [1]])] as const;
      const logProb = (x: tf.Tensor, logits: tf.Tensor, loc: tf.Tensor, logScale: tf.Tensor) =>
        new MixtureSameFamily({ logits, components: new MultivariateNormalDiag({ loc, logScale }) }).logProb(x);
      for (const far of [1e20, -1e20, 1e38, 1e19]) {
        const value = run(() => logProb(tf.tensor2d([[far]]), ...parameters())).dataSync()[0]!;
        if (Math.abs(far) > 1e19) expect(value).toBe(Number.NEGATIVE_INFINITY);
        else expect(value).toBeLessThan(-6e36);
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

  test.each(Object.entries(ends))(
    'outside of every component’s support log p is −∞, with gradient 0; within one it is what it was: %s',
    (_, run) => {
      const logits = [0.3, -1];
      const weights = logits.map((logit) => Math.exp(logit) / (Math.exp(0.3) + Math.exp(-1)));
      const exponential = (x: tf.Tensor, ...[of, logRate]: tf.Tensor[]) =>
        new MixtureSameFamily({ logits: of!, components: new Exponential({ logRate: logRate! }) }).logProb(x);
      const beta = (x: tf.Tensor, ...[of, concentration1]: tf.Tensor[]) =>
        new MixtureSameFamily({
          logits: of!,
          components: new Beta({ concentration1: concentration1!, concentration0: tf.tensor1d([1, 1]) }),
        }).logProb(x);
      const rates = [2, 0.5];
      const cases: [typeof exponential, number[], number, number, number][] = [
        [
          exponential,
          rates.map(Math.log),
          -0.5,
          1.5,
          rates.reduce((sum, rate, k) => sum + weights[k]! * rate * Math.exp(-rate * 1.5), 0),
        ],
        [beta, rates, 1.25, 0.25, rates.reduce((sum, a, k) => sum + weights[k]! * a * 0.25 ** (a - 1), 0)],
      ];
      for (const [logProb, parameters, outside, inside, density] of cases) {
        const x = () => tf.tensor1d([outside, inside]);
        const given = () => [tf.tensor1d(logits), tf.tensor1d(parameters)];
        const [no, yes] = run(() => logProb(x(), ...given())).dataSync();
        expect(no).toBe(Number.NEGATIVE_INFINITY);
        expect(yes).toBeCloseTo(Math.log(density), 5);
        const slopes = (at: number) =>
          run(() =>
            tf.concat(
              tf.grads((...[one, ...all]: tf.Tensor[]) => logProb(one!, ...all))([tf.tensor1d([at]), ...given()]),
              0,
            ),
          ).dataSync();
        expect(slopes(outside).every((slope) => slope === 0)).toBe(true);
        expect(slopes(inside).every((slope) => Number.isFinite(slope) && slope !== 0)).toBe(true);
      }
      const boxes = run(() =>
        new MixtureSameFamily({ components: new Uniform({ dim: 1, low: 0, high: 2, batchShape: [2] }) }).logProb(
          tf.tensor2d([[-1], [0.5], [3]]),
        ),
      ).dataSync();
      expect([boxes[0], boxes[2]]).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
      expect(boxes[1]).toBeCloseTo(-Math.LN2, 6);
    },
  );

  test('values and gradients within float32 are the sum of the components, to the bit', () => {
    const given = [tf.tensor1d([0.3, -1]), tf.tensor2d([[0], [5]]), tf.tensor2d([[0], [1]])];
    const components = (loc: tf.Tensor, logScale: tf.Tensor) => new MultivariateNormalDiag({ loc, logScale });
    const now = (x: tf.Tensor, ...[logits, loc, logScale]: tf.Tensor[]) =>
      new MixtureSameFamily({ logits: logits!, components: components(loc!, logScale!) }).logProb(x);
    const plain = (x: tf.Tensor, ...[logits, loc, logScale]: tf.Tensor[]) =>
      tf.logSumExp(tf.add(tf.logSoftmax(logits!), components(loc!, logScale!).logProb(tf.expandDims(x, -2))), -1);
    const x = tf.tensor2d([[-3], [0.2], [4.5], [1e4]]);
    const bits = (values: tf.Tensor) => [...new Uint32Array(Float32Array.from(values.dataSync()).buffer)];
    expect(bits(now(x, ...given))).toEqual(bits(plain(x, ...given)));
    const [ours, theirs] = [now, plain].map((of) =>
      tf.grads((...all: tf.Tensor[]) => of(all[0]!, ...all.slice(1)))([x, ...given]),
    );
    ours!.forEach((slopes, i) => {
      expect(bits(slopes)).toEqual(bits(theirs![i]!));
    });
  });

  test('one component is that component', () => {
    const x = tf.tensor2d([[-1], [3]]);
    const [got, wanted] = [
      mixture([[7, 1, 0.5]]).logProb(x),
      new MultivariateNormalDiag({ loc: tf.tensor1d([1]), logScale: tf.scalar(0.5) }).logProb(x),
    ];
    wanted.dataSync().forEach((value, i) => expect(got.dataSync()[i]!).toBeCloseTo(value, 5));
    expect(mixture([[7, 1, 0.5]]).sample(new Rng(0), [3]).shape).toEqual([3, 1]);
  });
});

describe('a mixture of angles', () => {
  const [logits, locs] = [tf.tensor1d([0.4, 0, -1]), [3, -2.9, -3.1]];
  const kinds = {
    VonMises: (spread: number) =>
      new MixtureSameFamily({
        logits,
        components: new VonMises({
          loc: tf.tensor1d(locs),
          concentration: tf.div(tf.tensor1d([1, 4, 2]), spread * spread),
        }),
      }),
    WrappedNormal: (spread: number) =>
      new MixtureSameFamily({
        logits,
        components: new WrappedNormal(
          new MultivariateNormalDiag({
            loc: tf.tensor2d(locs, [3, 1]),
            logScale: tf.log(tf.mul(tf.tensor2d([0.7, 0.3, 1], [3, 1]), spread)),
          }),
        ),
      }),
  };

  test.each(Object.entries(kinds))('has the circular mean and variance of its density: %s', (_, make) => {
    const count = 4000;
    const angles = Array.from({ length: count }, (_, i) => ((2 * i + 1) / count - 1) * Math.PI);
    for (const spread of [1, 0.05]) {
      const mixed = make(spread);
      const density = tf.exp(mixed.logProb(tf.tensor(angles, [count, ...mixed.eventShape]))).dataSync();
      const mean = (f: (angle: number) => number) =>
        angles.reduce((sum, angle, i) => sum + (2 * Math.PI * density[i]! * f(angle)) / count, 0);
      const wanted = Math.atan2(mean(Math.sin), mean(Math.cos));
      const [direction, variance] = [mixed.mean(), mixed.variance()].map((each) => each.dataSync()[0]!);
      expect(Math.abs(Math.sin((direction! - wanted) / 2))).toBeLessThan(1e-5);
      expect(variance! / mean((angle) => 1 - Math.cos(angle - wanted))).toBeCloseTo(1, 4);
    }
  });
});
