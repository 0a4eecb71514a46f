import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Bijector, observeBijectors, type WithLogDet } from '../../src/bijectors/bijector.ts';
import {
  Chain,
  circularSplineFlow,
  diagnoseFlow,
  Exp,
  Identity,
  LowRankAffine,
  MultivariateNormalDiag,
  Normal,
  neuralSplineFlow,
  Rng,
  realNvp,
  ShiftScale,
  Sigmoid,
  SoftClip,
  Softsign,
  Tanh,
  TransformedDistribution,
} from '../../src/index.ts';
import { erf } from '../oracle/erf.ts';

const wide = (std: number, dim = 2) =>
  new MultivariateNormalDiag({ loc: tf.zeros([dim]), logScale: tf.fill([dim], Math.log(std)) });
const over = (bijector: Bijector, base = wide(1)) => new TransformedDistribution({ base, bijector });
const options = () => ({ rng: new Rng(0), samples: 4000 });
/** The mass of N(0, std²) beyond ±bound. */
const beyond = (bound: number, std: number) => 1 - erf(bound / std / Math.SQRT2);

/** Claims a forward log-determinant that is not its own, or a wrong inverse. */
class Wrong extends Bijector {
  readonly eventNdims = 0;
  readonly shift: number;
  readonly logDet: number;

  constructor(shift: number, logDet: number) {
    super();
    this.shift = shift;
    this.logDet = logDet;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return [tf.clone(x), tf.fill(x.shape, this.logDet)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return [tf.add(y, this.shift), tf.zerosLike(y)];
  }
}

describe('diagnoseFlow', () => {
  test('a well-conditioned flow', () => {
    const diagnosis = diagnoseFlow(realNvp({ dim: 2, layers: 2, hidden: [8], rng: new Rng(0) }).given(), options());
    expect(diagnosis).toEqual({
      nonFiniteShare: 0,
      roundTripError: expect.closeTo(0, 5),
      logDetError: expect.closeTo(0, 5),
      jacobianError: expect.closeTo(0, 5),
      logDetRange: [expect.closeTo(0, 5), expect.closeTo(0, 5)],
      // d (d + 3) / (4 n) at most.
      negentropy: { value: expect.closeTo(0, 3), standardError: expect.closeTo(0, 2) },
      remark: 'a Gaussian, within the error of 4000 draws',
    });
  });

  test('how far from a Gaussian it is: of log-normal numbers as their variance says, in the mean over a batch', () => {
    // The entropy of exp(z) with z ~ N(0, s²) is that of z, its variance (exp(s²) − 1) exp(s²).
    const exact = (s: number) => 0.5 * Math.log(((Math.exp(s * s) - 1) * Math.exp(s * s)) / (s * s));
    const scales = [0.1, 0.3, 0.5];
    const single = new Normal({ loc: tf.zeros([3]), logScale: tf.tensor1d(scales.map(Math.log)) });
    for (const [base, wanted] of [
      [wide(0.5, 1), exact(0.5)],
      [wide(0.5, 2), 2 * exact(0.5)],
      [single, scales.reduce((sum, s) => sum + exact(s) / 3, 0)],
    ] as const) {
      const { negentropy, remark } = diagnoseFlow(over(new Exp(), base as never), options());
      expect(Math.abs(negentropy!.value - wanted)).toBeLessThan(4 * negentropy!.standardError);
      expect(negentropy!.standardError).toBeLessThan(0.02);
      expect(remark).toBeUndefined();
    }
    const errorOf = (batch: number) => {
      const base = new Normal({ loc: tf.zeros([batch]), logScale: tf.fill([batch], Math.log(0.3)) });
      return diagnoseFlow(over(new Exp(), base as never), options()).negentropy!.standardError;
    };
    expect(errorOf(9) / errorOf(1)).toBeCloseTo(1 / 3, 1);
    // A log-density that is not normalized is not a Gaussian's.
    expect(diagnoseFlow(over(new Wrong(0, 0.3)), options()).remark).toBeUndefined();
    expect(diagnoseFlow(over(new Wrong(0, -0.3)), options()).remark).toBeUndefined();
  });

  test('there is no such distance of angles, of a draw that is not finite, of many numbers or few draws', () => {
    const angles = circularSplineFlow({ dim: 1, rng: new Rng(0) }).given() as TransformedDistribution;
    for (const [flow, samples] of [
      [angles, 100],
      [over(new Exp(), wide(100, 1)), 4000],
      [over(new Identity(), wide(1, 65)), 100],
      [over(new Identity(), wide(1, 2)), 3],
    ] as const) {
      expect(diagnoseFlow(flow, { rng: new Rng(0), samples })).not.toHaveProperty('negentropy');
    }
    expect(diagnoseFlow(over(new Identity(), wide(1, 2)), { rng: new Rng(0), samples: 4 }).negentropy).toBeDefined();
  });

  test('a wrong inverse and a wrong log-determinant show', () => {
    const inverse = diagnoseFlow(over(new Wrong(0.25, 0), wide(1e-4)), options());
    expect(inverse.roundTripError).toBeCloseTo(0.25, 3);
    expect(inverse.logDetError).toBe(0);
    const logDet = diagnoseFlow(over(new Wrong(0, -0.3)), options());
    expect(logDet.roundTripError).toBe(0);
    expect(logDet.logDetError).toBeCloseTo(0.6, 5);
    expect(inverse.jacobianError).toBe(0);
    expect(logDet.jacobianError).toBeCloseTo(0.6, 5);
  });

  test('a log-determinant that is wrong alike in both directions shows by the Jacobian alone', () => {
    class Doubled extends Bijector {
      readonly eventNdims = 0;
      protected computeForward(x: tf.Tensor): WithLogDet {
        return [tf.mul(x, 2), tf.zerosLike(x)];
      }
      protected computeInverse(y: tf.Tensor): WithLogDet {
        return [tf.div(y, 2), tf.zerosLike(y)];
      }
    }
    for (const base of [wide(1), wide(1, 1), new Normal({ loc: tf.zeros([3]), logScale: tf.zeros([3]) })]) {
      const { logDetError, jacobianError } = diagnoseFlow(over(new Doubled(), base as never), options());
      expect(logDetError).toBe(0);
      expect(jacobianError).toBeCloseTo(tf.util.sizeFromShape(base.eventShape) * Math.LN2, 5);
    }
    expect(
      diagnoseFlow(over(new Identity(), wide(1, 65)), { rng: new Rng(0), samples: 2 }).jacobianError,
    ).toBeUndefined();
  });

  test('tails of splines inside of couplings: half of the entries of each layer meet one', () => {
    const flow = neuralSplineFlow({
      dim: 2,
      contextDim: 1,
      layers: 2,
      bins: 3,
      bound: 1.5,
      hidden: [8],
      rng: new Rng(0),
    });
    const { tailShare, saturationShare } = diagnoseFlow(flow.given(tf.zeros([3, 1])), {
      rng: new Rng(0),
      samples: 1000,
    });
    // 3,000 entries of each layer.
    expect(Math.abs(tailShare! - beyond(1.5, 1))).toBeLessThan(0.02);
    expect(saturationShare).toBeUndefined();
  });

  test('saturation of squashes', () => {
    // A sigmoid holds what is far below 0: eˣ.
    for (const [bijector, scale, share] of [
      [new Tanh(), 6, beyond(1, 1)],
      [new Sigmoid(), 12, beyond(1, 1) / 2],
      [new Softsign(), 2 ** 14, beyond(1, 1)],
      // 12 hinges of 0.5 beyond bounds of ±0.5.
      [new SoftClip({ low: -0.5, high: 0.5, hingeSoftness: 0.5 }), 6.5, beyond(1, 1)],
      [new SoftClip({ high: 1 }), 13, beyond(1, 1) / 2],
      // A bound of 0 is held, until e⁻ᵗ has no normal number.
      [new SoftClip({ low: [0, 0] }), 87, beyond(1, 1) / 2],
      [new SoftClip({ low: 0 }), 10, 0],
    ] as const) {
      const chain = over(new Chain([bijector, new ShiftScale({ scale })]));
      const { saturationShare, nonFiniteShare } = diagnoseFlow(chain, options());
      expect(Math.abs(saturationShare! - share)).toBeLessThan(share === 0 ? 1e-9 : 0.025);
      expect(nonFiniteShare).toBe(0);
      expect(diagnoseFlow(over(bijector), options()).saturationShare).toBe(0);
    }
    const at = (shift: number) => diagnoseFlow(over(new Chain([new Sigmoid(), new ShiftScale({ shift })])), options());
    expect([-40, -100].map((shift) => at(shift).saturationShare)).toEqual([0, 1]);
  });

  test('where no draw is finite nothing is said', () => {
    const { nonFiniteShare, ...others } = diagnoseFlow(
      over(new Chain([new Exp(), new ShiftScale({ shift: 1000 })])),
      options(),
    );
    expect(nonFiniteShare).toBe(1);
    expect(others).toEqual({
      roundTripError: Number.NaN,
      logDetError: Number.NaN,
      jacobianError: Number.NaN,
      logDetRange: [Number.NaN, Number.NaN],
    });
  });

  test('the capacitance matrix of the map that is there: that of I + VᵀV', () => {
    const map = new LowRankAffine({
      logDiagonal: tf.zeros([2]),
      v: tf.tensor2d([
        [3, 0],
        [0, 0.5],
      ]),
    });
    // C = I + VᵀV = diag(10, 1.25).
    expect(diagnoseFlow(over(map), options()).capacitanceCondition).toBeCloseTo(8, 4);
  });

  test('draws that overflow are counted and left out', () => {
    const { nonFiniteShare, logDetRange } = diagnoseFlow(over(new Exp(), wide(100, 1)), options());
    expect(Math.abs(nonFiniteShare - beyond(88.72, 100) / 2)).toBeLessThan(0.03);
    for (const end of logDetRange) expect(Number.isFinite(end)).toBe(true);
  });

  test('leaves no tensors behind, nor an observer after an error', () => {
    const distribution = over(new Tanh());
    const before = tf.memory().numTensors;
    diagnoseFlow(distribution, options());
    expect(tf.memory().numTensors).toBe(before);
    let seen = 0;
    const see = () => {
      seen += 1;
    };
    const fail = () => {
      new Tanh().forward(tf.zeros([1]));
      throw new Error('in between');
    };
    expect(() => observeBijectors(see, fail)).toThrow('in between');
    new Tanh().forward(tf.zeros([1]));
    expect(seen).toBe(1);
  });
});
