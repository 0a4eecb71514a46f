import * as tf from '@tensorflow/tfjs-core';
import { broadcast, matVec, optionalTensor, stopGradient } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import { VectorBijector, type WithLogDet } from './bijector.ts';
import { solveUnitTriangular, strictlyLower, swapLastTwo } from './triangular.ts';

/** Options of {@link LowRankAffine}. */
export interface LowRankAffineOptions {
  /** `[..., dim]`; 0 where absent. */
  readonly shift?: tf.Tensor;
  /** `[..., dim]`, the logarithms of M's diagonal. */
  readonly logDiagonal: tf.Tensor;
  /**
   * `[..., dim (dim − 1) / 2]`, what M has below its diagonal, row by row and unconstrained: see `AccretiveTriangular`.
   * Absent: M is diagonal.
   */
  readonly offDiagonal?: tf.Tensor;
  /** V, `[..., dim, rank]`. */
  readonly v: tf.Tensor;
  /** `[..., rank]`, the logarithms of D's diagonal; D = I where absent. */
  readonly logD?: tf.Tensor;
}

/**
 * y = shift + (M + V D Vᵀ) x with M diagonal or lower triangular and V D Vᵀ of low rank; log-determinant
 * Σ log M_ii + log det C, where C = I + √D Vᵀ M⁻¹ V √D is the capacitance matrix, `[rank, rank]`.
 *
 * Invertible for every value of its parameters: M is such that xᵀ M x > 0, so xᵀ (M + V D Vᵀ) x > 0 too and xᵀ C x ≥ ‖x‖²: no pivot of
 * C is less than 1. The inverse is Woodbury's, z − M⁻¹ V √D C⁻¹ √D Vᵀ z for z = M⁻¹ (y − shift). Both directions cost
 * O(dim · rank²), with a triangular M O(dim²) and, for the inverse, a few nodes for each dimension.
 *
 * Tensors with leading axes make a batch of maps. At V = 0 its gradient is 0: let it begin elsewhere.
 */
export class LowRankAffine extends VectorBijector {
  readonly rank: number;
  readonly shift: tf.Tensor | undefined;
  readonly logDiagonal: tf.Tensor;
  readonly offDiagonal: tf.Tensor | undefined;
  readonly v: tf.Tensor;
  readonly logD: tf.Tensor | undefined;

  /** @throws if the shapes do not fit one another */
  constructor(options: LowRankAffineOptions) {
    const { shift, logDiagonal, offDiagonal, v, logD } = checkOptions('LowRankAffine', options, {
      shift: optionalTensor,
      logDiagonal: tf.Tensor,
      offDiagonal: optionalTensor,
      v: tf.Tensor,
      logD: optionalTensor,
    });
    const [dim, rank] = [logDiagonal.shape.at(-1) ?? 0, v.shape.at(-1) ?? 0];
    super(
      dim,
      [
        [shift, [dim], true],
        [logDiagonal, [dim]],
        [offDiagonal, [(dim * (dim - 1)) / 2], true],
        [v, [dim, rank]],
        [logD, [rank], true],
      ],
      'shift and logDiagonal [..., dim], offDiagonal [..., dim (dim − 1) / 2], v [..., dim, rank] and logD [..., rank]',
    );
    this.rank = rank;
    this.shift = shift;
    this.logDiagonal = logDiagonal;
    this.offDiagonal = offDiagonal;
    this.v = v;
    this.logD = logD;
  }

  /** C = I + √D Vᵀ M⁻¹ V √D, `[..., rank, rank]`. */
  capacitance(): tf.Tensor {
    return this.#factors().capacitance;
  }

  /** ‖C‖₁ ‖C⁻¹‖₁ `[...]`: by how much the inverse may enlarge rounding errors, beyond what M does. At least 1. */
  capacitanceCondition(): tf.Tensor {
    const { capacitance } = this.#factors();
    const { inverse } = gaussJordan(capacitance);
    const norm = (matrix: tf.Tensor) => tf.max(tf.sum(tf.abs(matrix), -2), -1);
    return tf.mul(norm(capacitance), norm(inverse));
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const { m, rows, capacitance } = this.#factors();
    const y = tf.add(m.apply(x), matVec(swapLastTwo(rows), matVec(rows, x)));
    return [this.shift === undefined ? y : tf.add(y, this.shift), this.#logDet(gaussJordan(capacitance).pivots, y)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const { m, rows, solved, capacitance } = this.#factors();
    const { inverse, pivots } = gaussJordan(capacitance);
    const columns = swapLastTwo(rows);
    const correction = tf.matMul(solved, inverse, true);
    const woodbury = (b: tf.Tensor): tf.Tensor => {
      const z = m.solve(b);
      return tf.sub(z, matVec(correction, matVec(rows, z)));
    };
    const b = this.shift === undefined ? y : tf.sub(y, this.shift);
    // Where V D Vᵀ is large, z is, and the difference has lost digits: what is left of y by it is solved for again. That has the
    // whole gradient too, since x is right to first order whatever `first` is.
    const first = stopGradient(() => woodbury(b));
    const rest = tf.sub(b, tf.add(m.apply(first), matVec(columns, matVec(rows, first))));
    const x = tf.add(first, woodbury(rest));
    return [x, tf.neg(this.#logDet(pivots, x))];
  }

  /** U = V √D as rows `[..., rank, dim]`, M⁻¹ U as such, and C = I + Uᵀ M⁻¹ U. */
  #factors(): { m: AccretiveTriangular; rows: tf.Tensor; solved: tf.Tensor; capacitance: tf.Tensor } {
    const m = new AccretiveTriangular(this.logDiagonal, this.offDiagonal);
    const scaled = this.logD === undefined ? this.v : tf.mul(this.v, tf.expandDims(tf.exp(tf.mul(this.logD, 0.5)), -2));
    const rows = swapLastTwo(scaled);
    const solved = m.solveRows(rows);
    // Products of batches want batches of one shape.
    const product = tf.matMul(broadcast(rows, solved.shape), solved, false, true);
    return { m, rows, solved, capacitance: tf.add(product, tf.eye(this.rank)) };
  }

  #logDet(pivots: tf.Tensor, output: tf.Tensor): tf.Tensor {
    const logDet = tf.add(tf.sum(this.logDiagonal, -1), tf.sum(tf.log(pivots), -1));
    return broadcast(logDet, output.shape.slice(0, -1));
  }
}

/**
 * A lower triangular matrix M with xᵀ M x > 0 for every x ≠ 0, whatever its parameters: M = Δ (I + N) Δ with Δ = exp(½ logDiagonal)
 * and, below the diagonal, N_ij = 2 R_ij / √((1 + s_i)(1 + s_j)), where s_i is the sum of |R| over row and column i. Its diagonal
 * is exp(logDiagonal). Without R it is diagonal.
 *
 * Why it is positive, and that in this form are all triangular matrices whose symmetric part is positive and generalized diagonally
 * dominant (in two dimensions all with a positive one), is on the page docs/bijectors.md.
 */
class AccretiveTriangular {
  readonly dim: number;
  readonly #scale: tf.Tensor;
  readonly #inverseScale: tf.Tensor;
  readonly #strict: tf.Tensor | undefined;

  /**
   * @param logDiagonal `[..., dim]`
   * @param offDiagonal R below its diagonal row by row, `[..., dim (dim − 1) / 2]`
   */
  constructor(logDiagonal: tf.Tensor, offDiagonal?: tf.Tensor) {
    this.dim = logDiagonal.shape.at(-1)!;
    // Without N the two factors Δ are one.
    const exponent = offDiagonal === undefined ? logDiagonal : tf.mul(logDiagonal, 0.5);
    this.#scale = tf.exp(exponent);
    this.#inverseScale = tf.exp(tf.neg(exponent));
    this.#strict = offDiagonal === undefined ? undefined : dominated(strictlyLower(offDiagonal, this.dim));
  }

  /** M x for each x of `[..., dim]`, of which the leading axes broadcast with those of the parameters. */
  apply(x: tf.Tensor): tf.Tensor {
    const scaled = tf.mul(x, this.#scale);
    if (this.#strict === undefined) return scaled;
    return tf.mul(tf.add(scaled, matVec(this.#strict, scaled)), this.#scale);
  }

  /** M⁻¹ y for each y of `[..., dim]`. */
  solve(y: tf.Tensor): tf.Tensor {
    const scaled = tf.mul(y, this.#inverseScale);
    if (this.#strict === undefined) return scaled;
    return tf.mul(solveUnitTriangular(this.#strict, 'lower', scaled), this.#inverseScale);
  }

  /** M⁻¹ y for each y of `[..., count, dim]`, the rows of one matrix for each M. */
  solveRows(rows: tf.Tensor): tf.Tensor {
    const inverseScale = tf.expandDims(this.#inverseScale, -2);
    const scaled = tf.mul(rows, inverseScale);
    if (this.#strict === undefined) return scaled;
    return tf.mul(solveUnitTriangular(tf.expandDims(this.#strict, -3), 'lower', scaled), inverseScale);
  }
}

/** N from R, both 0 but below the diagonal. */
function dominated(r: tf.Tensor): tf.Tensor {
  const size = tf.abs(r);
  const root = tf.rsqrt(tf.add(tf.add(tf.sum(size, -1), tf.sum(size, -2)), 1));
  return tf.mul(tf.mul(r, 2), tf.mul(tf.expandDims(root, -1), tf.expandDims(root, -2)));
}

/**
 * The inverse of small matrices `[..., size, size]` and the pivots on the way, `[..., size]`, whose product is the determinant: Gauss–Jordan
 * elimination in place and without exchanges, a few nodes for each row.
 *
 * For matrices C with xᵀ C x ≥ ‖x‖²: then so are all Schur complements, and no pivot is less than 1. Where rounding has eaten that,
 * which takes entries above 10⁶, a pivot is taken for 1.
 */
function gaussJordan(matrix: tf.Tensor): { inverse: tf.Tensor; pivots: tf.Tensor } {
  const size = matrix.shape.at(-1)!;
  const batch = matrix.shape.slice(0, -2);
  const part = (x: tf.Tensor, row: number, column: number, rows: number, columns: number) =>
    tf.slice(x, [...batch.map(() => 0), row, column], [...batch, rows, columns]);
  const pivots: tf.Tensor[] = [];
  let rest = matrix;
  for (let k = 0; k < size; k++) {
    const unit = Array.from({ length: size }, (_, i) => (i === k ? 1 : 0));
    const pivot = tf.maximum(part(rest, k, k, 1, 1), 1);
    pivots.push(pivot);
    // Column k of the matrix is done with and makes room for that of the inverse, which is e_k so far.
    const column = tf.sub(part(rest, 0, k, size, 1), tf.tensor(unit, [size, 1]));
    const cleared = tf.mul(rest, tf.tensor(unit.map((entry) => 1 - entry)));
    const opened = tf.add(cleared, tf.mul(tf.tensor(unit, [size, 1]), tf.tensor(unit)));
    const row = tf.div(part(opened, k, 0, 1, size), pivot);
    rest = tf.sub(opened, tf.mul(column, row));
  }
  return { inverse: rest, pivots: tf.squeeze(size === 1 ? pivots[0]! : tf.concat(pivots, -1), [-2]) };
}
