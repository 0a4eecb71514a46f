import type { Direction } from '../../src/bijectors/index.ts';
import { logDetOf, shortJacobian, solve, type VectorMap } from '../oracle/calculus.ts';
import type { Variables } from '../oracle/mlp.ts';
import type { BijectorCase } from './cases/bijectorCase.ts';

/** The derivatives of a row's values and, last, of its log-determinant: a vector for each number that may move. */
interface Slopes {
  readonly byInput: readonly number[][];
  /** By each entry of a variable. */
  readonly by: (path: string) => readonly number[][];
}

/** In float64 what automatic differentiation is to give of one row, forward at `x` and inverse at its image. */
export function slopesOf(
  entry: BijectorCase,
  variables: Variables,
  context: number[],
  x: number[],
): Readonly<Record<Direction, Slopes>> {
  const map = (moved: Variables): VectorMap => entry.oracle(moved, context);
  const forward = slopes(variables, x, (moved, at) => withLogDet(map(moved), at));
  const { inverse } = entry;
  if (inverse === undefined) return { forward, inverse: implicit(forward) };
  const y = map(variables)(x);
  return {
    forward,
    inverse: slopes(variables, y, (moved, at) => {
      const image = inverse(moved, context)(at);
      return [...image, -logDet(map(moved), image)];
    }),
  };
}

const logDet = (map: VectorMap, x: number[]): number => logDetOf(shortJacobian(map, x));

const withLogDet = (map: VectorMap, x: number[]): number[] => [...map(x), logDet(map, x)];

const columns = (f: VectorMap, x: number[]): readonly number[][] => {
  const rows = shortJacobian(f, x);
  return x.map((_, column) => rows.map((row) => row[column]!));
};

/** Each variable is moved once, however many ask. */
function slopes(variables: Variables, x: number[], f: (variables: Variables, x: number[]) => number[]): Slopes {
  const known = new Map<string, readonly number[][]>();
  return {
    byInput: columns((at) => f(variables, at), x),
    by(path) {
      const found = known.get(path) ?? columns((values) => f({ ...variables, [path]: values }, x), variables[path]!);
      known.set(path, found);
      return found;
    },
  };
}

/**
 * Those of the inverse, by the theorem on implicit functions: where f(x, θ) = y stays, x moves by −J⁻¹ ∂f/∂θ, and the inverse's
 * log-determinant −log|det J| by −(∂/∂θ + ∇ₓ · that) log|det J|. J is the Jacobian of f by x; where y moves, by J⁻¹.
 */
function implicit({ byInput, by }: Slopes): Slopes {
  const dim = byInput.length;
  const matrix = byInput.map((_, row) => byInput.map((column) => column[row]!));
  const moves = (change: readonly number[]): number[] => {
    const image = solve(
      matrix,
      change.slice(0, dim).map((value) => -value),
    ).solution;
    return [...image, -image.reduce((sum, value, k) => sum + value * byInput[k]![dim]!, change[dim]!)];
  };
  return {
    byInput: byInput.map((_, k) => moves(Array.from({ length: dim + 1 }, (__, row) => (row === k ? -1 : 0)))),
    by: (path) => by(path).map(moves),
  };
}
