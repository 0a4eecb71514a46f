import { z } from 'zod';
import { checkEpisode, type Episode, type EpisodeSource } from '../../datasets/episode.ts';
import { Box, type VectorEnv } from '../../envs/index.ts';
import { fingerprintOfNumbers } from '../../src/fingerprint.ts';
import { linearSchedule, type Module, ObservationLayout, type Policy, type Rng } from '../../src/index.ts';
import { note } from '../../src/options/describe.ts';
import { count, nonnegative, positive } from '../../src/options/fields.ts';
import { type Bounds, unitBounds } from '../../src/policies/boxScale.ts';
import { DivergedError } from '../../src/training/optimization.ts';
import type { TrainOptions, TrainReport } from '../agent.ts';
import { checkContinuous, hasAngles, leavesBounds } from './checks.ts';
import { type ActorCriticRate, actorCriticRates } from './critics.ts';
import { type ActionSpace, commandActions, givenSpace, stepSize, vectorEnvFor } from './envs.ts';
import { ExplorationNoise, MinibatchTraining, ReplayCollector, ratesAt, shapesWith, updatesDue } from './loops.ts';
import { ActionMoments, normalizationOptions, observationsOfData, standardize } from './normalization.ts';
import { type noiseOptions, offPolicyOptions, partSchemas } from './options.ts';
import {
  type BatchShapes,
  emptyBatch,
  ReplayBuffer,
  replayFor,
  type SequencesOptions,
  sequenceShapes,
  type Transitions,
  type TransitionTensors,
} from './replay.ts';
import { DataSequences } from './sequences.ts';
import type { Parts, Stateful } from './state.ts';

/** The option of what the data count in the end, where the agent has gone on online. */
export const onlineDataFactor = nonnegative(
  1,
  'factor of the term that keeps the policy near the data, at the end of the online steps; it goes there from 1 in a straight line',
);

/** What changes in the course of a training: learning rates, and what the data count. */
type DataRate = ActorCriticRate | 'dataFactor';

/** A minibatch with the rates of its update. */
export type OfflineBatch = TransitionTensors<DataRate>;

/** What data are like, by which the weight of staying near them is chosen. */
const kinds = ['mixed', 'demonstrations'] as const;

/** A weight for each kind of data. */
type DataWeights = Readonly<Record<(typeof kinds)[number], number>>;

/**
 * The option α: a number, or the kind of the data. There is no number for all data: where it is too small critics diverge, and where it is too
 * large the policy clones what is bad. Without one it is that of demonstrations, which clones rather than diverges.
 * @param what is weighted: `the distance to the behaviour`
 */
export const dataWeightOption = (what: string, { mixed, demonstrations }: DataWeights) =>
  z
    .union([z.enum(kinds), z.number().positive()], `a number > 0, or ${kinds.map((kind) => `"${kind}"`).join(' or ')}`)
    .default('demonstrations')
    .meta({
      description:
        `α, what ${what} counts beside values of mean size 1; 'mixed' is ${mixed}, for data of good and bad episodes, ` +
        `'demonstrations' is ${demonstrations}, for data that are good as a whole`,
      type: '"mixed", "demonstrations" or a number > 0',
    });

/** The number that the option stands for. */
export function dataWeight(option: (typeof kinds)[number] | number, weights: DataWeights): number {
  return typeof option === 'number' ? option : weights[option];
}

const { batchSize, learningRate, gamma, nSteps, tau, bufferSize, updatesPerStep } = offPolicyOptions;

const isSource = (value: unknown): boolean =>
  typeof (value as Partial<EpisodeSource> | undefined)?.episodes === 'function';

/** The episodes that an agent learns from. */
export const datasetOption = z
  .custom<EpisodeSource>(
    isSource,
    'episodes: a dataset, or { observationSpace, actionSpace, numEpisodes, numSteps, episodes }',
  )
  .meta({ description: 'the episodes to learn from', type: 'EpisodeSource' });

/** Options of the agents that learn from data, and then go on in an environment. */
export const offlineOptions = {
  policy: partSchemas.policy,
  dataset: datasetOption,
  env: partSchemas.env
    .optional()
    .meta({ description: 'where the last onlineSteps are made; not used without them', type: 'VectorEnv | Env' }),
  rng: partSchemas.rng,
  batchSize,
  learningRate,
  gamma,
  nSteps,
  tau,
  rewardScale: positive(1, 'factor of all rewards, of the data and of the environment, for learning only'),
  normalizeObservations: normalizationOptions.normalizeObservations.describe(
    "whether the policy, and the agent's networks, see observations brought to mean 0, variance 1 by the data, or by moments that the policy brings along",
  ),
  clipObservations: normalizationOptions.clipObservations,
  standardize,
  onlineSteps: z.int().nonnegative().default(0).meta({
    description:
      'the last so many steps of a training are steps of the environment, from which the agent goes on learning; those before are updates on the data',
    unit: 'steps',
  }),
  offlineShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('share of each minibatch that comes from the data when the agent is online; 0.5 is usual'),
  bufferSize: bufferSize.meta({
    description: 'capacity of the replay buffer of what is new when the agent is online',
    unit: 'transitions',
  }),
  learningStarts: z.int().nonnegative().default(1000).meta({
    description: 'steps of the environment before updates go on; until then the agent acts as the data have taught it',
    unit: 'steps',
  }),
  updatesPerStep: updatesPerStep.meta({
    description: 'updates for each step of the environment after learningStarts',
    unit: 'updates per step',
  }),
  reportEvery: count(
    1000,
    'steps from one report to the next: updates on the data, or steps of the environment',
    'steps',
  ),
};

/** {@link offlineOptions} as they are when checked. */
export type OfflineConfig = z.output<z.ZodObject<typeof offlineOptions>>;

/**
 * A dataset as a policy sees it: its episodes have one row of numbers for each observation.
 * @returns `areBytes`: whether all numbers of observations are k/255 for whole numbers k from 0 to 255
 * @throws one line, if its spaces do not fit the policy, or there is no step; the episodes at one that is no episode of the dataset's spaces
 */
export function datasetFor(owner: string, policy: Policy, dataset: EpisodeSource) {
  const { numSteps, actionSpace, observationSpace } = dataset;
  const { observationDim, discreteActions } = policy;
  const actionDim = stepSize(policy);
  const layout = new ObservationLayout(`${owner}: dataset: observations`, observationSpace);
  const hasActions = actionSpace.size === actionDim && actionSpace instanceof Box === (discreteActions === undefined);
  if (layout.size !== observationDim || !hasActions) {
    const wanted = discreteActions === undefined ? `a Box of ${actionDim} actions` : `${actionDim} discrete actions`;
    const got = actionSpace instanceof Box ? `a Box of ${actionSpace.size}` : actionSpace;
    throw new Error(
      `${owner}: dataset: wanted ${observationDim} observations and ${wanted}, as the policy has, got ${layout.size} and ${got}`,
    );
  }
  if (numSteps === 0) throw new Error(`${owner}: dataset: got no step, expected episodes to learn from`);
  const misfit = (steps: number | string) =>
    new Error(`${owner}: dataset: got ${steps} steps in its episodes, expected ${numSteps}, as it says`);
  return {
    numSteps,
    areBytes: layout.areBytes,
    *episodes(): Iterable<Episode> {
      let number = 0;
      let steps = 0;
      for (const episode of dataset.episodes()) {
        checkEpisode(`${owner}: dataset: episode ${number++}`, episode, dataset);
        steps += episode.rewards.length;
        // Who reads them has room for as many as it says.
        if (steps > numSteps) throw misfit(`at least ${steps}`);
        yield layout.isPlain ? episode : { ...episode, observations: expanded(layout, episode.observations) };
      }
      if (steps < numSteps) throw misfit(steps);
    },
  };
}

/** Rows of a vector environment as a policy sees them. */
function expanded(layout: ObservationLayout, rows: Float32Array): Float32Array {
  const count = rows.length / layout.rowSize;
  const observations = new Float32Array(count * layout.size);
  for (let i = 0; i < count; i++) layout.expand(rows, i * layout.rowSize, observations, i * layout.size);
  return observations;
}

/** How many actions, row by row, lie outside of a box. */
function countOutside(actions: Float32Array, { low, high, size }: Box): number {
  let count = 0;
  for (let at = 0; at < actions.length; at += size) {
    if (low.some((bound, i) => actions[at + i]! < bound || actions[at + i]! > high[i]!)) count += 1;
  }
  return count;
}

/** Actions of data as a policy learns them: clipped to their bounds where it stays within them. */
export class LearnedActions {
  readonly #owner: string;
  readonly #space: Box;
  readonly #clips: boolean;
  #outside = 0;

  constructor(owner: string, policy: Policy, space: Box) {
    this.#owner = owner;
    this.#space = space;
    // Others learn actions beyond the bounds as they are, since to a density all that is clipped lies in one point.
    this.#clips = !leavesBounds(policy, givenSpace(policy, space));
  }

  of(actions: Float32Array): Float32Array {
    this.#outside += countOutside(actions, this.#space);
    return this.#clips ? commandActions(actions, this.#space) : actions;
  }

  /** Says, in one line, how many of so many steps had actions outside of their bounds, if some had. @param others what others make of them */
  noteOutside(steps: number, others = ''): void {
    if (this.#outside === 0) return;
    const share = Number(((100 * this.#outside) / steps).toPrecision(2));
    const how = `the policy learns them ${this.#clips ? 'clipped' : 'as they are'}${others}`;
    note(`${this.#owner}: dataset: ${share} % of the actions lie outside their bounds: ${how}`);
  }
}

/**
 * The space of a dataset's actions. Where it has no bounds, as that of a CSV, they are those that `makePolicy` made the policy for: by them an
 * environment clips actions, and critics see them so.
 * @throws one line, if actions are discrete, or it has other bounds
 */
export function boundedAsPolicy(owner: string, { config }: Policy, ofData: ActionSpace): Box {
  checkContinuous(owner, ofData);
  if (config === undefined || !('low' in config.actionSpace)) return ofData;
  const { shape, dtype } = ofData;
  const space = new Box({ low: config.actionSpace.low, high: config.actionSpace.high, shape, dtype });
  const isOther = (side: 'low' | 'high') =>
    ofData[side].some((bound, i) => Number.isFinite(bound) && Math.fround(bound) !== Math.fround(space[side][i]!));
  if (!isOther('low') && !isOther('high')) return space;
  throw new Error(`${owner}: dataset: got actions in ${ofData}, expected ${space}, as the policy has`);
}

/**
 * What an agent learns from that begins with data: all transitions of a dataset, and those that it makes online. As long as there are none
 * of these a minibatch comes from the data, then a share of it. Rewards are scaled. If the policy normalizes observations, it does so by the
 * data, before and after it goes online, or by the moments that it has brought along.
 */
export class OfflineReplay {
  readonly actionSpace: Box;
  readonly data: ReplayBuffer;
  /** What is new; undefined if the agent does not go online. */
  readonly online: ReplayBuffer | undefined;
  /** Shapes of a minibatch. */
  readonly shapes: BatchShapes;
  /** What minibatches consist of, of a policy with a memory. */
  readonly #sequences: DataSequences | undefined;
  readonly #rewardScale: number;
  /** max |r| of the data, scaled. */
  readonly #largestOfData: number;
  #largestReward: number;
  /** How many rows of a minibatch come from the data when the agent is online. */
  readonly #fromData: number;
  readonly #batch: Transitions;
  #fingerprint: string | undefined;

  /**
   * @param env where the agent goes online, if it does
   * @param sequences of a policy with a memory
   * @throws one line, if there is no step, the spaces do not fit the policy, or an episode is no episode of them
   */
  constructor(owner: string, config: OfflineConfig, env: VectorEnv | undefined, sequences?: SequencesOptions) {
    const { policy, dataset, batchSize, gamma, nSteps, rewardScale, offlineShare } = config;
    const { observationDim, chunk } = policy;
    const actionDim = stepSize(policy);
    const moments = ActionMoments.of(policy, config);
    const statistics = observationsOfData(policy, config, moments);
    const { numSteps, areBytes, episodes } = datasetFor(owner, policy, dataset);
    this.actionSpace = boundedAsPolicy(owner, policy, dataset.actionSpace as ActionSpace);
    this.data = new ReplayBuffer({
      ...{ owner, source: 'dataset', capacity: numSteps, numEnvs: 1, batchSize, gamma, nSteps },
      ...{ observationDim, actionDim, chunk: chunk?.length, bytes: areBytes },
    });
    const learned = new LearnedActions(owner, policy, this.actionSpace);
    let largestReward = 0;
    for (const episode of episodes()) {
      const actions = learned.of(episode.actions);
      for (const reward of episode.rewards) largestReward = Math.max(largestReward, Math.abs(reward));
      statistics?.observe(episode.observations.subarray(0, -observationDim));
      moments?.observe(actions);
      this.data.addEpisode({ ...episode, actions });
    }
    learned.noteOutside(numSteps, ', and critics see them clipped');
    statistics?.publish();
    moments?.publish();
    this.#rewardScale = rewardScale;
    this.#largestOfData = rewardScale * largestReward;
    this.#largestReward = this.#largestOfData;
    this.online = env && replayFor(owner, { ...config, prioritizedAlpha: 0 }, env);
    this.#sequences = sequences && new DataSequences(this.data, sequences);
    this.shapes = { ...this.data.shapes, ...(sequences && sequenceShapes(sequences, batchSize, observationDim)) };
    this.#batch = emptyBatch(this.shapes);
    this.#fromData = Math.round(offlineShare * batchSize);
  }

  /** max |r| of the data, and of what was drawn of the new transitions; scaled. */
  get largestReward(): number {
    return this.#largestReward;
  }

  /** Forgets all but the data, with which every training begins. */
  begin(): void {
    this.online?.begin();
    this.#sequences?.reset();
    this.#largestReward = this.#largestOfData;
  }

  /** Transitions drawn with replacement, in arrays that the next call uses again. */
  sample(rng: Rng): Transitions {
    const batch = this.#batch;
    const scale = (reward: number) => {
      const scaled = this.#rewardScale * reward;
      this.#largestReward = Math.max(this.#largestReward, Math.abs(scaled));
      return scaled;
    };
    if (this.#sequences !== undefined) {
      this.#sequences.sampleInto(batch, rng, scale);
      return batch;
    }
    const size = batch.rewards.length;
    const fromData = this.#hasNew ? this.#fromData : size;
    this.data.sampleInto(batch, 0, fromData, rng, scale);
    if (this.#hasNew) this.online!.sampleInto(batch, fromData, size, rng, scale);
    return batch;
  }

  /** Takes what is remembered after the sequences of the last minibatch. */
  carry(remembered: ArrayLike<number>): void {
    this.#sequences!.carry(remembered);
  }

  /** What is new, null as long as there is nothing, what is remembered, and the fingerprint of the data, which are not part of it. */
  state() {
    const online = this.#hasNew ? this.online!.state() : null;
    const remembered = this.#sequences && { remembered: this.#sequences.state() };
    return { data: this.#dataFingerprint(), largestReward: this.#largestReward, online, ...remembered };
  }

  setState({ data, largestReward, online, remembered }: ReturnType<OfflineReplay['state']>): void {
    if (data !== this.#dataFingerprint()) throw new Error('its data are others, expected the same dataset');
    if (online === null) this.online?.begin();
    else if (this.online !== undefined) this.online.setState(online);
    else throw new Error('the state is of an agent that has gone online, expected an env and onlineSteps above 0');
    if (this.#sequences !== undefined) this.#sequences.setState(remembered!);
    this.#largestReward = largestReward;
  }

  get #hasNew(): boolean {
    return this.online !== undefined && this.online.size > 0;
  }

  #dataFingerprint(): string {
    if (this.#fingerprint === undefined) {
      const { observations, actions, rewards, ends, lastObservations } = this.data.state();
      this.#fingerprint = fingerprintOfNumbers([observations, actions, rewards, ends, lastObservations]);
    }
    return this.#fingerprint;
  }
}

/** How far the mean value of a minibatch may be beyond what rewards allow before the critics are said to diverge. */
const TOO_FAR = 2;

/** What the training takes of an agent's options. */
type TrainingConfig = OfflineConfig &
  z.output<z.ZodObject<typeof noiseOptions>> &
  Parameters<typeof actorCriticRates>[0] & { readonly onlineDataFactor?: number };

/** Where the agent goes on online. */
interface Online {
  readonly env: VectorEnv;
  readonly replay: ReplayBuffer;
  readonly noise: ExplorationNoise;
  readonly collector: ReplayCollector;
}

/**
 * What the loop of an agent calls that learns from data: each step is one update. The last `onlineSteps` are steps of the environments, whose
 * transitions go into a replay beside the data; after each as many updates follow as are due.
 *
 * As long as it has not gone online its state has nothing of environments, so that an agent without them may have made it. Once it has, it
 * stays online, also where it goes on with more steps.
 *
 * No value can be beyond max |r| / (1 − γ). Where the mean value of what is learned from is twice as far, the critics have diverged.
 */
export class OfflineTraining<Report extends TrainReport> extends MinibatchTraining<Report> {
  readonly replay: OfflineReplay;
  /** The data's, which an environment has, too; of a policy of chunks that of a whole one. */
  readonly actionSpace: Box;
  /** What actions are counted in where their bounds are missing; undefined where there are bounds. */
  readonly units: ReturnType<typeof unitBounds>;
  /** How many environments it acts in online, 1 if in none. */
  readonly numEnvs: number;
  /** Shapes of what {@link sample} returns. */
  readonly shapes: ReturnType<typeof shapesWith<DataRate>>;
  readonly #config: TrainingConfig;
  readonly #remedy: string;
  readonly #online: Online | undefined;
  #envSeed = '';
  /** The step at which it went online; null before. */
  #onlineFrom: number | null = null;

  /**
   * @param remedy what usually helps where the critics diverge: `a larger alpha, or a smaller learningRate,`
   * @param sequences that minibatches have, of a policy with a memory
   * @throws one line, if data and environment do not fit the policy, or each other; as {@link OfflineReplay} does
   */
  constructor(owner: string, config: TrainingConfig, remedy: string, sequences?: SequencesOptions) {
    super(owner, undefined, `${remedy} usually helps`);
    this.#config = config;
    this.#remedy = remedy;
    const { policy, onlineSteps } = config;
    const given = config.env && vectorEnvFor(owner, policy, config.env);
    const env = onlineSteps > 0 ? given?.env : undefined;
    this.replay = new OfflineReplay(owner, config, env, sequences);
    const { actionSpace } = this.replay;
    if (given !== undefined && !hasBounds(given.actionSpace, actionSpace)) {
      throw new Error(`${owner}: env: got actions in ${given.actionSpace}, expected ${actionSpace}, as the data have`);
    }
    this.actionSpace = givenSpace(policy, actionSpace);
    this.units = unitBounds(this.actionSpace, policy.actionScale);
    this.shapes = shapesWith<DataRate>(this.replay.shapes, { ...actorCriticRates(config), dataFactor: 1 });
    this.numEnvs = env?.numEnvs ?? 1;
    const replay = this.replay.online;
    if (env === undefined || replay === undefined) return;
    const { low, high } = this.units ?? actionSpace;
    const ofStep = (bounds: ArrayLike<number>) => Array.from(bounds).slice(0, actionSpace.size);
    const units = { low: ofStep(low), high: ofStep(high) };
    const noise = new ExplorationNoise(env.numEnvs, units, config, hasAngles(policy));
    this.#online = { env, replay, noise, collector: new ReplayCollector({ owner, policy, env, actionSpace, replay }) };
  }

  /** What the agent's state consists of: its modules, and the parts of the training. */
  parts(modules: Readonly<Record<string, Module>>): Parts {
    const { noise, env, collector } = this.#online ?? {};
    const onlineFrom = {
      state: () => this.#onlineFrom,
      setState: (step: number | null) => {
        this.#onlineFrom = step;
      },
    };
    return {
      units: this.units && constantState(this.units),
      ...modules,
      replay: this.replay,
      noise: this.#whenOnline(noise),
      env: this.#whenOnline(env),
      collector: this.#whenOnline(collector?.tracker),
      ...(this.#config.policy.chunk && { chunks: this.#whenOnline(collector?.chunksState) }),
      ...{ onlineFrom, training: this },
    };
  }

  override begin(options: TrainOptions): boolean {
    const { owner } = this;
    const { onlineSteps } = this.#config;
    if (onlineSteps > 0 && this.#online === undefined) {
      throw new Error(`${owner}: onlineSteps: got ${onlineSteps} without an env, expected one to make them in`);
    }
    if (onlineSteps > options.steps) {
      throw new Error(
        `${owner}: onlineSteps: got ${onlineSteps}, expected at most the ${options.steps} of the training`,
      );
    }
    this.#envSeed = options.rng.split('env').seed;
    const begins = super.begin(options);
    if (begins) {
      this.replay.begin();
      this.#onlineFrom = null;
    }
    return begins;
  }

  /** Begins a step. @returns the observations to act on, if it is a step of the environments; undefined if it is one on the data alone */
  observations(): Float32Array | undefined {
    if (this.#onlineFrom === null && this.step >= this.steps - this.#config.onlineSteps) {
      this.#online!.noise.reset();
      this.#online!.collector.reset(this.#envSeed);
      this.#onlineFrom = this.step;
    }
    if (this.#onlineFrom !== null) return this.#online!.replay.current;
    this.step += 1;
    return undefined;
  }

  /** One step of every environment, which the replay keeps. @param act gives the actions, to which noise is added */
  collect(act: Parameters<ReplayCollector['acted']>[0]): void {
    const { noise, collector } = this.#online!;
    const { action } = collector.acted(act);
    collector.step(noise.addedTo(action, this.streams.actions), this.episodes);
    this.step += this.numEnvs;
  }

  /** Whether an update is due: one for each step on the data; online as the options say. */
  get isUpdateDue(): boolean {
    const { step, updates } = this;
    const from = this.#onlineFrom;
    if (from === null) return step > updates;
    const { learningStarts, updatesPerStep } = this.#config;
    return updatesDue(step - from, { learningStarts, updatesPerStep, updateEvery: 1 }) > updates - from;
  }

  get isReportDue(): boolean {
    const sinceLast = this.step % this.#config.reportEvery;
    return sinceLast < (this.#onlineFrom === null ? 1 : this.numEnvs) || !this.goesOn;
  }

  /** The minibatch of the next update, with the rates of the moment. */
  sample(): Transitions & Readonly<Record<DataRate, number>> {
    const { step } = this;
    const { onlineDataFactor = 1 } = this.#config;
    const from = this.#onlineFrom ?? step;
    const onlineShare = step === from ? 0 : Math.min(1, (step - from) / (this.steps - from));
    this.updates += 1;
    return {
      ...this.replay.sample(this.streams.replay),
      ...ratesAt(this.owner, actorCriticRates(this.#config), this.share),
      dataFactor: linearSchedule(1, onlineDataFactor)(onlineShare),
    };
  }

  /** @throws {DivergedError} if the mean value is beyond what rewards allow */
  override report(): Report {
    const report = super.report();
    const { actionValue = 0 } = report as { readonly actionValue?: number };
    const { gamma } = this.#config;
    const { largestReward } = this.replay;
    // Nothing bounds a value without a discount; nor do rewards that are all 0: networks begin with values of their own.
    const most = gamma === 1 ? Number.POSITIVE_INFINITY : Math.max(largestReward / (1 - gamma), 1);
    if (Math.abs(actionValue) <= TOO_FAR * most) return report;
    const [reward, value] = [largestReward, most].map((x) => Number(x.toPrecision(3)));
    const allowed = `where rewards of at most ${reward} allow ±${value}`;
    const advice = `${allowed}: the critics have diverged; ${this.#remedy} usually helps`;
    throw new DivergedError(this.owner, this.step, "the critics' mean value", actionValue, undefined, advice);
  }

  /** A part that has a state only when the agent is online. */
  #whenOnline(part: Stateful | undefined): Stateful {
    return {
      state: () => (this.#onlineFrom === null ? null : part!.state()),
      // Without a state it begins anew when the agent goes online.
      setState: (state) => {
        if (state !== null) part!.setState(state);
      },
    };
  }
}

/** What critics and noise count in, which nothing changes: a part of the state that refuses another. */
function constantState(units: Bounds): Stateful {
  const text = JSON.stringify(units);
  return {
    state: () => text,
    setState(state) {
      if (state !== text) throw new Error('its units of actions are others, expected a policy with the same');
    },
  };
}

function hasBounds(space: object, { low, high }: Box): boolean {
  const other = space as Partial<Box>;
  return low.every((bound, i) => bound === other.low?.[i]) && high.every((bound, i) => bound === other.high?.[i]);
}
