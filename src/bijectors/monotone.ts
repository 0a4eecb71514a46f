import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/sizes.ts';
import { broadcast } from '../nn/tensors.ts';
import { checkOptions, type Kinds } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { gaussLegendre } from '../special/quadrature.ts';
import { fixedDim, IncreasingBijector, rowsLayout, type WithLogDet } from './bijector.ts';
import { boundedLogSlope, type ElementwiseFamily, parametersFirst } from './families.ts';
import { type MonotoneInverseOptions, monotoneInverse } from './monotoneInverse.ts';

/** Options of {@link BoundedMonotone}. */
export interface BoundedMonotoneOptions {
  /** Unconstrained, `[count, ...rows]`; `rows` broadcasts with the input's shape. All zero is the identity. */
  readonly parameters: tf.Tensor;
  /** The formula holds on [−bound, bound]; 5 by default. */
  readonly bound?: number;
}

export const boundedMonotoneKinds: Kinds<BoundedMonotoneOptions> = {
  parameters: tf.Tensor,
  bound: [Number, undefined],
};

/** Options that have sizes, which are those of `usual` unless given. @throws if one is no positive integer */
export function withSizes<T extends object, S extends Record<string, number>>(
  owner: string,
  options: T & Partial<S>,
  others: Kinds<T>,
  usual: S,
): T & S {
  const names = Object.keys(usual) as (keyof S & string)[];
  const kinds = { ...others, ...Object.fromEntries(names.map((name) => [name, [Number, undefined]])) };
  const given: Partial<S> = checkOptions(owner, options, kinds as Kinds<T & Partial<S>>);
  const sizes = names.map((name) => [name, positiveInteger(owner, name, given[name] ?? usual[name]!)]);
  return { ...given, ...Object.fromEntries(sizes) };
}

/**
 * The function of a family of {@link BoundedMonotone}s, its errors named `nameFamily`.
 * @param usual the sizes unless given
 * @param count how many parameters a number takes
 */
export function boundedFamily<S extends Record<string, number>>(
  name: string,
  usual: S,
  count: (sizes: S) => number,
  make: (options: Required<BoundedMonotoneOptions> & S) => BoundedMonotone,
): (options?: Readonly<Partial<S & { bound: number }>>) => ElementwiseFamily {
  return (options) => {
    const given = (options === undefined ? {} : options) as Partial<S>;
    const kinds = { bound: [Number, undefined] };
    const sizes = withSizes<{ readonly bound?: number }, S>(`${name}Family`, given, kinds, usual);
    return {
      name,
      parameterCount: count(sizes),
      bijector: (parameters, dim) => make({ bound: 5, ...sizes, parameters: parametersFirst(parameters, dim) }),
    };
  };
}

/**
 * Elementwise increasing map that a formula gives on [−bound, bound] and its tangents at ±bound outside, so that it is
 * continuously differentiable and its tails are affine. The inverse is numerical, by {@link monotoneInverse}; in the tails it is exact.
 *
 * A subclass writes {@link formula}.
 */
export abstract class BoundedMonotone extends IncreasingBijector {
  override readonly dim: number | undefined;
  readonly parameters: tf.Tensor;
  readonly bound: number;

  /** How roots are looked for, where not as usual. */
  protected readonly search: Omit<MonotoneInverseOptions, 'low' | 'high'> = {};

  /** @throws if there are not `count` parameters, or the bound is not positive */
  constructor(options: BoundedMonotoneOptions, count: number) {
    super();
    const { parameters, bound = 5 } = checkOptions(new.target.name, options, boundedMonotoneKinds);
    const { name } = new.target;
    if (parameters.rank === 0 || parameters.shape[0] !== count) {
      throw new Error(`${name}: got [${parameters.shape}], expected parameters [${count}, ...rows]`);
    }
    if (!(bound > 0 && Number.isFinite(bound))) throw new Error(`${name}: got ${bound}, expected a positive bound`);
    this.dim = fixedDim(parameters.shape.slice(1));
    this.parameters = parameters;
    this.bound = bound;
  }

  override get parameterShape(): readonly number[] {
    return this.parameters.shape.slice(1);
  }

  /**
   * x → [f(x), log f′(x)] on [−bound, bound].
   * @param parameters `[count, 1, ...rows]`
   * @returns a function of x `[1, points, ...rows]`, which each size may be 1 of, with values `[1, points, ...rows]`
   */
  protected abstract formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet;

  protected computeForward(input: tf.Tensor): WithLogDet {
    return this.#onRows(input, (x, f) => {
      const within = this.#clip(x);
      const [value, logSlope] = f(within);
      return [tf.add(value, tf.mul(tf.sub(x, within), tf.exp(logSlope))), logSlope];
    });
  }

  protected computeInverse(input: tf.Tensor): WithLogDet {
    return this.#onRows(input, (y, f) =>
      monotoneInverse((x) => f(this.#clip(x)), y, { low: -this.bound, high: this.bound, ...this.search }),
    );
  }

  #clip(x: tf.Tensor): tf.Tensor {
    return tf.clipByValue(x, -this.bound, this.bound);
  }

  /** Runs on inputs broadcast to the parameters, with f for such inputs or for `[points, ...]` of them. */
  #onRows(input: tf.Tensor, run: (input: tf.Tensor, f: (x: tf.Tensor) => WithLogDet) => WithLogDet): WithLogDet {
    const [count, ...rows] = this.parameters.shape as [number, ...number[]];
    const { whole, inputRows: shape, ownRows } = rowsLayout(input.shape, rows);
    // Gradients of tfjs do not sum over an axis of none.
    if (whole.includes(0)) return [broadcast(input, whole), tf.zeros(whole)];
    const formula = this.formula(tf.reshape(this.parameters, [count, 1, ...ownRows]));
    const f = (x: tf.Tensor): WithLogDet => {
      const several = x.rank > shape.length;
      const results = formula(tf.reshape(x, several ? [1, ...x.shape] : [1, 1, ...x.shape]));
      return results.map((result) => tf.reshape(result, result.shape.slice(several ? 1 : 2))) as WithLogDet;
    };
    const results = run(tf.reshape(broadcast(input, whole), shape), f);
    return results.map((result) => tf.reshape(result, whole)) as WithLogDet;
  }
}

/**
 * Elementwise increasing Bernstein polynomial of degree M on [−B, B], with u = (x + B) / 2B:
 *
 *     dy/dx = Σₖ sₖ C(M−1, k) uᵏ (1−u)ᴹ⁻¹⁻ᵏ, k = 0 … M−1       y = Σₖ αₖ C(M, k) uᵏ (1−u)ᴹ⁻ᵏ, k = 0 … M
 *
 * with αₖ₊₁ − αₖ = sₖ 2B/M and (α₀ + αM)/2 the shift. The slope is everywhere a mean of the sₖ = exp(`boundedLogSlope`). Outside
 * it is sₖ of the end.
 *
 * `parameters` `[1 + M, ...rows]` are the shift and the raw log sₖ.
 *
 * Sick, Hothorn & Dürr, "Deep transformation models: Tackling complex regression problems with neural network based
 * transformation models", arXiv:2004.00464; Ramasinghe et al., "Robust normalizing flows using Bernstein-type polynomials",
 * arXiv:2102.03509.
 */
export class Bernstein extends BoundedMonotone {
  readonly degree: number;

  /** @throws if there are fewer than two parameters, or the bound is not positive */
  constructor(options: BoundedMonotoneOptions) {
    const degree = Math.max(1, (checkOptions('Bernstein', options, boundedMonotoneKinds).parameters.shape[0] ?? 0) - 1);
    super(options, 1 + degree);
    this.degree = degree;
  }

  protected formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet {
    const { degree, bound } = this;
    const [shift, raw] = tf.split(parameters, [1, degree], 0);
    const slopes = tf.exp(boundedLogSlope(raw!));
    // y − x is the polynomial with these coefficients, all of which are 0 for the identity.
    const rises = tf.reshape(tf.sub(slopes, 1), [degree, slopes.size / degree]);
    const centred = tf.reshape(tf.matMul(risesToCoefficients(degree, bound), rises), [
      degree + 1,
      ...raw!.shape.slice(1),
    ]);
    const coefficients = tf.add(centred, shift!);
    const axes = parameters.rank - 1;
    const [ofValue, ofSlope] = [binomials(degree, axes), binomials(degree - 1, axes)];
    return (x) => {
      const rising = powers(tf.mul(tf.add(x, bound), 0.5 / bound), degree, 'up');
      const falling = powers(tf.mul(tf.sub(bound, x), 0.5 / bound), degree, 'down');
      const lower = tf.mul(tf.slice(rising, 0, degree), tf.slice(falling, 1, degree));
      const value = tf.sum(tf.mul(tf.mul(rising, falling), tf.mul(coefficients, ofValue)), 0, true);
      const slope = tf.sum(tf.mul(lower, tf.mul(slopes, ofSlope)), 0, true);
      return [tf.add(x, value), tf.log(slope)];
    };
  }
}

/** {@link Bernstein} of a degree on [−bound, bound]. @throws if the degree is no positive integer, or the bound not positive */
export const bernsteinFamily = boundedFamily(
  'bernstein',
  { degree: 16 },
  ({ degree }) => 1 + degree,
  ({ parameters, bound }) => new Bernstein({ parameters, bound }),
);

/** `[1, …]` → `[degree + 1, …]`: 1, u, u², … or in the other order. Each is a product of few, by doubling. */
function powers(u: tf.Tensor, degree: number, order: 'up' | 'down'): tf.Tensor {
  const join = (first: tf.Tensor, second: tf.Tensor) =>
    tf.concat(order === 'up' ? [first, second] : [second, first], 0);
  let known = join(tf.onesLike(u), u);
  let last = u;
  while (known.shape[0]! <= degree) {
    const count = Math.min(known.shape[0]! - 1, degree + 1 - known.shape[0]!);
    const begin = order === 'up' ? 1 : known.shape[0]! - 1 - count;
    known = join(known, tf.mul(tf.slice(known, begin, count), last));
    last = tf.square(last);
  }
  return known;
}

/** `[degree + 1, 1, …]` of `axes` more axes. */
function binomials(degree: number, axes: number): tf.Tensor {
  const row = [1];
  for (let k = 0; k < degree; k++) row.push((row[k]! * (degree - k)) / (k + 1));
  return tf.tensor(row, [degree + 1, ...new Array<number>(axes).fill(1)]);
}

/** `[degree + 1, degree]`: half of the rises before a coefficient less half of those after, times 2B / degree. */
function risesToCoefficients(degree: number, bound: number): tf.Tensor2D {
  const matrix = new Float32Array((degree + 1) * degree);
  for (let k = 0; k <= degree; k++) {
    for (let j = 0; j < degree; j++) matrix[k * degree + j] = (j < k ? bound : -bound) / degree;
  }
  return tf.tensor2d(matrix, [degree + 1, degree]);
}

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
    const sizes = { polynomials: 3, degree: 4 };
    const { polynomials, degree, ...options } = withSizes('SumOfSquares', given, boundedMonotoneKinds, sizes);
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
export const sumOfSquaresFamily = boundedFamily(
  'sumOfSquares',
  { polynomials: 3, degree: 4 },
  ({ polynomials, degree }) => 1 + polynomials * (degree + 1),
  (options) => new SumOfSquares(options),
);

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

/** What the units see of [−bound, bound] is [−SPAN, SPAN]; their centres lie evenly over ±REACH at first. */
const SPAN = 5;
const REACH = 4;
/** The least upper bounds of |vⱼ| and wⱼ, which are as far as the quadrature holds. */
const GREATEST_OUTPUT = 2;
const GREATEST_STEEPNESS = 2;
/** The nodes of the quadrature. */
const NODES = 40;

/** Options of {@link UnconstrainedMonotonic}. */
export interface UnconstrainedMonotonicOptions extends BoundedMonotoneOptions {
  /** The width of the network's hidden layer, H; 8 by default. */
  readonly units?: number;
}

/**
 * Elementwise integral of a positive network without constraints, all of whose weights are parameters, on [−B, B]:
 *
 *     y = shift + ∫₀ˣ g(t) dt       log g(t) = s(c + Σⱼ vⱼ tanh(wⱼ(5t/B − mⱼ)))
 *
 * with s = `boundedLogSlope`, so that slopes lie between e⁻⁵ and e⁵; |v| < 2 and ½ < w < 2, smoothly; outside it goes on with the slope of
 * the end. The integral is taken by Gauss and Legendre's rule at 40 nodes, so that log dy/dx is not quite the log-determinant, s(…). In
 * 400 draws of parameters with H = 8, 11 places each, they differ by at most 3·10⁻⁶ for parameters of size 1, 10⁻⁴ and 6·10⁻⁴ for sizes 2 and 3, and
 * 0.015 where all v and w are at their bounds; values by 10⁻⁶ from the integral. No rule of finitely many nodes would do for any v and w:
 * hence their bounds.
 *
 * `parameters` `[2 + 3H, ...rows]` are shift, c, v, log w and m less its value at first, which is even over ±4.
 *
 * Wehenkel & Louppe, "Unconstrained monotonic neural networks", arXiv:1908.05164.
 */
export class UnconstrainedMonotonic extends BoundedMonotone {
  readonly units: number;

  /** @throws if `units` is no positive integer, there are not 2 + 3H parameters, or the bound is not positive */
  constructor(given: UnconstrainedMonotonicOptions) {
    const { units, ...options } = withSizes('UnconstrainedMonotonic', given, boundedMonotoneKinds, { units: 8 });
    super(options, 2 + 3 * units);
    this.units = units;
  }

  /** Its features are wide, and its evaluations dear. */
  protected override readonly search = { rounds: 4, steps: 3 };

  protected formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet {
    const { units, bound } = this;
    // An axis for the nodes.
    const lifted = tf.expandDims(parameters, 1);
    const [shift, constant, outputs, steepnesses, moves] = tf.split(lifted, [1, 1, units, units, units], 0);
    const v = bounded(outputs!, GREATEST_OUTPUT);
    const w = tf.exp(bounded(steepnesses!, portableMath.log(GREATEST_STEEPNESS)));
    const axes = lifted.shape.slice(2).map(() => 1);
    const centres = Float32Array.from({ length: units }, (_, j) => REACH * ((2 * j + 1) / units - 1));
    const offsets = tf.mul(w, tf.add(moves!, tf.tensor(centres, [units, 1, ...axes])));
    const scaled = tf.mul(w, SPAN / bound);
    const rule = gaussLegendre(NODES);
    // The end of the interval is a node of weight 0: there log g is log dy/dx.
    const nodes = tf.tensor([...rule.nodes, 1], [1, NODES + 1, ...axes]);
    const weights = tf.tensor([...rule.weights, 0], [1, NODES + 1, ...axes]);
    return (x) => {
      const t = tf.mul(tf.expandDims(x, 1), nodes);
      const hidden = tf.tanh(tf.sub(tf.mul(scaled, t), offsets));
      const logSlopes = boundedLogSlope(tf.add(tf.sum(tf.mul(v, hidden), 0, true), constant!));
      const mean = tf.sum(tf.mul(tf.exp(logSlopes), weights), 1);
      const ends = tf.slice(logSlopes, [0, NODES], [1, 1]);
      return [tf.add(tf.mul(x, mean), tf.squeeze(shift!, [1])), tf.squeeze(ends, [1])];
    };
  }
}

/** {@link UnconstrainedMonotonic} on [−bound, bound]. @throws if `units` is no positive integer, or the bound not positive */
export const unconstrainedMonotonicFamily = boundedFamily(
  'unconstrainedMonotonic',
  { units: 8 },
  ({ units }) => 2 + 3 * units,
  (options) => new UnconstrainedMonotonic(options),
);

/** greatest · tanh(raw / greatest) */
function bounded(raw: tf.Tensor, greatest: number): tf.Tensor {
  return tf.mul(tf.tanh(tf.mul(raw, 1 / greatest)), greatest);
}
