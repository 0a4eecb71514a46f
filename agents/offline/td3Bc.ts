import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { checkPolicy, type Policy, type Rng } from '../../src/index.ts';
import { positive } from '../../src/options/fields.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { clippedActions } from '../../src/policies/actor.ts';
import type { TrainOptions, TrainReport } from '../agent.ts';
import { adviseOnPolicy, checkHasMode, checkNoMemory } from '../core/checks.ts';
import {
  ActionValues,
  ClippedAdam,
  copyOfPolicy,
  criticNetworksOptions,
  madeNumbers,
  polyak,
  squaredDistance,
  tdTarget,
  valueWeight,
} from '../core/critics.ts';
import { compileAct, meanAction, type UpdateMetrics } from '../core/loops.ts';
import { type OfflineBatch, OfflineTraining, offlineOptions, onlineDataFactor } from '../core/offline.ts';
import { criticOptions, noiseOptions, policyDelay } from '../core/options.ts';
import { CheckpointedAgent, compileOnArrays } from '../core/state.ts';
import { targetNoiseOptions, withTargetNoise } from '../td3.ts';

export const td3BcOptions = z.strictObject({
  ...offlineOptions,
  normalizeObservations: offlineOptions.normalizeObservations.default(true),
  alpha: positive(2.5, 'α, what values count beside the distance to the actions of the data; 2.5 is usual'),
  onlineDataFactor,
  explorationNoise: noiseOptions.explorationNoise.default(0.1),
  noiseCorrelation: noiseOptions.noiseCorrelation,
  ...targetNoiseOptions,
  policyDelay: policyDelay('the policy and the targets', 2),
  ...criticOptions,
});

/** Options of {@link Td3Bc}. */
export type Td3BcOptions = z.input<typeof td3BcOptions>;

/** Means over the updates since the last report that gave them. */
export interface Td3BcReport extends TrainReport {
  /** −λ E[Q₁(s, μ(s))] + E[‖μ(s) − a‖²]. */
  readonly policyLoss?: number;
  /** E[‖μ(s) − a‖²], the mean over the components, in half widths of their bounds. */
  readonly cloningLoss?: number;
  /** Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** E[Q₁] of the minibatch's actions. */
  readonly actionValue?: number;
}

/**
 * TD3 that stays near the data: its policy's loss has the distance to their actions beside the value.
 *
 *   y = r + γ (1 − terminated) min Q′ᵢ(s′, μ′(s′) + ε),  ε ~ clip(N(0, σ²), ±c), the action clipped to its bounds
 *   critics: Σᵢ E[(Qᵢ(s, a) − y)²]
 *   policy:  −λ E[Q₁(s, μ(s))] + E[‖μ(s) − a‖²],  λ = α / E[|Q₁(s, μ(s))|], in every `policyDelay`-th update, with
 *            θ′ ← θ′ + τ (θ − θ′) of the targets
 *
 * Observations are normalized by the data. μ is the exact mode of the policy, its greedy action, and distances are means over components, in
 * half widths of their bounds: evaluate it by greedy actions. It has one mode: where the data have two equally good ones it takes what lies
 * between. With `onlineSteps` it goes on in an environment, by μ and noise, with the same losses;
 * there E[‖μ(s) − a‖²] is multiplied by a factor that goes from 1 to `onlineDataFactor`.
 *
 * Fujimoto and Gu, "A Minimalist Approach to Offline Reinforcement Learning", arXiv:2106.06860.
 */
export class Td3Bc extends CheckpointedAgent<Td3BcReport> {
  readonly critics: ActionValues;
  readonly #config: z.output<typeof td3BcOptions>;
  readonly #targets: { readonly policy: Policy; readonly critics: ActionValues };
  readonly #optimizers;
  readonly #training: OfflineTraining<Td3BcReport>;
  readonly #act;
  readonly #update;
  /** The update without policy and targets. */
  readonly #updateCritics;

  /**
   * @throws for an unknown option or one out of range, if data or environment do not fit the policy, or the policy has no exact mode, or one
   *   that is cut off at bounds
   */
  constructor(options: Td3BcOptions) {
    super('Td3Bc');
    const config = parseOptions('Td3Bc', td3BcOptions, options);
    this.#config = config;
    const { policy, rng } = config;
    checkNoMemory('Td3Bc', policy);
    checkPolicy(policy);
    checkHasMode('Td3Bc', policy);
    this.#training = new OfflineTraining('Td3Bc', config, 'a smaller alpha, or a smaller learningRate,');
    const { actionSpace, units, numEnvs, shapes } = this.#training;
    const ofCritics = criticNetworksOptions(policy, actionSpace, config, { units });
    adviseOnPolicy('td3-bc', policy, actionSpace);
    const targetPolicy = copyOfPolicy('Td3Bc', policy, rng.split('target'));
    this.critics = new ActionValues(ofCritics);
    this.#targets = { policy: targetPolicy, critics: new ActionValues(ofCritics) };
    const criticOptimizer = new ClippedAdam(this.critics, config.criticMaxGradientNorm);
    const policyOptimizer = new ClippedAdam(policy, config.maxGradientNorm);
    this.#optimizers = { critics: criticOptimizer, policy: policyOptimizer };
    const networks = { policy, critics: this.critics, targetPolicy, targetCritics: this.#targets.critics };
    const modules = { ...networks, criticOptimizer, policyOptimizer };
    const update = (isPolicyDue: boolean) => (batch: OfflineBatch, rng: Rng) => this.#improve(batch, rng, isPolicyDue);
    this.#act = compileAct('td3-bc', policy, numEnvs, meanAction);
    this.#update = compileOnArrays('td3-bc/update', modules, shapes, update(true));
    this.#updateCritics = compileOnArrays(
      'td3-bc/update-critics',
      { ...networks, criticOptimizer },
      shapes,
      update(false),
    );
    this.parts = this.#training.parts(modules);
    this.compiled = [this.#act, this.#update, this.#updateCritics];
  }

  /** @throws {DivergedError} if a loss is no longer a number, or the critics diverge */
  async *train(options: TrainOptions): AsyncGenerator<Td3BcReport, void, undefined> {
    const training = this.#training;
    if (training.begin(options)) {
      this.#targets.policy.loadStateDict(this.#config.policy.stateDict());
      this.#targets.critics.loadStateDict(this.critics.stateDict());
    }
    while (training.goesOn) {
      const observations = training.observations();
      if (observations) training.collect(() => this.#act({ observations }));
      while (training.isUpdateDue) {
        const batch = training.sample();
        const update = training.updates % this.#config.policyDelay === 0 ? this.#update : this.#updateCritics;
        training.record(update(batch, training.streams.updates));
      }
      if (training.isReportDue) yield training.report();
    }
  }

  /** The update of the critics on one minibatch, and of policy and targets where it is due. */
  #improve(batch: OfflineBatch, rng: Rng, isPolicyDue: boolean): UpdateMetrics<Td3BcReport> {
    const { policy, tau } = this.#config;
    const { observations, actions, nextObservations, criticLearningRate } = batch;
    const seen = policy.normalized(observations);
    const nextMeans = meanAction(this.#targets.policy.given(nextObservations));
    const nextActions = withTargetNoise(nextMeans, this.#config, this.#training, rng);
    const targets = tdTarget(batch, this.#targets.critics.least(policy.normalized(nextObservations), nextActions));
    const taken = clippedActions(actions, this.#training.actionSpace);
    const criticLosses = () => this.critics.loss(seen, taken, targets);
    const { loss, ...others } = this.#optimizers.critics.descend(criticLosses, criticLearningRate);
    const ofPolicy = isPolicyDue ? this.#improvePolicy(batch, seen) : {};
    if (isPolicyDue) {
      polyak(this.#targets.critics, this.critics, tau);
      polyak(this.#targets.policy, policy, tau);
    }
    return { ...ofPolicy, criticLoss: loss, ...others };
  }

  #improvePolicy({ observations, actions, lengths, learningRate, dataFactor }: OfflineBatch, seen: tf.Tensor) {
    const { policy, alpha } = this.#config;
    const { units, actionSpace } = this.#training;
    const losses = () => {
      const means = meanAction(policy.given(observations));
      const values = this.critics.of(seen, means)[0]!;
      const weight = tf.mul(alpha, valueWeight(values));
      const cloningLoss = squaredDistance(means, actions, units ?? actionSpace, madeNumbers(policy, lengths));
      return { loss: tf.sub(tf.mul(dataFactor, cloningLoss), tf.mul(weight, tf.mean(values))), cloningLoss };
    };
    // The scale of a Gaussian has no part in its mode.
    const { loss, cloningLoss } = this.#optimizers.policy.descend(losses, learningRate, true);
    return { policyLoss: loss, cloningLoss };
  }
}
