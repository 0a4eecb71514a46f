import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import type { WithLogDet } from '../bijector.ts';
import { BoundedMonotone, type BoundedMonotoneOptions, boundedMonotoneKinds } from './boundedMonotone.ts';
import type { ElementwiseFamily } from './elementwiseFamily.ts';
import { parametersFirst } from './parametersFirst.ts';

/** The least slope. */
const FLOOR = 1e-3;
/** What a coefficient stays below. */
const GREATEST = 5;

/** Options of {@link SumOfSquares}. */
export interface SumOfSquaresOptions extends BoundedMonotoneOptions {
  /** How many polynomials are squared, K; 3 by default. */
  readonly polynomials?: number;
  /** Their degree, R; 4 by default. */
  readonly degree?: number;
}

/**
 * Elementwise increasing polynomial of degree 2R + 1 on [−B, B], the integral of a sum of squares; with u = x / B
 *
 *     dy/dx = ε + (1 − ε)/K Σₖ pₖ(u)²       pₖ(u) = 1 + Σᵣ aₖᵣ ((u − tₖ) / (1 + |tₖ|))ʳ, r = 0 … R       y(0) = shift
 *
 * with a = 5 tanh(raw / 5) and ε = 0.001. Slopes lie between ε and (1 + 5(R + 1))². The centres tₖ, evenly spaced over [−1, 1],
 * give each pₖ a gradient of its own where all are equal, as at first. Outside it goes on with the slope of the end.
 *
 * `parameters` `[1 + K(R + 1), ...rows]` are the shift and the raw aₖᵣ, those of one polynomial side by side.
 *
 * Jaini, Selby & Yu, "Sum-of-squares polynomial flow", arXiv:1905.02325.
 */
export class SumOfSquares extends BoundedMonotone {
  readonly polynomials: number;
  readonly degree: number;

  /** @throws if a size is no positive integer, there are not 1 + K(R + 1) parameters, or the bound is not positive */
  constructor(given: SumOfSquaresOptions) {
    const {
      polynomials = 3,
      degree = 4,
      ...options
    } = checkOptions('SumOfSquares', given, {
      ...boundedMonotoneKinds,
      polynomials: [Number, undefined],
      degree: [Number, undefined],
    });
    positiveInteger('SumOfSquares', 'polynomials', polynomials);
    positiveInteger('SumOfSquares', 'degree', degree);
    super(options, 1 + polynomials * (degree + 1));
    this.polynomials = polynomials;
    this.degree = degree;
  }

  protected formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet {
    const { polynomials: K, degree: R, bound } = this;
    const terms = R + 1;
    const rows = parameters.shape.slice(2);
    const [shift, raw] = tf.split(parameters, [1, K * terms], 0);
    const free = tf.mul(tf.tanh(tf.mul(raw!, 1 / GREATEST)), GREATEST);
    const expanded = tf.matMul(expansion(K, terms), tf.reshape(free, [K * terms, raw!.size / (K * terms)]));
    const powerOfOne = tf.tensor(
      Float32Array.from({ length: terms }, (_, r) => (r === 0 ? 1 : 0)),
      [1, terms, 1],
    );
    const factors = tf.add(tf.reshape(expanded, [K, terms, expanded.shape[1]!]), powerOfOne);
    const products = tf.mul(tf.expandDims(factors, 2), tf.expandDims(factors, 1));
    const integral = tf.matMul(
      integration(K, terms, bound),
      tf.reshape(products, [K * terms * terms, expanded.shape[1]!]),
    );
    const linear = tf.tensor(
      Float32Array.from({ length: 2 * R + 1 }, (_, m) => (m === 0 ? bound * FLOOR : 0)),
      [2 * R + 1, 1],
    );
    const ofValue = tf.split(tf.reshape(tf.add(integral, linear), [2 * R + 1, 1, ...rows]), 2 * R + 1, 0);
    const ofFactors = tf.unstack(tf.reshape(factors, [K, terms, 1, ...rows]), 1);
    return (x) => {
      const u = tf.mul(x, 1 / bound);
      const squares = tf.square(horner(ofFactors, u));
      const slope = tf.add(tf.mul(tf.sum(squares, 0, true), (1 - FLOOR) / K), FLOOR);
      return [tf.add(tf.mul(horner(ofValue, u), u), shift!), tf.log(slope)];
    };
  }
}

/** {@link SumOfSquares} on [−bound, bound]. @throws if a size is no positive integer, or the bound not positive */
export function sumOfSquaresFamily(
  options: { readonly polynomials?: number; readonly degree?: number; readonly bound?: number } = {},
): ElementwiseFamily {
  const {
    polynomials = 3,
    degree = 4,
    bound = 5,
  } = checkOptions('sumOfSquaresFamily', options, {
    polynomials: [Number, undefined],
    degree: [Number, undefined],
    bound: [Number, undefined],
  });
  positiveInteger('sumOfSquaresFamily', 'polynomials', polynomials);
  positiveInteger('sumOfSquaresFamily', 'degree', degree);
  return {
    name: 'sumOfSquares',
    parameterCount: 1 + polynomials * (degree + 1),
    bijector: (parameters, dim) =>
      new SumOfSquares({ parameters: parametersFirst(parameters, dim), polynomials, degree, bound }),
  };
}

/** Σ cₘ uᵐ */
function horner(coefficients: readonly tf.Tensor[], u: tf.Tensor): tf.Tensor {
  return coefficients.slice(0, -1).reduceRight((sum, each) => tf.add(tf.mul(sum, u), each), coefficients.at(-1)!);
}

/** `[K·terms, K·terms]`: from the coefficients of ((u − tₖ) / (1 + |tₖ|))ʳ to those of uᵐ, for each polynomial. */
function expansion(K: number, terms: number): tf.Tensor2D {
  const matrix = new Float32Array(K * terms * K * terms);
  for (let k = 0; k < K; k++) {
    const centre = K === 1 ? 0 : (2 * k) / (K - 1) - 1;
    const size = 1 + Math.abs(centre);
    let power = [1];
    for (let r = 0; r < terms; r++) {
      power.forEach((coefficient, m) => {
        matrix[(k * terms + m) * K * terms + k * terms + r] = coefficient;
      });
      power = [...power, 0].map(
        (coefficient, m) => ((power[m - 1] ?? 0) - centre * (m < power.length ? coefficient : 0)) / size,
      );
    }
  }
  return tf.tensor2d(matrix, [K * terms, K * terms]);
}

/** `[2·terms − 1, K·terms²]`: from products of a polynomial's coefficients to those of ∫ Σₖ pₖ² (1 − ε) / K dx, divided by u. */
function integration(K: number, terms: number, bound: number): tf.Tensor2D {
  const columns = K * terms * terms;
  const matrix = new Float32Array((2 * terms - 1) * columns);
  for (let column = 0; column < columns; column++) {
    const m = (column % terms) + (Math.floor(column / terms) % terms);
    matrix[m * columns + column] = (bound * (1 - FLOOR)) / (K * (m + 1));
  }
  return tf.tensor2d(matrix, [2 * terms - 1, columns]);
}
