import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../../options/checkArguments.ts';
import type { Bijector } from '../bijector.ts';
import { Shift } from '../linear/shift.ts';
import { ShiftScale } from '../linear/shiftScale.ts';
import { boundedLogSlope } from './boundedLogSlope.ts';
import { CircularSpline } from './circularSpline.ts';
import { parametersFirst } from './parametersFirst.ts';
import { RationalQuadraticSpline } from './rationalQuadraticSpline.ts';

/**
 * A family of elementwise bijectors, given by unconstrained parameters, that is the identity where they are all zero.
 *
 * Couplings, conditioned and autoregressive maps take one and differ in what their parameters may depend on. The parameters of
 * `dim` numbers lie side by side, the first ones of all numbers, then the second ones: parameter p of number i is at
 * p · dim + i.
 */
export interface ElementwiseFamily {
  readonly name: string;
  /** How many parameters one number takes. */
  readonly parameterCount: number;
  /** @param parameters `[..., parameterCount · dim]` */
  bijector(parameters: tf.Tensor, dim: number): Bijector;
  /** How numbers of this kind are shown to a network, where not as they are: `[batch, n]` → `[batch, size · n]`, laid out as the parameters. */
  readonly features?: { readonly size: number; of(x: tf.Tensor): tf.Tensor };
}

/** y = shift + exp(s)·x with s = `boundedLogSlope`(raw). */
export const affineFamily: ElementwiseFamily = {
  name: 'affine',
  parameterCount: 2,
  bijector(parameters) {
    const [shift, raw] = tf.split(parameters, 2, -1);
    return new ShiftScale({ shift: shift!, logScale: boundedLogSlope(raw!) });
  },
};

/** y = x + shift. Dinh et al., "NICE", arXiv:1410.8516. Over a Gaussian it has one mode, whatever the network. */
export const additiveFamily: ElementwiseFamily = {
  name: 'additive',
  parameterCount: 1,
  bijector: (shift) => new Shift(shift),
};

/** {@link RationalQuadraticSpline} with `bins` bins on [−bound, bound]. @throws if `bins` is no integer above 1 */
export function rationalQuadraticSplineFamily(
  options: { readonly bins?: number; readonly bound?: number } = {},
): ElementwiseFamily {
  const { bins = 8, bound = 5 } = checkOptions('rationalQuadraticSplineFamily', options, {
    bins: [Number, undefined],
    bound: [Number, undefined],
  });
  atLeastTwo('rationalQuadraticSplineFamily', bins);
  return {
    name: 'rationalQuadraticSpline',
    parameterCount: 3 * bins - 1,
    bijector(parameters, dim) {
      const [sizes, derivatives] = tf.split(parametersFirst(parameters, dim), [2 * bins, bins - 1], 0);
      return new RationalQuadraticSpline({ bins: pairs(sizes!), derivatives: derivatives!, bound });
    },
  };
}

/** {@link CircularSpline} with `bins` bins; networks see an angle's cosine and sine. @throws if `bins` is no integer above 1 */
export function circularSplineFamily(options: { readonly bins?: number } = {}): ElementwiseFamily {
  const { bins = 8 } = checkOptions('circularSplineFamily', options, { bins: [Number, undefined] });
  atLeastTwo('circularSplineFamily', bins);
  return {
    name: 'circularSpline',
    parameterCount: 3 * bins + 1,
    bijector(parameters, dim) {
      const [sizes, derivatives, phase] = tf.split(parametersFirst(parameters, dim), [2 * bins, bins, 1], 0);
      return new CircularSpline({
        bins: pairs(sizes!),
        derivatives: derivatives!,
        phase: tf.reshape(phase!, phase!.shape.slice(1)),
      });
    },
    features: { size: 2, of: (x) => tf.concat([tf.cos(x), tf.sin(x)], -1) },
  };
}

/** `[2K, ...]` → `[2, K, ...]` */
function pairs(sizes: tf.Tensor): tf.Tensor {
  return tf.reshape(sizes, [2, sizes.shape[0]! / 2, ...sizes.shape.slice(1)]);
}

function atLeastTwo(where: string, bins: number): void {
  if (!Number.isInteger(bins) || bins < 2)
    throw new Error(`${where}: wanted an integer number of bins above 1, got ${bins}`);
}
