import * as tf from '@tensorflow/tfjs-core';
import { logSumExp } from '../distributions/logSumExp.ts';
import type { Kinds } from '../options/checkArguments.ts';
import { portableMath } from '../portableMath.ts';

/** Where a component is integrated, and how finely. */
export interface QuadratureRange {
  /** The interval that is integrated over: all of the component's mass should lie in it. */
  readonly range: readonly [low: number, high: number];
  /** The number of points of the midpoint rule, whose error falls faster than any power of it for a smooth density that ends within the range. */
  readonly points?: number;
}

export const rangeKinds: Kinds<QuadratureRange> = { range: Array, points: [Number, undefined] };

/**
 * The middles of equal cells of an interval, and the width of one.
 * @param owner who integrates, as errors name it
 * @throws if the interval is empty or not finite, or there are not at least two points
 */
export function midpoints(
  owner: string,
  { range, points = 512 }: QuadratureRange,
): { nodes: tf.Tensor1D; width: number } {
  const [low, high] = range;
  if (!(low < high && Number.isFinite(high - low))) {
    throw new Error(`${owner}: wanted a finite range low < high, got [${low}, ${high}]`);
  }
  if (!Number.isInteger(points) || points < 2) {
    throw new Error(`${owner}: wanted an integer number of points above 1, got ${points}`);
  }
  const width = (high - low) / points;
  return { nodes: tf.tensor1d(Array.from({ length: points }, (_, i) => low + (i + 0.5) * width)), width };
}

/** The log of the integral of a density along the first axis, from its logs in the middles of cells; −∞, with gradient 0, where all are. */
export function logIntegral(logs: tf.Tensor, width: number): tf.Tensor {
  return tf.add(logSumExp(logs, 0), portableMath.log(width));
}

/**
 * Checks a joint distribution whose component `index` is set apart from the others.
 * @throws if its events are no vectors of at least two numbers, or there is no such component
 */
export function checkJoint(owner: string, eventShape: readonly number[], index: number): void {
  const [dim] = eventShape;
  if (eventShape.length !== 1 || dim! < 2) {
    throw new Error(
      `${owner}: wanted a joint distribution over vectors of two numbers or more, got event shape [${eventShape}]`,
    );
  }
  if (!Number.isInteger(index) || index < 0 || index >= dim!) {
    throw new Error(`${owner}: wanted a component from 0 to ${dim! - 1}, got ${index}`);
  }
}

/** `others` with `component` put in at `index` of the last axis; both of one shape before that. */
export function joined(others: tf.Tensor, component: tf.Tensor, index: number): tf.Tensor {
  const rest = others.shape.at(-1)!;
  const parts = [index, rest - index];
  if (index === 0) return tf.concat([component, others], -1);
  if (index === rest) return tf.concat([others, component], -1);
  const [before, after] = tf.split(others, parts, -1) as [tf.Tensor, tf.Tensor];
  return tf.concat([before, component, after], -1);
}

/** x without the component `index` of the last axis. */
export function without(x: tf.Tensor, index: number): tf.Tensor {
  const dim = x.shape.at(-1)!;
  const parts = tf.split(x, dim, -1).filter((_, i) => i !== index);
  return parts.length === 1 ? parts[0]! : tf.concat(parts, -1);
}
