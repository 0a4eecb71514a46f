import type * as tf from '@tensorflow/tfjs-core';
import { broadcastShape } from '../bijectors/broadcastShape.ts';

/**
 * The shape that parameters broadcast to.
 * @param owner whose parameters they are, as errors name it
 * @throws if they do not broadcast with one another
 */
export function jointShape(owner: string, parameters: Readonly<Record<string, tf.Tensor>>): number[] {
  const tensors = Object.values(parameters);
  const shape = broadcastShape(...tensors.map((each) => each.shape));
  if (shape !== undefined && tensors.every((each) => each.dtype === 'float32')) return shape;
  const got = tensors.map((each) => `${each.dtype} [${each.shape}]`).join(' and ');
  throw new Error(`${owner}: wanted float32 ${Object.keys(parameters).join(' and ')} that broadcast, got ${got}`);
}
