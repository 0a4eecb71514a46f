import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { checkPolicy, FlowMatchingPolicy, type ImplicitPolicy, type Policy, type Rng } from '../../src/index.ts';
import { count } from '../../src/options/fields.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { clippedActions } from '../../src/policies/actor.ts';
import type { Bounds } from '../../src/policies/boxScale.ts';
import type { TrainOptions, TrainReport } from '../agent.ts';
import { checkNoMemory, withArticle } from '../core/checks.ts';
import {
  ActionValues,
  ClippedAdam,
  criticNetworksOptions,
  madeNumbers,
  polyak,
  squaredDistance,
  tdTarget,
  valueWeight,
} from '../core/critics.ts';
import { compileAct, sampledAction, type UpdateMetrics } from '../core/loops.ts';
import {
  dataWeight,
  dataWeightOption,
  type OfflineBatch,
  OfflineTraining,
  offlineOptions,
  onlineDataFactor,
} from '../core/offline.ts';
import { criticOptions, layerWidths, noiseOptions, targetValue } from '../core/options.ts';
import { CheckpointedAgent, compileOnArrays } from '../core/state.ts';

/** α by the kind of the data. */
const ALPHA = { mixed: 0.03, demonstrations: 5 };

export const fqlOptions = z.strictObject({
  ...offlineOptions,
  alpha: dataWeightOption('the distance to the behaviour', ALPHA),
  onlineDataFactor,
  targetValue,
  behaviorHidden: layerWidths("the behaviour's field", [256, 256]),
  behaviorSteps: count(5, 'steps by the midpoint from noise to an action of the behaviour', 'steps'),
  ...noiseOptions,
  ...criticOptions,
});

/** Options of {@link Fql}. */
export type FqlOptions = z.input<typeof fqlOptions>;

/** Means over the updates since the last report. */
export interface FqlReport extends TrainReport {
  /** α E[‖a − aᵇ‖²] − λ E[Q(s, a)]. */
  readonly policyLoss?: number;
  /** E[‖a − aᵇ‖²], the mean over the components, in half widths of their bounds. */
  readonly distillationLoss?: number;
  /** The flow-matching loss of the behaviour. */
  readonly behaviorLoss?: number;
  /** Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** E[Q₁] of the minibatch's actions. */
  readonly actionValue?: number;
}

/**
 * Flow Q-learning: a flow-matching policy clones the behaviour that made the data, in several steps, and the policy goes from the same noise to
 * an action of more value in one, so that no gradient has to flow through steps.
 *
 *   y = r + γ (1 − terminated) Q̄′(s′, a′),  a′ = μ(s′, ξ′), Q̄ the mean of the critics, or their least
 *   critics:   Σᵢ E[(Qᵢ(s, aᵈ) − y)²]
 *   behaviour: E‖v(x_t, t | s) − (aᵈ − ε)‖², see `FlowMatchingPolicy`
 *   policy:    α E[‖μ(s, ξ) − aᵇ(s, ξ)‖²] − λ E[Q̄(s, μ(s, ξ))],  ξ ~ N(0, I), aᵇ the behaviour's action of the same noise,
 *              λ = 1 / E[|Q̄|]
 *   targets:   θ′ ← θ′ + τ (θ − θ′)
 *
 * aᵈ are the actions of the data. Critics see actions as the environment gets them, clipped to their bounds; distances are in half widths of
 * these. The policy is an `ImplicitPolicy`, with as many numbers of noise as an action has. α decides, and there is no number for all data: see
 * the option `alpha`. With `onlineSteps` it goes on in an environment, by samples of the policy, with the same losses;
 * there α is multiplied by a factor that goes from 1 to `onlineDataFactor`.
 *
 * Park, Li and Levine, "Flow Q-Learning", arXiv:2502.02538.
 */
export class Fql extends CheckpointedAgent<FqlReport> {
  readonly critics: ActionValues;
  /** What clones the data, and sees observations as the policy's normalizer gives them; disposed with the agent. */
  readonly behavior: FlowMatchingPolicy;
  readonly #config: z.output<typeof fqlOptions>;
  readonly #policy: ImplicitPolicy;
  readonly #units: Bounds;
  readonly #targets: ActionValues;
  readonly #optimizers;
  readonly #training: OfflineTraining<FqlReport>;
  readonly #act;
  readonly #update;

  /** @throws for an unknown option or one out of range, if data or environment do not fit the policy, or it does not carry noise */
  constructor(options: FqlOptions) {
    super('Fql');
    const config = parseOptions('Fql', fqlOptions, options);
    this.#config = config;
    const { policy, rng, behaviorHidden: hidden, behaviorSteps: steps } = config;
    checkCarries(policy);
    checkNoMemory('Fql', policy);
    checkPolicy(policy);
    this.#policy = policy;
    this.#training = new OfflineTraining('Fql', config, 'a larger alpha, or a smaller learningRate,');
    const { actionSpace, units, numEnvs, shapes } = this.#training;
    const ofCritics = criticNetworksOptions(policy, actionSpace, config, { units });
    this.#units = units ?? actionSpace;
    this.critics = new ActionValues(ofCritics);
    this.#targets = new ActionValues(ofCritics);
    this.behavior = new FlowMatchingPolicy({
      observationDim: policy.encoder?.featureDim ?? policy.observationDim,
      ...{ actionSpace, hidden, steps, rng: rng.split('behavior') },
      // Of actions without bounds the units of data that the policy has.
      ...(policy.actionScale && { scale: policy.actionScale.ofAllBounds() }),
    });
    if (policy.encoder) this.behavior.encodeObservations(policy.encoder.another(rng.split('encoder')));
    this.#optimizers = {
      criticOptimizer: new ClippedAdam(this.critics, config.criticMaxGradientNorm),
      behaviorOptimizer: new ClippedAdam(this.behavior, config.maxGradientNorm),
      policyOptimizer: new ClippedAdam(policy, config.maxGradientNorm),
    };
    const networks = { policy, behavior: this.behavior, critics: this.critics, targets: this.#targets };
    const modules = { ...networks, ...this.#optimizers };
    this.#act = compileAct('fql', policy, numEnvs, sampledAction);
    this.#update = compileOnArrays('fql/update', modules, shapes, (batch: OfflineBatch, rng) =>
      this.#improve(batch, rng),
    );
    this.parts = this.#training.parts(modules);
    this.compiled = [this.#act, this.#update];
  }

  /** @throws {DivergedError} if a loss is no longer a number, or the critics diverge */
  async *train(options: TrainOptions): AsyncGenerator<FqlReport, void, undefined> {
    const training = this.#training;
    if (training.begin(options)) this.#targets.loadStateDict(this.critics.stateDict());
    while (training.goesOn) {
      const observations = training.observations();
      if (observations) training.collect(() => this.#act({ observations }, training.streams.actions));
      while (training.isUpdateDue) training.record(this.#update(training.sample(), training.streams.updates));
      if (training.isReportDue) yield training.report();
    }
  }

  /** One minibatch: critics, behaviour, policy, targets. */
  #improve(batch: OfflineBatch, rng: Rng): UpdateMetrics<FqlReport> {
    const { policy, tau, targetValue } = this.#config;
    const { actionSpace } = this.#training;
    const { observations, actions, nextObservations, lengths, learningRate, criticLearningRate } = batch;
    const seen = policy.normalized(observations);
    const nextActions = clippedActions(sampledAction(policy.given(nextObservations), rng), actionSpace);
    const targets = tdTarget(batch, this.#targets[targetValue](policy.normalized(nextObservations), nextActions));
    const criticLosses = () => this.critics.loss(seen, clippedActions(actions, actionSpace), targets);
    const { loss: criticLoss, actionValue } = this.#optimizers.criticOptimizer.descend(
      criticLosses,
      criticLearningRate,
    );

    const made = madeNumbers(policy, lengths);
    const behaviorLosses = () => ({ loss: this.behavior.matchingLoss(seen, actions, rng, made) });
    const { loss: behaviorLoss } = this.#optimizers.behaviorOptimizer.descend(behaviorLosses, learningRate);

    const policyLosses = this.#policyLosses(batch, seen, rng);
    const { loss: policyLoss, distillationLoss } = this.#optimizers.policyOptimizer.descend(policyLosses, learningRate);
    polyak(this.#targets, this.critics, tau);
    return { policyLoss, distillationLoss, behaviorLoss, criticLoss, actionValue };
  }

  #policyLosses({ observations, dataFactor }: OfflineBatch, seen: tf.Tensor, rng: Rng) {
    const alpha = tf.mul(dataFactor, dataWeight(this.#config.alpha, ALPHA));
    const noise = rng.normalTensor([observations.shape[0]!, this.#policy.actionDim]);
    const behavior = this.behavior.given(seen).squash(this.behavior.carried(seen, noise));
    return () => {
      const actions = this.#policy.given(observations).squash(this.#policy.carried(observations, noise));
      const values = this.critics[this.#config.targetValue](seen, clippedActions(actions, this.#training.actionSpace));
      const distillationLoss = squaredDistance(actions, behavior, this.#units);
      const gain = tf.mul(valueWeight(values), tf.mean(values));
      return { loss: tf.sub(tf.mul(alpha, distillationLoss), gain), distillationLoss };
    };
  }
}

/** @throws if the policy is no map from as many numbers of noise as an action has */
function checkCarries(policy: Policy): asserts policy is ImplicitPolicy {
  const { carried, noiseDim } = policy as unknown as Partial<ImplicitPolicy>;
  if (typeof carried === 'function' && noiseDim === policy.actionDim) return;
  const got = noiseDim === undefined ? '' : ` with ${noiseDim} numbers of noise`;
  throw new Error(
    `Fql: policy: got ${withArticle(policy.constructor.name)}${got}, expected an ImplicitPolicy with as many numbers of noise as an action has: ` +
      "makePolicy('implicit', …)",
  );
}
