import type * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import type { WithLogDet } from '../bijector.ts';
import { BoundedMonotone, type BoundedMonotoneOptions, boundedMonotoneKinds } from './boundedMonotone.ts';
import type { ElementwiseFamily } from './elementwiseFamily.ts';
import { parametersFirst } from './parametersFirst.ts';
import { sigmoidalLayer, sigmoidalParameterCount } from './sigmoidalLayer.ts';

/** Options of {@link Gaussianization}. */
export interface GaussianizationOptions extends BoundedMonotoneOptions {
  /** The logistic distributions of the mixture, K; 8 by default. */
  readonly components?: number;
}

/**
 * Elementwise Gaussianization on [−bound, bound]: the distribution function of a mixture of K logistic distributions, then the inverse one of the
 * standard logistic distribution, whose tails keep slopes bounded where the normal's would not; see `sigmoidalLayer`.
 * Outside it goes on with the slope of the end.
 *
 * `parameters` `[3K + 1, ...rows]`.
 *
 * Meng et al., "Gaussianization flows", arXiv:2003.01941.
 */
export class Gaussianization extends BoundedMonotone {
  readonly components: number;

  /** @throws if `components` is no positive integer, there are not 3K + 1 parameters, or the bound is not positive */
  constructor(given: GaussianizationOptions) {
    const { components = 8, ...options } = checkOptions('Gaussianization', given, {
      ...boundedMonotoneKinds,
      components: [Number, undefined],
    });
    positiveInteger('Gaussianization', 'components', components);
    super(options, sigmoidalParameterCount(components));
    this.components = components;
  }

  protected formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet {
    return sigmoidalLayer(parameters, this.components);
  }
}

/** {@link Gaussianization} on [−bound, bound]. @throws if `components` is no positive integer, or the bound not positive */
export function gaussianizationFamily(
  options: { readonly components?: number; readonly bound?: number } = {},
): ElementwiseFamily {
  const { components = 8, bound = 5 } = checkOptions('gaussianizationFamily', options, {
    components: [Number, undefined],
    bound: [Number, undefined],
  });
  positiveInteger('gaussianizationFamily', 'components', components);
  return {
    name: 'gaussianization',
    parameterCount: sigmoidalParameterCount(components),
    bijector: (parameters, dim) =>
      new Gaussianization({ parameters: parametersFirst(parameters, dim), components, bound }),
  };
}
