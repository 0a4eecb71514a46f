/** Numerical calculus in float64, for checking what automatic differentiation in float32 gives. */

export type VectorMap = (x: number[]) => number[];

const STEP = 1e-3;

/** df/dt at 0 by central differences of fourth order. */
export function derivative(f: (t: number) => number, step = STEP): number {
  return (8 * (f(step) - f(-step)) - (f(2 * step) - f(-2 * step))) / (12 * step);
}

/** ∂f/∂xᵢ for each entry of x. */
export function gradient(f: (x: number[]) => number, x: number[], step = STEP): number[] {
  return x.map((value, i) => derivative((t) => f(x.with(i, value + t)), step));
}

/** `[row][column]` = ∂f_row/∂x_column */
export function jacobian(f: VectorMap, x: number[], step = STEP): number[][] {
  const columns = x.map((value, i) => {
    const at = (t: number) => f(x.with(i, value + t));
    const [plus, minus, plus2, minus2] = [at(step), at(-step), at(2 * step), at(-2 * step)];
    return plus.map((entry, row) => (8 * (entry - minus[row]!) - (plus2[row]! - minus2[row]!)) / (12 * step));
  });
  return columns[0]!.map((_, row) => columns.map((column) => column[row]!));
}

/**
 * The same by two values for each entry of x, not four, which are further apart where it is large: for maps that are dear, where some seven
 * digits are enough.
 */
export function shortJacobian(f: VectorMap, x: number[]): number[][] {
  const columns = x.map((value, i) => {
    const step = 1e-4 * Math.max(1, Math.abs(value));
    const [above, below] = [f(x.with(i, value + step)), f(x.with(i, value - step))];
    return above.map((entry, row) => (entry - below[row]!) / (2 * step));
  });
  return columns[0]!.map((_, row) => columns.map((column) => column[row]!));
}

/** log|det A| and the solution of A v = b, by Gaussian elimination with partial pivoting. */
export function solve(matrix: number[][], b: number[]): { logAbsDet: number; solution: number[] } {
  const n = b.length;
  const rows = matrix.map((row, i) => [...row, b[i]!]);
  let logAbsDet = 0;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let j = i + 1; j < n; j++) if (Math.abs(rows[j]![i]!) > Math.abs(rows[pivot]![i]!)) pivot = j;
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    logAbsDet += Math.log(Math.abs(rows[i]![i]!));
    for (let j = i + 1; j < n; j++) {
      const factor = rows[j]![i]! / rows[i]![i]!;
      for (let k = i; k <= n; k++) rows[j]![k]! -= factor * rows[i]![k]!;
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let rest = rows[i]![n]!;
    for (let k = i + 1; k < n; k++) rest -= rows[i]![k]! * solution[k]!;
    solution[i] = rest / rows[i]![i]!;
  }
  return { logAbsDet, solution };
}

/** log|det ∂f/∂x|; of a map to vectors of another size log √det(JᵀJ). */
export function logDetJacobian(f: VectorMap, x: number[], step = STEP): number {
  return logDetOf(jacobian(f, x, step));
}

/** log|det J|, or of a J that is not square log √det(JᵀJ). */
export function logDetOf(rows: number[][]): number {
  const columns = rows[0]!;
  if (rows.length === columns.length) return solve(rows, columns).logAbsDet;
  const gram = columns.map((_, i) => columns.map((__, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)));
  return solve(gram, columns).logAbsDet / 2;
}

/** The x near `start` with f(x) = y: by bisection in one dimension, where f is monotone, else by Newton's method. */
export function invert(f: VectorMap, y: number[], start: number[]): number[] {
  if (y.length === 1) return [bisect((x) => f([x])[0]! - y[0]!, start[0]!)];
  let x = start;
  for (let i = 0; i < 30; i++) {
    const error = f(x).map((value, k) => value - y[k]!);
    if (Math.max(...error.map(Math.abs)) < 1e-13) break;
    const { solution } = solve(jacobian(f, x), error);
    x = x.map((value, k) => value - solution[k]!);
  }
  return x;
}

/** The zero of a monotone function, sought from `start` outwards. */
function bisect(f: (x: number) => number, start: number): number {
  let width = 1e-3;
  while (f(start - width) > 0 === f(start + width) > 0) width *= 2;
  let [low, high] = [start - width, start + width];
  const rising = f(high) > 0;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (f(middle) > 0 === rising) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
