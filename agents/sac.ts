import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import {
  Adam,
  type AdamOptions,
  checkPolicy,
  type LearnerName,
  type Past,
  portableMath,
  type Rng,
  whileTraining,
} from '../src/index.ts';
import { positive } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { boxRescaleLogDet, halfWidths } from '../src/policies/boxScale.ts';
import type { CriticNetworks, CriticNetworksOptions } from '../src/policies/criticNetworks.ts';
import { RATES, rateSchema } from '../src/training/optimization.ts';
import type { TrainOptions, TrainReport } from './agent.ts';
import { adviseOnPolicy, checkContinuous, checkDensity, checkReparameterized, hasAngles } from './core/checks.ts';
import {
  ActionValues,
  actorCriticRates,
  ClippedAdam,
  type CriticLoss,
  criticNetworksOptions,
  polyak,
  tdTarget,
} from './core/critics.ts';
import { givenSpace, vectorEnvFor } from './core/envs.ts';
import { compileAct, ExplorationNoise, ReplayTraining, sampledAction, type UpdateMetrics } from './core/loops.ts';
import { sequencePasts } from './core/memory.ts';
import {
  baseEntropy,
  criticOptions,
  criticsPerTarget,
  noiseOptions,
  OVER_TRAINING,
  offPolicyOptions,
  policyDelay,
  replayedSequenceOptions,
  sdeSampleFreq,
} from './core/options.ts';
import type { TransitionTensors } from './core/replay.ts';
import { CheckpointedAgent, compileOnArrays, ScalarParameter } from './core/state.ts';
import { StateDependentNoise } from './core/stateDependentNoise.ts';

/** Options of SAC, and of those that differ from it in their critics. */
export const softActorCriticOptions = {
  ...offPolicyOptions,
  ...noiseOptions,
  sdeSampleFreq,
  temperature: z
    .union([z.literal('auto'), rateSchema], `'auto', ${RATES}`)
    .default('auto')
    .meta({
      description: `α, the weight of the entropy; 'auto' learns it; a rate ${OVER_TRAINING}`,
      unit: 'reward per nat',
    }),
  baseEntropy,
  initialTemperature: positive(1, 'α before training, where it is learned', 'reward per nat'),
  targetEntropy: z.number().optional().meta({
    description:
      "the entropy that a learned α aims at, of the density in the action's own units; by default Σᵢ (log hᵢ − 1) with half the widths hᵢ of the bounds, which is −1 for each component of an action in [−1, 1]",
    unit: 'nats',
  }),
  temperatureLearningRate: rateSchema
    .optional()
    .describe(`learning rate of α, by default learningRate; ${OVER_TRAINING}`),
  ...criticOptions,
  policyDelay: policyDelay('the policy and the temperature', 1),
};

type Config = Omit<z.output<z.ZodObject<typeof softActorCriticOptions>>, 'tau' | 'criticLayerNorm'> &
  Partial<z.output<z.ZodObject<typeof replayedSequenceOptions>>> & { tau?: number };

/** Means over the updates since the last report that gave them; absent where there were none, as before the first one. */
export interface SacReport extends TrainReport {
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

/** What follows the actions of a minibatch. */
export interface Next {
  /** s′ as the networks see it, `[batch, observationDim]`. */
  readonly seen: tf.Tensor;
  /** a′ ~ π(· | s′), `[batch, actionDim]`. */
  readonly actions: tf.Tensor;
  /** α (log π(a′ | s′) + H₀), `[batch]`: what the entropy of the next action takes from its value. */
  readonly entropyCosts: tf.Tensor;
  /** What target networks with a memory know before s′. */
  readonly past?: Past | undefined;
}

/** What the critics see of a minibatch: observations as the networks see them, `[batch, observationDim]`, and what they know before them. */
export interface Seen {
  readonly observations: tf.Tensor;
  readonly past?: Past | undefined;
}

type SacRate = 'learningRate' | 'criticLearningRate' | 'temperatureLearningRate' | 'temperature';

export type SacBatch = TransitionTensors<SacRate>;

/**
 * Soft actor-critic but for the critics: what they are, what they learn, and how the policy climbs them, a subclass says. {@link Sac} has
 * the formulas.
 *
 * A policy that behaves otherwise in training does so in its own loss. If the replay is prioritized, rows are drawn by the errors of the
 * critics, δ = 1/N Σᵢ |Qᵢ(s, a) − y|, and weighted in the critics' loss alone.
 */
export abstract class SoftActorCritic<Q extends CriticNetworks, C extends Config> extends CheckpointedAgent<SacReport> {
  readonly critics: Q;
  protected readonly config: C;
  /** Target networks; the critics themselves where there are none. */
  protected readonly targets: Q;
  /** log α, where it is learned. */
  readonly #logTemperature: ScalarParameter;
  /** H̄ */
  readonly #targetEntropy: number;
  /** H₀ */
  readonly #baseEntropy: number;
  readonly #optimizers;
  readonly #noise: ExplorationNoise;
  readonly #sde: StateDependentNoise | undefined;
  readonly #training: ReplayTraining<SacReport, SacRate>;
  readonly #act;
  readonly #update;
  /** The update without policy and temperature. */
  readonly #updateCritics;

  /**
   * @param name as the registry names it: `sac`
   * @param config the options; without a `tau` there are no target networks
   * @param options `hasMemory`, whether a policy with a memory can be trained
   * @throws if the environment does not fit the policy, or the policy has no density or is not reparameterized
   */
  constructor(owner: string, name: LearnerName, config: C, options: { adam?: AdamOptions; hasMemory?: boolean } = {}) {
    super(owner);
    this.config = config;
    const { policy, learningRate, temperature, temperatureLearningRate = learningRate } = config;
    const { env, actionSpace } = vectorEnvFor(owner, policy, config.env);
    checkDensity(owner, policy);
    checkPolicy(policy);
    checkContinuous(owner, actionSpace);
    const given = givenSpace(policy, actionSpace);
    adviseOnPolicy(name, policy, given);
    checkReparameterized(owner, policy);
    const fixed = temperature === 'auto' ? 0 : temperature;
    const rates = { ...actorCriticRates(config), temperatureLearningRate, temperature: fixed };
    const { adam, hasMemory = false } = options;
    const stateDim = hasMemory ? 2 * policy.stateDim : undefined;
    const training = new ReplayTraining<SacReport, SacRate>({
      ...{ owner, config, env, actionSpace, rates },
      ...(stateDim !== undefined && { stateDim }),
    });
    this.#training = training;
    const angles = hasAngles(policy);
    this.#noise = new ExplorationNoise(env.numEnvs, actionSpace, config, angles);
    const ofCritics = criticNetworksOptions(policy, given, config, { angles });
    this.critics = this.makeCritics(ofCritics);
    this.targets = config.tau === undefined ? this.critics : this.makeCritics(ofCritics);
    this.#logTemperature = new ScalarParameter(
      temperature === 'auto' ? portableMath.log(config.initialTemperature) : 0,
    );
    // −1 for each component of the action in units of half its bounds, as a density in the action's own units.
    const usualEntropy = halfWidths(given).reduce((sum, half) => sum - 1 + portableMath.log(half), 0);
    this.#targetEntropy = config.targetEntropy ?? usualEntropy;
    this.#baseEntropy = config.baseEntropy ?? boxRescaleLogDet(given);
    this.#optimizers = {
      criticOptimizer: new ClippedAdam(this.critics, config.criticMaxGradientNorm, adam),
      policyOptimizer: new ClippedAdam(policy, config.maxGradientNorm, adam),
      temperatureOptimizer: new Adam(this.#logTemperature.trainableVariables()),
    };
    const networks = { policy, critics: this.critics, ...(config.tau !== undefined && { targets: this.targets }) };
    const modules = { ...networks, temperature: this.#logTemperature, ...this.#optimizers };
    const { policyOptimizer: _, temperatureOptimizer: __, ...improved } = modules;
    this.#sde = StateDependentNoise.of(owner, policy, env.numEnvs, config.sdeSampleFreq);
    this.#act = compileAct(name, policy, env.numEnvs, sampledAction, { critics: this.critics, sde: this.#sde });
    const update = (isPolicyDue: boolean) => (batch: SacBatch, rng: Rng) => this.#improve(batch, rng, isPolicyDue);
    this.#update = compileOnArrays(`${name}/update`, modules, training.shapes, update(true));
    this.#updateCritics = compileOnArrays(`${name}/update-critics`, improved, training.shapes, update(false));
    this.parts = { sde: this.#sde, ...training.parts(modules, this.#noise) };
    this.compiled = [this.#act, this.#update, this.#updateCritics];
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train(options: TrainOptions): AsyncGenerator<SacReport, void, undefined> {
    const training = this.#training;
    if (training.begin(options)) {
      if (this.targets !== this.critics) this.targets.loadStateDict(this.critics.stateDict());
      this.#noise.reset();
    }
    while (training.goesOn) {
      this.#sde?.renew(training.lengths, training.streams.actions);
      const uniform = training.uniformActions();
      // What remembers sees all steps.
      const acted = uniform === undefined || training.remembers ? this.#acted() : undefined;
      training.collect(uniform ?? acted!.actions, acted?.state);
      while (training.isUpdateDue) {
        const batch = training.sample();
        const update = training.updates % this.config.policyDelay === 0 ? this.#update : this.#updateCritics;
        training.record(update(batch, training.streams.updates));
      }
      if (training.isReportDue) yield training.report();
    }
  }

  protected abstract makeCritics(options: CriticNetworksOptions): Q;

  /** The targets of one update, without a gradient. @returns the loss of the critics beside them, weighted as the rows are */
  protected abstract criticLoss(batch: SacBatch, seen: Seen, next: Next, rng: Rng): () => CriticLoss;

  /** Q(s, a) as the policy climbs it, `[batch]`. */
  protected abstract policyValues(seen: Seen, actions: tf.Tensor): tf.Tensor;

  /** A sample of the policy for each environment, with the noise of exploration, and what is remembered after it. */
  #acted() {
    const { replay, memory, streams } = this.#training;
    const inputs = { observations: replay.current, state: memory.numbers, ...this.#sde?.inputs };
    const { action, state } = this.#training.acted(() => this.#act(inputs, streams.actions));
    const isNoisy = this.config.explorationNoise > 0;
    return { actions: isNoisy ? this.#noise.addedTo(action, streams.actions) : action, state };
  }

  /** The update of the critics and their targets on one minibatch, and of policy and temperature where it is due. */
  #improve(batch: SacBatch, rng: Rng, isPolicyDue: boolean): UpdateMetrics<SacReport> {
    const { policy, tau } = this.config;
    const { observations, nextObservations } = batch;
    const ofPolicy = sequencePasts(policy, policy, batch);
    const ofCritics = sequencePasts(this.critics, policy, batch, policy.stateDim);
    const ofTargets = sequencePasts(this.targets, policy, batch, policy.stateDim);
    const seen = { observations: policy.normalized(observations), past: ofCritics.now };
    const isLearned = this.config.temperature === 'auto';
    const temperature = isLearned ? tf.exp(this.#logTemperature.value) : batch.temperature;

    const { action, logProb } = policy.given(nextObservations, ofPolicy.next).sampleWithLogProb(rng);
    const entropyCosts = tf.mul(temperature, tf.add(logProb, this.#baseEntropy));
    const next = { seen: policy.normalized(nextObservations), actions: action, entropyCosts, past: ofTargets.next };
    const criticLoss = this.criticLoss(batch, seen, next, rng);
    const { loss, ...others } = this.#optimizers.criticOptimizer.descend(criticLoss, batch.criticLearningRate);

    const improved = isPolicyDue ? this.#improvePolicy(batch, seen, ofPolicy.now, { temperature, rng }) : {};
    if (tau !== undefined) polyak(this.targets, this.critics, tau);
    return { ...improved, criticLoss: loss, temperature, ...others };
  }

  #improvePolicy(
    batch: SacBatch,
    seen: Seen,
    past: Past | undefined,
    { temperature, rng }: { readonly temperature: tf.Tensor; readonly rng: Rng },
  ) {
    const { policy } = this.config;
    const losses = () => {
      const { action, logProb } = whileTraining(() => policy.given(batch.observations, past).sampleWithLogProb(rng));
      const values = this.policyValues(seen, action);
      return { loss: tf.mean(tf.sub(tf.mul(temperature, logProb), values)), entropy: tf.neg(tf.mean(logProb)) };
    };
    const { loss, entropy } = this.#optimizers.policyOptimizer.descend(losses, batch.learningRate);
    if (this.config.temperature === 'auto') {
      // The derivative of −log α · E[log π + H̄] by log α.
      const gradient = tf.sub(entropy, this.#targetEntropy);
      this.#optimizers.temperatureOptimizer.update([gradient], batch.temperatureLearningRate);
    }
    return { policyLoss: loss, entropy };
  }
}

export const sacOptions = z.strictObject({ ...softActorCriticOptions, ...replayedSequenceOptions, criticsPerTarget });

/** Options of {@link Sac}. */
export type SacOptions = z.input<typeof sacOptions>;

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
 * space where it is bounded. With a memory, of policy and critics, minibatches are of sequences, from the states
 * that acting had, after a burn-in.
 *
 * Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905; Chen et al., "Randomized Ensembled Double
 * Q-Learning", arXiv:2101.05982.
 */
export class Sac extends SoftActorCritic<ActionValues, z.output<typeof sacOptions>> {
  /** @throws for an unknown option or one out of range, if the environment does not fit the policy, or the policy has no density or is not reparameterized */
  constructor(options: SacOptions) {
    const config = parseOptions('Sac', sacOptions, options);
    const { critics, criticsPerTarget = 1 } = config;
    if (criticsPerTarget > critics) {
      const expected = `expected at most the ${critics} critics that there are`;
      throw new Error(`Sac: criticsPerTarget: got ${criticsPerTarget}, ${expected}`);
    }
    super('Sac', 'sac', config, { hasMemory: true });
  }

  protected makeCritics(options: CriticNetworksOptions): ActionValues {
    return new ActionValues(options);
  }

  protected criticLoss(batch: SacBatch, seen: Seen, next: Next, rng: Rng): () => CriticLoss {
    const { criticsPerTarget: count } = this.config;
    const nextValues =
      count === undefined
        ? this.targets.least(next.seen, next.actions, next.past)
        : this.targets.leastOfSome(next.seen, next.actions, { count, rng, past: next.past });
    const targets = tdTarget(batch, tf.sub(nextValues, next.entropyCosts));
    const options = { factor: 0.5, weights: batch.weights, past: seen.past };
    return () => this.critics.loss(seen.observations, batch.actions, targets, options);
  }

  protected policyValues({ observations, past }: Seen, actions: tf.Tensor): tf.Tensor {
    return this.config.criticsPerTarget === undefined
      ? this.critics.least(observations, actions, past)
      : this.critics.mean(observations, actions, past);
  }
}
