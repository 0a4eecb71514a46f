import type { FamilyOracle } from './bijectors.ts';
import type { VectorMap } from './calculus.ts';
import { householder } from './linear.ts';

export interface SylvesterParts {
  /** Vectors of reflections, one after the other. */
  readonly v: readonly number[];
  readonly strength: readonly number[];
  readonly logDiagonal: readonly number[];
  readonly b: readonly number[];
  readonly outer: readonly number[];
  readonly inner: readonly number[];
}

/** x + Q R tanh(R̃ Qᵀx + b) with whole matrices. */
export function sylvesterMap(dim: number, { v, strength, logDiagonal, b, outer, inner }: SylvesterParts): VectorMap {
  const reflected = householder(dim)([...v]);
  const columns = b.map((_, k) => reflected(Array.from({ length: dim }, (__, i) => (i === k ? 1 : 0))));
  const upper = (diagonal: readonly number[], entries: readonly number[]): number[][] =>
    diagonal.map((value, row) =>
      diagonal.map((_, column) =>
        row === column ? value : row < column ? entries[(column * (column - 1)) / 2 + row]! : 0,
      ),
    );
  const innerDiagonal = logDiagonal.map(Math.exp);
  const products = strength.map((raw) => (raw > 0 ? raw : 0.999 * Math.expm1(raw / 0.999)));
  const outerMatrix = upper(
    products.map((product, i) => product / innerDiagonal[i]!),
    outer,
  );
  const innerMatrix = upper(innerDiagonal, inner);
  const times = (matrix: number[][], x: number[]): number[] =>
    matrix.map((row) => row.reduce((sum, value, i) => sum + value * x[i]!, 0));
  return (x) => {
    const bent = times(innerMatrix, times(columns, x)).map((value, i) => Math.tanh(value + b[i]!));
    const move = times(outerMatrix, bent);
    return x.map((value, i) => value + move.reduce((sum, step, k) => sum + columns[k]![i]! * step, 0));
  };
}

/** {@link sylvesterMap} from the family's parameters. */
export const sylvester =
  (dim: number, rank: number): FamilyOracle =>
  (parameters) => {
    const above = (rank * (rank - 1)) / 2;
    const rest = [...parameters];
    const [v, strength, logDiagonal, b, outer, inner] = [rank * dim, rank, rank, rank, above, above].map((size) =>
      rest.splice(0, size),
    ) as [number[], number[], number[], number[], number[], number[]];
    const bounded = logDiagonal.map((raw) => 10 * Math.tanh(raw / 10));
    return sylvesterMap(dim, { v, strength, logDiagonal: bounded, b, outer, inner });
  };
