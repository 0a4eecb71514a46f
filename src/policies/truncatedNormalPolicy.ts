import * as tf from '@tensorflow/tfjs-core';
import { Identity } from '../bijectors/elementwise/identity.ts';
import type { ScaleKind } from '../bijectors/layers/locationScale.ts';
import { Independent } from '../distributions/independent.ts';
import { TruncatedNormal } from '../distributions/truncatedNormal.ts';
import type { Activation } from '../nn/activation.ts';
import { boundedLogScale } from '../nn/boundedLogScale.ts';
import { Mlp } from '../nn/mlp.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { type BoxSpace, plainBoxSpace } from './boxSpace.ts';
import { Policy } from './policy.ts';
import { SquashedDistribution } from './squashedDistribution.ts';

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
export class TruncatedNormalPolicy extends Policy<Float32Array> {
  readonly observationDim: number;
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
        `TruncatedNormalPolicy: wanted finite bounds low < high, got ${box.low[unbounded]} and ${box.high[unbounded]} at ${unbounded}`,
      );
    }
    this.observationDim = observationDim;
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

  given(observations: tf.Tensor): SquashedDistribution {
    const output = this.network.apply(this.checked(observations));
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
