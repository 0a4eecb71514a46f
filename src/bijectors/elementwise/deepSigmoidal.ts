import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import type { WithLogDet } from '../bijector.ts';
import { BoundedMonotone, type BoundedMonotoneOptions, boundedMonotoneKinds } from './boundedMonotone.ts';
import type { ElementwiseFamily } from './elementwiseFamily.ts';
import { parametersFirst } from './parametersFirst.ts';
import { sigmoidalLayer, sigmoidalParameterCount } from './sigmoidalLayer.ts';

/** Options of {@link DeepSigmoidal}. */
export interface DeepSigmoidalOptions extends BoundedMonotoneOptions {
  /** 2 by default. */
  readonly layers?: number;
  /** The sigmoids of a layer, K; 8 by default. */
  readonly units?: number;
}

/**
 * Elementwise deep sigmoidal flow on [−bound, bound]: a monotone network all of whose weights are parameters, y = f_L ∘ … ∘ f₁(x),
 * each layer a `sigmoidalLayer`. Outside it goes on with the slope of the end.
 *
 * `parameters` `[L(3K + 1), ...rows]`, those of one layer side by side, the first applied first.
 *
 * Huang et al., "Neural autoregressive flows", arXiv:1804.00779.
 */
export class DeepSigmoidal extends BoundedMonotone {
  readonly layers: number;
  readonly units: number;

  /** @throws if a size is no positive integer, there are not L(3K + 1) parameters, or the bound is not positive */
  constructor(given: DeepSigmoidalOptions) {
    const {
      layers = 2,
      units = 8,
      ...options
    } = checkOptions('DeepSigmoidal', given, {
      ...boundedMonotoneKinds,
      layers: [Number, undefined],
      units: [Number, undefined],
    });
    positiveInteger('DeepSigmoidal', 'layers', layers);
    positiveInteger('DeepSigmoidal', 'units', units);
    super(options, layers * sigmoidalParameterCount(units));
    this.layers = layers;
    this.units = units;
  }

  protected formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet {
    const layers = tf.split(parameters, this.layers, 0).map((each) => sigmoidalLayer(each, this.units));
    return (x) =>
      layers.slice(1).reduce(([value, logSlope], layer) => {
        const [next, own] = layer(value);
        return [next, tf.add(logSlope, own)];
      }, layers[0]!(x));
  }
}

/** {@link DeepSigmoidal} on [−bound, bound]. @throws if a size is no positive integer, or the bound not positive */
export function deepSigmoidalFamily(
  options: { readonly layers?: number; readonly units?: number; readonly bound?: number } = {},
): ElementwiseFamily {
  const {
    layers = 2,
    units = 8,
    bound = 5,
  } = checkOptions('deepSigmoidalFamily', options, {
    layers: [Number, undefined],
    units: [Number, undefined],
    bound: [Number, undefined],
  });
  positiveInteger('deepSigmoidalFamily', 'layers', layers);
  positiveInteger('deepSigmoidalFamily', 'units', units);
  return {
    name: 'deepSigmoidal',
    parameterCount: layers * sigmoidalParameterCount(units),
    bijector: (parameters, dim) =>
      new DeepSigmoidal({ parameters: parametersFirst(parameters, dim), layers, units, bound }),
  };
}
