import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  Distribution,
  Independent,
  MixtureSameFamily,
  MultivariateNormalDiag,
  MultivariateNormalTriL,
  modes,
  Rng,
  VonMises,
  Wrapped,
} from '../../src/index.ts';

/** A mixture of normals in some dimensions: [weight, center, σ] of each. */
function mixture(components: readonly (readonly [number, readonly number[], number])[]): MixtureSameFamily {
  return new MixtureSameFamily({
    logits: tf.tensor1d(components.map(([weight]) => Math.log(weight))),
    components: new MultivariateNormalDiag({
      loc: tf.tensor2d(components.map(([, center]) => [...center])),
      logScale: tf.tensor2d(components.map(([, center, std]) => center.map(() => Math.log(std)))),
    }),
  });
}

/** x = (3 + 0.2 g) (cos θ, sin θ), θ uniform: one ring, up to a normalizer. */
class Ring extends Distribution {
  readonly batchShape: number[] = [];
  readonly eventShape = [2];
  readonly reparameterized = true;

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const angle = tf.mul(rng.uniformTensor(sampleShape), 2 * Math.PI);
    const radius = tf.add(tf.mul(rng.normalTensor(sampleShape), 0.2), 3);
    return tf.stack([tf.mul(radius, tf.cos(angle)), tf.mul(radius, tf.sin(angle))], -1);
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return tf.mul(tf.square(tf.div(tf.sub(tf.norm(x, 2, -1), 3), 0.2)), -0.5);
  }
}

/** Two peaks, at −1 and lower at 1, on a plain without a gradient. */
class Peaks extends Distribution {
  readonly batchShape: number[] = [];
  readonly eventShape = [1];
  readonly reparameterized = true;

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.sub(tf.mul(rng.uniformTensor([...sampleShape, 1]), 3), 1.5);
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const peak = (at: number) => tf.mul(tf.square(tf.div(tf.sub(tf.squeeze(x, [-1]), at), 0.1)), -0.5);
    return tf.maximum(tf.maximum(peak(-1), tf.sub(peak(1), 0.2)), -8);
  }
}

const found = (distribution: Distribution, starts = 64) => modes(distribution, { rng: new Rng('modes'), starts });

describe('modes', () => {
  test('of one normal: its mode, however ill-conditioned', () => {
    const distribution = new MultivariateNormalTriL({
      loc: tf.tensor1d([2, -300]),
      logDiagonal: tf.tensor1d([-3, 3]),
      offDiagonal: tf.tensor1d([15]),
    });
    const [mode, ...others] = found(distribution, 32);
    expect(others).toEqual([]);
    expect(Math.abs(mode!.x[0]! - 2)).toBeLessThan(0.01);
    expect(Math.abs(mode!.x[1]! + 300)).toBeLessThan(3);
    expect(mode).toMatchObject({ share: 1, standardError: 0 });
  });

  test('ends that are stuck between two peaks do not join them', () => {
    const peaks = found(new Peaks());
    expect(peaks.map(({ x: [x] }) => Math.round(x!))).toEqual([-1, 1]);
    expect(peaks[0]!.share + peaks[1]!.share).toBe(1);
  });

  test('of a mixture in one dimension: each peak once, the densest first, with the mass of its basin', () => {
    const list = found(
      mixture([
        [0.5, [-2], 0.5],
        [0.3, [1], 0.2],
        [0.2, [4], 1],
      ]),
      200,
    );
    expect(list.map(({ x }) => Math.round(x[0]! * 50) / 50)).toEqual([1, -2, 4]);
    const density = (x: number) =>
      [
        [0.5, -2, 0.5],
        [0.3, 1, 0.2],
        [0.2, 4, 1],
      ].reduce(
        (sum, [w, m, s]) => sum + (w! * Math.exp(-0.5 * ((x - m!) / s!) ** 2)) / (s! * Math.sqrt(2 * Math.PI)),
        0,
      );
    for (const { x, logProb } of list) expect(logProb).toBeCloseTo(Math.log(density(x[0]!)), 4);
    list.forEach(({ share, standardError }, i) => {
      expect(standardError).toBeCloseTo(Math.sqrt((share * (1 - share)) / 200), 6);
      expect(Math.abs(share - [0.3, 0.5, 0.2][i]!)).toBeLessThan(4 * standardError + 0.02);
    });
  });

  test('two components that overlap have one mode', () => {
    expect(
      found(
        mixture([
          [0.5, [-0.8], 1],
          [0.5, [0.8], 1],
        ]),
      ),
    ).toHaveLength(1);
    // Beyond twice σ they part.
    expect(
      found(
        mixture([
          [0.5, [-1.6], 1],
          [0.5, [1.6], 1],
        ]),
      ),
    ).toHaveLength(2);
  });

  test('of a mixture in two dimensions, one of them narrow', () => {
    const centers = [
      [3, 0],
      [0, 3],
      [-3, 0],
      [0, -3],
    ];
    const list = found(mixture(centers.map((center, i) => [0.25, center, i === 0 ? 0.05 : 0.4])));
    expect(list).toHaveLength(4);
    expect(list[0]!.x[0]).toBeCloseTo(3, 2);
    for (const { x } of list) {
      expect(Math.min(...centers.map((center) => Math.hypot(x[0]! - center[0]!, x[1]! - center[1]!)))).toBeLessThan(
        0.01,
      );
    }
  });

  test('a ring is one mode', () => {
    const [mode, ...others] = found(new Ring());
    expect(others).toEqual([]);
    expect(Math.hypot(...mode!.x)).toBeCloseTo(3, 3);
  });

  test('leaves no tensors behind', () => {
    const distribution = mixture([[1, [0], 1]]);
    const before = tf.memory().numTensors;
    modes(distribution, { rng: new Rng(0), starts: 4, steps: 3 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('angles', () => {
  /** A mixture of normals, wound round the circle. */
  const wound = (...components: Parameters<typeof mixture>[0][number][]) => new Wrapped(mixture(components));
  const turn = (x: number, from: number) => Math.abs(Math.atan2(Math.sin(x - from), Math.cos(x - from)));

  test('a mode where the circle closes is one, with all of the mass', () => {
    const found = modes(wound([1, [Math.PI], 0.5]), { rng: new Rng(0) });
    expect(found).toHaveLength(1);
    expect(turn(found[0]!.x[0]!, Math.PI)).toBeLessThan(0.01);
    expect(found[0]!.share).toBe(1);
  });

  test('two are found where they are, in [−π, π), with the mass about them', () => {
    const found = modes(wound([3, [3.3], 0.2], [1, [-1], 0.2]), { rng: new Rng(0), starts: 400 });
    expect(found).toHaveLength(2);
    expect(found[0]!.x[0]!).toBeCloseTo(3.3 - 2 * Math.PI, 2);
    expect(found[1]!.x[0]!).toBeCloseTo(-1, 2);
    expect(Math.abs(found[0]!.share - 0.75)).toBeLessThan(3 * found[0]!.standardError);
  });

  test('two that only the way through ±π connects are one', () => {
    // Between them log p falls by half a nat there, and by far more the other way round.
    const both = wound([1, [Math.PI - 0.5], 0.4], [1, [-Math.PI + 0.5], 0.4]);
    expect(modes(both, { rng: new Rng(0), dip: 0.5 })).toHaveLength(1);
    expect(modes(wound([1, [Math.PI - 0.8], 0.2], [1, [-Math.PI + 0.8], 0.2]), { rng: new Rng(0) })).toHaveLength(2);
  });

  test('von Mises in two components: one mode where both circles close', () => {
    const both = new VonMises({ loc: tf.tensor1d([Math.PI, Math.PI]), concentration: tf.scalar(4) });
    const found = modes(new Independent(both, 1), { rng: new Rng(0) });
    expect(found).toHaveLength(1);
    for (const x of found[0]!.x) expect(turn(x, Math.PI)).toBeLessThan(0.01);
  });
});
