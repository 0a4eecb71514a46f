import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import type { WithLogDet } from '../bijector.ts';
import { boundedLogSlope } from './boundedLogSlope.ts';
import { BoundedMonotone, type BoundedMonotoneOptions, boundedMonotoneKinds } from './boundedMonotone.ts';
import type { ElementwiseFamily } from './elementwiseFamily.ts';
import { parametersFirst } from './parametersFirst.ts';

/**
 * Elementwise increasing Bernstein polynomial of degree M on [−B, B], with u = (x + B) / 2B:
 *
 *     dy/dx = Σₖ sₖ C(M−1, k) uᵏ (1−u)ᴹ⁻¹⁻ᵏ, k = 0 … M−1       y = Σₖ αₖ C(M, k) uᵏ (1−u)ᴹ⁻ᵏ, k = 0 … M
 *
 * with αₖ₊₁ − αₖ = sₖ 2B/M and (α₀ + αM)/2 the shift. The slope is everywhere a mean of the sₖ = exp(`boundedLogSlope`). Outside
 * it is sₖ of the end.
 *
 * `parameters` `[1 + M, ...rows]` are the shift and the raw log sₖ.
 *
 * Sick, Hothorn & Dürr, "Deep transformation models: Tackling complex regression problems with neural network based
 * transformation models", arXiv:2004.00464; Ramasinghe et al., "Robust normalizing flows using Bernstein-type polynomials",
 * arXiv:2102.03509.
 */
export class Bernstein extends BoundedMonotone {
  readonly degree: number;

  /** @throws if there are fewer than two parameters, or the bound is not positive */
  constructor(options: BoundedMonotoneOptions) {
    const degree = Math.max(1, (checkOptions('Bernstein', options, boundedMonotoneKinds).parameters.shape[0] ?? 0) - 1);
    super(options, 1 + degree);
    this.degree = degree;
  }

  protected formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet {
    const { degree, bound } = this;
    const [shift, raw] = tf.split(parameters, [1, degree], 0);
    const slopes = tf.exp(boundedLogSlope(raw!));
    // y − x is the polynomial with these coefficients, all of which are 0 for the identity.
    const rises = tf.reshape(tf.sub(slopes, 1), [degree, slopes.size / degree]);
    const centred = tf.reshape(tf.matMul(risesToCoefficients(degree, bound), rises), [
      degree + 1,
      ...raw!.shape.slice(1),
    ]);
    const coefficients = tf.add(centred, shift!);
    const axes = parameters.rank - 1;
    const [ofValue, ofSlope] = [binomials(degree, axes), binomials(degree - 1, axes)];
    return (x) => {
      const rising = powers(tf.mul(tf.add(x, bound), 0.5 / bound), degree, 'up');
      const falling = powers(tf.mul(tf.sub(bound, x), 0.5 / bound), degree, 'down');
      const lower = tf.mul(tf.slice(rising, 0, degree), tf.slice(falling, 1, degree));
      const value = tf.sum(tf.mul(tf.mul(rising, falling), tf.mul(coefficients, ofValue)), 0, true);
      const slope = tf.sum(tf.mul(lower, tf.mul(slopes, ofSlope)), 0, true);
      return [tf.add(x, value), tf.log(slope)];
    };
  }
}

/** {@link Bernstein} of a degree on [−bound, bound]. @throws if the degree is no positive integer, or the bound not positive */
export function bernsteinFamily(
  options: { readonly degree?: number; readonly bound?: number } = {},
): ElementwiseFamily {
  const { degree = 16, bound = 5 } = checkOptions('bernsteinFamily', options, {
    degree: [Number, undefined],
    bound: [Number, undefined],
  });
  positiveInteger('bernsteinFamily', 'degree', degree);
  return {
    name: 'bernstein',
    parameterCount: 1 + degree,
    bijector: (parameters, dim) => new Bernstein({ parameters: parametersFirst(parameters, dim), bound }),
  };
}

/** `[1, …]` → `[degree + 1, …]`: 1, u, u², … or in the other order. Each is a product of few, by doubling. */
function powers(u: tf.Tensor, degree: number, order: 'up' | 'down'): tf.Tensor {
  const join = (first: tf.Tensor, second: tf.Tensor) =>
    tf.concat(order === 'up' ? [first, second] : [second, first], 0);
  let known = join(tf.onesLike(u), u);
  let last = u;
  while (known.shape[0]! <= degree) {
    const count = Math.min(known.shape[0]! - 1, degree + 1 - known.shape[0]!);
    const begin = order === 'up' ? 1 : known.shape[0]! - 1 - count;
    known = join(known, tf.mul(tf.slice(known, begin, count), last));
    last = tf.square(last);
  }
  return known;
}

/** `[degree + 1, 1, …]` of `axes` more axes. */
function binomials(degree: number, axes: number): tf.Tensor {
  const row = [1];
  for (let k = 0; k < degree; k++) row.push((row[k]! * (degree - k)) / (k + 1));
  return tf.tensor(row, [degree + 1, ...new Array<number>(axes).fill(1)]);
}

/** `[degree + 1, degree]`: half of the rises before a coefficient less half of those after, times 2B / degree. */
function risesToCoefficients(degree: number, bound: number): tf.Tensor2D {
  const matrix = new Float32Array((degree + 1) * degree);
  for (let k = 0; k <= degree; k++) {
    for (let j = 0; j < degree; j++) matrix[k * degree + j] = (j < k ? bound : -bound) / degree;
  }
  return tf.tensor2d(matrix, [degree + 1, degree]);
}
