import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/sizes.ts';
import { boundedLogScale, matVec, optionalTensor, stopGradient, unitSlices } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import { VectorBijector, type WithLogDet } from './bijector.ts';
import type { VectorFamily } from './families.ts';
import { monotoneInverse } from './monotoneInverse.ts';
import { Householder } from './orthogonal.ts';
import { strictlyUpper } from './triangular.ts';

/** ‖w‖² where w is too short for a direction. */
const PLANAR_LEAST = 1e-12;

/**
 * y = x + û tanh(wᵀx + b); log-determinant log(1 + wᵀû (1 − tanh²)). û is u, moved along w so that wᵀû > −0.999, where u would not
 * leave the map invertible. The inverse is the root of a monotone function of one number, wᵀx.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770, section 4.1 and appendix A.1.
 */
export class Planar extends VectorBijector {
  /** `[..., dim]` */
  readonly w: tf.Tensor;
  /** `[..., dim]` */
  readonly u: tf.Tensor;
  /** `[...]` */
  readonly b: tf.Tensor;

  /** @throws if the shapes are not `[..., dim]`, the same and `[...]` */
  constructor(options: { readonly w: tf.Tensor; readonly u: tf.Tensor; readonly b: tf.Tensor }) {
    const { w, u, b } = checkOptions('Planar', options, { w: tf.Tensor, u: tf.Tensor, b: tf.Tensor });
    const dim = w.shape.at(-1) ?? 0;
    super(
      dim,
      [
        [w, [dim]],
        [u, [dim]],
        [b, []],
      ],
      'w and u [..., dim] and b [...]',
      true,
    );
    this.w = w;
    this.u = u;
    this.b = b;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const { u, steepness } = this.#invertible();
    const bend = tf.tanh(tf.add(this.#along(x), this.b));
    return [tf.add(x, tf.mul(tf.expandDims(bend, -1), u)), logSlope(steepness, bend)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const { u, steepness } = this.#invertible();
    const f = (along: tf.Tensor): WithLogDet => {
      const bend = tf.tanh(tf.add(along, this.b));
      return [tf.add(along, tf.mul(steepness, bend)), logSlope(steepness, bend)];
    };
    const image = this.#along(y);
    const reach = tf.add(tf.abs(steepness), 1e-3);
    const range = bendRange(tf.add(image, this.b), steepness);
    const [along, logDet] = monotoneInverse(f, image, {
      low: tf.maximum(tf.sub(image, reach), tf.sub(range.low, this.b)),
      high: tf.minimum(tf.add(image, reach), tf.sub(range.high, this.b)),
    });
    const bend = tf.tanh(tf.add(along, this.b));
    return [tf.sub(y, tf.mul(tf.expandDims(bend, -1), u)), logDet];
  }

  #along(x: tf.Tensor): tf.Tensor {
    return tf.sum(tf.mul(x, this.w), -1);
  }

  /** û, and wᵀû. */
  #invertible(): { u: tf.Tensor; steepness: tf.Tensor } {
    const wanted = this.#along(this.u);
    const steepness = aboveMinusOne(wanted);
    const square = tf.maximum(tf.sum(tf.square(this.w), -1), PLANAR_LEAST);
    const move = tf.expandDims(tf.div(tf.sub(steepness, wanted), square), -1);
    return { u: tf.add(this.u, tf.mul(move, this.w)), steepness };
  }
}

/** log(1 + wᵀû (1 − tanh²)). */
function logSlope(steepness: tf.Tensor, bend: tf.Tensor): tf.Tensor {
  return tf.log1p(tf.mul(steepness, tf.sub(1, tf.square(bend))));
}

/**
 * Between what the t with t + s tanh t = c lies, s > −1. It is 0 or on the side of c, and further out than 32, where tanh t is ±1, it is c − s
 * or c + s. So where s is large the range does not grow with it, as the bend, which is of width 1, does not.
 */
function bendRange(c: tf.Tensor, s: tf.Tensor): { low: tf.Tensor; high: tf.Tensor } {
  return {
    low: tf.sub(tf.minimum(tf.add(c, s), 0), 32),
    high: tf.add(tf.maximum(tf.sub(c, s), 0), 32),
  };
}

/** {@link Planar}, the identity at first: u = 0, and w in a random direction. Parameters: w, u, b. */
export const planarFamily: VectorFamily = {
  name: 'planar',
  parameterCount: (dim) => 2 * dim + 1,
  initialParameters(dim, rng) {
    const parameters = new Float32Array(2 * dim + 1);
    parameters.set(rng.fillNormal(new Float32Array(dim)).map((value) => value / Math.sqrt(dim)));
    return parameters;
  },
  bijector(parameters, dim) {
    const [w, u, b] = tf.split(parameters, [dim, dim, 1], -1);
    return new Planar({ w: w!, u: u!, b: tf.squeeze(b!, [-1]) });
  },
};

/** ‖x − center‖² where it has no direction. */
const RADIAL_LEAST = 1e-24;

/**
 * y = x + β (x − c) / (α + r) with r = ‖x − c‖, α > 0 and β > −α: away from a center or towards it;
 * log-determinant (dim − 1) log(1 + β / (α + r)) + log(1 + αβ / (α + r)²). The inverse is the root of a quadratic equation for r.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770, section 4.1 and appendix A.2.
 */
export class Radial extends VectorBijector {
  /** c, `[..., dim]` */
  readonly center: tf.Tensor;
  /** log α, `[...]` */
  readonly logAlpha: tf.Tensor;
  /** What β / α is made of, `[...]`: itself where it is positive, and above −1 elsewhere. */
  readonly strength: tf.Tensor;

  /** @throws if the shapes are not `[..., dim]`, `[...]` and `[...]` */
  constructor(options: { readonly center: tf.Tensor; readonly logAlpha: tf.Tensor; readonly strength: tf.Tensor }) {
    const { center, logAlpha, strength } = checkOptions('Radial', options, {
      center: tf.Tensor,
      logAlpha: tf.Tensor,
      strength: tf.Tensor,
    });
    const dim = center.shape.at(-1) ?? 0;
    super(
      dim,
      [
        [center, [dim]],
        [logAlpha, []],
        [strength, []],
      ],
      'center [..., dim], logAlpha and strength [...]',
      true,
    );
    this.center = center;
    this.logAlpha = logAlpha;
    this.strength = strength;
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
  return tf.sqrt(tf.maximum(tf.sum(tf.square(from), -1), RADIAL_LEAST));
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
export class Sylvester extends VectorBijector {
  readonly rank: number;
  readonly v: tf.Tensor;
  readonly strength: tf.Tensor;
  readonly logDiagonal: tf.Tensor;
  readonly outer: tf.Tensor | undefined;
  readonly inner: tf.Tensor | undefined;
  readonly b: tf.Tensor;

  /** @throws if the shapes do not fit one another, or the rank is above the dimension */
  constructor(options: SylvesterOptions) {
    const { v, strength, logDiagonal, outer, inner, b } = checkOptions('Sylvester', options, {
      v: tf.Tensor,
      strength: tf.Tensor,
      logDiagonal: tf.Tensor,
      outer: optionalTensor,
      inner: optionalTensor,
      b: tf.Tensor,
    });
    const [dim, rank] = [v.shape.at(-1) ?? 0, b.shape.at(-1) ?? 0];
    const above = [(rank * (rank - 1)) / 2];
    super(
      dim,
      [
        [v, [v.shape.at(-2) ?? 0, dim]],
        [strength, [rank]],
        [logDiagonal, [rank]],
        [b, [Math.min(rank, dim)]],
        [outer, above],
        [inner, above],
      ],
      'v [..., reflections, dim], strength, logDiagonal and b [..., rank], rank at most dim, and outer and inner [..., rank (rank − 1) / 2]',
      true,
    );
    this.rank = rank;
    this.v = v;
    this.strength = strength;
    this.logDiagonal = logDiagonal;
    this.outer = outer;
    this.inner = inner;
    this.b = b;
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

const MARGIN = 1e-3;

/** A number above −0.999 from any: itself where it is positive, else 0.999 (exp(x / 0.999) − 1); smooth to first order. */
function aboveMinusOne(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.elu(tf.div(x, 1 - MARGIN)), 1 - MARGIN);
}
