import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { VectorWrapper } from '../envs/core/vectorEnv.ts';
import {
  type BatchArray,
  Box,
  type Info,
  type VectorEnv,
  type VectorResetOptions,
  type VectorStep,
} from '../envs/index.ts';
import {
  Adam,
  checkPolicy,
  makePolicy,
  ObservationLayout,
  type Policy,
  portableMath,
  type Rng,
  SteeredPolicy,
  whileTraining,
} from '../src/index.ts';
import { choice, count, flag, positive } from '../src/options/fields.ts';
import { parseOptions } from '../src/options/parse.ts';
import { hasDensity } from '../src/policies/actionDistributions.ts';
import { clippedActions } from '../src/policies/actor.ts';
import { unitBounds } from '../src/policies/boxScale.ts';
import { checkSteerable, noiseSpace } from '../src/policies/steeredPolicy.ts';
import type { TrainOptions, TrainReport } from './agent.ts';
import { checkContinuous, checkNoMemory, withArticle } from './core/checks.ts';
import {
  ActionValues,
  type ActorCriticRate,
  actorCriticRates,
  ClippedAdam,
  criticNetworksOptions,
  polyak,
  tdTarget,
} from './core/critics.ts';
import { commandActions, givenSpace, vectorEnvFor } from './core/envs.ts';
import { ReplayTraining, type UpdateMetrics } from './core/loops.ts';
import { datasetOption } from './core/offline.ts';
import { criticOptions, layerWidths, offPolicyOptions, partSchemas } from './core/options.ts';
import type { TransitionTensors } from './core/replay.ts';
import { CheckpointedAgent, compileOnArrays, ScalarParameter, setSameLength } from './core/state.ts';
import { softActorCriticOptions } from './sac.ts';

// The frozen policy sees observations as it has learned to.
const { normalizeObservations: _, clipObservations: __, ...replayOptions } = offPolicyOptions;
const { temperature, initialTemperature, temperatureLearningRate } = softActorCriticOptions;

export const dsrlOptions = z.strictObject({
  ...replayOptions,
  policy: partSchemas.policy.describe('the policy whose noise is steered; it stays as it is'),
  learningStarts: count(
    1000,
    'environment steps before the first update; until then the policy acts by its usual noise',
    'steps',
  ),
  demonstrations: datasetOption
    .optional()
    .describe(
      'episodes with rewards that the replay begins with, of one environment; without noise aliasing of a flow or a Gaussian',
    ),
  noiseAliasing: flag(
    true,
    'whether the critics that learn from rewards judge actions, and others learn of them to judge noise (DSRL-NA); without it they judge noise (DSRL-SAC)',
  ),
  noiseBound: positive(
    1.5,
    'b, the largest size of a number of noise that is chosen',
    'standard deviations of the usual noise',
  ),
  steering: choice(
    ['gaussian', 'mixture', 'spline', 'realnvp'],
    'gaussian',
    'the policy that chooses the noise; within its bounds by tanh',
  ),
  steeringHidden: layerWidths('this policy', [256, 256]),
  temperature,
  initialTemperature,
  targetEntropy: z.number().optional().meta({
    description:
      'the entropy of the noise that a learned α aims at; by default log b for each of its numbers, 0.69 less than noise that is uniform within the bounds has',
    unit: 'nats',
  }),
  temperatureLearningRate,
  ...criticOptions,
});

/** Options of {@link Dsrl}. */
export type DsrlOptions = z.input<typeof dsrlOptions>;

/** Means over the updates since the last report; absent where there were none, as before the first one. */
export interface DsrlReport extends TrainReport {
  /** E[α log ρ − W]. */
  readonly policyLoss?: number;
  /** ½ Σᵢ E[(Qᵢ − y)²], without noise aliasing of Wᵢ. */
  readonly criticLoss?: number;
  /** ½ Σᵢ E[(Wᵢ − min Q)²], with noise aliasing. */
  readonly distillationLoss?: number;
  /** −E[log ρ], nats, of the noise. */
  readonly entropy?: number;
  /** α, before the update. */
  readonly temperature?: number;
  /** E[Q₁] of the replay's actions, without noise aliasing E[W₁] of its noise. */
  readonly actionValue?: number;
}

type Config = z.output<typeof dsrlOptions>;

type DsrlRate = ActorCriticRate | 'temperatureLearningRate' | 'temperature';

type DsrlBatch = TransitionTensors<DsrlRate>;

/**
 * Diffusion steering via reinforcement learning: soft actor-critic over the noise z of a frozen policy a = f(s, z). What acts, and is left in
 * the end, is a {@link SteeredPolicy}: z ~ ρ(· | s) within |zᵢ| ≤ b in the place of N(0, I).
 *
 *   y = r + γ (1 − terminated) (min Q′ᵢ(s′, f(s′, z′)) − α log ρ(z′ | s′)),  z′ ~ ρ(· | s′)
 *   critics of actions: ½ Σᵢ E[(Qᵢ(s, a) − y)²]
 *   critics of noise:   ½ Σᵢ E[(Wᵢ(s, z) − min Qⱼ(s, f(s, z)))²],  z ~ N(0, I)
 *   ρ:                  E[α log ρ(z | s) − min Wᵢ(s, z)],  z ~ ρ(· | s), through the sample
 *   temperature:        −log α · E[log ρ(z | s) + H̄]
 *   targets:            θ′ ← θ′ + τ (θ − θ′)
 *
 * That is noise aliasing, DSRL-NA: many kinds of noise lead to one action, and what one has earned tells of all. No gradient goes through f. Without it,
 * DSRL-SAC, Wᵢ learn from rewards, ½ Σᵢ E[(Wᵢ(s, z) − y)²] with min W′ᵢ(s′, z′) in y; the replay then keeps noise, and there is no Q.
 *
 * With `demonstrations` the replay begins with their transitions; without noise aliasing with the noise of their actions, z = f⁻¹(s, a) cut off at ±b.
 *
 * Critics see actions as the environment gets them, clipped to their bounds, and observations as the policy's networks see them. The policy may be
 * flow matching, any flow on a line, a Gaussian, or implicit.
 *
 * Wagenmaker, Nakamoto, Zhang, Park, Yagoub, Nagabandi, Gupta & Levine, "Steering Your Diffusion Policy with Latent Space Reinforcement
 * Learning", arXiv:2506.15799.
 */
export class Dsrl extends CheckpointedAgent<DsrlReport> {
  /** The policy with its noise steered: its `steering` is ρ. */
  readonly actingPolicy: SteeredPolicy;
  /** W. */
  readonly noiseCritics: ActionValues;
  /** What learns from rewards: Q, or W without noise aliasing. */
  readonly critics: ActionValues;
  readonly #config: Config;
  /** Of the actions of one step. */
  readonly #stepSpace: Box;
  /** Of what the policy gives: the same, or of whole chunks. */
  readonly #actionSpace: Box;
  readonly #targets: ActionValues;
  /** log α, where it is learned. */
  readonly #logTemperature: ScalarParameter;
  /** H̄ */
  readonly #targetEntropy: number;
  readonly #optimizers;
  readonly #training: ReplayTraining<DsrlReport, DsrlRate>;
  /** By noise of N(0, I). */
  readonly #actUsually;
  readonly #act;
  readonly #update;

  /**
   * @throws for an unknown option or one out of range, if the environment does not fit the policy, this does not take noise of N(0, I) to
   *   actions, or has chunks and no noise aliasing
   */
  constructor(options: DsrlOptions) {
    super('Dsrl');
    const config = parseOptions('Dsrl', dsrlOptions, options);
    this.#config = config;
    const { policy, noiseAliasing, noiseBound, rng, learningRate, temperatureLearningRate = learningRate } = config;
    const { env: vectorEnv, actionSpace } = vectorEnvFor('Dsrl', policy, config.env);
    checkContinuous('Dsrl', actionSpace);
    checkNoMemory('Dsrl', policy);
    const noiseDim = checkSteerable('Dsrl', policy);
    checkPolicy(policy, { gradients: false });
    if (policy.chunk !== undefined && !noiseAliasing) {
      throw new Error(
        'Dsrl: noiseAliasing: got false for a policy of chunks, expected true: the replay keeps the actions of single steps',
      );
    }
    checkDemonstrations(config, vectorEnv);
    const given = givenSpace(policy, actionSpace);
    this.#stepSpace = actionSpace;
    this.#actionSpace = given;
    const ofNoise = new Box(noiseSpace(noiseDim, noiseBound));
    const steered = new SteeredPolicy({ policy, steering: steeringFor(config, ofNoise), bound: noiseBound });
    this.actingPolicy = steered;

    const { numEnvs } = vectorEnv;
    const fixed = config.temperature === 'auto' ? 0 : config.temperature;
    const rates = { ...actorCriticRates(config), temperatureLearningRate, temperature: fixed };
    const observations = { shape: [numEnvs, policy.observationDim] };
    const noiseEnv = noiseAliasing ? undefined : new NoiseVectorEnv(vectorEnv, steered, ofNoise);
    const places = noiseEnv
      ? { policy: steered.steering, env: noiseEnv, actionSpace: ofNoise }
      : { policy: steered, env: vectorEnv, actionSpace };
    const ofReplay = { ...config, policy: places.policy, normalizeObservations: false, clipObservations: 10 };
    let training: ReplayTraining<DsrlReport, DsrlRate>;
    try {
      training = new ReplayTraining({ owner: 'Dsrl', ...places, config: ofReplay, rates });
    } catch (error) {
      steered.steering.dispose();
      noiseEnv?.dispose();
      throw error;
    }
    this.#training = training;

    const units = unitBounds(given, policy.actionScale);
    const critics = (name: string, space: Box, others: object = {}) =>
      new ActionValues(criticNetworksOptions(policy, space, { ...config, rng: rng.split(name) }, others));
    this.noiseCritics = critics('noise', ofNoise);
    this.critics = noiseAliasing ? critics('actions', given, { units }) : this.noiseCritics;
    this.#targets = noiseAliasing ? critics('actions', given, { units }) : critics('noise', ofNoise);
    const isLearned = config.temperature === 'auto';
    this.#logTemperature = new ScalarParameter(isLearned ? portableMath.log(config.initialTemperature) : 0);
    this.#targetEntropy = config.targetEntropy ?? noiseDim * portableMath.log(noiseBound);
    this.#optimizers = {
      criticOptimizer: new ClippedAdam(this.critics, config.criticMaxGradientNorm),
      noiseCriticOptimizer: noiseAliasing
        ? new ClippedAdam(this.noiseCritics, config.criticMaxGradientNorm)
        : undefined,
      policyOptimizer: new ClippedAdam(steered, config.maxGradientNorm),
      temperatureOptimizer: new Adam(this.#logTemperature.trainableVariables()),
    };

    type Draw = (observations: tf.Tensor, rng: Rng) => tf.Tensor;
    const act = (name: string, draw: Draw) =>
      compileOnArrays(
        name,
        { steered },
        { observations },
        ({ observations }: Record<'observations', tf.Tensor>, rng) => {
          const noise = draw(observations, rng);
          return { action: noiseAliasing ? steered.actionsOf(observations, noise) : noise };
        },
      );
    this.#actUsually = act('dsrl/act-usually', (_, rng) => rng.normalTensor([numEnvs, noiseDim]));
    this.#act = act('dsrl/act', (seen, rng) => steered.noiseGiven(seen).sampleWithLogProb(rng).action);
    const { noiseCriticOptimizer, ...optimizers } = this.#optimizers;
    const modules = {
      ...{ policy: steered, critics: this.critics, targets: this.#targets, temperature: this.#logTemperature },
      ...optimizers,
      ...(noiseCriticOptimizer && { noiseCritics: this.noiseCritics, noiseCriticOptimizer }),
    };
    this.#update = compileOnArrays('dsrl/update', modules, training.shapes, (batch: DsrlBatch, rng) =>
      this.#improve(batch, rng),
    );
    this.parts = training.parts(modules);
    this.compiled = [this.#actUsually, this.#act, this.#update, ...(noiseEnv ? [noiseEnv] : [])];
  }

  /** @throws {DivergedError} if a loss is no longer a number */
  async *train(options: TrainOptions): AsyncGenerator<DsrlReport, void, undefined> {
    const training = this.#training;
    if (training.begin(options)) {
      this.#targets.loadStateDict(this.critics.stateDict());
      this.#addDemonstrations();
    }
    while (training.goesOn) {
      const { replay, streams } = training;
      const act = training.step < this.#config.learningStarts ? this.#actUsually : this.#act;
      training.collect(training.acted(() => act({ observations: replay.current }, streams.actions)).action);
      while (training.isUpdateDue) training.record(this.#update(training.sample(), streams.updates));
      if (training.isReportDue) yield training.report();
    }
  }

  /** Puts the demonstrations into the replay: their actions as the environment got them, or the noise that leads to these. */
  #addDemonstrations(): void {
    const { demonstrations, noiseAliasing, noiseBound } = this.#config;
    const { actionDim, observationDim } = this.actingPolicy;
    for (const episode of demonstrations?.episodes() ?? []) {
      const actions = commandActions(episode.actions, this.#stepSpace);
      const count = episode.rewards.length;
      const noise = () =>
        tf.tidy(() => {
          const seen = tf.tensor2d(episode.observations.subarray(0, count * observationDim), [count, observationDim]);
          const found = this.actingPolicy.noiseOf(seen, tf.tensor2d(actions, [count, actionDim]));
          return tf.clipByValue(found, -noiseBound, noiseBound).dataSync<'float32'>();
        });
      this.#training.replay.addEpisode({ ...episode, actions: noiseAliasing ? actions : noise() });
    }
  }

  /** The whole update of critics, ρ, temperature and targets on one minibatch. */
  #improve(batch: DsrlBatch, rng: Rng): UpdateMetrics<DsrlReport> {
    const { noiseAliasing, tau } = this.#config;
    const steered = this.actingPolicy;
    const { observations, nextObservations, actions, weights, learningRate, criticLearningRate } = batch;
    const { criticOptimizer, noiseCriticOptimizer, policyOptimizer, temperatureOptimizer } = this.#optimizers;
    const seen = steered.policy.normalized(observations);
    const nextSeen = steered.policy.normalized(nextObservations);
    const isLearned = this.#config.temperature === 'auto';
    const alpha = isLearned ? tf.exp(this.#logTemperature.value) : batch.temperature;

    const next = steered.noiseGiven(nextObservations).sampleWithLogProb(rng);
    const nextJudged = noiseAliasing ? this.#carried(nextObservations, next.action) : next.action;
    const nextValues = tf.sub(this.#targets.least(nextSeen, nextJudged), tf.mul(alpha, next.logProb));
    const targets = tdTarget(batch, nextValues);
    const criticLosses = () => this.critics.loss(seen, actions, targets, { factor: 0.5, weights });
    const { loss: criticLoss, ...others } = criticOptimizer.descend(criticLosses, criticLearningRate);

    const distilled: { distillationLoss?: tf.Tensor } = {};
    if (noiseCriticOptimizer) {
      const usual = rng.normalTensor([observations.shape[0]!, steered.steering.actionDim]);
      const values = this.critics.least(seen, this.#carried(observations, usual));
      const losses = () => ({ loss: this.noiseCritics.loss(seen, usual, values, { factor: 0.5 }).loss });
      distilled.distillationLoss = noiseCriticOptimizer.descend(losses, criticLearningRate).loss;
    }

    const policyLosses = () => {
      const { action: noise, logProb } = whileTraining(() => steered.noiseGiven(observations).sampleWithLogProb(rng));
      const gain = this.noiseCritics.least(seen, noise);
      return { loss: tf.mean(tf.sub(tf.mul(alpha, logProb), gain)), entropy: tf.neg(tf.mean(logProb)) };
    };
    const { loss: policyLoss, entropy } = policyOptimizer.descend(policyLosses, learningRate);
    if (isLearned) {
      // The derivative of −log α · E[log ρ + H̄] by log α.
      temperatureOptimizer.update([tf.sub(entropy, this.#targetEntropy)], batch.temperatureLearningRate);
    }
    polyak(this.#targets, this.critics, tau);
    return { policyLoss, criticLoss, ...distilled, entropy, temperature: alpha, ...others };
  }

  /** f(s, z), as the environment gets it. */
  #carried(observations: tf.Tensor, noise: tf.Tensor): tf.Tensor {
    return clippedActions(this.actingPolicy.actionsOf(observations, noise), this.#actionSpace);
  }
}

/** @throws if there are demonstrations that the replay cannot take */
function checkDemonstrations({ demonstrations, policy, noiseAliasing, bufferSize }: Config, env: VectorEnv): void {
  if (demonstrations === undefined) return;
  const { observationSpace, actionSpace, numSteps } = demonstrations;
  const refuse = (got: string, expected: string) => {
    throw new Error(`Dsrl: demonstrations: got ${got}, expected ${expected}`);
  };
  const { size } = new ObservationLayout('Dsrl: demonstrations: observations', observationSpace);
  const ofEnv = env.singleActionSpace as Box;
  if (size !== policy.observationDim || !(actionSpace instanceof Box) || actionSpace.size !== ofEnv.size) {
    refuse(
      `${size} observations and actions ${actionSpace}`,
      `${policy.observationDim} and ${ofEnv}, as the policy has`,
    );
  }
  if (env.numEnvs > 1) refuse(`them for ${env.numEnvs} environments`, 'one, whose steps they go before in the replay');
  if (numSteps > bufferSize) refuse(`${numSteps} steps`, `at most the ${bufferSize} of bufferSize`);
  if (noiseAliasing || hasDensity(policy)) return;
  refuse(
    `them without noise aliasing for ${withArticle(policy.constructor.name)}`,
    'a flow or a Gaussian, whose actions tell their noise',
  );
}

/** ρ before training. */
function steeringFor({ policy, steering, steeringHidden: hidden, rng }: Config, actionSpace: Box): Policy {
  const anywhere = { shape: [policy.observationDim] };
  const observationSpace = policy.config?.observationSpace ?? new Box({ low: -Infinity, high: Infinity, ...anywhere });
  return makePolicy(steering, { observationSpace, actionSpace, for: 'sac', hidden, rng: rng.split('steering') });
}

/** Environments that take the noise of a policy in the place of actions. */
class NoiseVectorEnv extends VectorWrapper {
  override readonly singleActionSpace: Box;
  readonly #carry;
  /** What the noise answers. */
  readonly #observations: Float32Array;

  /** @param space of the noise */
  constructor(env: VectorEnv, steered: SteeredPolicy, space: Box) {
    super(env);
    this.singleActionSpace = space;
    const rows = (size: number) => ({ shape: [env.numEnvs, size] });
    this.#observations = new Float32Array(env.numEnvs * steered.observationDim);
    this.#carry = compileOnArrays(
      'dsrl/carry',
      { steered },
      { observations: rows(steered.observationDim), noise: rows(space.size) },
      ({ observations, noise }: Record<'observations' | 'noise', tf.Tensor>) => ({
        actions: steered.actionsOf(observations, noise),
      }),
    );
  }

  override reset(options?: VectorResetOptions): [observations: Float32Array, infos: Info[]] {
    const [observations, infos] = this.env.reset(options);
    this.#observations.set(observations);
    return [observations, infos];
  }

  override step(noise: BatchArray): VectorStep {
    const { actions } = this.#carry({ observations: this.#observations, noise });
    const step = this.env.step(commandActions(actions, this.env.singleActionSpace as Box));
    this.#observations.set(step.observations);
    return step;
  }

  override state(): unknown {
    return { env: this.env.state(), observations: this.#observations.slice() };
  }

  override setState(state: { readonly env: unknown; readonly observations: Float32Array }): void {
    setSameLength({ observations: [this.#observations, state.observations] });
    this.env.setState(state.env);
  }

  /** Frees what the engine holds; the environments stay open. */
  dispose(): void {
    this.#carry.dispose();
  }
}
