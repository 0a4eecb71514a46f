import * as tf from '@tensorflow/tfjs-core';
import type { Direction, WithLogDet } from '../bijector.ts';
import { broadcast } from '../broadcast.ts';
import { binGradients, type LocatedBins, locateBins, type SplineShape } from './splineBins.ts';

/** The unconstrained parameters of splines for numbers of shape `rows`, which broadcasts with the input's. */
export interface RationalQuadraticParameters {
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
export function rationalQuadratic(
  input: tf.Tensor,
  { bins, derivatives }: RationalQuadraticParameters,
  shape: SplineShape,
  direction: Direction,
): WithLogDet {
  const rows = bins.shape.slice(2);
  const whole = tf.broadcast_util.assertAndGetBroadcastShape(input.shape, rows);
  const same = tf.util.arraysEqual(whole, rows);
  // Where nothing is broadcast, one long axis; else the parameters get the input's rank.
  const inputRows = same ? [tf.util.sizeFromShape(whole)] : whole;
  const ownRows = same ? inputRows : [...new Array<number>(whole.length - rows.length).fill(1), ...rows];
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
