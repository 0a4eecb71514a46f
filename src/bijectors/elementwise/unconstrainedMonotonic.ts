import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { portableMath } from '../../portableMath.ts';
import { gaussLegendre } from '../../special/gaussLegendre.ts';
import type { WithLogDet } from '../bijector.ts';
import { boundedLogSlope } from './boundedLogSlope.ts';
import { BoundedMonotone, type BoundedMonotoneOptions, boundedMonotoneKinds } from './boundedMonotone.ts';
import type { ElementwiseFamily } from './elementwiseFamily.ts';
import { parametersFirst } from './parametersFirst.ts';

/** What the units see of [−bound, bound] is [−SPAN, SPAN]; their centres lie evenly over ±REACH at first. */
const SPAN = 5;
const REACH = 4;
/** The least upper bounds of |vⱼ| and wⱼ, which are as far as the quadrature holds. */
const GREATEST_OUTPUT = 2;
const GREATEST_STEEPNESS = 2;
/** The nodes of the quadrature. */
const NODES = 40;

/** Options of {@link UnconstrainedMonotonic}. */
export interface UnconstrainedMonotonicOptions extends BoundedMonotoneOptions {
  /** The width of the network's hidden layer, H; 8 by default. */
  readonly units?: number;
}

/**
 * Elementwise integral of a positive network without constraints, all of whose weights are parameters, on [−B, B]:
 *
 *     y = shift + ∫₀ˣ g(t) dt       log g(t) = s(c + Σⱼ vⱼ tanh(wⱼ(5t/B − mⱼ)))
 *
 * with s = `boundedLogSlope`, so that slopes lie between e⁻⁵ and e⁵; |v| < 2 and ½ < w < 2, smoothly; outside it goes on with the slope of
 * the end. The integral is taken by Gauss and Legendre's rule at 40 nodes, so that log dy/dx is not quite the log-determinant, s(…). In
 * 400 draws of parameters with H = 8, 11 places each, they differ by at most 3·10⁻⁶ for parameters of size 1, 10⁻⁴ and 6·10⁻⁴ for sizes 2 and 3, and
 * 0.015 where all v and w are at their bounds; values by 10⁻⁶ from the integral. No rule of finitely many nodes would do for any v and w:
 * hence their bounds.
 *
 * `parameters` `[2 + 3H, ...rows]` are shift, c, v, log w and m less its value at first, which is even over ±4.
 *
 * Wehenkel & Louppe, "Unconstrained monotonic neural networks", arXiv:1908.05164.
 */
export class UnconstrainedMonotonic extends BoundedMonotone {
  readonly units: number;

  /** @throws if `units` is no positive integer, there are not 2 + 3H parameters, or the bound is not positive */
  constructor(given: UnconstrainedMonotonicOptions) {
    const { units = 8, ...options } = checkOptions('UnconstrainedMonotonic', given, {
      ...boundedMonotoneKinds,
      units: [Number, undefined],
    });
    positiveInteger('UnconstrainedMonotonic', 'units', units);
    super(options, 2 + 3 * units);
    this.units = units;
  }

  /** Its features are wide, and its evaluations dear. */
  protected override readonly search = { rounds: 4, steps: 3 };

  protected formula(parameters: tf.Tensor): (x: tf.Tensor) => WithLogDet {
    const { units, bound } = this;
    // An axis for the nodes.
    const lifted = tf.expandDims(parameters, 1);
    const [shift, constant, outputs, steepnesses, moves] = tf.split(lifted, [1, 1, units, units, units], 0);
    const v = bounded(outputs!, GREATEST_OUTPUT);
    const w = tf.exp(bounded(steepnesses!, portableMath.log(GREATEST_STEEPNESS)));
    const axes = lifted.shape.slice(2).map(() => 1);
    const centres = Float32Array.from({ length: units }, (_, j) => REACH * ((2 * j + 1) / units - 1));
    const offsets = tf.mul(w, tf.add(moves!, tf.tensor(centres, [units, 1, ...axes])));
    const scaled = tf.mul(w, SPAN / bound);
    const rule = gaussLegendre(NODES);
    // The end of the interval is a node of weight 0: there log g is log dy/dx.
    const nodes = tf.tensor([...rule.nodes, 1], [1, NODES + 1, ...axes]);
    const weights = tf.tensor([...rule.weights, 0], [1, NODES + 1, ...axes]);
    return (x) => {
      const t = tf.mul(tf.expandDims(x, 1), nodes);
      const hidden = tf.tanh(tf.sub(tf.mul(scaled, t), offsets));
      const logSlopes = boundedLogSlope(tf.add(tf.sum(tf.mul(v, hidden), 0, true), constant!));
      const mean = tf.sum(tf.mul(tf.exp(logSlopes), weights), 1);
      const ends = tf.slice(logSlopes, [0, NODES], [1, 1]);
      return [tf.add(tf.mul(x, mean), tf.squeeze(shift!, [1])), tf.squeeze(ends, [1])];
    };
  }
}

/** {@link UnconstrainedMonotonic} on [−bound, bound]. @throws if `units` is no positive integer, or the bound not positive */
export function unconstrainedMonotonicFamily(
  options: { readonly units?: number; readonly bound?: number } = {},
): ElementwiseFamily {
  const { units = 8, bound = 5 } = checkOptions('unconstrainedMonotonicFamily', options, {
    units: [Number, undefined],
    bound: [Number, undefined],
  });
  positiveInteger('unconstrainedMonotonicFamily', 'units', units);
  return {
    name: 'unconstrainedMonotonic',
    parameterCount: 2 + 3 * units,
    bijector: (parameters, dim) =>
      new UnconstrainedMonotonic({ parameters: parametersFirst(parameters, dim), units, bound }),
  };
}

/** greatest · tanh(raw / greatest) */
function bounded(raw: tf.Tensor, greatest: number): tf.Tensor {
  return tf.mul(tf.tanh(tf.mul(raw, 1 / greatest)), greatest);
}
