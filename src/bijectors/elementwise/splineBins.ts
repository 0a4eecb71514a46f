import * as tf from '@tensorflow/tfjs-core';
import { portableMath } from '../../portableMath.ts';

/** What is fixed of a spline: its interval [−bound, bound], the least sizes, and whether its end is its beginning. */
export interface SplineShape {
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
export interface LocatedBins {
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
export function locateBins(
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
export function binGradients(
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
