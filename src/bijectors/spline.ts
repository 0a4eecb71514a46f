import * as tf from '@tensorflow/tfjs-core';
import { broadcast, wrapAngle } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Bijector, type Direction, fixedDim, type Monotonicity, rowsLayout, type WithLogDet } from './bijector.ts';

const splineKinds = {
  bins: tf.Tensor,
  derivatives: tf.Tensor,
  minBinSize: [Number, undefined],
  minDerivative: [Number, undefined],
} as const;

/** A spline of each number by itself. */
abstract class Spline extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  readonly bins: tf.Tensor;
  readonly derivatives: tf.Tensor;
  protected readonly shape: SplineShape;

  constructor(
    parameters: RationalQuadraticParameters,
    limits: SplineLimits & { readonly bound: number },
    periodic: boolean,
  ) {
    super();
    this.bins = parameters.bins;
    this.derivatives = parameters.derivatives;
    this.shape = checkSpline(new.target.name, parameters, limits, periodic);
    this.dim = fixedDim(this.parameterShape);
  }

  override get parameterShape(): readonly number[] {
    return this.bins.shape.slice(2);
  }
}

/** Options of {@link RationalQuadraticSpline}. */
export type RationalQuadraticSplineOptions = RationalQuadraticParameters &
  SplineLimits & {
    /** The spline maps [−bound, bound] onto itself. */
    readonly bound: number;
  };

/**
 * Elementwise monotone rational-quadratic spline on [−bound, bound], the identity outside; see `rationalQuadratic` for
 * the formula. Derivatives at ±bound are 1, so that the map is continuously differentiable.
 *
 * `bins` `[2, K, ...rows]` holds the unconstrained widths and heights (`tf.stack([widths, heights])` makes it of two),
 * `derivatives` `[K − 1, ...rows]` those of the inner knots; `rows` broadcasts with the input's shape. All zero is the identity.
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032.
 */
export class RationalQuadraticSpline extends Spline {
  /** @throws if the shapes do not fit one another, or a limit is out of range */
  constructor(options: RationalQuadraticSplineOptions) {
    const { bins, derivatives, ...limits } = checkOptions('RationalQuadraticSpline', options, {
      ...splineKinds,
      bound: Number,
    });
    super({ bins, derivatives }, limits, false);
  }

  override monotonicity(): Monotonicity {
    return 1;
  }

  /** Beyond ±bound the spline is the identity. */
  get bound(): number {
    return this.shape.bound;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return rationalQuadratic(x, this, this.shape, 'forward');
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return rationalQuadratic(y, this, this.shape, 'inverse');
  }
}

/** Options of {@link CircularSpline}. */
export type CircularSplineOptions = RationalQuadraticParameters &
  SplineLimits & {
    /** `[...rows]`, radians, added after the spline. */
    readonly phase: tf.Tensor;
  };

/**
 * Elementwise monotone map of the circle, angles in [−π, π): a rational-quadratic spline from [−π, π] onto itself whose
 * derivatives at both ends are one, then a turn by `phase`, so that no angle is special. Results are wrapped into [−π, π);
 * inputs may be any angles.
 *
 * `bins` `[2, K, ...rows]`, `derivatives` `[K, ...rows]` and `phase` `[...rows]` are unconstrained; `rows` broadcasts with the
 * input's shape. All zero is the identity.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export class CircularSpline extends Spline {
  readonly phase: tf.Tensor;

  /** @throws if the shapes do not fit one another, or a limit is out of range */
  constructor(options: CircularSplineOptions) {
    const { bins, derivatives, phase, ...limits } = checkOptions('CircularSpline', options, {
      ...splineKinds,
      phase: tf.Tensor,
    });
    super({ bins, derivatives }, { ...limits, bound: Math.PI }, true);
    this.phase = phase;
    const rows = bins.shape.slice(2);
    if (!tf.util.arraysEqual(phase.shape, rows)) {
      throw new Error(`CircularSpline: got [${phase.shape}], expected a phase [${rows}] for bins [${bins.shape}]`);
    }
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const [turned, logDet] = rationalQuadratic(wrapAngle(x), this, this.shape, 'forward');
    return [wrapAngle(tf.add(turned, this.phase)), logDet];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const [x, logDet] = rationalQuadratic(wrapAngle(tf.sub(y, this.phase)), this, this.shape, 'inverse');
    return [wrapAngle(x), logDet];
  }
}

/** The unconstrained parameters of splines for numbers of shape `rows`, which broadcasts with the input's. */
interface RationalQuadraticParameters {
  /** `[2, K, ...rows]`: logits of the bins' widths, then of their heights. */
  readonly bins: tf.Tensor;
  /** `[K − 1, ...rows]` for the inner knots, or `[K, ...rows]` where the last knot is the first one again. */
  readonly derivatives: tf.Tensor;
}

/** A bin's formula at one point of it; see {@link rationalQuadratic} for the letters. Each is `[1, …]`, pairs `[2, …]`. */
interface Point {
  readonly [name: string]: tf.Tensor;
  readonly t: tf.Tensor;
  readonly rest: tf.Tensor;
  readonly u: tf.Tensor;
  /** (y − yₖ)/h */
  readonly g: tf.Tensor;
  readonly slope: tf.Tensor;
  readonly bend: tf.Tensor;
  /** ((1 − t)², t²) */
  readonly squares: tf.Tensor;
  readonly q: tf.Tensor;
  /** 1/D */
  readonly perD: tf.Tensor;
  /** dy/dx */
  readonly derivative: tf.Tensor;
}

/**
 * A monotone rational-quadratic spline through K + 1 knots, from [−bound, bound] onto itself, and the identity outside.
 *
 * In the bin at (xₖ, yₖ) of width w and height h, with s = h/w, end derivatives d₀ and d₁, t = (x − xₖ)/w and u = t(1 − t):
 *
 *     D = s + (d₀ + d₁ − 2s) u          q = d₁ t² + 2 s u + d₀ (1 − t)²
 *     y = yₖ + h (s t² + d₀ u) / D      dy/dx = q (s / D)²
 *
 * Inverse: with r = (y − yₖ)/h and b = d₀ − r (d₀ + d₁ − 2s), t solves (s − b) t² + b t − s r = 0. Its discriminant is
 * written (b − 2sr)² + 4 s² r (1 − r), which rounding cannot make negative, and the root by the form that does not cancel.
 *
 * The gradient is written out: it needs about half the nodes of the recorded one, selects no unused branch, and that of the
 * inverse is the implicit one. It is a first gradient only: a second one would take the saved values for constants.
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032; Gregory & Delbourgo, 1982.
 */
function rationalQuadratic(
  input: tf.Tensor,
  { bins, derivatives }: RationalQuadraticParameters,
  shape: SplineShape,
  direction: Direction,
): WithLogDet {
  const { whole, inputRows, ownRows } = rowsLayout(input.shape, bins.shape.slice(2));
  const [K, knots] = [bins.shape[1]!, derivatives.shape[0]!];

  const evaluate = tf.customGrad((...args) => {
    const [x, logits, raw, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const within = shape.periodic ? undefined : tf.cast(tf.less(tf.abs(x), shape.bound), 'float32');
    const clamped = within === undefined ? x : tf.clipByValue(x, -shape.bound, shape.bound);
    const located = locateBins(clamped, logits, raw, shape, direction === 'forward' ? 0 : 1);
    const { value, logDet, point } = pointAt(clamped, located, direction);
    const kept = { ...located, ...point, ...(within && { within }) };
    const names = Object.keys(kept);
    save(Object.values(kept));
    return {
      // Outside of the interval the input itself: no selection, so that no NaN can come from the other branch.
      value:
        within === undefined
          ? tf.concat([value, logDet], 0)
          : tf.concat([tf.add(x, tf.mul(within, tf.sub(value, clamped))), tf.mul(within, logDet)], 0),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const state = Object.fromEntries(names.map((name, i) => [name, saved[i]!])) as LocatedBins & Point;
        const [byInput, byLogits, byRaw] = gradients(dy, state, shape, direction);
        return [byInput, sumTo(byLogits, logits.shape), sumTo(byRaw, raw.shape)];
      },
    };
  });
  const both = evaluate(
    tf.reshape(broadcast(input, whole), [1, ...inputRows]),
    tf.reshape(bins, [2, K, ...ownRows]),
    tf.reshape(derivatives, [knots, ...ownRows]),
  );
  const [value, logDet] = tf.split(both, 2, 0);
  return [tf.reshape(value!, whole), tf.reshape(logDet!, whole)];
}

/** The value and log-determinant at an input whose bin is known. */
function pointAt(input: tf.Tensor, { corner, size, derivatives }: LocatedBins, direction: Direction) {
  const [left, bottom] = tf.split(corner, 2, 0);
  const [width, height] = tf.split(size, 2, 0);
  const [d0, d1] = tf.split(derivatives, 2, 0);
  const slope = tf.div(height!, width!);
  const doubled = tf.mul(slope, 2);
  const bend = tf.sub(tf.add(d0!, d1!), doubled);
  const forward = direction === 'forward';
  const fraction = tf.clipByValue(tf.div(tf.sub(input, forward ? left! : bottom!), forward ? width! : height!), 0, 1);
  const t = forward ? fraction : solve(fraction, slope, doubled, bend, d0!);
  const rest = tf.sub(1, t);
  const u = tf.mul(t, rest);
  const squares = tf.square(tf.concat([rest, t], 0));
  const q = tf.add(tf.sum(tf.mul(derivatives, squares), 0, true), tf.mul(doubled, u));
  const perD = tf.reciprocal(tf.add(slope, tf.mul(bend, u)));
  const derivative = tf.mul(q, tf.square(tf.mul(slope, perD)));
  const log = tf.log(derivative);
  const g = forward ? tf.mul(tf.mul(t, tf.add(tf.mul(slope, t), tf.mul(d0!, rest))), perD) : fraction;
  return {
    value: forward ? tf.add(bottom!, tf.mul(height!, g)) : tf.add(left!, tf.mul(width!, t)),
    logDet: forward ? log : tf.neg(log),
    point: { t, rest, u, g, slope, bend, squares, q, perD, derivative },
  };
}

/** The t at which (y − yₖ)/h is r. */
function solve(r: tf.Tensor, slope: tf.Tensor, doubled: tf.Tensor, bend: tf.Tensor, d0: tf.Tensor): tf.Tensor {
  const b = tf.sub(d0, tf.mul(r, bend));
  const constant = tf.mul(doubled, r);
  const discriminant = tf.add(tf.square(tf.sub(b, constant)), tf.mul(tf.mul(constant, doubled), tf.sub(1, r)));
  const root = tf.add(tf.abs(b), tf.sqrt(discriminant));
  const positive = tf.greaterEqual(b, 0);
  return tf.div(tf.where(positive, constant, root), tf.where(positive, root, tf.mul(tf.sub(slope, b), 2)));
}

/**
 * The gradients by the input, the logits and the raw derivatives, through the partial derivatives of the forward map. Where v and
 * ℓ are the gradients by the inverse's value and log-determinant, the forward map's value has −(v − ℓ ∂log(dy/dx)/∂x)/(dy/dx)
 * and its log-determinant −ℓ.
 * @param dy `[2, …]`, by value and log-determinant
 */
function gradients(
  dy: tf.Tensor,
  state: LocatedBins & Point,
  shape: SplineShape,
  direction: Direction,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const { t, rest, u, g, slope, bend, squares, q, perD, derivative, within } = state;
  const [d0, d1] = tf.split(state.derivatives, 2, 0);
  const [width, height] = tf.split(state.size, 2, 0);
  const [byValue, byOwnLog] = tf.split(within === undefined ? dy : tf.mul(dy, within), 2, 0);
  const forward = direction === 'forward';
  const byLog = forward ? byOwnLog! : tf.neg(byOwnLog!);

  // Through log dy/dx = log q + 2 log s − 2 log D, at fixed parameters: by x.
  const perQ = tf.div(byLog, q);
  const skew = tf.sub(rest, t);
  const halfQ = tf.add(tf.sub(tf.mul(d1!, t), tf.mul(d0!, rest)), tf.mul(slope, skew));
  const halfD = tf.mul(tf.mul(byLog, perD), tf.mul(bend, skew));
  const logByX = tf.div(tf.mul(tf.sub(tf.mul(perQ, halfQ), halfD), 2), width!);

  const byInput = forward ? tf.add(tf.mul(byValue!, derivative), logByX) : tf.div(tf.add(byValue!, logByX), derivative);
  const byY = forward ? byValue! : tf.neg(byInput);
  const byCorner = tf.concat([forward ? tf.neg(byInput) : byValue!, byY], 0);

  const byG = tf.mul(byY, height!);
  const viaD = tf.add(tf.mul(byG, g), tf.mul(byLog, 2));
  const byDerivatives = tf.add(
    tf.mul(perQ, squares),
    tf.mul(tf.concat([tf.sub(byG, viaD), tf.neg(viaD)], 0), tf.mul(u, perD)),
  );
  const viaFraction = tf.sub(tf.mul(byG, tf.square(t)), tf.mul(viaD, tf.sub(1, tf.mul(u, 2))));
  const bySlope = tf.add(tf.mul(perD, viaFraction), tf.mul(tf.add(tf.div(byLog, slope), tf.mul(perQ, u)), 2));
  const bySize = tf.add(
    tf.mul(byCorner, tf.concat([t, g], 0)),
    tf.mul(tf.div(bySlope, width!), tf.concat([tf.neg(slope), tf.onesLike(slope)], 0)),
  );
  const [byLogits, byRaw] = binGradients(state, shape, byCorner, bySize, byDerivatives);
  if (within === undefined) return [byInput, byLogits, byRaw];
  const outside = tf.mul(tf.slice(dy, 0, 1), tf.sub(1, within));
  return [tf.add(byInput, outside), byLogits, byRaw];
}

/** The sum over the axes along which a tensor of `shape` was repeated. */
function sumTo(x: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== x.shape[axis]);
  return axes.length === 0 ? x : tf.sum(x, axes, true);
}

/** What is fixed of a spline: its interval [−bound, bound], the least sizes, and whether its end is its beginning. */
interface SplineShape {
  readonly bound: number;
  /** The least width and height of a bin, as a part of 2·bound. */
  readonly minBinSize: number;
  /** The least derivative at a knot; the greatest is about 1/minDerivative. */
  readonly minDerivative: number;
  readonly periodic: boolean;
}

/**
 * The bins that inputs fall into, with what the gradient needs. Pairs have x in row 0 and y in row 1, derivatives the left end
 * and the right one; the other axes are those of the inputs.
 */
interface LocatedBins {
  readonly [name: string]: tf.Tensor;
  /** `[2, K, …]`, the bins' sizes as parts of what `minBinSize` leaves. */
  readonly shares: tf.Tensor;
  /** `[1, K, …]`, 1 for the bins that end before the input. */
  readonly ended: tf.Tensor;
  /** `[1, K, …]`, 1 for the input's bin. */
  readonly inside: tf.Tensor;
  /** `[2, …]`, the sum of the shares of the bins before. */
  readonly shareBefore: tf.Tensor;
  /** `[2, …]`, the share of the input's bin. */
  readonly share: tf.Tensor;
  /** `[2, …]`, the bin's lower left corner, and its width and height. */
  readonly corner: tf.Tensor;
  readonly size: tf.Tensor;
  /** `[2, knots, …]`, 1 for the free knot at the bin's left and right end; no entry for an end that is not free. */
  readonly ends: tf.Tensor;
  /** `[2, …]`: the raw derivatives as parts of the bound, through tanh; what the softplus is taken of; the derivatives. */
  readonly bounded: tf.Tensor;
  readonly raw: tf.Tensor;
  readonly derivatives: tf.Tensor;
}

/**
 * Finds each input's bin by comparison with the knots, and picks its numbers out by masks. Derivatives are picked before the
 * softplus: two are computed, not all. A derivative is minDerivative + softplus(B tanh(raw / B) + a constant), B = 1/minDerivative:
 * bounded smoothly and far out, since between two knots of derivative d the slope falls to about 2s²/d in a bin of slope s.
 * @param input `[1, …]`, inside the interval
 * @param logits `[2, K, …]`
 * @param derivatives `[knots, …]`
 * @param axis along which the inputs lie: 0 for x, 1 for y
 */
function locateBins(
  input: tf.Tensor,
  logits: tf.Tensor,
  derivatives: tf.Tensor,
  shape: SplineShape,
  axis: 0 | 1,
): LocatedBins {
  const K = logits.shape[1]!;
  const { rest, least } = spans(shape, K);
  const weights = tf.exp(tf.sub(logits, tf.max(logits, 1, true)));
  const shares = tf.div(weights, tf.sum(weights, 1, true));

  const rows = logits.shape.slice(2);
  const flat = tf.reshape(shares, [2 * K, tf.util.sizeFromShape(rows)]);
  const knots = tf.reshape(tf.matMul(innerKnots(K, axis, shape), flat), [K - 1, ...rows]);
  const passed = tf.cast(tf.greaterEqual(input, knots), 'float32');
  const row = [1, ...input.shape.slice(1)];
  const ended = tf.concat([passed, tf.zeros(row)], 0);
  const inside = tf.sub(tf.concat([tf.ones(row), passed], 0), ended);

  const lifted = [1, K, ...input.shape.slice(1)];
  const before = tf.reshape(ended, lifted);
  const here = tf.reshape(inside, lifted);
  const shareBefore = tf.sum(tf.mul(shares, before), 1);
  const share = tf.sum(tf.mul(shares, here), 1);
  const index = tf.sum(passed, 0, true);
  const corner = tf.add(tf.mul(shareBefore, rest), tf.sub(tf.mul(index, least), shape.bound));

  const count = derivatives.shape[0]!;
  const ends = tf.reshape(tf.matMul(endKnots(K, count), tf.reshape(inside, [K, inside.size / K])), [
    2,
    count,
    ...input.shape.slice(1),
  ]);
  // softplus(0 + offset) + minDerivative is 1: the derivative at zero parameters, and at ends that are not free.
  const offset = portableMath.log(portableMath.exp(1 - shape.minDerivative) - 1);
  const picked = tf.sum(tf.mul(tf.expandDims(derivatives, 0), ends), 1);
  const bounded = tf.tanh(tf.mul(picked, shape.minDerivative));
  const raw = tf.add(tf.mul(bounded, 1 / shape.minDerivative), offset);
  return {
    shares,
    ended: before,
    inside: here,
    shareBefore,
    share,
    corner,
    size: tf.add(tf.mul(share, rest), least),
    ends,
    bounded,
    raw,
    derivatives: tf.add(tf.softplus(raw), shape.minDerivative),
  };
}

/**
 * From the gradients by corner, size and derivatives, each `[2, …]`, those by the logits and the raw derivatives, which have
 * the inputs' axes still: they are to be summed where the parameters were broadcast.
 */
function binGradients(
  bins: LocatedBins,
  shape: SplineShape,
  corner: tf.Tensor,
  size: tf.Tensor,
  derivatives: tf.Tensor,
): [logits: tf.Tensor, derivatives: tf.Tensor] {
  const { rest } = spans(shape, bins.shares.shape[1]!);
  const byShareBefore = tf.mul(corner, rest);
  const byShare = tf.mul(size, rest);
  // The softmax takes off the mean of the gradient under its shares, which only the picked bins contribute to.
  const mean = tf.add(tf.mul(byShareBefore, bins.shareBefore), tf.mul(byShare, bins.share));
  const byShares = tf.add(
    tf.mul(tf.expandDims(byShareBefore, 1), bins.ended),
    tf.mul(tf.expandDims(byShare, 1), bins.inside),
  );
  const slope = tf.mul(tf.sigmoid(bins.raw), tf.sub(1, tf.square(bins.bounded)));
  const byRaw = tf.expandDims(tf.mul(derivatives, slope), 1);
  return [tf.mul(bins.shares, tf.sub(byShares, tf.expandDims(mean, 1))), sumOfPair(tf.mul(byRaw, bins.ends))];
}

/** `[2, n, …]` → `[n, …]`; cheaper than a reduction over an axis of two. */
function sumOfPair(pair: tf.Tensor): tf.Tensor {
  const [first, second] = tf.split(pair, 2, 0);
  return tf.reshape(tf.add(first!, second!), pair.shape.slice(1));
}

/** The least size of a bin, and what the shares divide among the bins. */
function spans({ bound, minBinSize }: SplineShape, K: number) {
  return { least: 2 * bound * minBinSize, rest: 2 * bound * (1 - K * minBinSize) };
}

/**
 * `[K − 1, 2K]`, by which the shares (of widths, then of heights) become the inner knots along `axis`. Since the shares of one
 * kind sum to 1, whatever is constant is spread over them.
 */
function innerKnots(K: number, axis: 0 | 1, shape: SplineShape): tf.Tensor2D {
  const { least, rest } = spans(shape, K);
  const sums = new Float32Array((K - 1) * 2 * K);
  for (let knot = 1; knot < K; knot++) {
    for (let bin = 0; bin < K; bin++) {
      sums[(knot - 1) * 2 * K + axis * K + bin] = knot * least - shape.bound + (bin < knot ? rest : 0);
    }
  }
  return tf.tensor2d(sums, [K - 1, 2 * K]);
}

/**
 * `[2·knots, K]`, by which the mask of a bin becomes those of its left and right end among the free knots: the K − 1 inner
 * ones, or all K of a closed spline.
 */
function endKnots(K: number, knots: number): tf.Tensor2D {
  const periodic = knots === K;
  const ends = new Float32Array(2 * knots * K);
  for (let bin = 0; bin < K; bin++) {
    const left = periodic ? bin : bin - 1;
    const right = periodic ? (bin + 1) % K : bin;
    if (left >= 0) ends[left * K + bin] = 1;
    if (right < knots) ends[(knots + right) * K + bin] = 1;
  }
  return tf.tensor2d(ends, [2 * knots, K]);
}

interface SplineLimits {
  /** The least width and height of a bin, as a part of the interval; 0.001 by default. */
  readonly minBinSize?: number;
  /** The least derivative at a knot, 0.001 by default; 1/minDerivative is the greatest. */
  readonly minDerivative?: number;
}

/** The shape of a spline. @throws if the parameters' shapes do not fit, or a limit is out of range; the error begins with `name` */
function checkSpline(
  name: string,
  { bins, derivatives }: RationalQuadraticParameters,
  { bound, minBinSize = 1e-3, minDerivative = 1e-3 }: SplineLimits & { readonly bound: number },
  periodic: boolean,
): SplineShape {
  const [two, count = 0, ...rows] = bins.shape;
  if (two !== 2 || count < 2 || !tf.util.arraysEqual(derivatives.shape, [periodic ? count : count - 1, ...rows])) {
    throw new Error(
      `${name}: got [${bins.shape}] and [${derivatives.shape}], ` +
        `expected bins [2, K, ...rows] with K > 1 and derivatives [${periodic ? 'K' : 'K − 1'}, ...rows]`,
    );
  }
  if (!(bound > 0 && Number.isFinite(bound))) throw new Error(`${name}: got ${bound}, expected a positive bound`);
  if (!(minBinSize > 0 && minBinSize * count < 1)) {
    throw new Error(`${name}: got ${minBinSize}, expected a minBinSize between 0 and 1/${count}`);
  }
  if (!(minDerivative > 0 && minDerivative < 1)) {
    throw new Error(`${name}: got ${minDerivative}, expected a minDerivative between 0 and 1`);
  }
  return { bound, minBinSize, minDerivative, periodic };
}
