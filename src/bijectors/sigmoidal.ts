import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/tensors.ts';
import type { WithLogDet } from './bijector.ts';
import { boundedLogSlope } from './families.ts';
import {
  BoundedMonotone,
  type BoundedMonotoneOptions,
  boundedFamily,
  boundedMonotoneKinds,
  withSizes,
} from './monotone.ts';

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
    const sizes = { layers: 2, units: 8 };
    const { layers, units, ...options } = withSizes('DeepSigmoidal', given, boundedMonotoneKinds, sizes);
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
export const deepSigmoidalFamily = boundedFamily(
  'deepSigmoidal',
  { layers: 2, units: 8 },
  ({ layers, units }) => layers * sigmoidalParameterCount(units),
  (options) => new DeepSigmoidal(options),
);

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
    const { components, ...options } = withSizes('Gaussianization', given, boundedMonotoneKinds, { components: 8 });
    super(options, sigmoidalParameterCount(components));
    this.components = components;
  }

  protected formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet {
    return sigmoidalLayer(parameters, this.components);
  }
}

/** {@link Gaussianization} on [−bound, bound]. @throws if `components` is no positive integer, or the bound not positive */
export const gaussianizationFamily = boundedFamily(
  'gaussianization',
  { components: 8 },
  ({ components }) => sigmoidalParameterCount(components),
  (options) => new Gaussianization(options),
);

/** The factor of G. What is left of x beside G₀, whose slope is below 1, has a slope above 1 − SHARE. */
const SHARE = 0.9;
/** Components lie evenly over ±REACH at first. */
const REACH = 4;

/** How many parameters a layer of `units` components has. */
const sigmoidalParameterCount = (units: number): number => 3 * units + 1;

/**
 * The logit of a mixture of K logistic distribution functions, beside a fixed map that makes it the identity at first:
 *
 *     G(x) = logit Σₖ wₖ σ(aₖ(x − mₖ))       y = α(x − 0.9 G₀(x)) + 0.9 G(x)
 *
 * where w is a softmax, a and α are exp({@link boundedLogSlope}), and G₀ is G for zero parameters: wₖ = 1/K, aₖ = 1 and mₖ
 * evenly over [−4, 4]. A mixture alone is the identity only where all its components are the same, and equal components
 * have equal gradients. As the log-odds of a mean are nowhere steeper than the steepest of what it is the mean of, 0 < G′ ≤ max aₖ, and
 * dy/dx lies between α/10 and α + 0.9 max aₖ.
 *
 * @param parameters `[3K + 1, …]`, unconstrained: log w, log a, mₖ less its value at first, log α
 * @returns x → [y, log dy/dx], both `[1, …]`
 */
function sigmoidalLayer(parameters: tf.Tensor, units: number): (x: tf.Tensor) => WithLogDet {
  const [logits, rawSteepness, moves, rawShare] = tf.split(parameters, [units, units, units, 1], 0);
  const column = [units, ...parameters.shape.slice(1).map(() => 1)];
  const locations = tf.tensor(
    Float32Array.from({ length: units }, (_, k) => REACH * ((2 * k + 1) / units - 1)),
    column,
  );
  const logWeights = tf.sub(logits!, logSumExp(logits!));
  const mixture = mixtureLogit(logWeights, tf.exp(boundedLogSlope(rawSteepness!)), tf.add(moves!, locations));
  const first = mixtureLogit(tf.log(tf.fill(column, 1 / units)), tf.ones(column), locations);
  const share = tf.exp(boundedLogSlope(rawShare!));
  return (x) => {
    const [g, slope] = mixture(x);
    const [g0, slope0] = first(x);
    return [
      tf.add(tf.mul(share, tf.sub(x, tf.mul(g0, SHARE))), tf.mul(g, SHARE)),
      tf.log(tf.add(tf.mul(share, tf.sub(1, tf.mul(slope0, SHARE))), tf.mul(slope, SHARE))),
    ];
  };
}

/**
 * G(x) = logit P, P = Σₖ wₖ σ(zₖ) with zₖ = aₖ(x − mₖ), and G′(x) = Σₖ aₖ wₖ σ(zₖ) σ(−zₖ) (1/P + 1/(1 − P)) ... in logarithms,
 * so that neither P nor 1 − P, which is a mixture of the σ(−zₖ), loses digits or is rounded to 0.
 */
function mixtureLogit(logWeights: tf.Tensor, steepness: tf.Tensor, locations: tf.Tensor) {
  return (x: tf.Tensor): [value: tf.Tensor, slope: tf.Tensor] => {
    const z = tf.mul(steepness, tf.sub(x, locations));
    const logBelow = tf.neg(tf.softplus(tf.neg(z)));
    const logAbove = tf.neg(tf.softplus(z));
    const below = tf.add(logWeights, logBelow);
    const above = tf.add(logWeights, logAbove);
    const [logP, logRest] = [logSumExp(below), logSumExp(above)];
    const perBelow = tf.exp(tf.add(tf.sub(below, logP), logAbove));
    const perAbove = tf.exp(tf.add(tf.sub(above, logRest), logBelow));
    return [tf.sub(logP, logRest), tf.sum(tf.mul(steepness, tf.add(perBelow, perAbove)), 0, true)];
  };
}

/** log Σ exp over the first axis, which is kept. */
function logSumExp(x: tf.Tensor): tf.Tensor {
  const greatest = stopGradient(() => tf.max(x, 0, true));
  return tf.add(tf.log(tf.sum(tf.exp(tf.sub(x, greatest)), 0, true)), greatest);
}
