import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import type { ScaleKind } from '../bijectors/conditioned.ts';
import { Identity } from '../bijectors/elementwise.ts';
import { MultivariateNormalDiag, MultivariateNormalTriL } from '../distributions/multivariateNormal.ts';
import { TruncatedNormal } from '../distributions/normal.ts';
import { Independent } from '../distributions/shapes.ts';
import { Mlp } from '../nn/mlp.ts';
import { boundedLogScale } from '../nn/tensors.ts';
import { portableMath } from '../portableMath.ts';
import { type BoxSpace, type PlainBox, plainBoxSpace } from '../spaces/plain.ts';
import { SquashedDistribution } from './actionDistributions.ts';
import { checkSquash } from './boxScale.ts';
import { type NetworkPolicyOptions, Policy } from './policy.ts';

/**
 * Updates in which batch renormalization goes by minibatches alone, as in the code of CrossQ's paper: what is learned meanwhile acts by running
 * statistics that lag behind. Without it Hoppers under CrossQ stop at the first hop.
 */
const WARM_UP = 100_000;

/** Options of policies of Gaussians, and of mixtures of such. */
export interface SquashedPolicyOptions extends NetworkPolicyOptions {
  readonly actionDim: number;
  /** Latent → action; none by default. `boxSquash` makes a tanh-Gaussian. */
  readonly squash?: Bijector;
  /** The standard deviation before training; for good where it is fixed. */
  readonly initialScale?: number;
}

/** Options of {@link GaussianPolicy}. */
export interface GaussianPolicyOptions extends SquashedPolicyOptions {
  /** What σ is; 'free' by default. */
  readonly scale?: ScaleKind;
  /** Whether the network normalizes its input and what its hidden layers give by {@link BatchRenorm}. */
  readonly batchRenorm?: boolean | undefined;
}

/** Of a network a mean μ(o) and a scale σ for each component. */
abstract class LocationScalePolicy extends Policy<Float32Array, SquashedDistribution> {
  readonly featureDim: number;
  readonly actionDim: number;
  readonly network: Mlp;
  /** log σ, `[actionDim]`, trainable where it is free; absent where it depends on the observation. */
  readonly logScale: tf.Variable | undefined;
  readonly #initialScale: number;

  constructor(options: Omit<GaussianPolicyOptions, 'squash'>) {
    super();
    const { observationDim, actionDim, hidden = [64, 64], activation = 'tanh' } = options;
    const { initialScale = 1, scale = 'free', batchRenorm = false, rng } = options;
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
    this.#initialScale = initialScale;
    if (scale !== 'state') {
      const isTrainable = scale === 'free';
      this.logScale = tf.tidy(() => tf.variable(tf.fill([actionDim], portableMath.log(initialScale)), isTrainable));
    }
  }

  /** μ(o), and log σ. */
  protected parametersAt(features: tf.Tensor): [loc: tf.Tensor, logScale: tf.Tensor] {
    const output = this.network.apply(features);
    if (this.logScale !== undefined) return [output, this.logScale];
    const [loc, raw] = tf.split(output, 2, 1);
    return [loc!, boundedLogScale(raw!, this.#initialScale)];
  }
}

/**
 * The usual policy: u ~ N(μ(o), diag(σ²)), action = squash(u).
 *
 * The scale is one free variable for each component (`scale: 'free'`, the default: PPO's settings were found with it), a
 * network's output (`scale: 'state'`, as in SAC; for data whose spread depends on the observation), or stays what it is at first
 * (`scale: 'fixed'`: noise of a given size).
 */
export class GaussianPolicy extends LocationScalePolicy {
  readonly bijector: Bijector;

  /** @throws if the squash is of another size than the actions */
  constructor(options: GaussianPolicyOptions) {
    const { squash = new Identity() } = options;
    checkSquash('GaussianPolicy', squash, options.actionDim);
    super(options);
    this.bijector = squash;
  }

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const [loc, logScale] = this.parametersAt(features);
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
  constructor(options: SquashedPolicyOptions) {
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
export interface TruncatedNormalPolicyOptions
  extends Omit<GaussianPolicyOptions, 'actionDim' | 'squash' | 'batchRenorm'> {
  /** Bounded: the Gaussian is cut there. `initialScale` counts in halves of the widths of the bounds. */
  readonly actionSpace: BoxSpace;
}

/**
 * A Gaussian with independent components, cut off at the bounds of the actions: a = middle + half · u, u ~ N(μ(o), diag(σ²)) within [−1, 1],
 * with the middle and half the width of the bounds. It needs no squash. Its log-probability, entropy and mode are exact, and its samples
 * reparameterized. At the bounds the density is finite; where σ is large actions are about uniform, and where μ lies beyond a bound they
 * crowd at it.
 *
 * The log-probability is −∞ outside of the bounds.
 */
export class TruncatedNormalPolicy extends LocationScalePolicy {
  override readonly boundedActions: BoxSpace;

  /** @throws if an action has no finite bounds low < high */
  constructor(options: TruncatedNormalPolicyOptions) {
    const box = boundedBox('TruncatedNormalPolicy', options.actionSpace);
    super({ ...options, actionDim: box.low.length });
    this.boundedActions = { ...box, low: Array.from(box.low, Math.fround), high: Array.from(box.high, Math.fround) };
  }

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const [mean, logScale] = this.parametersAt(features);
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

/** @throws if a component has no finite bounds low < high, as float32 has them */
export function boundedBox(owner: string, space: BoxSpace): PlainBox {
  const box = plainBoxSpace(`${owner}: actionSpace`, space);
  const unbounded = box.low.findIndex((bound, i) => {
    const [low, high] = [Math.fround(bound), Math.fround(box.high[i]!)];
    return !(low < high && Number.isFinite(Math.fround(high - low)));
  });
  if (unbounded < 0) return box;
  throw new Error(
    `${owner}: got ${box.low[unbounded]} and ${box.high[unbounded]} at ${unbounded}, expected finite bounds low < high`,
  );
}
