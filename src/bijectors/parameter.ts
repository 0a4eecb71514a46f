import * as tf from '@tensorflow/tfjs-core';
import { show } from '../options/describeIssue.ts';
import { fixedDim } from './bijector.ts';
import { broadcastShape } from './broadcastShape.ts';

/** A number, one number for each entry of the last axis, or a tensor or variable that broadcasts with the input. */
export type Parameter = number | readonly number[] | tf.Tensor;

/** The tensor of a parameter: a tensor as it is, numbers in float32. */
export function tensorOf(parameter: Parameter): tf.Tensor {
  return parameter instanceof tf.Tensor ? parameter : tf.tensor(parameter as number | number[], undefined, 'float32');
}

/** The numbers of a parameter, which can be checked when it is given; none of a tensor, whose values may change. */
export function numbersOf(parameter: Parameter | undefined): readonly number[] {
  if (parameter === undefined || parameter instanceof tf.Tensor) return [];
  return typeof parameter === 'number' ? [parameter] : parameter;
}

/**
 * The shape to which the parameters of a bijector broadcast, and the `dim` that it fixes for events, if it does.
 * @param owner the bijector, as errors name it
 * @throws if the parameters do not broadcast with one another
 */
export function commonShape(
  owner: string,
  parameters: readonly Parameter[],
): { readonly shape: readonly number[]; readonly dim: number | undefined } {
  for (const parameter of parameters) {
    const wrong = numbersOf(parameter).find((number) => typeof number !== 'number' || Number.isNaN(number));
    if (wrong !== undefined) throw new Error(`${owner}: wanted numbers, got ${show(wrong)}`);
  }
  const shapes = parameters.map((parameter) => {
    if (parameter instanceof tf.Tensor) return parameter.shape;
    return typeof parameter === 'number' ? [] : [parameter.length];
  });
  const shape = broadcastShape(...shapes);
  if (shape === undefined) {
    const list = shapes.map((each) => `[${each}]`).join(' and ');
    throw new Error(`${owner}: wanted parameters that broadcast with one another, got shapes ${list}`);
  }
  // Numbers are listed one for each entry, also where there is one.
  return { shape, dim: fixedDim(shape) ?? (parameters.some(Array.isArray) ? 1 : undefined) };
}
