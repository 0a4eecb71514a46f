import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Box } from '../envs/index.ts';
import { checkPolicy, type Policy, type Rng } from '../src/index.ts';
import { nonnegative } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { clippedActions } from '../src/policies/actor.ts';
import { type Bounds, halfWidths } from '../src/policies/boxScale.ts';
import type { TrainOptions, TrainReport } from './agent.ts';
import { adviseOnPolicy, checkContinuous, checkHasMode } from './core/checks.ts';
import {
  ActionValues,
  type ActorCriticRate,
  actorCriticRates,
  ClippedAdam,
  criticNetworksOptions,
  polyak,
  tdTarget,
} from './core/critics.ts';
import { givenSpace, vectorEnvFor } from './core/envs.ts';
import { compileAct, ExplorationNoise, meanAction, ReplayTraining, type UpdateMetrics } from './core/loops.ts';
import { sequencePasts } from './core/memory.ts';
import { criticOptions, noiseOptions, offPolicyOptions, policyDelay, replayedSequenceOptions } from './core/options.ts';
import type { TransitionTensors } from './core/replay.ts';
import { CheckpointedAgent, compileOnArrays } from './core/state.ts';

/** Options of {@link withTargetNoise}. */
export const targetNoiseOptions = {
  targetNoise: nonnegative(0.2, "σ of the noise on the target policy's actions", 'half the width of the bounds'),
  targetNoiseClip: nonnegative(
    0.5,
    "c, the largest noise on the target policy's actions",
    'half the width of the bounds',
  ),
};

/**
 * a + ε within the bounds, ε ~ clip(N(0, σ²), ±c), by which a value is one of a neighbourhood: `[batch, actionDim]`.
 *
 * Fujimoto, van Hoof and Meger, "Addressing Function Approximation Error in Actor-Critic Methods", arXiv:1802.09477.
 */
export function withTargetNoise(
  actions: tf.Tensor,
  { targetNoise, targetNoiseClip }: { readonly targetNoise: number; readonly targetNoiseClip: number },
  { actionSpace, units = actionSpace }: { readonly actionSpace: Box; readonly units?: Bounds | undefined },
  rng: Rng,
): tf.Tensor {
  const noise = tf.clipByValue(tf.mul(rng.normalTensor(actions.shape), targetNoise), -targetNoiseClip, targetNoiseClip);
  return clippedActions(tf.add(actions, tf.mul(noise, tf.tensor1d(halfWidths(units)))), actionSpace);
}

export const td3Options = z.strictObject({
  ...offPolicyOptions,
  ...replayedSequenceOptions,
  ...noiseOptions,
  learningRate: offPolicyOptions.learningRate.default(1e-3),
  explorationNoise: noiseOptions.explorationNoise.default(0.1),
  ...targetNoiseOptions,
  policyDelay: policyDelay('the policy and the targets', 2),
  ...criticOptions,
});

/** Options of {@link Td3}. */
export type Td3Options = z.input<typeof td3Options>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface Td3Report extends TrainReport {
  /** Σᵢ E[(Qᵢ − y)²]. */
  readonly criticLoss?: number;
  /** E[Q₁] of the replay's actions. */
  readonly actionValue?: number;
}

/**
 * Twin delayed deep deterministic policy gradient:
 *
 *   y = r + γ (1 − terminated) min Q′ᵢ(s′, μ′(s′) + ε),  ε ~ clip(N(0, σ²), ±c), the action clipped to its bounds
 *   critics: Σᵢ E[(Qᵢ(s, a) − y)²]
 *   policy:  −E[Q₁(s, μ(s))], in every `policyDelay`-th update, with θ′ ← θ′ + τ (θ − θ′) of the targets
 *
 * μ is the exact mode of the policy, its greedy action: any policy of `makePolicy` that has one will do, such as a Gaussian, squashed or
 * not; but none that is cut off at the bounds, where the gradient ends.
 *
 * Fujimoto, van Hoof and Meger, "Addressing Function Approximation Error in Actor-Critic Methods", arXiv:1802.09477.
 */
export class Td3 extends CheckpointedAgent<Td3Report> {
  readonly critics: ActionValues;
  readonly #config: z.output<typeof td3Options>;
  readonly #actionSpace: Box;
  readonly #targets: { readonly policy: Policy; readonly critics: ActionValues };
  readonly #optimizers;
  readonly #noise: ExplorationNoise;
  readonly #training: ReplayTraining<Td3Report, ActorCriticRate>;
  readonly #act;
  readonly #update;
  /** The update without policy and targets. */
  readonly #updateCritics;

  /**
   * @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no exact mode, or one that
   *   is cut off at bounds
   */
  constructor(options: Td3Options) {
    super('Td3');
    const config = parseOptions('Td3', td3Options, options);
    this.#config = config;
    const { policy, rng } = config;
    const { env, actionSpace } = vectorEnvFor('Td3', policy, config.env);
    checkPolicy(policy);
    checkContinuous('Td3', actionSpace);
    const given = givenSpace(policy, actionSpace);
    adviseOnPolicy('td3', policy, given);
    checkHasMode('Td3', policy);
    this.#actionSpace = given;
    const rates = actorCriticRates(config);
    const stateDim = 2 * policy.stateDim;
    this.#training = new ReplayTraining({ owner: 'Td3', config, env, actionSpace, rates, stateDim });
    const targetPolicy = this.#training.targetOf(policy, rng.split('target'));
    this.#noise = new ExplorationNoise(env.numEnvs, actionSpace, config);
    const ofCritics = criticNetworksOptions(policy, given, config);
    this.critics = new ActionValues(ofCritics);
    this.#targets = { policy: targetPolicy, critics: new ActionValues(ofCritics) };
    const criticOptimizer = new ClippedAdam(this.critics, config.criticMaxGradientNorm);
    const policyOptimizer = new ClippedAdam(policy, config.maxGradientNorm);
    this.#optimizers = { critics: criticOptimizer, policy: policyOptimizer };
    const networks = { policy, critics: this.critics, targetPolicy, targetCritics: this.#targets.critics };
    const modules = { ...networks, criticOptimizer, policyOptimizer };
    const { shapes } = this.#training;
    const update = (isPolicyDue: boolean) => (batch: Td3Batch, rng: Rng) => this.#improve(batch, rng, isPolicyDue);
    this.#act = compileAct('td3', policy, env.numEnvs, meanAction, { critics: this.critics });
    this.#update = compileOnArrays('td3/update', modules, shapes, update(true));
    this.#updateCritics = compileOnArrays(
      'td3/update-critics',
      { ...networks, criticOptimizer },
      shapes,
      update(false),
    );
    this.parts = this.#training.parts(modules, this.#noise);
    this.compiled = [this.#act, this.#update, this.#updateCritics];
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train(options: TrainOptions): AsyncGenerator<Td3Report, void, undefined> {
    const training = this.#training;
    if (training.begin(options)) {
      this.#targets.policy.loadStateDict(this.#config.policy.stateDict());
      this.#targets.critics.loadStateDict(this.critics.stateDict());
      this.#noise.reset();
    }
    while (training.goesOn) {
      const uniform = training.uniformActions();
      // What remembers sees all steps.
      const acted = uniform === undefined || training.remembers ? this.#acted() : undefined;
      training.collect(uniform ?? acted!.actions, acted?.state);
      while (training.isUpdateDue) {
        const batch = training.sample();
        const update = training.updates % this.#config.policyDelay === 0 ? this.#update : this.#updateCritics;
        training.record(update(batch, training.streams.updates));
      }
      if (training.isReportDue) yield training.report();
    }
  }

  /** μ(o) for each environment, with the noise of exploration, and what is remembered after it. */
  #acted() {
    const { replay, memory, streams } = this.#training;
    const inputs = { observations: replay.current, state: memory.numbers };
    const { action, state } = this.#training.acted(() => this.#act(inputs));
    return { actions: this.#noise.addedTo(action, streams.actions), state };
  }

  /** The update of the critics on one minibatch, and of policy and targets where it is due. */
  #improve(batch: Td3Batch, rng: Rng, isPolicyDue: boolean): UpdateMetrics<Td3Report> {
    const { policy, tau } = this.#config;
    const { observations, actions, nextObservations, weights, learningRate, criticLearningRate } = batch;
    const { policy: targetPolicy, critics: targetCritics } = this.#targets;
    const ofPolicy = sequencePasts(policy, policy, batch);
    const ofCritics = sequencePasts(this.critics, policy, batch, policy.stateDim);
    const ofTargets = sequencePasts(targetCritics, policy, batch, policy.stateDim);
    const seen = policy.normalized(observations);
    const nextMeans = meanAction(targetPolicy.given(nextObservations, sequencePasts(targetPolicy, policy, batch).next));
    const nextActions = withTargetNoise(nextMeans, this.#config, { actionSpace: this.#actionSpace }, rng);
    const nextSeen = policy.normalized(nextObservations);
    const targets = tdTarget(batch, targetCritics.least(nextSeen, nextActions, ofTargets.next));
    const criticLosses = () => this.critics.loss(seen, actions, targets, { weights, past: ofCritics.now });
    const { loss, ...others } = this.#optimizers.critics.descend(criticLosses, criticLearningRate);
    if (isPolicyDue) {
      const losses = () => {
        const means = meanAction(policy.given(observations, ofPolicy.now));
        return { loss: tf.neg(tf.mean(this.critics.of(seen, means, ofCritics.now)[0]!)) };
      };
      // The scale of a Gaussian has no part in its mode.
      this.#optimizers.policy.descend(losses, learningRate, true);
      polyak(targetCritics, this.critics, tau);
      polyak(targetPolicy, policy, tau);
    }
    return { criticLoss: loss, ...others };
  }
}

type Td3Batch = TransitionTensors<ActorCriticRate>;
