import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { Box } from '../../envs/index.ts';
import { type ActionDistribution, type Module, type Policy, type Rng, sampleAction } from '../../src/index.ts';
import { ChunkedActions } from '../../src/policies/actionChunks.ts';
import { type Bounds, halfWidths } from '../../src/policies/boxScale.ts';
import type { CriticNetworks } from '../../src/policies/criticNetworks.ts';
import { type Rate, rateAt } from '../../src/training/optimization.ts';
import type { EpisodeReport, TrainOptions, TrainReport } from '../agent.ts';
import { checkMemoryOption, checkNoMemory } from './checks.ts';
import { copyOfPolicy } from './critics.ts';
import { commandActions, fillUniform, type PolicyEnv, resetEnvs, stepEnvs } from './envs.ts';
import { EpisodeTracker } from './episodeStatistics.ts';
import { EpisodeMemory, type MemoryInputs, memoryShapes, pastsOf, sequenceLengthOf } from './memory.ts';
import { type Normalizers, normalizersFor } from './normalization.ts';
import type { noiseOptions, OffPolicyConfig, replayedSequenceOptions } from './options.ts';
import { type BatchShapes, type ReplayBuffer, replayFor, type SequencesOptions, type Transitions } from './replay.ts';
import {
  compileOnArrays,
  type FigureOf,
  MeanMetrics,
  type Parts,
  type Stateful,
  scalarsOf,
  setSameLength,
  Training,
} from './state.ts';
import type { StateDependentNoise } from './stateDependentNoise.ts';

/** The actions that are taken of those that a policy may take. */
type ActionOf = (distribution: ActionDistribution, rng: Rng) => tf.Tensor;

/**
 * Compiles how a policy acts in environments side by side: `[envs · observationDim]` → `[envs · actionDim]`, with a memory also what is
 * remembered after it.
 * @param agent its name, as `sac`
 * @param options `critics` remember beside the policy; `sde` has the draws in place of the stream
 */
export function compileAct(
  agent: string,
  policy: Policy,
  numEnvs: number,
  actionOf: ActionOf,
  { critics, sde }: { readonly critics?: CriticNetworks; readonly sde?: StateDependentNoise | undefined } = {},
) {
  const stateDim = policy.stateDim + (critics?.memory?.stateDim ?? 0);
  const shapes = {
    observations: { shape: [numEnvs, policy.observationDim] },
    ...memoryShapes(stateDim, numEnvs),
    ...sde?.shapes,
  };
  type ActInputs = MemoryInputs & { readonly observations: tf.Tensor; readonly noise?: tf.Tensor };
  const act = (inputs: ActInputs, rng: Rng) => {
    const { observations, noise } = inputs;
    const pasts = pastsOf(policy, inputs);
    const { distribution, features, state } = policy.unroll(observations, pasts.policy);
    const action = actionOf(distribution, sde?.stream(features, noise!) ?? rng);
    if (state === undefined) return { action };
    const states = [state];
    if (critics?.memory) states.push(critics.remember(policy.normalized(observations), pasts.beside!).state);
    return { action, state: tf.concat(states, 1) };
  };
  return compileOnArrays(`${agent}/act`, { policy, ...(critics?.memory && { critics }) }, shapes, act);
}

/** a ~ π(· | o), `[batch, actionDim]`. */
export function sampledAction(distribution: ActionDistribution, rng: Rng): tf.Tensor {
  return sampleAction(distribution, rng).action;
}

/** σ and ρ. */
type NoiseOptions = z.output<z.ZodObject<typeof noiseOptions>>;

/** A full turn, rad. */
const CIRCLE = 2 * Math.PI;

/**
 * Noise on the actions of parallel environments: n ← ρ n + √(1 − ρ²) σ ε, ε ~ N(0, 1), for each component in units of half the width of its
 * bounds, or 1 where it has none. ρ = 0 gives independent noise; near 1 it is Ornstein and Uhlenbeck's process, which pushes in one
 * direction for about 1 / (1 − ρ) steps: for tasks that are solved by swinging. Where actions are angles, an angle with noise goes on round the
 * circle, where it would else end at ±π.
 *
 * Lillicrap et al., "Continuous control with deep reinforcement learning", arXiv:1509.02971.
 */
export class ExplorationNoise implements Stateful<Float32Array> {
  readonly #noise: Float32Array;
  readonly #noisy: Float32Array;
  readonly #halfWidths: readonly number[];
  readonly #options: NoiseOptions;
  readonly #angles: boolean;

  /** @param angles whether actions are angles */
  constructor(numEnvs: number, units: Bounds, options: NoiseOptions, angles = false) {
    this.#noise = new Float32Array(numEnvs * units.low.length);
    this.#noisy = new Float32Array(this.#noise.length);
    this.#halfWidths = halfWidths(units);
    this.#options = options;
    this.#angles = angles;
  }

  reset(): void {
    this.#noise.fill(0);
  }

  /** @param actions `[envs · actionDim]` @returns them with noise, in an array that the next call uses again */
  addedTo(actions: ArrayLike<number>, rng: Rng): Float32Array {
    const { explorationNoise: sigma, noiseCorrelation: correlation } = this.#options;
    const fresh = sigma * Math.sqrt(1 - correlation * correlation);
    for (let i = 0; i < this.#noisy.length; i++) {
      const noise = correlation * this.#noise[i]! + fresh * rng.normal();
      this.#noise[i] = noise;
      const noisy = actions[i]! + noise * this.#halfWidths[i % this.#halfWidths.length]!;
      this.#noisy[i] = this.#angles ? noisy - CIRCLE * Math.floor(noisy / CIRCLE + 0.5) : noisy;
    }
    return this.#noisy;
  }

  state(): Float32Array {
    return this.#noise.slice();
  }

  setState(noise: Float32Array): void {
    setSameLength({ noise: [this.#noise, noise] });
  }
}

/** μ(o), the squash of the exact mode of π(· | o), `[batch, actionDim]`. */
export function meanAction(distribution: ActionDistribution): tf.Tensor {
  return distribution.squash(distribution.mode!());
}

type ReplayCollectorOptions = PolicyEnv &
  Normalizers & {
    readonly owner: string;
    readonly policy: Policy;
    readonly replay: ReplayBuffer;
    readonly memory?: EpisodeMemory;
  };

/** Actions, `[envs · actionDim]`, and with a memory what is remembered after the observations. */
interface Acted {
  readonly action: ArrayLike<number>;
  readonly state?: ArrayLike<number> | undefined;
}

/** Steps parallel environments and keeps the transitions in a replay buffer. */
export class ReplayCollector {
  /** What of it belongs to the state of an agent, between two steps, beside the environments and the replay. */
  readonly tracker: EpisodeTracker;
  readonly #chunks: ChunkedActions;
  readonly #options: ReplayCollectorOptions;

  /** @param options `owner` is the agent's class, as errors name it */
  constructor(options: ReplayCollectorOptions) {
    this.#options = options;
    this.tracker = new EpisodeTracker(options.env.numEnvs);
    this.#chunks = new ChunkedActions(options.policy, options.env.numEnvs);
  }

  /** Resets the environments and empties the replay, with which every training begins. */
  reset(seed: string): void {
    const { owner, replay, env, scaler, memory } = this.#options;
    replay.begin(resetEnvs(owner, env, seed));
    memory?.reset();
    this.#chunks.reset();
    this.tracker.reset();
    scaler?.begin();
  }

  /** What `act` gives; of a policy of chunks the actions of this step, and it acts where a chunk is due. */
  acted(act: () => Acted): Acted {
    return this.#options.policy.chunk === undefined ? act() : { action: this.#chunks.next(() => act().action) };
  }

  /**
   * One step of every environment.
   * @param actions `[envs · actionDim]`; the environments and the replay get them clipped to their bounds
   * @param ended gets the episodes that end with it
   * @param state what is remembered after the observations
   * @throws if an environment gives a reward or an observation that is not finite
   */
  step(actions: ArrayLike<number>, ended: EpisodeReport[], state?: ArrayLike<number>): void {
    const { owner, env, actionSpace, replay, memory, statistics, scaler } = this.#options;
    const commanded = commandActions(actions, actionSpace);
    const step = stepEnvs(owner, env, commanded);
    scaler?.observe(step);
    statistics?.observe(replay.current);
    statistics?.publish();
    const { observations, rewards, terminations, truncations, finalObservations } = step;
    replay.add({
      ...{ commanded, observations, rewards, terminations, truncations, finalObservations },
      states: memory?.numbers,
    });
    if (memory !== undefined && state !== undefined) {
      memory.set(state);
      for (let i = 0; i < terminations.length; i++) if (terminations[i] || truncations[i]) memory.begin(i);
    }
    this.#chunks.resetEnded(step);
    this.tracker.track(step, ended);
  }

  /** What of the chunks belongs to the state of an agent: of a policy of chunks alone. */
  get chunksState(): Stateful | undefined {
    const { steps, chunks } = this.#chunks;
    if (chunks.length === 0) return undefined;
    return {
      state: () => ({ steps: steps.slice(), chunks: chunks.slice() }),
      setState: (state: { readonly steps: Int32Array; readonly chunks: Float32Array }) =>
        setSameLength({ 'chunks.steps': [steps, state.steps], 'chunks.chunks': [chunks, state.chunks] }),
    };
  }
}

const STREAMS = ['actions', 'replay', 'updates'] as const;

type Stream = (typeof STREAMS)[number];

/** What an update returns: metrics for the reports, and where rows have weights how far each was from its target, `[batch]`. */
export type UpdateMetrics<Report extends TrainReport> = Partial<Record<FigureOf<Report> | 'errors', tf.Tensor>>;

/** What the loop of an agent calls that learns from minibatches: it counts steps and updates, and makes the reports. */
export class MinibatchTraining<Report extends TrainReport> extends Training<Stream> {
  /** Steps of the whole training. */
  protected steps = 0;
  protected episodes: EpisodeReport[] = [];
  readonly #metrics: MeanMetrics<FigureOf<Report>>;

  /**
   * @param streams names of the random streams
   * @param advice what usually helps where a metric is not a finite number
   */
  constructor(owner: string, streams: readonly Stream[] = STREAMS, advice?: string) {
    super(owner, streams);
    this.#metrics = new MeanMetrics(owner, advice);
  }

  /** Which share of the training is done. */
  get share(): number {
    return Math.min(1, this.step / this.steps);
  }

  /** Whether there are steps left. */
  get goesOn(): boolean {
    return this.step < this.steps;
  }

  override begin(options: TrainOptions): boolean {
    const begins = super.begin(options);
    this.steps = options.steps;
    this.episodes = [];
    this.#metrics.take();
    return begins;
  }

  /** Keeps the metrics of an update for the next report. @throws {DivergedError} if one is not a finite number */
  record(metrics: { readonly [Name in FigureOf<Report>]?: ArrayLike<number> }): void {
    this.#metrics.add(this.step, scalarsOf(metrics) as Partial<Record<FigureOf<Report>, number>>);
  }

  /** The episodes that ended since the last report, and the mean of each metric over the updates since then. */
  report(): Report {
    const { step, updates, episodes } = this;
    this.episodes = [];
    return { step, updates, episodes, ...this.#metrics.take() } as unknown as Report;
  }
}

/** Shapes of a minibatch and the rates beside it, which are scalars. */
export function shapesWith<RateName extends string>(shapes: BatchShapes, rates: Readonly<Record<RateName, Rate>>) {
  const scalars = Object.keys(rates).map((name) => [name, { shape: [] }]);
  return { ...shapes, ...(Object.fromEntries(scalars) as Record<RateName, { shape: number[] }>) };
}

/** The rates when `share` of the training is done. @throws as `rateAt` */
export function ratesAt<Name extends string>(owner: string, rates: Readonly<Record<Name, Rate>>, share: number) {
  const now = {} as Record<Name, number>;
  for (const name in rates) now[name] = rateAt(`${owner}: ${name}`, rates[name], share);
  return now;
}

type ReplayTrainingConfig = Omit<OffPolicyConfig, 'tau'> &
  Partial<z.output<z.ZodObject<typeof replayedSequenceOptions>>>;

interface ReplayTrainingOptions<RateName extends string> extends PolicyEnv {
  /** The agent's class, as errors name it: `Sac`. */
  readonly owner: string;
  readonly config: ReplayTrainingConfig;
  /** What changes in the course of the training, by the names under which updates get it. */
  readonly rates: Readonly<Record<RateName, Rate>>;
  /** How many numbers are remembered of an episode; without it a policy with a memory is refused. */
  readonly stateDim?: number;
  /** All three by default; `updates` is left out where updates draw no numbers. */
  readonly streams?: readonly Stream[];
}

/** What the loop of an agent calls that learns from a replay of what it does. */
export class ReplayTraining<Report extends TrainReport, RateName extends string> extends MinibatchTraining<Report> {
  readonly replay: ReplayBuffer;
  /** Shapes of what {@link sample} returns. */
  readonly shapes: ReturnType<typeof shapesWith<RateName>>;
  readonly #options: ReplayTrainingOptions<RateName>;
  readonly #normalizers: Normalizers;
  readonly #scale: ((reward: number) => number) | undefined;
  readonly #collector: ReplayCollector;
  /** What is remembered of the episodes between the steps. */
  readonly memory: EpisodeMemory;

  /** @throws if the replay can never fit in memory, or observations are to be normalized and the policy cannot */
  constructor(options: ReplayTrainingOptions<RateName>) {
    const { owner, config, env, actionSpace } = options;
    super(owner, options.streams);
    this.#options = options;
    const stateDim = config.policy.memory === undefined ? 0 : options.stateDim;
    const replay = replayFor(owner, config, env, sequencesOf(owner, config, env.numEnvs, stateDim));
    this.replay = replay;
    const memory = new EpisodeMemory(env.numEnvs, stateDim ?? 0);
    this.memory = memory;
    this.#normalizers = normalizersFor(config.policy, env.numEnvs, config);
    const { scaler } = this.#normalizers;
    this.shapes = shapesWith(replay.shapes, options.rates);
    this.#scale = scaler && ((reward) => scaler.scale(reward));
    const { policy } = config;
    this.#collector = new ReplayCollector({ owner, policy, env, actionSpace, replay, memory, ...this.#normalizers });
  }

  /** A copy of the policy, as a target network, which sees observations as it does. @throws as `copyOfPolicy` */
  targetOf<P extends Policy>(policy: P, rng: Rng): P {
    const target = copyOfPolicy(this.owner, policy, rng);
    this.#normalizers.statistics?.share(target);
    return target;
  }

  /** What the agent's state consists of: its modules, the noise if it adds some, and the parts of the training. */
  parts(modules: Readonly<Record<string, Module>>, noise?: Stateful): Parts {
    const { env } = this.#options;
    const memory = this.remembers ? this.memory : undefined;
    const { tracker: collector, chunksState: chunks } = this.#collector;
    const ours = { ...this.#normalizers, env, collector, chunks, memory, training: this };
    return { ...modules, replay: this.replay, noise, ...ours };
  }

  override begin(options: TrainOptions): boolean {
    const begins = super.begin(options);
    if (begins) this.#collector.reset(options.rng.split('env').seed);
    return begins;
  }

  /** Uniform actions, in the first `learningStarts` steps; undefined after them, and where actions have no bounds or are masked. */
  uniformActions(): Float32Array | undefined {
    const { config, env, actionSpace } = this.#options;
    const isUniform = actionSpace instanceof Box ? actionSpace.bounded : config.policy.maskDim === 0;
    if (this.step >= config.learningStarts || !isUniform) return undefined;
    return fillUniform(new Float32Array(env.numEnvs * actionSpace.size), actionSpace, this.streams.actions);
  }

  /** As {@link ReplayCollector.acted}. */
  acted(act: () => Acted): Acted {
    return this.#collector.acted(act);
  }

  /**
   * One step of every environment, which the replay keeps.
   * @param actions `[envs · actionDim]`
   * @param state with a memory what is remembered after the observations
   */
  collect(actions: ArrayLike<number>, state?: ArrayLike<number>): void {
    this.#collector.step(actions, this.episodes, state);
    this.step += this.#options.env.numEnvs;
  }

  /** Whether something is remembered of episodes. */
  get remembers(): boolean {
    return this.memory.numbers.length > 0;
  }

  /** Whether the last step of all environments has reached or passed a multiple of `every` steps. */
  passes(every: number): boolean {
    return this.step % every < this.#options.env.numEnvs;
  }

  /** Steps of the present episode of each environment. */
  get lengths(): ArrayLike<number> {
    return this.#collector.tracker.lengths;
  }

  get isUpdateDue(): boolean {
    return updatesDue(this.step, this.#options.config) > this.updates;
  }

  get isReportDue(): boolean {
    return this.passes(this.#options.config.reportEvery) || !this.goesOn;
  }

  /** The minibatch of the next update, with the rates when `share` of the training is done. */
  sample(share = this.share): Transitions & Readonly<Record<RateName, number>> {
    const { config, rates } = this.#options;
    const beta = rateAt(`${this.owner}: prioritizedBeta`, config.prioritizedBeta, share);
    this.updates += 1;
    const batch = this.replay.sample(this.streams.replay, { scale: this.#scale, beta });
    return { ...batch, ...ratesAt(this.owner, rates, share) };
  }

  /** Keeps the metrics for the next report, and the errors of the rows in the replay, if it is prioritized. */
  override record({ errors, ...metrics }: { readonly [Name in keyof UpdateMetrics<Report>]: ArrayLike<number> }): void {
    super.record(metrics as { readonly [Name in FigureOf<Report>]?: ArrayLike<number> });
    if (errors !== undefined) this.replay.prioritize(errors);
  }
}

/**
 * What sequences minibatches have; undefined without a memory.
 * @param stateDim undefined where the agent has no use for a memory
 * @throws for options that do not go with a memory, or where the first update would be before there is a sequence
 */
function sequencesOf(
  owner: string,
  config: ReplayTrainingConfig,
  numEnvs: number,
  stateDim: number | undefined,
): SequencesOptions | undefined {
  const { policy, burnIn: wanted, nSteps, prioritizedAlpha, learningStarts, bufferSize } = config;
  if (stateDim === undefined) checkNoMemory(owner, policy);
  const length = sequenceLengthOf(owner, policy, config);
  checkMemoryOption(owner, policy, 'burnIn', wanted);
  if (!stateDim) return undefined;
  const refuse = (name: string, got: number, expected: string) => {
    throw new Error(`${owner}: ${name}: got ${got} for a policy with a memory, expected ${expected}`);
  };
  if (nSteps > 1) refuse('nSteps', nSteps, '1');
  if (prioritizedAlpha > 0) refuse('prioritizedAlpha', prioritizedAlpha, '0: sequences are drawn uniformly');
  const burnIn = wanted ?? Math.floor(length / 2);
  const needed = (burnIn + length) * numEnvs;
  const why = `burnIn + sequenceLength, ${burnIn} + ${length}, of ${numEnvs} environments`;
  if (learningStarts < needed) refuse('learningStarts', learningStarts, `at least ${needed}: ${why}`);
  if (bufferSize < needed) refuse('bufferSize', bufferSize, `at least ${needed}: ${why}`);
  return { length, burnIn, stateDim };
}

type UpdateSchedule = Pick<OffPolicyConfig, 'learningStarts' | 'updateEvery' | 'updatesPerStep'>;

/**
 * How many updates there are to be when `step` environment steps have been made. From `learningStarts` on there is a block of updates
 * every `updateEvery` steps, `updatesPerStep` of them for each step.
 */
export function updatesDue(step: number, { learningStarts, updateEvery, updatesPerStep }: UpdateSchedule): number {
  const blocks = Math.floor((step - learningStarts) / updateEvery);
  return Math.floor(blocks * updateEvery * updatesPerStep);
}
