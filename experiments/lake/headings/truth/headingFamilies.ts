import * as tf from '@tensorflow/tfjs-core';
import { circularSplineFamily, portableMath, Rng } from '../../../../src/index.ts';

/** A class of policies over headings as densities of free parameters: what it can be at a single state, whatever its network. */
export interface HeadingFamily {
  readonly name: string;
  /** How many parameters a density has. */
  readonly parameterCount: number;
  /** Parameters from which a density is searched, one list for each search. */
  readonly starts: readonly (readonly number[])[];
  /**
   * Log-densities, nats.
   * @param parameters `[states, parameterCount]`
   * @param headings `[points]`, radians in (−π, π)
   * @returns `[states, points]`
   */
  logDensity(parameters: tf.Tensor, headings: tf.Tensor): tf.Tensor;
}

/** No component is wider, radians: beyond it one is flat. */
const WIDEST = 3;
/** Turns round the circle that are summed up on either side. */
const TURNS = 2;

/** Mixtures of K normals that are wound round the circle, of free weights, means and deviations. One component is the Gaussian. */
export function wrappedMixtures(components: number): HeadingFamily {
  const evenly = (turn: number, logScale: number): number[] => [
    ...Array<number>(components).fill(0),
    ...Array.from({ length: components }, (_, k) => turn + (2 * Math.PI * k) / components - Math.PI),
    ...Array<number>(components).fill(logScale),
  ];
  // A single normal finds the mode that it begins near.
  const turns = components === 1 ? 12 : 3;
  const width = -0.7 - 0.15 * components;
  return {
    name: components === 1 ? 'gaussian' : `mixture of ${components}`,
    parameterCount: 3 * components,
    starts: Array.from({ length: turns }, (_, i) => evenly((2 * Math.PI * (i + 0.5)) / (turns * components), width)),
    logDensity(parameters, headings) {
      const [logits, means, logScales] = tf.split(parameters, 3, 1).map((each) => tf.expandDims(each, 1));
      const scales = tf.minimum(tf.exp(logScales!), WIDEST);
      const away = tf.sub(tf.reshape(headings, [1, -1, 1]), means!);
      const wrapped = tf.sub(away, tf.mul(2 * Math.PI, tf.floor(tf.div(tf.add(away, Math.PI), 2 * Math.PI))));
      const terms = Array.from({ length: 2 * TURNS + 1 }, (_, i) => {
        const z = tf.div(tf.add(wrapped, 2 * Math.PI * (i - TURNS)), scales);
        return tf.exp(tf.mul(-0.5, tf.square(z)));
      });
      const density = terms.slice(1).reduce((sum, term) => tf.add(sum, term), terms[0]!);
      const weighted = tf.div(tf.mul(tf.softmax(logits!, -1), density), scales);
      const total = tf.sum(weighted, -1);
      return tf.log(tf.add(tf.div(total, Math.sqrt(2 * Math.PI)), 1e-30));
    },
  };
}

/** Circular spline flows of free parameters: so many splines, one after another. */
export function circularSplines({ layers, bins }: { readonly layers: number; readonly bins: number }): HeadingFamily {
  const family = circularSplineFamily({ bins });
  const count = family.parameterCount;
  const flat = new Array<number>(layers * count).fill(0);
  const rng = new Rng('circular splines');
  return {
    name: `circular spline, ${layers} × ${bins} bins`,
    parameterCount: layers * count,
    // All zero is the uniform density. Layers turned against each other have their seams apart.
    starts: [flat, flat.map(() => 0.3 * rng.normal())],
    logDensity(parameters, headings) {
      const [states, points] = [parameters.shape[0]!, headings.shape[0]!];
      const own = layers === 1 ? [parameters] : tf.split(parameters, layers, 1);
      let x = tf.tile(tf.reshape(headings, [1, points, 1]), [states, 1, 1]);
      let logDensity: tf.Tensor = tf.fill([states, points], -portableMath.log(2 * Math.PI));
      for (const layer of [...own].reverse()) {
        const [inverse, logDet] = family.bijector(tf.expandDims(layer, 1), 1).inverseAndLogDet(x);
        x = inverse as tf.Tensor3D;
        logDensity = tf.add(logDensity, tf.reshape(logDet, [states, points]));
      }
      return logDensity;
    },
  };
}
