import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { splineQuantileParameters, splineQuantiles } from '../src/distributions/splineQuantiles.ts';
import { midpointFractions, type Past } from '../src/index.ts';
import { choice, count } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { CriticNetworks, type CriticNetworksOptions } from '../src/policies/criticNetworks.ts';
import { type CriticLoss, quantileHuber, smallestK, tdErrors, tdTarget, weightedRows } from './core/critics.ts';
import { replayedSequenceOptions } from './core/options.ts';
import { type Next, type SacBatch, type Seen, SoftActorCritic, softActorCriticOptions } from './sac.ts';

interface ReturnQuantilesOptions extends CriticNetworksOptions {
  /** M, how many quantiles each network gives. */
  readonly quantiles: number;
  /** What the quantiles are: numbers of the network's, or values of a spline that has it for its parameters. */
  readonly quantileFunction: 'free' | 'spline';
  /** Bins of the spline. */
  readonly bins: number;
}

/** What quantiles are to become: a distribution of the return for each row. */
interface ReturnTargets {
  /** y, its atoms, `[batch, m]`. */
  readonly atoms: tf.Tensor;
  /** p, their masses, `[batch, m]`. */
  readonly masses: tf.Tensor;
}

/**
 * Independent networks that each give M quantiles θᵢ(o, a) of the return, at the midpoints τ̂ᵢ = (i − ½)/M: free numbers, which may cross, or
 * values of one monotone spline, which do not: see `splineQuantiles`.
 */
class ReturnQuantiles extends CriticNetworks {
  readonly #quantiles: number;
  /** How many bins the spline has; undefined where quantiles are free. */
  readonly #bins: number | undefined;

  constructor(options: ReturnQuantilesOptions) {
    const bins = options.quantileFunction === 'spline' ? options.bins : undefined;
    super(options, bins === undefined ? options.quantiles : splineQuantileParameters(bins));
    this.#quantiles = options.quantiles;
    this.#bins = bins;
  }

  /** `[batch, observationDim]` and `[batch, actionDim]` → θ of each network, `[batch, M]`. */
  of(observations: tf.Tensor, actions: tf.Tensor, past?: Past): tf.Tensor[] {
    const outputs = this.outputs(observations, actions, past);
    const bins = this.#bins;
    return bins === undefined ? outputs : outputs.map((output) => splineQuantiles(output, bins, this.#quantiles));
  }

  /** The quantiles of all networks side by side, `[batch, N·M]`. */
  all(observations: tf.Tensor, actions: tf.Tensor, past?: Past): tf.Tensor {
    return tf.concat(this.of(observations, actions, past), 1);
  }

  /** Their mean, `[batch]`. */
  mean(observations: tf.Tensor, actions: tf.Tensor, past?: Past): tf.Tensor {
    return tf.mean(this.all(observations, actions, past), 1);
  }

  /**
   * Σ over the networks of E[w (1/M) Σᵢ Lᵢ], L the loss of quantile regression; values are means, of quantiles (1/M) Σᵢ θᵢ, of targets Σⱼ pⱼ yⱼ.
   * @param options w, `[batch]`; all are 1 unless they are given
   */
  loss(
    observations: tf.Tensor,
    actions: tf.Tensor,
    { atoms, masses }: ReturnTargets,
    { weights, past }: { readonly weights?: tf.Tensor | undefined; readonly past?: Past | undefined } = {},
  ): CriticLoss {
    const fractions = tf.tensor1d(midpointFractions(this.#quantiles));
    const each = this.of(observations, actions, past);
    const losses = each.map((quantiles) => {
      const ofQuantiles = quantileHuber({ quantiles, fractions, targets: atoms, weights: masses });
      return tf.mean(weightedRows(ofQuantiles, weights));
    });
    const errors = () =>
      tdErrors(
        each.map((quantiles) => tf.mean(quantiles, 1)),
        tf.sum(tf.mul(masses, atoms), 1),
      );
    return {
      loss: losses.reduce((sum, loss) => tf.add(sum, loss)),
      actionValue: tf.mean(each[0]!),
      ...(weights && { errors: errors() }),
    };
  }
}

export const tqcOptions = z.strictObject({
  ...softActorCriticOptions,
  ...replayedSequenceOptions,
  quantiles: count(25, 'M, quantiles of each critic', 'quantiles'),
  droppedPerCritic: z.int().nonnegative().default(2).meta({
    description: "d, how many of each critic's quantiles a target leaves out: the d·N largest of all critics'",
    unit: 'quantiles',
  }),
  quantileFunction: choice(
    ['free', 'spline'],
    'free',
    "what the quantiles are: numbers of the critic's, or values of a monotone spline whose parameters it gives, which never cross",
  ),
  bins: z.int().min(2).default(8).meta({ description: 'bins of that spline', unit: 'bins' }),
});

/** Options of {@link Tqc}. */
export type TqcOptions = z.input<typeof tqcOptions>;

/**
 * Truncated quantile critics: soft actor-critic whose critics give M quantiles θ of the return each, at τ̂ᵢ = (i − ½)/M. The quantiles that the N
 * target networks give for the next action are put together and sorted, z₍₁₎ ≤ … ≤ z₍NM₎, and the d·N largest are left out, of which the policy
 * would make too much:
 *
 *   yⱼ = r + γ (1 − terminated) (z₍ⱼ₎ − α (log π(a′ | s′) + H₀)),  a′ ~ π(· | s′),  j = 1, …, K = (M − d) N
 *   critics: Σₙ E[1/(KM) Σᵢ Σⱼ |τ̂ᵢ − 1{yⱼ < θᵢⁿ}| huber(yⱼ − θᵢⁿ)]
 *   policy:  E[α log π(a | s) − 1/(NM) Σₙ Σᵢ θᵢⁿ(s, a)],  a ~ π(· | s), through the sample
 *
 * Temperature and targets are those of {@link Sac}, and so are the policies that it takes. How much is left out can be chosen more finely than
 * by a least of critics. With `quantileFunction: 'spline'` the quantiles of a critic are values of one monotone spline.
 *
 * Kuznetsov, Shvechikov, Grishin and Vetrov, "Controlling Overestimation Bias with Truncated Mixture of Continuous Distributional Quantile
 * Critics", arXiv:2005.04269; Luo et al., "Distributional Reinforcement Learning with Monotonic Splines", 2022.
 */
export class Tqc extends SoftActorCritic<ReturnQuantiles, z.output<typeof tqcOptions>> {
  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density or is not reparameterized */
  constructor(options: TqcOptions) {
    const config = parseOptions('Tqc', tqcOptions, options);
    const { quantiles, droppedPerCritic } = config;
    if (droppedPerCritic >= quantiles) {
      throw new Error(
        `Tqc: droppedPerCritic: got ${droppedPerCritic}, expected less than the ${quantiles} quantiles of a critic`,
      );
    }
    super('Tqc', 'tqc', config, { hasMemory: true });
  }

  protected makeCritics(options: CriticNetworksOptions): ReturnQuantiles {
    return new ReturnQuantiles({ ...this.config, ...options });
  }

  protected criticLoss(batch: SacBatch, { observations, past }: Seen, next: Next): () => CriticLoss {
    const { critics: count, quantiles, droppedPerCritic } = this.config;
    const nextQuantiles = this.targets.all(next.seen, next.actions, next.past);
    const atoms = tdTarget(batch, tf.sub(nextQuantiles, tf.expandDims(next.entropyCosts, 1)));
    // The loss is a sum over the atoms that are kept: to mark these is quicker than to sort.
    const kept = (quantiles - droppedPerCritic) * count;
    const masses = tf.div(smallestK(nextQuantiles, kept), kept);
    const options = { weights: batch.weights, past };
    return () => this.critics.loss(observations, batch.actions, { atoms, masses }, options);
  }

  protected policyValues({ observations, past }: Seen, actions: tf.Tensor): tf.Tensor {
    return this.critics.mean(observations, actions, past);
  }
}
