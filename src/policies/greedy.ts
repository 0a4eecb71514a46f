import * as tf from '@tensorflow/tfjs-core';
import { portableMath } from '../portableMath.ts';
import { Rng } from '../random.ts';

/**
 * The noise of greedy and densest actions: of a stream that begins anew with each of these, and alike for all observations of a batch. So neither the
 * calls before nor the batch around an observation say which action it gets.
 *
 * It is a symmetric Latin hypercube: each number has one value in each of `count` strata of equal probability, and the noise of the last
 * sample is that of the first mirrored, and so on. Few samples then have the mass of modes and the center of symmetric densities right, where
 * independent ones would be off in the same way in each action. Ye, Li & Sudjianto, "Algorithmic construction of optimal symmetric Latin
 * hypercube designs", 2000.
 */
export class GreedyNoise extends Rng {
  readonly #count: number;
  readonly #batch: number;

  /** @param count how many samples there are of each of `batch` observations, which are in turn: row i is of observation i mod batch */
  constructor(count: number, batch: number) {
    super('greedy');
    this.#count = count;
    this.#batch = batch;
  }

  override normalTensor(shape: number[]): tf.Tensor {
    return this.#forEach(shape, normalQuantile) ?? super.normalTensor(shape);
  }

  override uniformTensor(shape: number[]): tf.Tensor {
    return this.#forEach(shape, (below) => below) ?? super.uniformTensor(shape);
  }

  /** Quantiles for one observation, repeated along the axis of rows; undefined where there is no such axis. */
  #forEach(shape: number[], quantile: (below: number) => number): tf.Tensor | undefined {
    const [count, batch] = [this.#count, this.#batch];
    const axis = shape.indexOf(count * batch);
    if (axis < 0) return undefined;
    const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
    const [outer, inner] = [before, after].map((sizes) => tf.util.sizeFromShape(sizes)) as [number, number];
    const values = new Float32Array(outer * count * inner);
    for (let column = 0; column < outer * inner; column++) {
      const start = Math.floor(column / inner) * count * inner + (column % inner);
      this.#strata().forEach((stratum, i) => {
        values[start + i * inner] = quantile((stratum + 0.5) / count);
      });
    }
    const own = tf.tensor(values, [...before, count, 1, ...after]);
    return tf.reshape(tf.tile(own, [...before.map(() => 1), 1, batch, ...after.map(() => 1)]), shape);
  }

  /** The strata 0 … count − 1 of the samples, in an order whose reverse is its mirror image. */
  #strata(): number[] {
    const last = this.#count - 1;
    const strata = new Array<number>(this.#count).fill(last / 2);
    this.permutation(Math.floor(this.#count / 2)).forEach((low, i) => {
      const stratum = this.uniform() < 0.5 ? low : last - low;
      strata[i] = stratum;
      strata[last - i] = last - stratum;
    });
    return strata;
  }
}

/** Φ⁻¹ to within 0.01 for 0.01 ≤ p ≤ 0.99, of Tukey's lambda distribution: (pᵏ − (1 − p)ᵏ) / 0.1975 with k = 0.135. */
function normalQuantile(below: number): number {
  const power = (p: number) => portableMath.exp(0.135 * portableMath.log(p));
  return (power(below) - power(1 - below)) / 0.1975;
}

/** h² in units of the mean squared distance of two samples. */
const CENTER_WIDTH = 0.1;
const CENTER_STEPS = 3;

/**
 * The point that most samples are near to: the minimizer of Σᵢ d²(c, xᵢ) / (d²(c, xᵢ) + h²), Geman and McClure's robust loss,
 * with distances in units of each component's spread. It stands for the mode of most mass: a thin spike has few samples near it,
 * a bridge between two modes few too, and samples of other modes hardly pull.
 *
 * Begun at the best sample and improved by iteratively reweighted means, weights 1/(1 + d²/h²)².
 *
 * Geman & McClure, "Statistical methods for tomographic image reconstruction", 1987.
 *
 * @param samples `[count, batch, dim]`
 * @param wrap brings a difference of two values to the shortest one where there are several, as of angles
 * @returns `[batch, dim]`; of one sample that sample
 */
export function denseCenter(
  samples: tf.Tensor,
  wrap: (difference: tf.Tensor) => tf.Tensor = (difference) => difference,
): tf.Tensor {
  const [count, , dim] = samples.shape as [number, number, number];
  if (count === 1) return tf.squeeze(samples, [0]);
  const points = tf.transpose(samples, [1, 0, 2]);
  const squaresBetween = tf.square(wrap(tf.sub(tf.expandDims(points, 2), tf.expandDims(points, 1))));
  // The mean squared difference of two samples is twice the variance, and so is h² in each component.
  const spread = tf.mul(tf.maximum(tf.mean(squaresBetween, [1, 2]), 1e-30), CENTER_WIDTH * dim);
  const kernel = (squares: tf.Tensor, inUnitsOf: tf.Tensor): tf.Tensor =>
    tf.div(1, tf.add(1, tf.sum(tf.div(squares, inUnitsOf), -1)));

  let at = bestOf(points, tf.sum(kernel(squaresBetween, tf.reshape(spread, [-1, 1, 1, dim])), 2));
  for (let step = 0; step < CENTER_STEPS; step++) {
    const deviations = wrap(tf.sub(points, at));
    const weights = tf.expandDims(tf.square(kernel(tf.square(deviations), tf.expandDims(spread, 1))), 2);
    const move = tf.div(tf.sum(tf.mul(weights, deviations), 1, true), tf.sum(weights, 1, true));
    at = wrap(tf.add(at, move));
  }
  return tf.squeeze(at, [1]);
}

/**
 * The choice that most samples have made, the first of those that are equally frequent.
 *
 * @param samples `[count, batch, dim]`; a choice may have several parts
 * @returns `[batch, dim]`
 */
export function mostFrequent(samples: tf.Tensor): tf.Tensor {
  const points = tf.transpose(samples, [1, 0, 2]);
  const equal = tf.cast(tf.equal(tf.expandDims(points, 2), tf.expandDims(points, 1)), 'float32');
  return tf.squeeze(bestOf(points, tf.sum(tf.min(equal, 3), 2)), [1]);
}

/** The sample of the highest score, `[batch, 1, dim]`, of `[batch, count, dim]` and `[batch, count]`. */
function bestOf(points: tf.Tensor, scores: tf.Tensor): tf.Tensor {
  const best = tf.oneHot(tf.argMax(scores, 1), points.shape[1]!, 1, 0, 'float32');
  return tf.matMul(tf.expandDims(best, 1), points);
}
