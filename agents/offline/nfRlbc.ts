import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { type ActionDistribution, checkPolicy, type Rng, sampleAction } from '../../src/index.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { clippedActions } from '../../src/policies/actor.ts';
import type { TrainOptions, TrainReport } from '../agent.ts';
import { checkDensity, checkNoMemory, checkReparameterized, hasAngles } from '../core/checks.ts';
import { ActionValues, ClippedAdam, criticNetworksOptions, polyak, tdTarget, valueWeight } from '../core/critics.ts';
import { compileAct, sampledAction, type UpdateMetrics } from '../core/loops.ts';
import {
  dataWeight,
  dataWeightOption,
  type OfflineBatch,
  OfflineTraining,
  offlineOptions,
  onlineDataFactor,
} from '../core/offline.ts';
import { criticOptions, noiseOptions, targetValue } from '../core/options.ts';
import { CheckpointedAgent, compileOnArrays } from '../core/state.ts';

/** α by the kind of the data. */
const ALPHA = { mixed: 0.03, demonstrations: 1 };

export const nfRlbcOptions = z.strictObject({
  ...offlineOptions,
  alpha: dataWeightOption("the likelihood of the data's actions", ALPHA),
  onlineDataFactor,
  targetValue,
  ...noiseOptions,
  ...criticOptions,
});

/** Options of {@link NfRlbc}. */
export type NfRlbcOptions = z.input<typeof nfRlbcOptions>;

/** Means over the updates since the last report. */
export interface NfRlbcReport extends TrainReport {
  /** −λ E[Q(s, a)] − α E[log π(aᵈ | s)]. */
  readonly policyLoss?: number;
  /** −E[log π(aᵈ | s)] of the data's actions, nats. */
  readonly cloningLoss?: number;
  /** Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** E[Q₁] of the minibatch's actions. */
  readonly actionValue?: number;
}

/**
 * The most value, and the likelihood of the data: reinforcement learning and behaviour cloning by one policy, which has both samples with
 * a gradient and an exact density, as a normalizing flow has.
 *
 *   y = r + γ (1 − terminated) Q̄′(s′, a′),  a′ ~ π(· | s′), Q̄ the mean of the critics, or their least
 *   critics: Σᵢ E[(Qᵢ(s, aᵈ) − y)²]
 *   policy:  −λ E[Q̄(s, a)] − α E[log π(aᵈ | s)],  a ~ π(· | s) through the sample, λ = 1 / E[|Q̄(s, a)|]
 *   targets: θ′ ← θ′ + τ (θ − θ′)
 *
 * aᵈ are the actions of the data. Critics see actions as the environment gets them, clipped to their bounds. α decides, and there is no number
 * for all data: see the option `alpha`. With `onlineSteps` it goes on in an environment, by samples of the policy, with the same losses;
 * there α is multiplied by a factor that goes from 1 to `onlineDataFactor`.
 *
 * The authors' code takes the least of the critics where this takes their mean, and normalizes their layers: `targetValue: 'least'` and
 * `criticLayerNorm: true`.
 *
 * Ghugare and Eysenbach, "Normalizing Flows are Capable Models for RL", arXiv:2505.23527: NF-RLBC.
 */
export class NfRlbc extends CheckpointedAgent<NfRlbcReport> {
  readonly critics: ActionValues;
  readonly #config: z.output<typeof nfRlbcOptions>;
  readonly #targets: ActionValues;
  readonly #optimizers;
  readonly #training: OfflineTraining<NfRlbcReport>;
  readonly #act;
  readonly #update;

  /**
   * @throws for an unknown option or one out of range, if data or environment do not fit the policy, or the policy is not reparameterized
   */
  constructor(options: NfRlbcOptions) {
    super('NfRlbc');
    const config = parseOptions('NfRlbc', nfRlbcOptions, options);
    this.#config = config;
    const { policy } = config;
    checkDensity('NfRlbc', policy);
    checkNoMemory('NfRlbc', policy);
    checkPolicy(policy);
    checkReparameterized('NfRlbc', policy);
    this.#training = new OfflineTraining('NfRlbc', config, 'a larger alpha, or a smaller learningRate,');
    const { actionSpace, units, numEnvs, shapes } = this.#training;
    const ofCritics = criticNetworksOptions(policy, actionSpace, config, { units, angles: hasAngles(policy) });
    this.critics = new ActionValues(ofCritics);
    this.#targets = new ActionValues(ofCritics);
    this.#optimizers = {
      criticOptimizer: new ClippedAdam(this.critics, config.criticMaxGradientNorm),
      policyOptimizer: new ClippedAdam(policy, config.maxGradientNorm),
    };
    const modules = { policy, critics: this.critics, targets: this.#targets, ...this.#optimizers };
    this.#act = compileAct('nf-rlbc', policy, numEnvs, sampledAction);
    this.#update = compileOnArrays('nf-rlbc/update', modules, shapes, (batch: OfflineBatch, rng) =>
      this.#improve(batch, rng),
    );
    this.parts = this.#training.parts(modules);
    this.compiled = [this.#act, this.#update];
  }

  /** @throws {DivergedError} if a loss is no longer a number, or the critics diverge */
  async *train(options: TrainOptions): AsyncGenerator<NfRlbcReport, void, undefined> {
    const training = this.#training;
    if (training.begin(options)) this.#targets.loadStateDict(this.critics.stateDict());
    while (training.goesOn) {
      const observations = training.observations();
      if (observations) training.collect(() => this.#act({ observations }, training.streams.actions));
      while (training.isUpdateDue) training.record(this.#update(training.sample(), training.streams.updates));
      if (training.isReportDue) yield training.report();
    }
  }

  /** One minibatch: critics, policy, targets. */
  #improve(batch: OfflineBatch, rng: Rng): UpdateMetrics<NfRlbcReport> {
    const { policy, tau, targetValue, alpha } = this.#config;
    const { observations, actions, nextObservations, learningRate, criticLearningRate } = batch;
    const seen = policy.normalized(observations);
    const nextActions = this.#sample(policy.given(nextObservations), rng);
    const targets = tdTarget(batch, this.#targets[targetValue](policy.normalized(nextObservations), nextActions));
    const taken = clippedActions(actions, this.#training.actionSpace);
    const criticLosses = () => this.critics.loss(seen, taken, targets);
    const { loss: criticLoss, actionValue } = this.#optimizers.criticOptimizer.descend(
      criticLosses,
      criticLearningRate,
    );

    const weight = tf.mul(batch.dataFactor, dataWeight(alpha, ALPHA));
    const policyLosses = () => {
      const distribution = policy.given(observations);
      const values = this.critics[targetValue](seen, this.#sample(distribution, rng));
      const cloningLoss = tf.neg(tf.mean(distribution.logProb(distribution.unsquash(actions))));
      const gain = tf.mul(valueWeight(values), tf.mean(values));
      return { loss: tf.sub(tf.mul(weight, cloningLoss), gain), cloningLoss };
    };
    const { loss: policyLoss, cloningLoss } = this.#optimizers.policyOptimizer.descend(policyLosses, learningRate);
    polyak(this.#targets, this.critics, tau);
    return { policyLoss, cloningLoss, criticLoss, actionValue };
  }

  /** Actions as the environment gets them. */
  #sample(distribution: ActionDistribution, rng: Rng): tf.Tensor {
    return clippedActions(sampleAction(distribution, rng).action, this.#training.actionSpace);
  }
}
