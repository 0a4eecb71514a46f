import * as tf from '@tensorflow/tfjs-core';
import type { RationalQuadraticParameters } from './rationalQuadratic.ts';
import type { SplineShape } from './splineBins.ts';

export interface SplineLimits {
  /** The least width and height of a bin, as a part of the interval; 0.001 by default. */
  readonly minBinSize?: number;
  /** The least derivative at a knot, 0.001 by default; 1/minDerivative is the greatest. */
  readonly minDerivative?: number;
}

/** The shape of a spline. @throws if the parameters' shapes do not fit, or a limit is out of range; the error begins with `name` */
export function checkSpline(
  name: string,
  { bins, derivatives }: RationalQuadraticParameters,
  { bound, minBinSize = 1e-3, minDerivative = 1e-3 }: SplineLimits & { readonly bound: number },
  periodic: boolean,
): SplineShape {
  const [two, count = 0, ...rows] = bins.shape;
  if (two !== 2 || count < 2 || !tf.util.arraysEqual(derivatives.shape, [periodic ? count : count - 1, ...rows])) {
    throw new Error(
      `${name}: wanted bins [2, K, ...rows] with K > 1 and derivatives [${periodic ? 'K' : 'K − 1'}, ...rows], ` +
        `got [${bins.shape}] and [${derivatives.shape}]`,
    );
  }
  if (!(bound > 0 && Number.isFinite(bound))) throw new Error(`${name}: wanted a positive bound, got ${bound}`);
  if (!(minBinSize > 0 && minBinSize * count < 1)) {
    throw new Error(`${name}: wanted a minBinSize between 0 and 1/${count}, got ${minBinSize}`);
  }
  if (!(minDerivative > 0 && minDerivative < 1)) {
    throw new Error(`${name}: wanted a minDerivative between 0 and 1, got ${minDerivative}`);
  }
  return { bound, minBinSize, minDerivative, periodic };
}
