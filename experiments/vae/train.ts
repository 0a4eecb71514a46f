import * as tf from '@tensorflow/tfjs-core';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { Adam, clipByGlobalNorm, compile, portableMath, type Rng, valueAndGradients } from '../../src/index.ts';
import type { VaeConfig } from './config.ts';
import { binarized, loadDigits, PIXELS } from './digits.ts';
import { type Bounds, matchedEncoder, type PosteriorName, Vae } from './model.ts';

/** Held-out digits that are looked at on the way, and how often. */
const WATCHED = { digits: 200, samples: 4, times: 20 };
/** Held-out digits measured at once. */
const CHUNK = 50;
const MAX_GRADIENT_NORM = 100;

/** Pictures of one trained model, as bytes of 0 to 255, digit after digit. */
export interface Pictures {
  /** The probabilities of white pixels, of draws from the prior. */
  readonly samples: string;
  /** Held-out digits, and what becomes of each through one draw from its posterior. */
  readonly digits: string;
  readonly reconstructions: string;
}

export const SHOWN = { samples: 48, digits: 12 };

type Tensors = Record<string, tf.Tensor>;

/** Trains a variational autoencoder with one posterior, and measures its bounds on held-out digits. */
export async function trainVae(
  posterior: PosteriorName,
  config: VaeConfig,
  { rng, report }: JobContext,
): Promise<JobResult> {
  const { steps, batchSize, learningRate, warmUp, heldOut: measured, samples } = config;
  const digits = loadDigits();
  const heldOut = binarized(digits.heldOut.subarray(0, measured * PIXELS), rng.split('held out'));
  const options = { ...config, posterior, rng: rng.split('model') };
  const vae = new Vae({ ...options, encoderHidden: matchedEncoder(options) });
  const optimizer = new Adam(vae.trainableVariables());

  const update = compile(
    ({ intensities, weight, rate }: Tensors, stream) => {
      // Black and white anew each time a digit is seen.
      const white = tf.cast(tf.less(stream.uniformTensor(intensities!.shape), intensities!), 'float32');
      const { elbo, gradients } = valueAndGradients(() => {
        const log = vae.logDensities(white, stream, 1);
        const kl = tf.sub(log.posterior, log.prior);
        return {
          loss: tf.mean(tf.sub(tf.mul(kl, weight!), log.likelihood)),
          elbo: tf.mean(tf.sub(log.likelihood, kl)),
        };
      }, optimizer.parameters);
      optimizer.update(clipByGlobalNorm(gradients, MAX_GRADIENT_NORM).gradients, rate!);
      return { elbo };
    },
    { name: 'vae/update', state: [vae, optimizer] },
  ).onArrays({ intensities: { shape: [batchSize, PIXELS] }, weight: { shape: [] }, rate: { shape: [] } });

  const watch = boundsOf(vae, heldOut, WATCHED.samples);
  const measure = boundsOf(vae, heldOut, samples);
  const streams = {
    minibatches: rng.split('minibatches'),
    noise: rng.split('noise'),
    evaluation: rng.split('evaluation'),
  };
  const intensities = new Float32Array(batchSize * PIXELS);
  const count = digits.train.length / PIXELS;
  const watchEvery = Math.max(1, Math.floor(steps / WATCHED.times));
  for (let step = 0; step < steps; step++) {
    for (let row = 0; row < batchSize; row++) {
      const at = streams.minibatches.integer(0, count) * PIXELS;
      intensities.set(digits.train.subarray(at, at + PIXELS), row * PIXELS);
    }
    const done = step / steps;
    const weight = warmUp === 0 ? 1 : Math.min(1, (step + 1) / (warmUp * steps));
    const { elbo } = update({ intensities, weight, rate: learningRate * (1 - 0.9 * done) }, streams.noise);
    if ((step + 1) % watchEvery === 0) {
      const watched = watch(Math.min(WATCHED.digits, measured), rng.split('watched'));
      report(0.85 * done, { step: step + 1, training: elbo[0]!, heldOut: watched.elbo });
    } else if ((step + 1) % 10 === 0) report(0.85 * done);
  }
  const metrics = measure(measured, streams.evaluation, (share) => report(0.85 + 0.15 * share));
  const data = { parameters: vae.parameterCount(), pictures: picturesOf(vae, heldOut, rng.split('pictures')) };
  optimizer.dispose();
  vae.dispose();
  return { metrics: { ...metrics, gap: metrics.importanceWeighted - metrics.elbo }, data };
}

/** Measures the means of {@link Vae.bounds} over the first `count` held-out digits, with `samples` draws each. */
function boundsOf(vae: Vae, heldOut: Float32Array, samples: number) {
  const measure = compile(({ digits }: Tensors, rng) => ({ ...vae.bounds(digits!, rng, samples) }), {
    name: 'vae/bounds',
    state: [vae],
  }).onArrays({ digits: { shape: [CHUNK, PIXELS] } });
  const chunk = new Float32Array(CHUNK * PIXELS);
  return (count: number, rng: Rng, progress?: (share: number) => void): Bounds => {
    const means = { elbo: 0, importanceWeighted: 0, kl: 0, reconstruction: 0 };
    for (let first = 0; first < count; first += CHUNK) {
      const rows = Math.min(CHUNK, count - first);
      chunk.set(heldOut.subarray(first * PIXELS, (first + rows) * PIXELS));
      const values = measure({ digits: chunk }, rng) as Record<keyof Bounds, ArrayLike<number>>;
      for (const name of Object.keys(means) as (keyof Bounds)[]) {
        for (let row = 0; row < rows; row++) means[name] += values[name][row]! / count;
      }
      progress?.((first + rows) / count);
    }
    return means;
  };
}

function picturesOf(vae: Vae, heldOut: Float32Array, rng: Rng): Pictures {
  return tf.tidy(() => {
    const bytes = (probabilities: ArrayLike<number>): string =>
      Buffer.from(Uint8Array.from(probabilities, (p) => Math.round(255 * p))).toString('base64');
    const probabilities = (logits: ArrayLike<number>): number[] =>
      Array.from(logits, (logit) => 1 / (1 + portableMath.exp(-logit)));
    const digits = heldOut.subarray(0, SHOWN.digits * PIXELS);
    const render = compile(
      ({ digits: given }: Tensors, stream) => ({
        samples: vae.logits(stream.normalTensor([SHOWN.samples, vae.latentDim])),
        reconstructions: vae.logits(vae.posteriorOf(given!).sample(stream)),
      }),
      { name: 'vae/pictures', state: [vae] },
    ).onArrays({ digits: { shape: [digits.length / PIXELS, PIXELS] } });
    const { samples, reconstructions } = render({ digits }, rng);
    return {
      samples: bytes(probabilities(samples!)),
      digits: bytes(digits),
      reconstructions: bytes(probabilities(reconstructions!)),
    };
  });
}
