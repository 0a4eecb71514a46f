import * as tf from '@tensorflow/tfjs-core';
import type { OnnxModel } from '../engine/traceToOnnx.ts';
import { fingerprintOfNumbers } from '../fingerprint.ts';
import { Module } from '../module.ts';
import type { Activation } from '../nn/dense.ts';
import type { Memory } from '../nn/recurrent.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { wrapAngle } from '../nn/tensors.ts';
import { checkArgument } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import type { BoxSpace, ChoiceSpace, PlainSpace } from '../spaces/plain.ts';
import { type Acting, type ActingOptions, temperedLatent } from './acting.ts';
import type { ActionChunk } from './actionChunks.ts';
import { withDensity } from './actionDistributions.ts';
import {
  type ActedAction,
  type ActOptions,
  Actor,
  type ActorOptions,
  type Observation,
  SingleActor,
  sampleAction,
} from './actor.ts';
import { BoxScale } from './boxScale.ts';
import { denseCenter, GreedyNoise, mostFrequent } from './greedy.ts';
import { type ObservationEncoder, ObservationNormalizer } from './observationEncoder.ts';
import { policyToOnnx } from './policyToOnnx.ts';

/** What a policy's sample is: the action, the latent value that it is the squash of, and the log-density of the action. */
export interface SampledAction {
  /** `[batch, actionDim]`, what the environment gets. */
  readonly action: tf.Tensor;
  /** `[batch, actionDim]`, the value before the squash: store this, and evaluate `logProb` on it. */
  readonly latent: tf.Tensor;
  /** `[batch]`, log π(action | observation), nats. */
  readonly logProb: tf.Tensor;
}

/** A sample of any policy: {@link SampledAction}, with the log-density where the policy has one. */
export type ActionSample = Omit<SampledAction, 'logProb'> & Partial<Pick<SampledAction, 'logProb'>>;

/** What a policy with a memory takes beside observations: what it knows of the steps before them. */
export interface Past {
  /** `[sequences, stateDim]`, before the first of the steps; 0 where nothing has been seen. */
  readonly state: tf.Tensor;
  /** `[steps · sequences]`, 1 where a step is the first of an episode and else 0; none is unless given. */
  readonly begins?: tf.Tensor | undefined;
}

/**
 * π(· | observations): what every agent needs of a policy, and all that it may use.
 *
 * A bounded action is the squash of a `latent` value; agents keep the latent one, so that the squash is never inverted.
 *
 * A policy may have samples without a density: its distributions are {@link ActionSamples}, which have `sample`, and whose
 * `sampleWithLogProb` and `logProb` throw. `sampleAction(distribution, rng)` draws from either.
 */
export interface ActionDistribution {
  /**
   * Whether gradients flow through a sample to all that the distribution depends on. Where they do not, as to the weights of a
   * mixture, an expectation's gradient needs a score-function term: E[f(a) ∇ log π(a)].
   */
  readonly reparameterized: boolean;
  /** Whether latent values are angles in [−π, π), of which both ends are one; they are numbers on a line unless it says so. */
  readonly angles?: boolean;
  /** One action for each observation, where there is no density; absent where {@link sampleWithLogProb} gives it with its log-density. */
  sample?(rng: Rng): ActionSample;
  /** One action for each observation. */
  sampleWithLogProb(rng: Rng): SampledAction;
  /** log π of the actions whose latents these are: `[batch, actionDim]` → `[batch]`. */
  logProb(latent: tf.Tensor): tf.Tensor;
  /** The action of a latent value. */
  squash(latent: tf.Tensor): tf.Tensor;
  /** log|det ∂squash/∂latent|, `[batch, actionDim]` → `[batch]`; where it is not there the squash is the identity. */
  squashLogDet?(latent: tf.Tensor): tf.Tensor;
  /** The latent value of an action, for data that holds actions only. */
  unsquash(action: tf.Tensor): tf.Tensor;
  /** The entropy of the action where it is exact, `[batch]`, else undefined: agents then estimate it by −log π. */
  entropy?(): tf.Tensor;
  /** The latent value of greatest density, `[batch, actionDim]`, where it is exact and the distribution has one mode. */
  mode?(): tf.Tensor;
  /** log p of the latent value at its {@link mode}, `[batch]`, where that is there; not of the action. */
  modeLogProb?(): tf.Tensor;
  /** A latent value of the law ∝ p^(1/T), `[batch, actionDim]`, where it is exact: of a Gaussian N(μ, T Σ), of choices by logits / T. */
  sampleTempered?(rng: Rng, temperature: number): tf.Tensor;
}

/** What stands in the place of a policy's name where it is of an ONNX file. */
export const ONNX = 'onnx';

/** What a policy of the registry was made from, in plain JSON but for infinite bounds. */
export interface PolicyConfig {
  readonly name: string;
  readonly observationSpace: PlainSpace;
  /** The environment's: of one step, also where a policy gives chunks. */
  readonly actionSpace: BoxSpace | ChoiceSpace;
  /** All options, with the defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * A stochastic policy. Anyone's subclass plugs into any agent: it has `featureDim`, `actionDim` and `distribution`. What comes before its
 * networks, a normalizer and an encoder of images, it gets from here.
 *
 * @typeParam Action what {@link Policy.act} gives, for whoever knows it: a `Float32Array` of a box, a number of one discrete action
 * @typeParam Distribution what {@link Policy.given} gives
 *
 * @example
 * class LinearGaussian extends Policy<Float32Array> {
 *   readonly featureDim = 3;
 *   readonly actionDim = 1;
 *   readonly mean = new Dense({ inputDim: 3, outputDim: 1, rng: new Rng(0) });
 *
 *   protected distribution(features: tf.Tensor) {
 *     return new SquashedDistribution(new MultivariateNormalDiag({ loc: this.mean.apply(features), logScale: tf.zeros([1]) }), new Identity());
 *   }
 * }
 */
export abstract class Policy<
  Action extends ActedAction = ActedAction,
  Distribution extends ActionDistribution = ActionDistribution,
> extends Module {
  /** How many numbers its networks see. */
  abstract readonly featureDim: number;
  abstract readonly actionDim: number;
  /** Where actions are choices which they are; the latent value is then the index 0 … n − 1 of each, as float32. */
  readonly discreteActions?: ChoiceSpace;
  /**
   * How many numbers at the end of an observation say which choices are allowed: 1 or 0 for each, one choice's after another's. Networks
   * do not see them. 0 unless the policy masks actions, by `maskedLogits`.
   */
  readonly maskDim: number = 0;
  /** Where actions are numbers of a box as they are, without a squash, which: beyond it they have no density. */
  readonly boundedActions?: BoxSpace;
  /** Where an action is a chunk, the actions of several steps one after the other: what of it is made. */
  chunk?: ActionChunk;
  /** Set where `makePolicy` made the policy. */
  config?: PolicyConfig;
  /** Set by {@link normalizeObservations}. */
  normalizer?: ObservationNormalizer;
  /** Set by {@link encodeObservations}. */
  encoder?: ObservationEncoder;
  /** Set by {@link remember}. */
  memory?: Memory;
  /** A fingerprint of the variables as they were untrained, where data may give units. */
  #untrained: string | undefined;
  #acting: SingleActor | undefined;
  #isDisposed = false;

  /**
   * π(· | features).
   * @param features `[batch, featureDim]`, see {@link Policy.features}
   * @param mask `[batch, maskDim]`, 1 for each choice that is allowed and else 0; undefined where `maskDim` is 0
   */
  protected abstract distribution(features: tf.Tensor, mask: tf.Tensor | undefined): Distribution;

  /** How many numbers an observation has: {@link featureDim}, or what the encoder sees, and the mask. */
  get observationDim(): number {
    return (this.encoder?.observationDim ?? this.memory?.inputDim ?? this.featureDim) + this.maskDim;
  }

  /** How many numbers a policy with a memory keeps of an episode; 0 without. */
  get stateDim(): number {
    return this.memory?.stateDim ?? 0;
  }

  /**
   * π(· | observations). A subclass says what it is by {@link distribution}.
   * @param observations `[batch, observationDim]`; of a policy with a memory as {@link unroll} takes them
   * @param past what a policy with a memory knows; without it each row is the first step of an episode
   * @throws if they are not float32 of this shape
   */
  given(observations: tf.Tensor, past?: Past): Distribution {
    return this.unroll(observations, past).distribution;
  }

  /**
   * π of the steps of several sequences, each given all steps before it, with what is remembered after the last. Without a memory, π of each row.
   * @param observations `[steps · sequences, observationDim]`, step by step: row t · sequences + i is step t of sequence i
   * @returns the distribution of all rows, the {@link features} that it is of, and the state `[sequences, stateDim]`, undefined without a memory
   * @throws as {@link given}
   */
  unroll(
    observations: tf.Tensor,
    past?: Past,
  ): { readonly distribution: Distribution; readonly features: tf.Tensor; readonly state: tf.Tensor | undefined } {
    const { features, state } = this.#seen(observations, past);
    return { distribution: this.distribution(features, this.#mask(observations)), features, state };
  }

  #mask(observations: tf.Tensor): tf.Tensor | undefined {
    return this.maskDim === 0 ? undefined : maskOf(observations, this.maskDim);
  }

  /**
   * What its networks see of observations: normalized, without a mask of actions, of images the features of the encoder, and what the memory
   * makes of these.
   * @param observations `[batch, observationDim]`
   * @returns `[batch, featureDim]`
   * @throws as {@link given}
   */
  features(observations: tf.Tensor, past?: Past): tf.Tensor {
    return this.#seen(observations, past).features;
  }

  #seen(observations: tf.Tensor, past: Past | undefined): { features: tf.Tensor; state?: tf.Tensor } {
    const { observationDim, memory } = this;
    checkArgument(`${this.constructor.name}.given`, 'observations', observations, tf.Tensor);
    if (observations.rank !== 2 || observations.shape[1] !== observationDim || observations.dtype !== 'float32') {
      throw new Error(
        `${this.constructor.name}.given: observations: got ${observations.dtype} of shape [${observations.shape}], ` +
          `expected float32 [batch, ${observationDim}]`,
      );
    }
    const seen = this.normalized(observations);
    const features = this.encoder?.apply(seen) ?? seen;
    if (memory === undefined) return { features };
    const known = past ?? { state: tf.zeros([observations.shape[0]!, memory.stateDim]) };
    const { outputs, state } = memory.unroll({ ...known, inputs: features });
    return { features: outputs, state };
  }

  /** The observations normalized, if the policy does that, and without a mask of actions. */
  normalized(observations: tf.Tensor): tf.Tensor {
    const seen = this.normalizer?.normalize(observations) ?? observations;
    return this.maskDim === 0 ? seen : tf.slice(seen, [0, 0], [-1, this.observationDim - this.maskDim]);
  }

  /**
   * Of a policy without a density, where there is a way to its log-probabilities that is too slow for training: a policy that has them,
   * over the same variables. It follows them, and must not be disposed.
   */
  exact?(): Policy;

  /**
   * What a policy is fitted to actions by, in the place of −log π(a | o), where it has no density: its mean over rows, a scalar.
   * @param observations `[batch, observationDim]`
   * @param actions `[batch, actionDim]`
   * @param weights what each row's loss is multiplied by, `[batch]`, or the part of each number, `[batch, actionDim]`: 0 where a chunk of actions
   *   reaches beyond its episode; a policy whose function does not name them cannot be weighted
   * @param past what a policy with a memory knows; one whose function does not name it cannot be fitted with a memory
   */
  matchingLoss?(observations: tf.Tensor, actions: tf.Tensor, rng: Rng, weights?: tf.Tensor, past?: Past): tf.Tensor;

  /**
   * Those of the trainable variables that give the distribution its shape, and not its place and width: of a flow with a head the
   * flow's. One step moves a density further by them, so that agents of policy gradients give them a smaller rate. None unless a
   * subclass says so.
   */
  shapeVariables(): tf.Variable[] {
    return [];
  }

  /**
   * Gives the policy a normalizer of observations, once: it is then a part of it, in files and exports, too. Agents tell it the moments
   * of what they observe.
   */
  normalizeObservations({
    clip = 10,
    epsilon,
  }: {
    /** the largest size of a normalized observation, 10 by default */
    clip?: number;
    /** what is added to variances, 1e-8 by default */
    epsilon?: number | undefined;
  } = {}): void {
    if (this.normalizer !== undefined) return;
    this.normalizer = new ObservationNormalizer({ observationDim: this.observationDim, clip, epsilon });
    this.#becomes({ normalizeObservations: true, clipObservations: clip });
  }

  /** Says in the policy's config what has become of it, for files. */
  #becomes(options: PolicyConfig['options']): void {
    if (this.config) this.config = { ...this.config, options: { ...this.config.options, ...options } };
    this.#forgetActors();
  }

  /** The scale of the actions, where it may take units of data: where the policy was made for actions without bounds. */
  get actionScale(): BoxScale | undefined {
    return Object.values(this).find((part) => part instanceof BoxScale && part.followsData) as BoxScale | undefined;
  }

  /**
   * Whether agents give its actions units of data: some of these have no bounds, there are no units yet, and no variable has been trained.
   */
  get takesUnits(): boolean {
    return this.actionScale?.isOpen === true && this.#untrained === this.#weights();
  }

  /** Keeps in mind that its variables are not trained: those that `makePolicy` gave it, or a file of such. */
  markUntrained(): void {
    if (this.actionScale?.isOpen) this.#untrained = this.#weights();
  }

  #weights(): string {
    return fingerprintOfNumbers(this.trainableVariables().map((variable) => variable.dataSync()));
  }

  /**
   * Counts the numbers of actions that have no bounds in units of data, once: action = mean + deviation · u, as a part of the policy, in files
   * and exports, too. Nothing changes where there are bounds, or such units already.
   * @param mean `[actionDim]`
   * @param deviation `[actionDim]`, each more than 0
   */
  standardizeActions({ mean, deviation }: Readonly<Record<'mean' | 'deviation', ArrayLike<number>>>): void {
    const { actionScale } = this;
    if (!actionScale?.isOpen) return;
    actionScale.standardize(mean, deviation);
    this.#becomes({ squash: 'standardize' });
  }

  /**
   * Puts an encoder of observations before the policy's networks, once: it is then a part of the policy, in files and exports, too. The
   * policy has been made for observations of as many numbers as there are features, and takes observations from now on.
   * @throws if its networks are of another size, or it has an encoder or a normalizer already
   */
  encodeObservations(encoder: ObservationEncoder): void {
    const featureDim = this.memory?.inputDim ?? this.featureDim;
    if (this.encoder !== undefined || this.normalizer !== undefined || featureDim !== encoder.featureDim) {
      const part = this.encoder ? ' with an encoder' : this.normalizer ? ' with a normalizer' : '';
      throw new Error(
        `${this.constructor.name}.encodeObservations: got a policy of ${featureDim} features${part}, ` +
          `expected one of ${encoder.featureDim} without encoder and normalizer`,
      );
    }
    this.encoder = encoder;
    this.#forgetActors();
  }

  /**
   * Puts a memory before the policy's networks, once: it is then a part of the policy, in files and exports, too. The policy has been made for
   * observations of as many numbers as the memory gives out, and takes what the memory takes from now on.
   * @throws if its networks are of another size, or it has a memory, an encoder or a normalizer already
   */
  remember(memory: Memory): void {
    const { featureDim } = this;
    const part = this.memory ? 'a memory' : this.encoder ? 'an encoder' : this.normalizer && 'a normalizer';
    if (part !== undefined || featureDim !== memory.units) {
      throw new Error(
        `${this.constructor.name}.remember: got a policy of ${featureDim} features${part ? ` with ${part}` : ''}, ` +
          `expected one of ${memory.units} without memory, encoder and normalizer`,
      );
    }
    this.memory = memory;
    this.#forgetActors();
  }

  /**
   * The greedy action, for each observation: the one that stands for the mode of most mass. It is the squash of the latent
   * distribution's mode where that is exact, as of a Gaussian; else the point that most of `candidates` samples of the latent
   * value are near to, see `denseCenter`, and of choices the one that is most frequent among them. Their noise is the same at each call and for
   * each observation, see `GreedyNoise`: the action is a function of the observation and the variables alone.
   *
   * Not the densest of the samples, which for a trained flow is often on a thin spike that carries little mass, and for a
   * squashed Gaussian at the bounds; not the image of the base's mode, which for two modes lies on the bridge between them.
   * @param observations `[batch, observationDim]`
   * @param past what a policy with a memory knows
   * @returns as `sampleAction`: with its log-probability where the policy has a density; of a policy with a memory its `state` after them, too
   * @throws if `candidates` is no positive integer
   */
  greedy(observations: tf.Tensor, candidates = 32, past?: Past): ActionSample & { readonly state?: tf.Tensor } {
    positiveInteger(`${this.constructor.name}.greedy`, 'candidates', candidates);
    return this.#chosen(observations, past, (distribution, rows) => {
      if (distribution.mode !== undefined) return distribution.mode();
      const batch = observations.shape[0]!;
      const { latent } = sampleAction(rows(candidates), new GreedyNoise(candidates, batch));
      const samples = tf.reshape(latent, [candidates, batch, this.actionDim]);
      if (this.discreteActions !== undefined) return mostFrequent(samples);
      return denseCenter(samples, distribution.angles ? wrapAngle : undefined);
    });
  }

  /**
   * An action whose latent value has the law ∝ p^(1/T), for each observation: exact where the policy knows how, else resampled from `candidates`
   * samples, see `temperedLatent`. At T = 0 the action of greatest density: the mode where it is exact, else the densest candidate, by
   * the noise of greedy actions, so that it is a function of the observation and the variables alone.
   *
   * Of a policy without a density it goes by {@link exact}, with as many passes for each candidate as that takes.
   * @param temperature T ≥ 0
   * @param options.rng may be left out at T = 0
   * @returns as {@link greedy}; the log-probability is that of the policy
   * @throws if `candidates` is no positive integer, or the policy has samples and no way to a density
   */
  tempered(
    observations: tf.Tensor,
    temperature: number,
    { candidates = 32, rng }: { readonly candidates?: number; readonly rng?: Rng },
    past?: Past,
  ): ActionSample & { readonly state?: tf.Tensor } {
    positiveInteger(`${this.constructor.name}.tempered`, 'candidates', candidates);
    const noise = temperature === 0 ? new GreedyNoise(candidates, observations.shape[0]!) : rng!;
    return this.#chosen(observations, past, (distribution, rows) => {
      const exact = temperature === 0 ? distribution.mode?.() : distribution.sampleTempered?.(noise, temperature);
      return (
        exact ?? temperedLatent(rows(candidates, distribution.sample && this.exact?.()), temperature, candidates, noise)
      );
    });
  }

  /**
   * The action at a latent value.
   * @param choose gets π of the observations, and what gives it for so many rows of each, of another policy with the same features if need be
   */
  #chosen(
    observations: tf.Tensor,
    past: Past | undefined,
    choose: (distribution: Distribution, rows: (count: number, policy?: Policy) => ActionDistribution) => tf.Tensor,
  ): ActionSample & { readonly state?: tf.Tensor } {
    const { features, state } = this.#seen(observations, past);
    const mask = this.#mask(observations);
    const distribution = this.distribution(features, mask);
    const latent = choose(distribution, (count, policy = this) => {
      const tiled = (x: tf.Tensor) => tf.tile(x, [count, 1]);
      return policy.distribution(tiled(features), mask && tiled(mask));
    });
    const chosen = { action: distribution.squash(latent), latent, ...(state && { state }) };
    return distribution.sample ? chosen : { ...chosen, logProb: distribution.logProb(latent) };
  }

  /** @throws if the policy cannot act so: a temperature and the densest action need a density, and the actions of a chunk have one draw already */
  checkActing(owner: string, { rule, temperature, hold }: Acting): void {
    if (hold > 1 && this.chunk !== undefined) {
      const expected = 'expected none: the actions of a chunk have one draw already';
      throw new Error(`${owner}: acting.hold: got ${hold} for a policy of chunks, ${expected}`);
    }
    if (rule !== 'densest' && temperature === 1) return;
    withDensity(`${owner}: acting.${rule === 'densest' ? 'rule' : 'temperature'}`, this);
  }

  /**
   * What to do: an action for one observation, with the present variables. `env.step` takes what it returns. A policy of chunks takes
   * the next one where it is due, see `ChunkedActions`.
   *
   * Sampled actions come from a stream of the policy's own, which begins anew in each run of a program: the same calls give the same
   * actions. Give an `rng` to name another. For many observations at a time there is {@link actor}.
   *
   * @param observation as the environment gives it: a number, an array, an object of parts; of a box also arrays of arrays
   * @returns a number where an action is one choice; else `[actionDim]`, an array of its own, clipped to the bounds of the action space
   *   where the policy knows them
   * @throws if it is no observation of the policy's space, or not finite, a mask of actions is missing, or the policy is disposed
   */
  act(observation: Observation, options?: ActOptions): Action {
    if (this.#isDisposed) throw new Error(`${this.constructor.name}.act: called after dispose`);
    this.#acting ??= new SingleActor(this);
    return this.#acting.act(observation, options) as Action;
  }

  /** Begins an episode: what {@link act} does next depends on nothing that a policy with a memory, or of chunks, has seen before. */
  reset(): void {
    this.#acting?.reset();
  }

  /** Frees all variables, and what {@link act} has made. The policy is of no use afterwards. */
  override dispose(): void {
    this.#forgetActors();
    this.#isDisposed = true;
    super.dispose();
  }

  #forgetActors(): void {
    this.#acting?.dispose();
    this.#acting = undefined;
  }

  /** The policy from arrays to arrays, of a policy of chunks whole ones. To be disposed when it is no longer used. @throws as {@link Actor} */
  actor(options: ActorOptions): Actor {
    return new Actor(this, options);
  }

  /**
   * The policy as a standard ONNX model, with its present variables inside, which any ONNX runtime runs.
   *
   * Inputs: `observations` `[batch, observationDim]`, a mask of actions at the end of a row where there is one, and the noise of a sample,
   * `noise0`, `noise1`, …: independent N(0, 1) or U(0, 1) numbers, as `inputs[i].noise` of the result, the inputs' documentation and the
   * model's metadata say. A Gaussian and a flow on a line take normal numbers, a mixture also uniform ones to choose a component, a flow
   * over angles uniform ones. Greedy actions have no noise.
   *
   * A policy with a memory has its `state` `[batch, stateDim]` as an input, 0 where an episode begins, and `nextState` as an output: the next input.
   *
   * Outputs: `action` `[batch, actionDim]`, clipped to its bounds where the policy knows them, `latent` of the same shape, and, where the
   * policy has a density, `logProb` `[batch]`, of the action before it is clipped.
   *
   * The metadata has the spaces, where they are known, as JSON: `observationSpace` and `actionSpace`, whose `low` and `high` are the bounds. Of a
   * policy of chunks it has `chunk`, as `ActionChunk`, `actionDim` is that of a whole chunk, and `actionSpace` of one step.
   *
   * @param file where to write the model, in Node; it appears whole or not at all
   * @returns the model's bytes, and what its inputs and outputs are
   * @throws for an unknown option or one out of range, or if the file cannot be written
   */
  toOnnx(
    file?: string,
    options: {
      /** a fixed batch size; by default it is free: any at each run */
      batch?: number | undefined;
      /** whether the action is the greedy one, see {@link Policy.greedy}, in place of a sample */
      greedy?: boolean | undefined;
      /** how the action is chosen, without `hold`: whoever runs the model holds its noise */
      acting?: ActingOptions | undefined;
    } = {},
  ): OnnxModel {
    return policyToOnnx(this, file, options);
  }
}

/** Options of policies whose networks are perceptrons. */
export interface NetworkPolicyOptions {
  /** How many numbers the networks see. */
  readonly observationDim: number;
  /** Widths of the hidden layers; [64, 64] by default. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  readonly rng: Rng;
}

/** The mask at the end of observations: `[batch, observationDim]` → `[batch, maskDim]`. */
export function maskOf(observations: tf.Tensor, maskDim: number): tf.Tensor {
  return tf.slice(observations, [0, observations.shape[1]! - maskDim], [-1, maskDim]);
}
