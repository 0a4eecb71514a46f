import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise/identity.ts';
import type { ScaleKind } from '../bijectors/layers/locationScale.ts';
import { MultivariateNormalDiag } from '../distributions/multivariateNormalDiag.ts';
import type { Activation } from '../nn/activation.ts';
import { boundedLogScale } from '../nn/boundedLogScale.ts';
import { Mlp } from '../nn/mlp.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { checkSquash } from './checkSquash.ts';
import { Policy } from './policy.ts';
import { SquashedDistribution } from './squashedDistribution.ts';

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
export class GaussianPolicy extends Policy<Float32Array> {
  readonly observationDim: number;
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
    this.observationDim = observationDim;
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

  given(observations: tf.Tensor): SquashedDistribution {
    const output = this.network.apply(this.checked(observations));
    const [loc, logScale] =
      this.logScale === undefined
        ? (([mean, raw]) => [mean!, boundedLogScale(raw!, this.#initialScale)] as const)(tf.split(output, 2, 1))
        : ([output, this.logScale] as const);
    return new SquashedDistribution(new MultivariateNormalDiag({ loc, logScale }), this.bijector);
  }
}
