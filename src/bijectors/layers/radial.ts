import * as tf from '@tensorflow/tfjs-core';
import { boundedLogScale } from '../../nn/boundedLogScale.ts';
import { stopGradient } from '../../nn/stopGradient.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, type Monotonicity, type WithLogDet } from '../bijector.ts';
import { aboveMinusOne } from './aboveMinusOne.ts';
import type { VectorFamily } from './vectorFamily.ts';

/** ‖x − center‖² where it has no direction. */
const LEAST = 1e-24;

/**
 * y = x + β (x − c) / (α + r) with r = ‖x − c‖, α > 0 and β > −α: away from a center or towards it;
 * log-determinant (dim − 1) log(1 + β / (α + r)) + log(1 + αβ / (α + r)²). The inverse is the root of a quadratic equation for r.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770, section 4.1 and appendix A.2.
 */
export class Radial extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  /** c, `[..., dim]` */
  readonly center: tf.Tensor;
  /** log α, `[...]` */
  readonly logAlpha: tf.Tensor;
  /** What β / α is made of, `[...]`: itself where it is positive, and above −1 elsewhere. */
  readonly strength: tf.Tensor;

  /** @throws if the shapes are not `[..., dim]`, `[...]` and `[...]` */
  constructor(options: { readonly center: tf.Tensor; readonly logAlpha: tf.Tensor; readonly strength: tf.Tensor }) {
    super();
    const { center, logAlpha, strength } = checkOptions('Radial', options, {
      center: tf.Tensor,
      logAlpha: tf.Tensor,
      strength: tf.Tensor,
    });
    const batch = center.shape.slice(0, -1);
    if (center.rank < 1 || ![logAlpha, strength].every(({ shape }) => tf.util.arraysEqual(shape, batch))) {
      throw new Error(
        `Radial: wanted center [..., dim], logAlpha and strength [...], got [${center.shape}], [${logAlpha.shape}] and [${strength.shape}]`,
      );
    }
    this.dim = center.shape.at(-1)!;
    this.center = center;
    this.logAlpha = logAlpha;
    this.strength = strength;
  }

  override get parameterShape(): readonly number[] {
    return this.center.shape;
  }

  /** Rising for one number, undefined for several. */
  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const from = tf.sub(x, this.center);
    const { factor, logDet } = this.#at(radius(from));
    return [tf.add(x, tf.mul(tf.expandDims(tf.sub(factor, 1), -1), from)), logDet];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const from = tf.sub(y, this.center);
    const image = radius(from);
    const alpha = tf.exp(this.logAlpha);
    // r² − half·2 r − α r′ = 0 of r′ = r (1 + β / (α + r)), by the form without cancellation.
    const half = tf.mul(tf.sub(tf.sub(image, alpha), tf.mul(alpha, aboveMinusOne(this.strength))), 0.5);
    const product = tf.mul(alpha, image);
    const root = tf.sqrt(tf.add(tf.square(half), product));
    const sum = tf.add(root, tf.abs(half));
    const outwards = stopGradient(() => tf.greater(half, 0));
    const r = tf.where(outwards, sum, tf.div(product, sum));
    const { factor, logDet } = this.#at(r);
    return [tf.add(this.center, tf.div(from, tf.expandDims(factor, -1))), tf.neg(logDet)];
  }

  /** 1 + β / (α + r) and the log-determinant. */
  #at(r: tf.Tensor): { factor: tf.Tensor; logDet: tf.Tensor } {
    const alpha = tf.exp(this.logAlpha);
    const share = tf.div(alpha, tf.add(alpha, r));
    const ratio = aboveMinusOne(this.strength);
    const stretch = tf.mul(ratio, share);
    const logDet = tf.add(tf.mul(tf.log1p(stretch), this.dim - 1), tf.log1p(tf.mul(stretch, share)));
    return { factor: tf.add(stretch, 1), logDet };
  }
}

function radius(from: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.maximum(tf.sum(tf.square(from), -1), LEAST));
}

/** {@link Radial}, the identity at first, about random centers; α lies between e⁻¹⁰ and e¹⁰. Parameters: c, log α, strength. */
export const radialFamily: VectorFamily = {
  name: 'radial',
  parameterCount: (dim) => dim + 2,
  initialParameters(dim, rng) {
    const parameters = new Float32Array(dim + 2);
    parameters.set(rng.fillNormal(new Float32Array(dim)));
    return parameters;
  },
  bijector(parameters, dim) {
    const [center, logAlpha, strength] = tf.split(parameters, [dim, 1, 1], -1);
    return new Radial({
      center: center!,
      logAlpha: boundedLogScale(tf.squeeze(logAlpha!, [-1]), 1),
      strength: tf.squeeze(strength!, [-1]),
    });
  },
};
