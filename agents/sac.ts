import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import {
  Adam,
  type AdamOptions,
  checkPolicy,
  type LearnerName,
  type Rng,
  type SampledAction,
  valueAndGradients,
  whileTraining,
} from '../src/index.ts';
import { parseOptions } from '../src/options/parse.ts';
import { boxRescaleLogDet } from '../src/policies/boxScale.ts';
import type { CriticNetworks, CriticNetworksOptions } from '../src/policies/criticNetworks.ts';
import type { Agent, AgentState, TrainOptions, TrainReport } from './agent.ts';
import { adviseOnPolicy, checkContinuous, checkDensity, checkReparameterized, hasAngles } from './core/checks.ts';
import {
  ActionValues,
  bounded,
  type CriticLoss,
  copyFrom,
  delayedUpdate,
  polyak,
  Temperature,
  tdTarget,
  temperatureOptions,
} from './core/critics.ts';
import { vectorEnvFor } from './core/envs.ts';
import { ExplorationNoise, sampledActions } from './core/exploring.ts';
import { ReplayTraining } from './core/loops.ts';
import {
  actorCriticRates,
  checkCriticsPerTarget,
  criticOptions,
  criticsPerTarget,
  noiseOptions,
  offPolicyOptions,
  policyDelay,
} from './core/options.ts';
import { replayFor, type TransitionTensors } from './core/replay.ts';
import type { FigureOf } from './core/state.ts';

/** Options of the agents that learn a policy and its entropy from critics. */
export const softActorCriticOptions = {
  ...offPolicyOptions,
  ...noiseOptions,
  ...temperatureOptions,
  ...criticOptions,
  policyDelay: policyDelay('the policy and the temperature', 1),
};

type Config = Omit<z.output<z.ZodObject<typeof softActorCriticOptions>>, 'tau' | 'criticLayerNorm'> & {
  readonly tau?: number;
  readonly criticLayerNorm?: boolean;
};

/** Means over the updates since the last report that gave them; absent where there were none, as before the first one. */
export interface SoftActorCriticReport extends TrainReport {
  /** E[α log π − Q]. */
  readonly policyLoss?: number;
  readonly criticLoss?: number;
  /** −E[log π], nats, of the density in the action's own units. */
  readonly entropy?: number;
  /** α, before the update. */
  readonly temperature?: number;
  /** E[Q₁] of the replay's actions. */
  readonly actionValue?: number;
}

/** What the loss of the critics is made of. */
export interface CriticUpdate {
  readonly batch: SoftBatch;
  /** Observations as the networks see them. */
  readonly seen: tf.Tensor;
  /** The same of the next observations s′. */
  readonly nextSeen: tf.Tensor;
  /** a′ ~ π(· | s′), `[batch, actionDim]`. */
  readonly nextActions: tf.Tensor;
  /** α (log π(a′ | s′) + H₀), `[batch]`: what the entropy of the next action takes from its value. */
  readonly entropyCosts: tf.Tensor;
  readonly rng: Rng;
}

interface SoftActorCriticParts<Critics extends CriticNetworks> {
  /** Whose training it is, as errors name it: `Sac`. */
  readonly owner: string;
  /** As the registry and profiles name it: `sac`. */
  readonly name: LearnerName;
  /** The agent's options; without a `tau` there are no target networks. */
  readonly config: Config;
  /** Options of the optimizers of critics and policy. */
  readonly adam?: AdamOptions;
  readonly makeCritics: (options: CriticNetworksOptions) => Critics;
  /**
   * The targets of one update, without a gradient, and the loss of the critics beside them, weighted as the rows are.
   * @param targets the target networks; the critics themselves where there are none
   */
  readonly criticLoss: (update: CriticUpdate, critics: Critics, targets: Critics) => () => CriticLoss;
  /** Q(s, a) as the policy climbs it, `[batch]`. */
  readonly policyValues: (critics: Critics, seen: tf.Tensor, actions: tf.Tensor) => tf.Tensor;
}

/**
 * What agents of soft actor-critic have in common: everything but what their critics are and learn from.
 *
 *   critics:     the agent's loss
 *   policy:      E[α log π(a | s) − Q(s, a)],  a ~ π(· | s), through the sample
 *   temperature: −log α · E[log π(a | s) + H̄]
 *   targets:     θ′ ← θ′ + τ (θ − θ′)
 *
 * Policy and temperature learn in every `policyDelay`-th update. A policy that behaves otherwise in training does so in its own loss. If the
 * replay is prioritized, rows are drawn by the errors of the critics, δ = 1/N Σᵢ |Qᵢ(s, a) − y|, and weighted in their loss alone.
 *
 * Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905.
 */
export class SoftActorCritic<Critics extends CriticNetworks> {
  readonly critics: Critics;
  readonly #parts: SoftActorCriticParts<Critics>;
  readonly #targets: Critics;
  readonly #temperature: Temperature;
  /** H₀ */
  readonly #baseEntropy: number;
  readonly #optimizers: { readonly critics: Adam; readonly policy: Adam };
  readonly #training: ReplayTraining<SoftRate, FigureOf<SoftActorCriticReport>>;

  /** @throws if the environment does not fit the policy, or the policy has no density or is not reparameterized */
  constructor(parts: SoftActorCriticParts<Critics>) {
    this.#parts = parts;
    const { owner, name, config, adam, makeCritics } = parts;
    const { policy, rng } = config;
    const { observationDim, encoder } = policy;
    const { env, actionSpace } = vectorEnvFor(owner, policy, config.env);
    checkDensity(owner, policy);
    checkPolicy(policy);
    checkContinuous(owner, actionSpace);
    adviseOnPolicy(name, policy, actionSpace);
    checkReparameterized(owner, policy);
    const angles = hasAngles(policy);
    const ofCritics = { observationDim, encoder, actionSpace, angles, ...config, rng: rng.split('critics') };
    // Before anything takes memory: a size that can never fit is refused here.
    const replay = replayFor(owner, config, env);
    this.critics = makeCritics(ofCritics);
    const hasTargets = config.tau !== undefined;
    this.#targets = hasTargets ? makeCritics(ofCritics) : this.critics;
    this.#temperature = new Temperature(config, actionSpace);
    this.#baseEntropy = config.baseEntropy ?? boxRescaleLogDet(actionSpace);
    this.#optimizers = {
      critics: new Adam(this.critics.trainableVariables(), adam),
      policy: new Adam(policy.trainableVariables(), adam),
    };
    const modules = {
      policy,
      critics: this.critics,
      ...(hasTargets && { targets: this.#targets }),
      temperature: this.#temperature.parameter,
      criticOptimizer: this.#optimizers.critics,
      policyOptimizer: this.#optimizers.policy,
      temperatureOptimizer: this.#temperature.optimizer,
    };
    const noise = new ExplorationNoise(env.numEnvs, actionSpace, config, angles);

    const { act, sampled } = sampledActions(name, policy, env.numEnvs);
    const { policyOptimizer, temperatureOptimizer, ...others } = modules;
    const { compiled, update } = delayedUpdate<SoftBatch, FigureOf<SoftActorCriticReport>>({
      name,
      delay: config.policyDelay,
      shapes: { ...replay.shapes, ...rateShapes },
      state: Object.values(others),
      policyState: [policyOptimizer, temperatureOptimizer],
      improve: (batch, rng, isPolicyDue) => this.#improve(batch, rng, isPolicyDue),
    });
    this.#training = new ReplayTraining<SoftRate, FigureOf<SoftActorCriticReport>>({
      owner,
      config,
      env,
      actionSpace,
      parts: { ...modules, replay, noise },
      compiled: [act, ...compiled],
      rates: {
        ...actorCriticRates.of(config),
        temperatureLearningRate: config.temperatureLearningRate ?? config.learningRate,
        temperature: this.#temperature.rate,
      },
      begin: () => {
        if (hasTargets) copyFrom(this.#targets, this.critics);
        noise.reset();
      },
      act: (observations, rng) => {
        const { action } = sampled({ observations }, rng);
        return config.explorationNoise === 0 ? action : noise.addedTo(action, rng);
      },
      update,
    });
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<SoftActorCriticReport, void, undefined> {
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

  /** The update of the critics and their targets on one minibatch, and of policy and temperature where it is due. */
  #improve(
    batch: SoftBatch,
    rng: Rng,
    isPolicyDue: boolean,
  ): Partial<Record<FigureOf<SoftActorCriticReport> | 'errors', tf.Tensor>> {
    const { policy, tau, criticMaxGradientNorm } = this.#parts.config;
    const { observations, nextObservations } = batch;
    const seen = policy.normalized(observations);
    const temperature = this.#temperature.now(batch.temperature);

    const next = policy.given(nextObservations).sampleWithLogProb(rng);
    const criticLoss = this.#parts.criticLoss(
      {
        batch,
        seen,
        nextSeen: policy.normalized(nextObservations),
        nextActions: next.action,
        entropyCosts: tf.mul(temperature, tf.add(next.logProb, this.#baseEntropy)),
        rng,
      },
      this.critics,
      this.#targets,
    );
    const { gradients, loss, ...others } = valueAndGradients(criticLoss, this.critics.trainableVariables());
    this.#optimizers.critics.update(bounded(gradients, criticMaxGradientNorm), batch.criticLearningRate);

    const ofPolicy = isPolicyDue ? this.#improvePolicy(batch, seen, temperature, rng) : {};
    if (tau !== undefined) polyak(this.#targets, this.critics, tau);
    return { ...ofPolicy, criticLoss: loss, temperature, ...others };
  }

  #improvePolicy(batch: SoftBatch, seen: tf.Tensor, temperature: tf.Tensor, rng: Rng) {
    const { policy, maxGradientNorm } = this.#parts.config;
    const { gradients, loss, entropy } = valueAndGradients(() => {
      const { action, logProb }: SampledAction = whileTraining(() =>
        policy.given(batch.observations).sampleWithLogProb(rng),
      );
      const values = this.#parts.policyValues(this.critics, seen, action);
      return { loss: tf.mean(tf.sub(tf.mul(temperature, logProb), values)), entropy: tf.neg(tf.mean(logProb)) };
    }, policy.trainableVariables());
    this.#optimizers.policy.update(bounded(gradients, maxGradientNorm), batch.learningRate);
    this.#temperature.update(entropy, batch.temperatureLearningRate);
    return { policyLoss: loss, entropy };
  }
}

const rateShapes = {
  ...actorCriticRates.shapes,
  temperatureLearningRate: { shape: [] },
  temperature: { shape: [] },
};

type SoftRate = keyof typeof rateShapes;

type SoftBatch = TransitionTensors<SoftRate>;

export const sacOptions = z.strictObject({ ...softActorCriticOptions, criticsPerTarget });

/** Options of {@link Sac}. */
export type SacOptions = z.input<typeof sacOptions>;

/** Means over the updates since the last report that gave them. The critics' loss is ½ Σᵢ E[(Qᵢ − y)²]. */
export interface SacReport extends SoftActorCriticReport {}

/**
 * Soft actor-critic: the return and the entropy of the policy together, from a replay buffer.
 *
 *   y = r + γ (1 − terminated) (min Q′ᵢ(s′, a′) − α (log π(a′ | s′) + H₀)),  a′ ~ π(· | s′)
 *   critics:     ½ Σᵢ E[(Qᵢ(s, a) − y)²]
 *   policy:      E[α log π(a | s) − min Qᵢ(s, a)],  a ~ π(· | s), through the sample
 *   temperature: −log α · E[log π(a | s) + H̄]
 *   targets:     θ′ ← θ′ + τ (θ − θ′)
 *
 * H₀ is `baseEntropy`, H̄ `targetEntropy`. Policy and temperature learn in every `policyDelay`-th update. With `criticsPerTarget` the least is
 * of so many critics, drawn anew in each update, and the policy's loss has the mean of all in place of the least: REDQ.
 *
 * Works with any policy whose samples are reparameterized; a policy that keeps its actions within their bounds (`squash: 'tanh'`)
 * learns best. Where actions are angles, the critics see their cosine and sine. The first `learningStarts` actions are uniform in the action
 * space where it is bounded.
 *
 * Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905; Chen et al., "Randomized Ensembled Double
 * Q-Learning", arXiv:2101.05982.
 */
export class Sac implements Agent<SacReport> {
  readonly #options: z.output<typeof sacOptions>;
  readonly #training: SoftActorCritic<ActionValues>;

  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density or is not reparameterized */
  constructor(options: SacOptions) {
    const config = parseOptions('Sac', sacOptions, options);
    this.#options = config;
    checkCriticsPerTarget('Sac', config);
    this.#training = new SoftActorCritic({
      owner: 'Sac',
      name: 'sac',
      config,
      makeCritics: (options) => new ActionValues(options),
      criticLoss: (update, critics, targets) => this.#criticLoss(update, critics, targets),
      policyValues: (critics, seen, actions) =>
        config.criticsPerTarget === undefined ? critics.least(seen, actions) : critics.mean(seen, actions),
    });
  }

  get critics(): ActionValues {
    return this.#training.critics;
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  train(options: TrainOptions): AsyncGenerator<SacReport, void, undefined> {
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

  #criticLoss(update: CriticUpdate, critics: ActionValues, targetCritics: ActionValues) {
    const { batch, seen, entropyCosts } = update;
    const nextValues = tf.sub(this.#leastValues(update, targetCritics), entropyCosts);
    const targets = tdTarget(batch, nextValues);
    return () => critics.loss(seen, batch.actions, targets, { factor: 0.5, weights: batch.weights });
  }

  /** min Q′ᵢ(s′, a′), of all critics or some. */
  #leastValues({ nextSeen, nextActions, rng }: CriticUpdate, targetCritics: ActionValues): tf.Tensor {
    const { criticsPerTarget } = this.#options;
    if (criticsPerTarget === undefined) return targetCritics.least(nextSeen, nextActions);
    return targetCritics.leastOfSome(nextSeen, nextActions, criticsPerTarget, rng);
  }
}
