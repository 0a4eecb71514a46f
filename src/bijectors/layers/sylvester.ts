import * as tf from '@tensorflow/tfjs-core';
import { boundedLogScale } from '../../nn/boundedLogScale.ts';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, type Monotonicity, type WithLogDet } from '../bijector.ts';
import { Householder } from '../linear/householder.ts';
import { matVec } from '../linear/matVec.ts';
import { strictlyUpper } from '../linear/strictlyUpper.ts';
import { unitSlices } from '../linear/unitSlices.ts';
import { monotoneInverse } from '../monotoneInverse.ts';
import { aboveMinusOne } from './aboveMinusOne.ts';
import { bendRange } from './planar.ts';
import type { VectorFamily } from './vectorFamily.ts';

/** Options of {@link Sylvester}. */
export interface SylvesterOptions {
  /** `[..., reflections, dim]`: Q is the first `rank` columns of the product of these reflections; see {@link Householder}. */
  readonly v: tf.Tensor;
  /** What r_ii r̃_ii is made of, `[..., rank]`: itself where it is positive, and above −0.999 elsewhere. */
  readonly strength: tf.Tensor;
  /** log r̃_ii, `[..., rank]` */
  readonly logDiagonal: tf.Tensor;
  /** R's entries above its diagonal column by column, `[..., rank (rank − 1) / 2]`; absent when the rank is 1. */
  readonly outer?: tf.Tensor;
  /** R̃'s, likewise. */
  readonly inner?: tf.Tensor;
  /** `[..., rank]` */
  readonly b: tf.Tensor;
}

/**
 * y = x + Q R tanh(R̃ Qᵀ x + b) with `rank` ≤ dim orthonormal columns Q and upper triangular R and R̃, r̃_ii > 0 and
 * r_ii r̃_ii > −0.999; log-determinant Σ log(1 + r_ii r̃_ii (1 − tanh²)) by Sylvester's identity. Of {@link Planar}'s bends, `rank` at once.
 *
 * r̃_ii > 0 loses nothing: tanh is odd, and a row of R̃ and b and a column of R may change their signs together. In the coordinates Qᵀx the Jacobian is
 * upper triangular with a positive diagonal, so that the inverse is `rank` roots of monotone functions of one number, the last first.
 *
 * van den Berg et al., "Sylvester Normalizing Flows for Variational Inference", arXiv:1803.05649.
 */
export class Sylvester extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  readonly rank: number;
  readonly v: tf.Tensor;
  readonly strength: tf.Tensor;
  readonly logDiagonal: tf.Tensor;
  readonly outer: tf.Tensor | undefined;
  readonly inner: tf.Tensor | undefined;
  readonly b: tf.Tensor;

  /** @throws if the shapes do not fit one another, or the rank is above the dimension */
  constructor(options: SylvesterOptions) {
    super();
    const { v, strength, logDiagonal, outer, inner, b } = checkOptions('Sylvester', options, {
      v: tf.Tensor,
      strength: tf.Tensor,
      logDiagonal: tf.Tensor,
      outer: [tf.Tensor, undefined],
      inner: [tf.Tensor, undefined],
      b: tf.Tensor,
    });
    this.dim = v.shape.at(-1) ?? 0;
    this.rank = b.shape.at(-1) ?? 0;
    const batch = v.shape.slice(0, -2);
    const above = (this.rank * (this.rank - 1)) / 2;
    const fits =
      v.rank >= 2 &&
      this.rank >= 1 &&
      this.rank <= this.dim &&
      [strength, logDiagonal, b].every(({ shape }) => tf.util.arraysEqual(shape, [...batch, this.rank])) &&
      [outer, inner].every((part) =>
        part === undefined ? above === 0 : tf.util.arraysEqual(part.shape, [...batch, above]),
      );
    if (!fits) {
      const text = (part: tf.Tensor | undefined) => (part === undefined ? 'none' : `[${part.shape}]`);
      throw new Error(
        'Sylvester: wanted v [..., reflections, dim], strength, logDiagonal and b [..., rank], rank at most dim, and outer and ' +
          `inner [..., rank (rank − 1) / 2], got ${[v, strength, logDiagonal, b, outer, inner].map(text).join(', ')}`,
      );
    }
    this.v = v;
    this.strength = strength;
    this.logDiagonal = logDiagonal;
    this.outer = outer;
    this.inner = inner;
    this.b = b;
  }

  override get parameterShape(): readonly number[] {
    return [...this.b.shape.slice(0, -1), this.dim];
  }

  /** Rising for one number, undefined for several. */
  override monotonicity(): Monotonicity | undefined {
    return this.dim === 1 ? 1 : undefined;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const { steepness, innerDiagonal, outerAbove, innerAbove } = this.#triangles();
    const z = this.#coordinates(x);
    let bent = tf.add(tf.mul(innerDiagonal, z), this.b);
    if (innerAbove !== undefined) bent = tf.add(bent, matVec(innerAbove, z));
    const bend = tf.tanh(bent);
    let move = tf.mul(tf.div(steepness, innerDiagonal), bend);
    if (outerAbove !== undefined) move = tf.add(move, matVec(outerAbove, bend));
    return [tf.add(x, this.#point(move)), tf.sum(logSlope(steepness, bend), -1)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const { steepness, innerDiagonal, outerAbove, innerAbove } = this.#triangles();
    const [steepnesses, slopes] = [steepness, innerDiagonal].map((part) => unitSlices(part, -1));
    const [outerColumns, innerColumns] = [outerAbove, innerAbove].map((part) => part && columnsOf(part));
    const image = this.#coordinates(y);
    let rest = image;
    let offset = this.b;
    const z: tf.Tensor[] = [];
    const logDets: tf.Tensor[] = [];
    for (let i = this.rank - 1; i >= 0; i--) {
      const [ratio, slope] = [steepnesses![i]!, slopes![i]!];
      const [reach, target, shift] = [tf.div(ratio, slope), entry(rest, i), entry(offset, i)];
      const bendAt = (value: tf.Tensor) => tf.tanh(tf.add(tf.mul(slope, value), shift));
      const f = (value: tf.Tensor): WithLogDet => {
        const bend = bendAt(value);
        return [tf.add(value, tf.mul(reach, bend)), logSlope(ratio, bend)];
      };
      const width = tf.add(tf.abs(reach), 1e-3);
      const range = bendRange(tf.add(tf.mul(slope, target), shift), ratio);
      const [root, logDet] = monotoneInverse(f, target, {
        low: tf.maximum(tf.sub(target, width), tf.div(tf.sub(range.low, shift), slope)),
        high: tf.minimum(tf.add(target, width), tf.div(tf.sub(range.high, shift), slope)),
      });
      z.unshift(root);
      logDets.push(logDet);
      if (i > 0) {
        rest = tf.sub(rest, tf.mul(outerColumns![i]!, bendAt(root)));
        offset = tf.add(offset, tf.mul(innerColumns![i]!, root));
      }
    }
    const move = tf.sub(image, tf.concat(z, -1));
    return [tf.sub(y, this.#point(move)), tf.squeeze(tf.addN(logDets), [-1])];
  }

  /** Qᵀ x. */
  #coordinates(x: tf.Tensor): tf.Tensor {
    const turned = new Householder(this.v).inverse(x);
    return this.rank === this.dim ? turned : tf.split(turned, [this.rank, this.dim - this.rank], -1)[0]!;
  }

  /** Q z. */
  #point(z: tf.Tensor): tf.Tensor {
    const zeros = tf.zeros([...z.shape.slice(0, -1), this.dim - this.rank]);
    return new Householder(this.v).forward(this.rank === this.dim ? z : tf.concat([z, zeros], -1));
  }

  /** r_ii r̃_ii, r̃_ii, and what R and R̃ have above their diagonals. */
  #triangles() {
    return {
      steepness: aboveMinusOne(this.strength),
      innerDiagonal: tf.exp(this.logDiagonal),
      outerAbove: this.outer && strictlyUpper(this.outer, this.rank),
      innerAbove: this.inner && strictlyUpper(this.inner, this.rank),
    };
  }
}

/** log(1 + r_ii r̃_ii (1 − tanh²)). */
function logSlope(steepness: tf.Tensor, bend: tf.Tensor): tf.Tensor {
  return tf.log1p(tf.mul(steepness, tf.sub(1, tf.square(bend))));
}

function columnsOf(matrix: tf.Tensor): tf.Tensor[] {
  return unitSlices(matrix, -1).map((column) => tf.squeeze(column, [-1]));
}

/** `[..., 1]` */
function entry(vectors: tf.Tensor, i: number): tf.Tensor {
  const leading = vectors.shape.slice(0, -1);
  return tf.slice(vectors, [...leading.map(() => 0), i], [...leading.map(() => -1), 1]);
}

/**
 * {@link Sylvester} of a rank of 4, or the dimension where that is less, with as many reflections; the identity at first: R = 0, R̃ = I, and Q in
 * random directions. r̃_ii lies between e⁻¹⁰ and e¹⁰. Parameters: v, strength, log r̃_ii, b, R's entries, R̃'s.
 * @throws if `rank` is no positive integer
 */
export function sylvesterFamily({ rank = 4 }: { readonly rank?: number } = {}): VectorFamily {
  positiveInteger('sylvesterFamily', 'rank', rank);
  const sizesFor = (dim: number) => {
    const columns = Math.min(rank, dim);
    const above = (columns * (columns - 1)) / 2;
    return [columns * dim, columns, columns, columns, ...(above > 0 ? [above, above] : [])];
  };
  const parameterCount = (dim: number) => sizesFor(dim).reduce((sum, size) => sum + size);
  return {
    name: 'sylvester',
    parameterCount,
    initialParameters(dim, rng) {
      const parameters = new Float32Array(parameterCount(dim));
      rng.fillNormal(parameters.subarray(0, Math.min(rank, dim) * dim));
      return parameters;
    },
    bijector(parameters, dim) {
      const [v, strength, logDiagonal, b, outer, inner] = tf.split(parameters, sizesFor(dim), -1);
      return new Sylvester({
        v: tf.reshape(v!, [...v!.shape.slice(0, -1), Math.min(rank, dim), dim]),
        strength: strength!,
        logDiagonal: boundedLogScale(logDiagonal!, 1),
        b: b!,
        ...(outer !== undefined && { outer, inner: inner! }),
      });
    },
  };
}
