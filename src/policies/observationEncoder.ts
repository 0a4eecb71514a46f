import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import { Cnn, cnnPresets } from '../nn/cnn.ts';
import type { Rng } from '../random.ts';
import type { ObservationPart } from './observationLayout.ts';

/** The names of networks for images. */
type CnnName = keyof typeof cnnPresets;

/** Options of {@link ObservationEncoder}. */
export interface ObservationEncoderOptions {
  /** What an observation is made of, as `ObservationLayout` says; parts of three or four dimensions are images. */
  readonly parts: readonly ObservationPart[];
  readonly network: CnnName;
  readonly rng: Rng;
}

/** An image within an observation, and how it becomes `[height, width, channels]`. */
interface ImageForm {
  readonly image: readonly [height: number, width: number, channels: number];
  /** The order of its axes, the batch's first, in which it is that but for its last axes, which are channels together. */
  readonly perm?: readonly number[];
}

/** A stretch of an observation: an image, or other numbers. */
interface Stretch {
  readonly at: number;
  readonly size: number;
  readonly shape: readonly number[];
  readonly form?: ImageForm;
}

/**
 * What a policy's networks see of observations with images: of each image the features that a {@link Cnn} of its own finds, of the rest the
 * numbers as they are, all of it in the order of the observation.
 *
 * An image is `[height, width, channels]`; or `[channels, height, width]`, where the first of the three is the smallest, as of stacked grey
 * screens; or a stack of either, whose channels then come together.
 */
export class ObservationEncoder extends Module {
  /** How many numbers an observation has. */
  readonly observationDim: number;
  /** How many numbers the networks behind it see. */
  readonly featureDim: number;
  /** One for each image. */
  readonly networks: readonly Cnn[];
  readonly #options: ObservationEncoderOptions;
  readonly #stretches: readonly Stretch[];

  /** @throws if an image is too small for the network */
  constructor(options: ObservationEncoderOptions) {
    super();
    this.#options = options;
    const { parts, network, rng } = options;
    const stretches = stretchesOf(parts);
    this.#stretches = stretches;
    const { convolutions, features } = cnnPresets[network];
    this.networks = stretches.flatMap(({ form }, i) =>
      form === undefined ? [] : [new Cnn({ image: form.image, convolutions, features, rng: rng.split(`image${i}`) })],
    );
    this.observationDim = stretches.reduce((sum, { size }) => sum + size, 0);
    this.featureDim = stretches.reduce((sum, { size, form }) => sum + (form === undefined ? size : features), 0);
  }

  /** `[batch, observationDim]` → `[batch, featureDim]` */
  apply(observations: tf.Tensor): tf.Tensor {
    let next = 0;
    const seen = this.#stretches.map(({ at, size, shape, form }) => {
      const numbers = tf.slice(observations, [0, at], [-1, size]);
      if (form === undefined) return numbers;
      const images = tf.reshape(numbers, [-1, ...shape]);
      const ordered = form.perm === undefined ? images : tf.transpose(images, [...form.perm]);
      return this.networks[next++]!.apply(tf.reshape(ordered, [-1, ...form.image]));
    });
    return seen.length === 1 ? seen[0]! : tf.concat(seen, 1);
  }

  /** One of the same form with a start of its own, for networks beside the policy. */
  another(rng: Rng): ObservationEncoder {
    return new ObservationEncoder({ ...this.#options, rng });
  }
}

/** Images one by one, what lies between them together. */
function stretchesOf(parts: readonly ObservationPart[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { at, size, shape } of parts) {
    const last = stretches.at(-1);
    const form = formOf(shape);
    if (form === undefined && last !== undefined && last.form === undefined) {
      stretches[stretches.length - 1] = { ...last, size: last.size + size };
    } else stretches.push({ at, size, shape, ...(form && { form }) });
  }
  return stretches;
}

/** What an image of this shape is, or a stack of images; undefined where it is neither. */
function formOf(shape: readonly number[]): ImageForm | undefined {
  if (shape.length !== 3 && shape.length !== 4) return undefined;
  const [first, second, third] = shape.slice(-3) as [number, number, number];
  const isChannelsFirst = first < Math.min(second, third);
  const [height, width, channels] = isChannelsFirst ? [second, third, first] : [first, second, third];
  if (shape.length === 4) {
    return {
      image: [height, width, shape[0]! * channels],
      perm: isChannelsFirst ? [0, 3, 4, 1, 2] : [0, 2, 3, 1, 4],
    };
  }
  return { image: [height, width, channels], ...(isChannelsFirst && { perm: [0, 2, 3, 1] }) };
}

/** Whether a convolutional network could see a part of this shape as an image, or a stack of such. */
export function couldBeImage({ shape }: ObservationPart): boolean {
  return formOf(shape) !== undefined;
}

/** Sides from which on Nature's windows, and the small network's, fit an image. */
const LEAST = { nature: 36, small: 5 };

/**
 * The network for the images of observations: Nature's for screens, the small one for fewer than 36 rows or columns, none where there are no
 * images of bytes or they are smaller than 5 × 5.
 */
export function usualNetwork(parts: readonly ObservationPart[]): CnnName | undefined {
  const images = parts.filter(({ isImage }) => isImage);
  if (images.length === 0) return undefined;
  const sides = images.flatMap(({ shape }) => formOf(shape)!.image.slice(0, 2));
  const least = Math.min(...sides);
  return least >= LEAST.nature ? 'nature' : least >= LEAST.small ? 'small' : undefined;
}

const EPSILON = 1e-8;

/** Moments of the observations so far. */
export interface ObservationMoments {
  /** `[observationDim]` */
  readonly mean: ArrayLike<number>;
  /** `[observationDim]` */
  readonly variance: ArrayLike<number>;
  readonly count: number;
}

/**
 * Brings observations to mean 0 and variance 1: clip((o − mean) / √(variance + ε), ±clip). Until it is told moments, mean 0 and
 * variance 1.
 *
 * The moments are variables that no gradient changes, so that they are saved and exported with the policy; who trains it tells it
 * new ones.
 */
export class ObservationNormalizer extends Module {
  readonly mean: tf.Variable;
  readonly variance: tf.Variable;
  readonly count: tf.Variable;
  readonly #clip: number;
  readonly #epsilon: number;

  /** @throws if `clip` is no positive number */
  constructor({
    observationDim,
    clip,
    epsilon = EPSILON,
  }: {
    observationDim: number;
    clip: number;
    /** ε, 1e-8 by default */
    epsilon?: number | undefined;
  }) {
    super();
    if (!(clip > 0 && clip < Number.POSITIVE_INFINITY)) {
      throw new Error(`ObservationNormalizer: clip: got ${clip}, expected a number > 0`);
    }
    this.#clip = clip;
    this.#epsilon = epsilon;
    const variable = (value: tf.Tensor) => tf.variable(value, false);
    this.mean = tf.tidy(() => variable(tf.zeros([observationDim])));
    this.variance = tf.tidy(() => variable(tf.ones([observationDim])));
    this.count = tf.tidy(() => variable(tf.scalar(0)));
  }

  /** `[batch, observationDim]` → the same shape */
  normalize(observations: tf.Tensor): tf.Tensor {
    const scaled = tf.div(tf.sub(observations, this.mean), tf.sqrt(tf.add(this.variance, this.#epsilon)));
    return tf.minimum(tf.maximum(scaled, -this.#clip), this.#clip);
  }

  moments(): ObservationMoments {
    return { mean: this.mean.dataSync(), variance: this.variance.dataSync(), count: this.count.dataSync()[0]! };
  }

  /** Takes new moments. */
  setMoments({ mean, variance, count }: ObservationMoments): void {
    tf.tidy(() => {
      this.mean.assign(tf.tensor1d(Float32Array.from(mean)));
      this.variance.assign(tf.tensor1d(Float32Array.from(variance)));
      this.count.assign(tf.scalar(count));
    });
  }
}
