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
