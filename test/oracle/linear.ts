import type { FamilyOracle, Oracle } from './bijectors.ts';
import type { VectorMap } from './calculus.ts';

/** The matrix [row][column] with these entries below its diagonal, row by row, and 0 elsewhere. */
function below(entries: readonly number[], dim: number): number[][] {
  const rest = [...entries];
  return Array.from({ length: dim }, (_, row) =>
    Array.from({ length: dim }, (__, column) => (column < row ? rest.shift()! : 0)),
  );
}

/** M of diagonal exp(logDiagonal) with 2 R_ij √(M_ii M_jj / ((1 + s_i)(1 + s_j))) below it, s_i = Σ |R| over row and column i. */
export function accretiveTriangular(logDiagonal: readonly number[], offDiagonal: readonly number[]): number[][] {
  const dim = logDiagonal.length;
  const r = below(offDiagonal, dim);
  const s = r.map((row, i) => r.reduce((sum, other, j) => sum + Math.abs(row[j]!) + Math.abs(other[i]!), 0));
  return r.map((row, i) =>
    row.map((entry, j) =>
      i === j
        ? Math.exp(logDiagonal[i]!)
        : (2 * entry * Math.exp((logDiagonal[i]! + logDiagonal[j]!) / 2)) / Math.sqrt((1 + s[i]!) * (1 + s[j]!)),
    ),
  );
}

export interface LowRankParts {
  readonly shift?: readonly number[];
  readonly logDiagonal: readonly number[];
  readonly offDiagonal?: readonly number[];
  /** Row by row. */
  readonly v: readonly number[];
  readonly logD?: readonly number[];
}

/** The whole matrix M + V D Vᵀ. */
export function lowRankMatrix({ logDiagonal, offDiagonal = [], v, logD }: LowRankParts): number[][] {
  const dim = logDiagonal.length;
  const rank = v.length / dim;
  const m = accretiveTriangular(logDiagonal, offDiagonal.length > 0 ? offDiagonal : new Array(dim * dim).fill(0));
  return m.map((row, i) =>
    row.map((entry, j) => {
      let sum = entry;
      for (let k = 0; k < rank; k++) sum += v[i * rank + k]! * Math.exp(logD?.[k] ?? 0) * v[j * rank + k]!;
      return sum;
    }),
  );
}

export const lowRankAffine =
  (parts: LowRankParts): VectorMap =>
  (x) =>
    lowRankMatrix(parts).map((row, i) => row.reduce((sum, entry, j) => sum + entry * x[j]!, parts.shift?.[i] ?? 0));

const bounded = (raw: number): number => 10 * Math.tanh(raw / 10);

/** {@link lowRankAffine} from the family's parameters. */
export const lowRankAffineParameters =
  (dim: number, rank: number, triangular: boolean): FamilyOracle =>
  (parameters) => {
    const entries = triangular ? (dim * (dim - 1)) / 2 : 0;
    const bounds = [0, dim, 2 * dim, 2 * dim + entries, 2 * dim + entries + dim * rank, parameters.length];
    const [shift, logDiagonal, offDiagonal, v, logD] = bounds
      .slice(1)
      .map((end, i) => parameters.slice(bounds[i], end));
    return lowRankAffine({
      shift: shift!,
      logDiagonal: logDiagonal!.map(bounded),
      offDiagonal: offDiagonal!,
      v: v!,
      logD: logD!.map((raw) => Math.log(0.01) + bounded(raw)),
    });
  };

/** {@link lowRankAffine} from variables of its own. */
export const ownLowRankAffine: Oracle = (variables) => lowRankAffine(variables as unknown as LowRankParts);

/** Reflections at the planes normal to these vectors, the first one first. */
export const householder =
  (dim: number): FamilyOracle =>
  (parameters) =>
  (x) => {
    let y = x;
    for (let k = 0; k < parameters.length / dim; k++) {
      const v = parameters.slice(k * dim, (k + 1) * dim);
      const square = v.reduce((sum, value) => sum + value * value, 0);
      const dot = v.reduce((sum, value, i) => sum + value * y[i]!, 0);
      y = y.map((value, i) => value - (2 * dot * v[i]!) / square);
    }
    return y;
  };

/** L U x. */
export const lu =
  (dim: number): FamilyOracle =>
  (parameters) =>
  (x) => {
    const entries = (dim * (dim - 1)) / 2;
    const lower = below(parameters.slice(dim, dim + entries), dim);
    const upper = below(parameters.slice(dim + entries), dim);
    const times = x.map((value, i) =>
      x.reduce((sum, other, j) => sum + upper[j]![i]! * other, value * Math.exp(bounded(parameters[i]!))),
    );
    return times.map((value, i) => value + lower[i]!.reduce((sum, entry, j) => sum + entry * times[j]!, 0));
  };

/** shift + L x. */
export const triangularAffineParameters =
  (dim: number): FamilyOracle =>
  (parameters) =>
  (x) => {
    const lower = below(parameters.slice(2 * dim), dim);
    return x.map((value, i) =>
      lower[i]!.reduce(
        (sum, entry, j) => sum + entry * x[j]!,
        parameters[i]! + value * Math.exp(bounded(parameters[dim + i]!)),
      ),
    );
  };

const aboveMinusOne = (x: number): number => (x > 0 ? x : 0.999 * Math.expm1(x / 0.999));

/** x + û tanh(wᵀx + b). */
export const planar =
  (dim: number): FamilyOracle =>
  (parameters) =>
  (x) => {
    const [w, u, b] = [parameters.slice(0, dim), parameters.slice(dim, 2 * dim), parameters[2 * dim]!];
    const dot = (left: number[], right: number[]) => left.reduce((sum, value, i) => sum + value * right[i]!, 0);
    const move = (aboveMinusOne(dot(w, u)) - dot(w, u)) / dot(w, w);
    const bend = Math.tanh(dot(w, x) + b);
    return x.map((value, i) => value + bend * (u[i]! + move * w[i]!));
  };

/** x + β (x − c) / (α + ‖x − c‖). */
export const radial =
  (dim: number): FamilyOracle =>
  (parameters) =>
  (x) => {
    const alpha = Math.exp(bounded(parameters[dim]!));
    const beta = alpha * aboveMinusOne(parameters[dim + 1]!);
    const r = Math.hypot(...x.map((value, i) => value - parameters[i]!));
    return x.map((value, i) => value + (beta * (value - parameters[i]!)) / (alpha + r));
  };
