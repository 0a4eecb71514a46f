import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Box } from '../envs/index.ts';
import { Adam, checkPolicy, compile, type Policy, type Rng, valueAndGradients } from '../src/index.ts';
import { parseOptions } from '../src/options/parse.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { adviseOnPolicy, checkContinuous, checkHasMode } from './core/checks.ts';
import {
  ActionValues,
  bounded,
  copyFrom,
  copyOfPolicy,
  delayedUpdate,
  polyak,
  targetNoiseOptions,
  tdTarget,
  withTargetNoise,
} from './core/critics.ts';
import { vectorEnvFor } from './core/envs.ts';
import { ExplorationNoise, meanAction } from './core/exploring.ts';
import { ReplayTraining } from './core/loops.ts';
import {
  type ActorCriticRate,
  actorCriticRates,
  criticOptions,
  noiseOptions,
  offPolicyOptions,
  policyDelay,
} from './core/options.ts';
import { replayFor, type TransitionTensors } from './core/replay.ts';
import type { FigureOf } from './core/state.ts';

export const td3Options = z.strictObject({
  ...offPolicyOptions,
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
export class Td3 implements Agent<Td3Report> {
  readonly critics: ActionValues;
  readonly #options: z.output<typeof td3Options>;
  readonly #actionSpace: Box;
  readonly #targets: { readonly policy: Policy; readonly critics: ActionValues };
  readonly #optimizers: { readonly critics: Adam; readonly policy: Adam };
  readonly #training: ReplayTraining<ActorCriticRate, FigureOf<Td3Report>>;

  /**
   * @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no exact mode, or one that
   *   is cut off at bounds
   */
  constructor(options: Td3Options) {
    const config = parseOptions('Td3', td3Options, options);
    this.#options = config;
    const { policy, rng } = config;
    const { observationDim, encoder } = policy;
    const { env, actionSpace } = vectorEnvFor('Td3', policy, config.env);
    checkPolicy(policy);
    checkContinuous('Td3', actionSpace);
    adviseOnPolicy('td3', policy, actionSpace);
    checkHasMode('Td3', policy);
    this.#actionSpace = actionSpace;
    const ofCritics = { observationDim, encoder, actionSpace, ...config, rng: rng.split('critics') };
    // Before anything takes memory: a size that can never fit is refused here.
    const replay = replayFor('Td3', config, env);
    // It refuses a policy that it cannot copy: nothing has been made before it.
    const targetPolicy = copyOfPolicy('Td3', policy, rng.split('target'));
    this.critics = new ActionValues(ofCritics);
    const targets = { policy: targetPolicy, critics: new ActionValues(ofCritics) };
    this.#targets = targets;
    this.#optimizers = {
      critics: new Adam(this.critics.trainableVariables()),
      policy: new Adam(policy.trainableVariables()),
    };
    const modules = {
      policy,
      critics: this.critics,
      targetPolicy: targets.policy,
      targetCritics: targets.critics,
      criticOptimizer: this.#optimizers.critics,
      policyOptimizer: this.#optimizers.policy,
    };
    const noise = new ExplorationNoise(env.numEnvs, actionSpace, config);

    const act = compile(
      ({ observations }: { observations: tf.Tensor }) => ({ action: meanAction(policy, observations) }),
      { name: 'td3/act', state: [policy] },
    );
    const { policyOptimizer, ...others } = modules;
    const { compiled, update } = delayedUpdate<Td3Batch, FigureOf<Td3Report>>({
      name: 'td3',
      delay: config.policyDelay,
      shapes: { ...replay.shapes, ...actorCriticRates.shapes },
      state: Object.values(others),
      policyState: [policyOptimizer],
      improve: (batch, rng, isPolicyDue) => this.#improve(batch, rng, isPolicyDue),
    });
    const best = act.onArrays({ observations: { shape: [env.numEnvs, observationDim] } });
    this.#training = new ReplayTraining<ActorCriticRate, FigureOf<Td3Report>>({
      owner: 'Td3',
      config,
      env,
      actionSpace,
      targetPolicies: [targets.policy],
      parts: { ...modules, replay, noise },
      compiled: [act, ...compiled],
      rates: actorCriticRates.of(config),
      begin: () => {
        copyFrom(targets.policy, policy);
        copyFrom(targets.critics, this.critics);
        noise.reset();
      },
      act: (observations, rng) => noise.addedTo(best({ observations }).action, rng),
      update,
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<Td3Report, void, undefined> {
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
  #improve(
    batch: Td3Batch,
    rng: Rng,
    isPolicyDue: boolean,
  ): Record<FigureOf<Td3Report>, tf.Tensor> & { errors?: tf.Tensor } {
    const { policy, tau, maxGradientNorm, criticMaxGradientNorm } = this.#options;
    const { observations, actions, nextObservations, weights } = batch;
    const seen = policy.normalized(observations);
    const nextValues = this.#targets.critics.least(
      policy.normalized(nextObservations),
      withTargetNoise(
        meanAction(this.#targets.policy, nextObservations),
        this.#options,
        { actionSpace: this.#actionSpace },
        rng,
      ),
    );
    const targets = tdTarget(batch, nextValues);
    const { gradients, loss, ...others } = valueAndGradients(
      () => this.critics.loss(seen, actions, targets, { weights }),
      this.critics.trainableVariables(),
    );
    this.#optimizers.critics.update(bounded(gradients, criticMaxGradientNorm), batch.criticLearningRate);
    if (isPolicyDue) {
      const ofPolicy = valueAndGradients(
        () => ({ loss: tf.neg(tf.mean(this.critics.of(seen, meanAction(policy, observations))[0]!)) }),
        policy.trainableVariables(),
        // The scale of a Gaussian has no part in its mode.
        { allowUnused: true },
      );
      this.#optimizers.policy.update(bounded(ofPolicy.gradients, maxGradientNorm), batch.learningRate);
      polyak(this.#targets.critics, this.critics, tau);
      polyak(this.#targets.policy, policy, tau);
    }
    return { criticLoss: loss, ...others };
  }
}

type Td3Batch = TransitionTensors<ActorCriticRate>;
