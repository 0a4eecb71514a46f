import * as tf from '@tensorflow/tfjs-core';
import { portableMath } from '../portableMath.ts';

/**
 * What `fn` returns, as a constant to differentiation: no gradient flows into what it was computed from, and nothing of
 * `fn` is recorded. It is a gradient function with no inputs, since tfjs has no stop-gradient of its own.
 */
export function stopGradient(fn: () => tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({ value: fn(), gradFunc: () => [] }))();
}

/** `a` where the condition holds, else `b`; what decides takes no gradient, as tfjs has none of comparisons. */
export function select(condition: () => tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.where(stopGradient(condition), a, b);
}

/**
 * value(...inputs) with a gradient that is written out.
 * @param gradients by each input, from that by the value, the inputs and the value
 */
export function withGradient<Inputs extends readonly tf.Tensor[]>(
  inputs: readonly [...Inputs],
  value: (...inputs: Inputs) => tf.Tensor,
  gradients: (dy: tf.Tensor, inputs: Inputs, value: tf.Tensor) => tf.Tensor[],
): tf.Tensor {
  return tf.customGrad((...args) => {
    const [given, save] = [args.slice(0, -1) as tf.Tensor[], args.at(-1) as unknown as tf.GradSaveFunc];
    const own = value(...(given as unknown as Inputs));
    save([...given, own]);
    return {
      value: own,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        gradients(dy, saved.slice(0, -1) as unknown as Inputs, saved.at(-1)!),
    };
  })(...inputs);
}

/** The kind of a tensor that may be left out. */
export const optionalTensor = [tf.Tensor, undefined] as const;

/** `x` in pieces of these sizes along an axis; one piece is `x` itself, of which `tf.split` has no gradient. */
export function split(x: tf.Tensor, sizes: number[], axis: number): tf.Tensor[] {
  return sizes.length === 1 ? [x] : tf.split(x, sizes, axis);
}

/** The slices of size 1 along an axis. Unlike `tf.split`, whose gradient fails for a single part, of an axis of size 1 too. */
export function unitSlices(x: tf.Tensor, axis: number): tf.Tensor[] {
  const count = x.shape.at(axis)!;
  return count === 1 ? [x] : tf.split(x, count, axis);
}

/** Numbers along an axis in front of those of `like`, `[numbers, 1, …]`. */
export function inFrontOf(like: tf.Tensor, numbers: readonly number[]): tf.Tensor {
  return tf.tensor([...numbers], [numbers.length, ...like.shape.map(() => 1)]);
}

/** `x` repeated to `shape`, never `x` itself. Added to zeros: the gradient of tfjs's own `broadcastTo` has a node for each repetition. */
export function broadcast(x: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.util.arraysEqual(x.shape, shape) ? tf.clone(x) : tf.add(tf.zeros(shape), x);
}

/** The shape that tensors of these shapes broadcast to, as numpy's rules have it; undefined where they do not fit. */
export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (const [i, size] of shape.entries()) {
      const axis = rank - shape.length + i;
      if (size === 1) continue;
      if (result[axis] !== 1 && result[axis] !== size) return undefined;
      result[axis] = size;
    }
  }
  return result;
}

/** `[batch, n]` repeated as a whole to `[rows, n]`. */
export function repeatRows(x: tf.Tensor, rows: number): tf.Tensor {
  const [batch, width] = x.shape as [number, number];
  if (batch === rows) return x;
  return tf.reshape(broadcast(x, [rows / batch, batch, width]), [rows, width]);
}

/**
 * A x for one matrix or a batch of them.
 * @param matrix `[...batch, rows, columns]`
 * @param x `[..., columns]`, of which the leading axes broadcast with the batch
 */
export function matVec(matrix: tf.Tensor, x: tf.Tensor): tf.Tensor {
  if (matrix.rank > 2) return tf.sum(tf.mul(matrix, tf.expandDims(x, -2)), -1);
  const [rows, columns] = matrix.shape as [number, number];
  const product = tf.matMul(tf.reshape(x, [x.size / columns, columns]), matrix, false, true);
  return tf.reshape(product, [...x.shape.slice(0, -1), rows]);
}

export const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/** The float32 next to a float32 number, upwards (1) or downwards (−1). */
export function nextFloat32(x: number, direction: 1 | -1): number {
  if (x === 0) return direction * 2 ** -149;
  const value = Float32Array.of(x);
  // Read as an integer, a float32 grows with its size: one further from 0 is one more.
  new Int32Array(value.buffer)[0]! += direction * Math.sign(x);
  return value[0]!;
}

/** The nearest float32 that is no smaller (1) or no larger (−1) than a float64 number. */
export function roundFloat32(x: number, direction: 1 | -1): number {
  const nearest = Math.fround(x);
  return (x - nearest) * direction > 0 ? nextFloat32(nearest, direction) : nearest;
}

/** The largest float32 below π: an angle that is wrapped lies in [−π, π) in float64 too. */
const LIMIT = 3.1415925025939941;

/** The angle in [−π, π) that differs from `angle` by whole turns, with slope 1 everywhere. */
export function wrapAngle(angle: tf.Tensor): tf.Tensor {
  const turns = stopGradient(() => tf.mul(tf.floor(tf.mul(tf.add(angle, Math.PI), 0.5 / Math.PI)), 2 * Math.PI));
  const wrapped = tf.sub(angle, turns);
  // float32's π and −π lie beyond π: they are moved inside, by a constant, for a clamp would have slope 0 there.
  return tf.add(
    wrapped,
    stopGradient(() => tf.sub(tf.clipByValue(wrapped, -LIMIT, LIMIT), wrapped)),
  );
}

/** The direction of Σ weight·(cos angle, sin angle) along an axis, in [−π, π): the circular mean. */
export function direction(angles: tf.Tensor, weights: tf.Tensor, axis: number): tf.Tensor {
  const [cosine, sine] = [tf.cos(angles), tf.sin(angles)].map((each) => tf.sum(tf.mul(weights, each), axis));
  return wrapAngle(tf.atan2(sine!, cosine!));
}

/** 1 − cos angle, without cancellation near 0. */
export function versine(angle: tf.Tensor): tf.Tensor {
  return tf.mul(tf.square(tf.sin(tf.mul(angle, 0.5))), 2);
}

const BOUND = 10;

/**
 * log σ = log σ₀ + 10 tanh(raw / 10), of a network's output: between e⁻¹⁰ and e¹⁰ times the initial scale, smoothly. So far
 * out because a bound that is felt keeps modes from being narrow; without one, an observation far from all others can overflow.
 */
export function boundedLogScale(raw: tf.Tensor, initialScale: number): tf.Tensor {
  return tf.add(tf.mul(tf.tanh(tf.mul(raw, 1 / BOUND)), BOUND), portableMath.log(initialScale));
}
