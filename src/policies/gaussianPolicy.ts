import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import type { ScaleKind } from '../bijectors/conditioned.ts';
import { Identity } from '../bijectors/elementwise.ts';
import { MultivariateNormalDiag, MultivariateNormalTriL } from '../distributions/multivariateNormal.ts';
import { TruncatedNormal } from '../distributions/normal.ts';
import { Independent } from '../distributions/shapes.ts';
import type { Activation } from '../nn/dense.ts';
import { Mlp } from '../nn/mlp.ts';
import { boundedLogScale } from '../nn/tensors.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { type BoxSpace, plainBoxSpace } from '../spaces/plain.ts';
import { SquashedDistribution } from './actionDistributions.ts';
import { checkSquash } from './boxScale.ts';
import { Policy } from './policy.ts';

/**
 * Updates in which batch renormalization goes by minibatches alone, as in the code of CrossQ's paper: what is learned meanwhile acts by running
 * statistics that lag behind. Without it Hoppers under CrossQ stop at the first hop.
 */
const WARM_UP = 100_000;

/** Options of {@link GaussianPolicy}. */
export interface GaussianPolicyOptions {
  readonly observationDim: number;
  readonly actionDim: number;
  /** Widths of the hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  /** Latent → action; none by default. `boxSquash` makes a tanh-Gaussian. */
  readonly squash?: Bijector;
  /** Whether the network normalizes its input and what its hidden layers give by {@link BatchRenorm}. */
  readonly batchRenorm?: boolean | undefined;
  /** The standard deviation before training; for good where it is fixed. */
  readonly initialScale?: number;
  readonly rng: Rng;
}

/**
 * The usual policy: u ~ N(μ(o), diag(σ²)), action = squash(u).
 *
 * The scale is one free variable for each component (`scale: 'free'`, the default: PPO's settings were found with it), a
 * network's output (`scale: 'state'`, as in SAC; for data whose spread depends on the observation), or stays what it is at first
 * (`scale: 'fixed'`: noise of a given size).
 */
export class GaussianPolicy extends Policy<Float32Array, SquashedDistribution> {
  readonly featureDim: number;
  readonly actionDim: number;
  readonly network: Mlp;
  /** log σ, `[actionDim]`, trainable where it is free; absent where it depends on the observation. */
  readonly logScale: tf.Variable | undefined;
  readonly bijector: Bijector;
  readonly #initialScale: number;

  /** @throws if the squash is of another size than the actions */
  constructor(options: GaussianPolicyOptions & { readonly scale?: ScaleKind }) {
    super();
    const { observationDim, actionDim, hidden = [64, 64], activation = 'tanh', squash = new Identity() } = options;
    const { initialScale = 1, scale = 'free', batchRenorm = false, rng } = options;
    checkSquash('GaussianPolicy', squash, actionDim);
    this.featureDim = observationDim;
    this.actionDim = actionDim;
    this.network = new Mlp({
      inputDim: observationDim,
      hidden,
      outputDim: scale === 'state' ? 2 * actionDim : actionDim,
      activation,
      outputScale: 0.01,
      batchRenorm: batchRenorm ? { warmUp: WARM_UP } : undefined,
      rng,
    });
    this.bijector = squash;
    this.#initialScale = initialScale;
    if (scale !== 'state') {
      const isTrainable = scale === 'free';
      this.logScale = tf.tidy(() => tf.variable(tf.fill([actionDim], portableMath.log(initialScale)), isTrainable));
    }
  }

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const output = this.network.apply(features);
    const [loc, logScale] =
      this.logScale === undefined
        ? (([mean, raw]) => [mean!, boundedLogScale(raw!, this.#initialScale)] as const)(tf.split(output, 2, 1))
        : ([output, this.logScale] as const);
    return new SquashedDistribution(new MultivariateNormalDiag({ loc, logScale }), this.bijector);
  }
}

/** u ~ N(μ(o), L(o) L(o)ᵀ) with L lower triangular, action = squash(u): the components may be correlated. */
export class FullCovarianceGaussianPolicy extends Policy<Float32Array, SquashedDistribution> {
  readonly featureDim: number;
  readonly actionDim: number;
  readonly network: Mlp;
  readonly bijector: Bijector;
  readonly #initialScale: number;

  /** @throws if the squash is of another size than the actions */
  constructor(options: GaussianPolicyOptions) {
    super();
    const { observationDim, actionDim, hidden = [64, 64], activation = 'tanh', squash = new Identity() } = options;
    checkSquash('FullCovarianceGaussianPolicy', squash, actionDim);
    this.featureDim = observationDim;
    this.actionDim = actionDim;
    this.network = new Mlp({
      inputDim: observationDim,
      hidden,
      outputDim: 2 * actionDim + (actionDim * (actionDim - 1)) / 2,
      activation,
      outputScale: 0.01,
      rng: options.rng,
    });
    this.bijector = squash;
    this.#initialScale = options.initialScale ?? 1;
  }

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const dim = this.actionDim;
    const below = (dim * (dim - 1)) / 2;
    const [loc, raw, offDiagonal] = tf.split(
      this.network.apply(features),
      below > 0 ? [dim, dim, below] : [dim, dim],
      1,
    );
    const logDiagonal = boundedLogScale(raw!, this.#initialScale);
    const latent = new MultivariateNormalTriL({ loc: loc!, logDiagonal, ...(offDiagonal && { offDiagonal }) });
    return new SquashedDistribution(latent, this.bijector);
  }
}

/** Options of {@link TruncatedNormalPolicy}. */
export interface TruncatedNormalPolicyOptions {
  readonly observationDim: number;
  /** Bounded: the Gaussian is cut there. */
  readonly actionSpace: BoxSpace;
  /** Widths of the hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  /** What σ is, as of a `GaussianPolicy`; 'free' by default. */
  readonly scale?: ScaleKind;
  /** σ before training, in halves of the widths of the bounds; 1 by default. For good where it is fixed. */
  readonly initialScale?: number;
  readonly rng: Rng;
}

/**
 * A Gaussian with independent components, cut off at the bounds of the actions: a = middle + half · u, u ~ N(μ(o), diag(σ²)) within [−1, 1],
 * with the middle and half the width of the bounds. It needs no squash. Its log-probability, entropy and mode are exact, and its samples
 * reparameterized. At the bounds the density is finite; where σ is large actions are about uniform, and where μ lies beyond a bound they
 * crowd at it.
 *
 * The log-probability is −∞ outside of the bounds.
 */
export class TruncatedNormalPolicy extends Policy<Float32Array, SquashedDistribution> {
  readonly featureDim: number;
  readonly actionDim: number;
  override readonly boundedActions: BoxSpace;
  readonly network: Mlp;
  /** log σ, `[actionDim]`, trainable where it is free; absent where it depends on the observation. */
  readonly logScale: tf.Variable | undefined;
  readonly #initialScale: number;

  /** @throws if an action has no finite bounds low < high */
  constructor(options: TruncatedNormalPolicyOptions) {
    super();
    const { observationDim, hidden = [64, 64], activation = 'tanh', scale = 'free', initialScale = 1, rng } = options;
    const box = plainBoxSpace('TruncatedNormalPolicy: actionSpace', options.actionSpace);
    const [low, high] = [box.low, box.high].map((bounds) => bounds.map(Math.fround)) as [number[], number[]];
    const unbounded = low.findIndex(
      (bound, i) => !(bound < high[i]! && Number.isFinite(Math.fround(high[i]! - bound))),
    );
    if (unbounded >= 0) {
      throw new Error(
        `TruncatedNormalPolicy: got ${box.low[unbounded]} and ${box.high[unbounded]} at ${unbounded}, ` +
          'expected finite bounds low < high',
      );
    }
    this.featureDim = observationDim;
    this.actionDim = low.length;
    this.boundedActions = { low, high, shape: box.shape };
    this.network = new Mlp({
      inputDim: observationDim,
      hidden,
      outputDim: scale === 'state' ? 2 * this.actionDim : this.actionDim,
      activation,
      outputScale: 0.01,
      rng,
    });
    this.#initialScale = initialScale;
    if (scale !== 'state') {
      const initial = portableMath.log(initialScale);
      this.logScale = tf.tidy(() => tf.variable(tf.fill([this.actionDim], initial), scale === 'free'));
    }
  }

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const output = this.network.apply(features);
    const [mean, logScale] =
      this.logScale === undefined
        ? (([loc, raw]) => [loc!, boundedLogScale(raw!, this.#initialScale)] as const)(tf.split(output, 2, 1))
        : ([output, this.logScale] as const);
    const low = Array.from(this.boundedActions.low);
    const high = Array.from(this.boundedActions.high);
    const half = low.map((bound, i) => (high[i]! - bound) / 2);
    const middle = low.map((bound, i) => bound + half[i]!);
    const latent = new TruncatedNormal({
      loc: tf.add(tf.mul(mean, tf.tensor1d(half)), tf.tensor1d(middle)),
      logScale: tf.add(logScale, tf.tensor1d(half.map(portableMath.log))),
      low: tf.tensor1d(low),
      high: tf.tensor1d(high),
    });
    return new SquashedDistribution(new Independent(latent), new Identity());
  }
}
