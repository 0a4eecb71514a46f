import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Box } from '../../envs/index.ts';
import {
  type ActionDistribution,
  Adam,
  checkPolicy,
  compile,
  type Rng,
  sampleAction,
  valueAndGradients,
} from '../../src/index.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { clippedActions } from '../../src/policies/policy.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from '../agent.ts';
import { checkDensity, checkReparameterized, hasAngles } from '../core/checks.ts';
import { ActionValues, bounded, copyFrom, polyak, tdTarget, valueWeight } from '../core/critics.ts';
import { sampledActions } from '../core/exploring.ts';
import { OfflineTraining, offlineParts } from '../core/loops.ts';
import {
  type DataRate,
  dataRates,
  dataWeight,
  dataWeightOption,
  offlineOptions,
  onlineDataFactor,
} from '../core/offlineOptions.ts';
import { actorCriticRates, criticOptions, noiseOptions, targetValue } from '../core/options.ts';
import type { TransitionTensors } from '../core/replay.ts';
import type { FigureOf } from '../core/state.ts';

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
export class NfRlbc implements Agent<NfRlbcReport> {
  readonly critics: ActionValues;
  readonly #options: z.output<typeof nfRlbcOptions>;
  readonly #actionSpace: Box;
  readonly #targets: ActionValues;
  readonly #optimizers: { readonly critics: Adam; readonly policy: Adam };
  readonly #training: OfflineTraining<DataRate, FigureOf<NfRlbcReport>>;

  /**
   * @throws for an unknown option or one out of range, if data or environment do not fit the policy, or the policy is not reparameterized
   */
  constructor(options: NfRlbcOptions) {
    const config = parseOptions('NfRlbc', nfRlbcOptions, options);
    this.#options = config;
    const { policy, rng } = config;
    const { observationDim, encoder } = policy;
    checkDensity('NfRlbc', policy);
    checkPolicy(policy);
    checkReparameterized('NfRlbc', policy);
    const { replay, actionSpace, units, env } = offlineParts('NfRlbc', config);
    this.#actionSpace = actionSpace;
    const angles = hasAngles(policy);
    const ofCritics = { observationDim, encoder, actionSpace, units, angles, ...config, rng: rng.split('critics') };
    this.critics = new ActionValues(ofCritics);
    this.#targets = new ActionValues(ofCritics);
    this.#optimizers = {
      critics: new Adam(this.critics.trainableVariables()),
      policy: new Adam(policy.trainableVariables()),
    };
    const modules = {
      policy,
      critics: this.critics,
      targets: this.#targets,
      criticOptimizer: this.#optimizers.critics,
      policyOptimizer: this.#optimizers.policy,
    };
    const numEnvs = env?.numEnvs ?? 1;
    const { act, sampled } = sampledActions('nf-rlbc', policy, numEnvs);
    const update = compile((batch: NfRlbcBatch, rng) => this.#improve(batch, rng), {
      name: 'nf-rlbc/update',
      state: Object.values(modules),
    });
    this.#training = new OfflineTraining<DataRate, FigureOf<NfRlbcReport>>({
      owner: 'NfRlbc',
      config,
      env,
      actionSpace,
      units,
      parts: { ...modules, replay },
      compiled: [act, update],
      rates: actorCriticRates.of(config),
      onlineRates: dataRates.online(config),
      remedy: 'a larger alpha, or a smaller learningRate,',
      begin: () => copyFrom(this.#targets, this.critics),
      act: (observations, rng) => sampled({ observations }, rng).action,
      update: update.onArrays({ ...replay.shapes, ...dataRates.shapes }),
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number, or the critics diverge */
  train(options: TrainOptions): AsyncGenerator<NfRlbcReport, void, undefined> {
    return this.#training.train(options);
  }

  state(): AgentState {
    return this.#training.state();
  }

  setState(state: AgentState): void {
    this.#training.setState(state);
  }

  dispose(): void {
    this.#training.dispose();
  }

  /** One minibatch: critics, policy, targets. */
  #improve(batch: NfRlbcBatch, rng: Rng): Record<FigureOf<NfRlbcReport>, tf.Tensor> {
    const { policy, tau, targetValue, criticMaxGradientNorm } = this.#options;
    const { observations, actions, nextObservations } = batch;
    const seen = policy.normalized(observations);
    const nextActions = this.#sample(policy.given(nextObservations), rng);
    const targets = tdTarget(batch, this.#targets[targetValue](policy.normalized(nextObservations), nextActions));
    const { gradients, loss, actionValue } = valueAndGradients(
      () => this.critics.loss(seen, clippedActions(actions, this.#actionSpace), targets),
      this.critics.trainableVariables(),
    );
    this.#optimizers.critics.update(bounded(gradients, criticMaxGradientNorm), batch.criticLearningRate);
    const ofPolicy = this.#improvePolicy(batch, seen, rng);
    polyak(this.#targets, this.critics, tau);
    return { ...ofPolicy, criticLoss: loss, actionValue: actionValue! };
  }

  #improvePolicy({ observations, actions, learningRate, dataFactor }: NfRlbcBatch, seen: tf.Tensor, rng: Rng) {
    const { policy, targetValue, maxGradientNorm } = this.#options;
    const alpha = tf.mul(dataFactor, dataWeight(this.#options.alpha, ALPHA));
    const { gradients, loss, cloningLoss } = valueAndGradients(() => {
      const distribution = policy.given(observations);
      const values = this.critics[targetValue](seen, this.#sample(distribution, rng));
      const cloningLoss = tf.neg(tf.mean(distribution.logProb(distribution.unsquash(actions))));
      const gain = tf.mul(valueWeight(values), tf.mean(values));
      return { loss: tf.sub(tf.mul(alpha, cloningLoss), gain), cloningLoss };
    }, policy.trainableVariables());
    this.#optimizers.policy.update(bounded(gradients, maxGradientNorm), learningRate);
    return { policyLoss: loss, cloningLoss: cloningLoss! };
  }

  /** Actions as the environment gets them. */
  #sample(distribution: ActionDistribution, rng: Rng): tf.Tensor {
    return clippedActions(sampleAction(distribution, rng).action, this.#actionSpace);
  }
}

type NfRlbcBatch = TransitionTensors<DataRate>;
