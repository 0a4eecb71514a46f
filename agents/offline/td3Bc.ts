import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { Adam, checkPolicy, compile, type Policy, type Rng, valueAndGradients } from '../../src/index.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { clippedActions } from '../../src/policies/policy.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from '../agent.ts';
import { adviseOnPolicy, checkHasMode } from '../core/checks.ts';
import {
  ActionValues,
  bounded,
  copyFrom,
  copyOfPolicy,
  delayedUpdate,
  polyak,
  squaredDistance,
  targetNoiseOptions,
  tdTarget,
  valueWeight,
  withTargetNoise,
} from '../core/critics.ts';
import { meanAction } from '../core/exploring.ts';
import { type OfflineParts, OfflineTraining, offlineParts } from '../core/loops.ts';
import { type DataRate, dataRates, offlineOptions, onlineDataFactor } from '../core/offlineOptions.ts';
import { actorCriticRates, criticOptions, noiseOptions, policyDelay } from '../core/options.ts';
import type { TransitionTensors } from '../core/replay.ts';
import type { FigureOf } from '../core/state.ts';

export const td3BcOptions = z.strictObject({
  ...offlineOptions,
  normalizeObservations: offlineOptions.normalizeObservations.default(true),
  alpha: z
    .number()
    .positive()
    .default(2.5)
    .describe('α, what values count beside the distance to the actions of the data; 2.5 is usual'),
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
export class Td3Bc implements Agent<Td3BcReport> {
  readonly critics: ActionValues;
  readonly #options: z.output<typeof td3BcOptions>;
  readonly #data: OfflineParts;
  readonly #targets: { readonly policy: Policy; readonly critics: ActionValues };
  readonly #optimizers: { readonly critics: Adam; readonly policy: Adam };
  readonly #training: OfflineTraining<DataRate, FigureOf<Td3BcReport>>;

  /**
   * @throws for an unknown option or one out of range, if data or environment do not fit the policy, or the policy has no exact mode, or one
   *   that is cut off at bounds
   */
  constructor(options: Td3BcOptions) {
    const config = parseOptions('Td3Bc', td3BcOptions, options);
    this.#options = config;
    const { policy, rng } = config;
    const { observationDim, encoder } = policy;
    checkPolicy(policy);
    checkHasMode('Td3Bc', policy);
    this.#data = offlineParts('Td3Bc', config);
    const { replay, actionSpace, units, env } = this.#data;
    adviseOnPolicy('td3-bc', policy, actionSpace);
    const ofCritics = { observationDim, encoder, actionSpace, units, ...config, rng: rng.split('critics') };
    // It refuses a policy that it cannot copy: nothing has been made before it.
    const targetPolicy = copyOfPolicy('Td3Bc', policy, rng.split('target'));
    this.critics = new ActionValues(ofCritics);
    this.#targets = { policy: targetPolicy, critics: new ActionValues(ofCritics) };
    this.#optimizers = {
      critics: new Adam(this.critics.trainableVariables()),
      policy: new Adam(policy.trainableVariables()),
    };
    const modules = {
      policy,
      critics: this.critics,
      targetPolicy: this.#targets.policy,
      targetCritics: this.#targets.critics,
      criticOptimizer: this.#optimizers.critics,
      policyOptimizer: this.#optimizers.policy,
    };
    const numEnvs = env?.numEnvs ?? 1;
    const act = compile(
      ({ observations }: { observations: tf.Tensor }) => ({ action: meanAction(policy, observations) }),
      { name: 'td3-bc/act', state: [policy] },
    );
    const best = act.onArrays({ observations: { shape: [numEnvs, observationDim] } });
    const { policyOptimizer, ...others } = modules;
    const { compiled, update } = delayedUpdate<Td3BcBatch, FigureOf<Td3BcReport>>({
      name: 'td3-bc',
      delay: config.policyDelay,
      shapes: { ...replay.shapes, ...dataRates.shapes },
      state: Object.values(others),
      policyState: [policyOptimizer],
      improve: (batch, rng, isPolicyDue) => this.#improve(batch, rng, isPolicyDue),
    });
    this.#training = new OfflineTraining<DataRate, FigureOf<Td3BcReport>>({
      owner: 'Td3Bc',
      config,
      env,
      actionSpace,
      units,
      parts: { ...modules, replay },
      compiled: [act, ...compiled],
      rates: actorCriticRates.of(config),
      onlineRates: dataRates.online(config),
      remedy: 'a smaller alpha, or a smaller learningRate,',
      begin: () => {
        copyFrom(this.#targets.policy, policy);
        copyFrom(this.#targets.critics, this.critics);
      },
      act: (observations) => best({ observations }).action,
      update,
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number, or the critics diverge */
  train(options: TrainOptions): AsyncGenerator<Td3BcReport, void, undefined> {
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

  /** The update of the critics on one minibatch, and of policy and targets where it is due. */
  #improve(batch: Td3BcBatch, rng: Rng, isPolicyDue: boolean): Partial<Record<FigureOf<Td3BcReport>, tf.Tensor>> {
    const { policy, tau, criticMaxGradientNorm } = this.#options;
    const { observations, actions, nextObservations } = batch;
    const seen = policy.normalized(observations);
    const nextMeans = meanAction(this.#targets.policy, nextObservations);
    const nextActions = withTargetNoise(nextMeans, this.#options, this.#data, rng);
    const targets = tdTarget(batch, this.#targets.critics.least(policy.normalized(nextObservations), nextActions));
    const { gradients, loss, ...others } = valueAndGradients(
      () => this.critics.loss(seen, clippedActions(actions, this.#data.actionSpace), targets),
      this.critics.trainableVariables(),
    );
    this.#optimizers.critics.update(bounded(gradients, criticMaxGradientNorm), batch.criticLearningRate);
    const ofPolicy = isPolicyDue ? this.#improvePolicy(batch, seen) : {};
    if (isPolicyDue) {
      polyak(this.#targets.critics, this.critics, tau);
      polyak(this.#targets.policy, policy, tau);
    }
    return { ...ofPolicy, criticLoss: loss, ...others };
  }

  #improvePolicy({ observations, actions, learningRate, dataFactor }: Td3BcBatch, seen: tf.Tensor) {
    const { policy, alpha, maxGradientNorm } = this.#options;
    const { gradients, loss, cloningLoss } = valueAndGradients(
      () => {
        const means = meanAction(policy, observations);
        const values = this.critics.of(seen, means)[0]!;
        const weight = tf.mul(alpha, valueWeight(values));
        const cloningLoss = squaredDistance(means, actions, this.#data.units ?? this.#data.actionSpace);
        return { loss: tf.sub(tf.mul(dataFactor, cloningLoss), tf.mul(weight, tf.mean(values))), cloningLoss };
      },
      policy.trainableVariables(),
      // The scale of a Gaussian has no part in its mode.
      { allowUnused: true },
    );
    this.#optimizers.policy.update(bounded(gradients, maxGradientNorm), learningRate);
    return { policyLoss: loss, cloningLoss };
  }
}

type Td3BcBatch = TransitionTensors<DataRate>;
