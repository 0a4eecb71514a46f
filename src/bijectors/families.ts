import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { orthogonal } from '../nn/initializers.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { boundedLogScale } from '../nn/tensors.ts';
import { flag } from '../options/fields.ts';
import { checkOptions, parseOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import type { Bijector } from './bijector.ts';
import { Invert } from './composition.ts';
import { LowRankAffine } from './lowRankAffine.ts';
import { Householder } from './orthogonal.ts';
import { Shift, ShiftScale } from './shiftScale.ts';
import { CircularSpline, RationalQuadraticSpline } from './spline.ts';
import { Lu, TriangularAffine } from './triangular.ts';

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
  /** Whether log-determinants are 0 whatever the parameters. */
  readonly isVolumePreserving?: boolean;
  /** How numbers of this kind are shown to a network, where not as they are: `[batch, n]` → `[batch, size · n]`, laid out as the parameters. */
  readonly features?: { readonly size: number; of(x: tf.Tensor): tf.Tensor };
}

export const elementwiseFamilySchema = z.custom<ElementwiseFamily>(
  (value) => typeof (value as ElementwiseFamily | undefined)?.parameterCount === 'number',
  'an ElementwiseFamily',
);

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
  isVolumePreserving: true,
};

/** {@link RationalQuadraticSpline} with `bins` bins on [−bound, bound]. @throws if `bins` is no integer above 1 */
export function rationalQuadraticSplineFamily(
  options: { readonly bins?: number; readonly bound?: number } = {},
): ElementwiseFamily {
  const { bins = 8, bound = 5 } = checkBins('rationalQuadraticSplineFamily', options, { bound: [Number, undefined] });
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
  const { bins = 8 } = checkBins('circularSplineFamily', options, {});
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

function checkBins<T extends { readonly bins?: number }>(owner: string, options: T, others: object): T {
  const { bins = 2 } = checkOptions(owner, options, { bins: [Number, undefined], ...others } as never);
  if (Number.isInteger(bins) && bins >= 2) return options;
  throw new Error(`${owner}: got ${bins}, expected an integer number of bins above 1`);
}

/** The family of the inverses of a family's bijectors: forward and inverse, and what each costs, change places. */
export function inverseFamily(family: ElementwiseFamily): ElementwiseFamily {
  return {
    ...family,
    name: `inverse ${family.name}`,
    bijector: (parameters, dim) => new Invert(family.bijector(parameters, dim)),
  };
}

/**
 * A family of bijectors over vectors, given by unconstrained parameters: each value of them makes an invertible map. What
 * {@link ElementwiseFamily} is for maps of numbers, for maps that mix the entries of a vector.
 */
export interface VectorFamily {
  readonly name: string;
  /** How many parameters a map of vectors of `dim` numbers takes. @throws if there is none for that size */
  parameterCount(dim: number): number;
  /** Parameters to begin with, `parameterCount(dim)` of them. */
  initialParameters(dim: number, rng: Rng): Float32Array;
  /** @param parameters `[..., count]`; leading axes make a batch of maps */
  bijector(parameters: tf.Tensor, dim: number): Bijector;
  /** Whether log-determinants are 0 whatever the parameters. */
  readonly isVolumePreserving?: boolean;
}

export const vectorFamilySchema = z.custom<VectorFamily>(
  (value) => typeof (value as VectorFamily | undefined)?.parameterCount === 'function',
  'a VectorFamily',
);

/**
 * {@link TriangularAffine}, the identity at first; the diagonal lies between e⁻¹⁰ and e¹⁰. Parameters: shift, log L_ii, L's entries below
 * the diagonal.
 */
export const triangularAffineFamily: VectorFamily = {
  name: 'triangularAffine',
  parameterCount: (dim) => 2 * dim + (dim * (dim - 1)) / 2,
  initialParameters: (dim) => new Float32Array(2 * dim + (dim * (dim - 1)) / 2),
  bijector(parameters, dim) {
    const below = (dim * (dim - 1)) / 2;
    const [shift, raw, offDiagonal] = tf.split(parameters, below > 0 ? [dim, dim, below] : [dim, dim], -1);
    return new TriangularAffine({
      shift: shift!,
      logDiagonal: boundedLogScale(raw!, 1),
      ...(offDiagonal !== undefined && { offDiagonal }),
    });
  },
};

/** {@link Lu}, the identity at first; U's diagonal lies between e⁻¹⁰ and e¹⁰. Parameters: log U_ii, L's entries, U's. */
export const luFamily: VectorFamily = {
  name: 'lu',
  parameterCount: (dim) => dim * dim,
  initialParameters: (dim) => new Float32Array(dim * dim),
  bijector(parameters, dim) {
    if (dim === 1) return new Lu({ logDiagonal: boundedLogScale(parameters, 1) });
    const entries = (dim * (dim - 1)) / 2;
    const [logDiagonal, lower, upper] = tf.split(parameters, [dim, entries, entries], -1);
    return new Lu({ logDiagonal: boundedLogScale(logDiagonal!, 1), lower: lower!, upper: upper! });
  },
};

/**
 * {@link Householder} with `reflections` of them, or as many as dimensions, in random directions at first.
 * @throws if `reflections` is no positive integer
 */
export function householderFamily({ reflections }: { readonly reflections?: number } = {}): VectorFamily {
  if (reflections !== undefined) positiveInteger('householderFamily', 'reflections', reflections);
  return {
    name: 'householder',
    parameterCount: (dim) => (reflections ?? dim) * dim,
    initialParameters: (dim, rng) => rng.fillNormal(new Float32Array((reflections ?? dim) * dim)),
    bijector: (parameters, dim) =>
      new Householder(tf.reshape(parameters, [...parameters.shape.slice(0, -1), reflections ?? dim, dim])),
    isVolumePreserving: true,
  };
}

/** D at first: little enough to begin near the identity, and V is not 0, where its gradient would be. */
const INITIAL_D = 0.01;

const lowRankAffineFamilyOptions = z.strictObject({
  rank: z.int().positive().optional().describe('columns of V; by default 2, or the dimension where that is less'),
  triangular: flag(false, 'whether M has entries below its diagonal; else everything is linear in the dimension'),
});

/** Options of {@link lowRankAffineFamily}. */
export type LowRankAffineFamilyOptions = z.input<typeof lowRankAffineFamilyOptions>;

/**
 * {@link LowRankAffine}, near the identity at first. The diagonals of M and D lie between e⁻¹⁰ and e¹⁰ times what they are at first,
 * smoothly. Parameters: shift, log M_ii, what M has below its diagonal, V row by row, log D.
 * @throws if `rank` is no positive integer
 */
export function lowRankAffineFamily(options: LowRankAffineFamilyOptions = {}): VectorFamily {
  const { rank, triangular } = parseOptions('lowRankAffineFamily', lowRankAffineFamilyOptions, options);
  const sizesFor = (dim: number) => {
    const columns = rank ?? Math.min(2, dim);
    return { columns, below: triangular ? (dim * (dim - 1)) / 2 : 0 };
  };
  return {
    name: 'lowRankAffine',
    parameterCount(dim) {
      const { columns, below } = sizesFor(dim);
      return 2 * dim + below + (dim + 1) * columns;
    },
    initialParameters(dim, rng) {
      const { columns, below } = sizesFor(dim);
      const parameters = new Float32Array(2 * dim + below + (dim + 1) * columns);
      parameters.set(orthogonal()(dim, columns, rng), 2 * dim + below);
      return parameters;
    },
    bijector(parameters, dim) {
      const { columns, below } = sizesFor(dim);
      const sizes = [dim, dim, ...(below > 0 ? [below] : []), dim * columns, columns];
      const pieces = tf.split(parameters, sizes, -1);
      const [shift, logDiagonal] = pieces as [tf.Tensor, tf.Tensor];
      const [v, logD] = pieces.slice(-2) as [tf.Tensor, tf.Tensor];
      return new LowRankAffine({
        shift,
        logDiagonal: boundedLogScale(logDiagonal, 1),
        ...(below > 0 && { offDiagonal: pieces[2]! }),
        v: tf.reshape(v, [...v.shape.slice(0, -1), dim, columns]),
        logD: tf.add(boundedLogScale(logD, 1), portableMath.log(INITIAL_D)),
      });
    },
  };
}

const BOUND = 5;

/**
 * s = 5 tanh(raw / 5): slopes eˢ between e⁻⁵ and e⁵ = 148, smoothly. Far out, because the bound on the slope of a flow sets how
 * little probability can stay between two modes: slope 40 is s = 3.7, where ds/draw is still 0.45.
 */
export function boundedLogSlope(raw: tf.Tensor): tf.Tensor {
  return tf.mul(tf.tanh(tf.mul(raw, 1 / BOUND)), BOUND);
}

/** `[..., count · dim]` → `[count, ..., dim]` */
export function parametersFirst(parameters: tf.Tensor, dim: number): tf.Tensor {
  const [rows, last] = [parameters.shape.slice(0, -1), parameters.shape.at(-1)!];
  const count = last / dim;
  const batch = tf.util.sizeFromShape(rows);
  const flat = tf.reshape(parameters, dim === 1 ? [batch, count] : [batch, count, dim]);
  return tf.reshape(tf.transpose(flat, dim === 1 ? [1, 0] : [1, 0, 2]), [count, ...rows, dim]);
}
