import * as tf from '@tensorflow/tfjs-core';
import {
  type Bijector,
  Chain,
  iaf,
  LocationScale,
  Mlp,
  Module,
  type Rng,
  realNvp,
  StandardNormal,
  TransformedDistribution,
} from '../../src/index.ts';
import { PIXELS } from './digits.ts';

export const posteriorNames = ['gaussian', 'realnvp', 'iaf'] as const;
export type PosteriorName = (typeof posteriorNames)[number];

export interface VaeOptions {
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
