import { checkEpisode, type Episode, type EpisodeSource } from '../../datasets/episode.ts';
import { Box, type VectorEnv } from '../../envs/index.ts';
import { fingerprintOfNumbers } from '../../src/fingerprint.ts';
import { ObservationLayout, type Policy, type Rng } from '../../src/index.ts';
import { note } from '../../src/options/describe.ts';
import { checkContinuous, checkFitsInMemory, leavesBounds } from './checks.ts';
import { type ActionSpace, commandActions } from './envs.ts';
import { ActionMoments, observationsOfData } from './normalization.ts';
import type { OfflineConfig } from './offlineOptions.ts';
import { bytesPerTransition, ReplayBuffer, replayFor, type Transitions } from './replay.ts';
import type { Stateful } from './state.ts';

/** A dataset as a policy sees it. */
interface DatasetFor {
  readonly numSteps: number;
  /** Whether all numbers of observations are k/255 for whole numbers k from 0 to 255. */
  readonly areBytes: boolean;
  /** Its episodes, with observations as one row of numbers each. @throws one line, at one that is no episode of the dataset's spaces */
  episodes(): Iterable<Episode>;
}

/**
 * @param owner who learns from it, as errors name it: `Iql`
 * @throws one line, if its spaces do not fit the policy, or there is no step
 */
export function datasetFor(owner: string, policy: Policy, dataset: EpisodeSource): DatasetFor {
  const { numSteps, actionSpace, observationSpace } = dataset;
  const { observationDim, actionDim, discreteActions } = policy;
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
    *episodes() {
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

/** A replay that holds all of a dataset. */
interface FilledReplay {
  readonly replay: ReplayBuffer;
  /** The data's, with the bounds that the policy was made for where the data have none. */
  readonly actionSpace: Box;
  /** max |r| */
  readonly largestReward: number;
}

interface FilledReplayOptions {
  readonly policy: Policy;
  readonly dataset: EpisodeSource;
  readonly batchSize: number;
  readonly gamma: number;
  readonly nSteps: number;
  /** Sees the observations of each episode but the last, as the policy does, and its actions. */
  readonly onEpisode: (observations: Float32Array, actions: Float32Array) => void;
}

/**
 * All episodes of a dataset of continuous actions in a replay. Actions beyond their bounds, which an environment clips, are clipped for a
 * policy that gives none; others learn them as they are, since to a density all that is clipped lies in one point.
 * @param owner who learns from them, as errors name it: `Iql`
 * @throws one line, if there is no step, the spaces do not fit the policy, or an episode is no episode of them
 */
function filledReplay(owner: string, options: FilledReplayOptions): FilledReplay {
  const { policy, dataset, onEpisode, ...sizes } = options;
  const { observationDim, actionDim } = policy;
  const { numSteps, areBytes, episodes } = datasetFor(owner, policy, dataset);
  const actionSpace = boundedAsPolicy(owner, policy, dataset.actionSpace as ActionSpace);
  const shape = { observationDim, actionDim, bytes: areBytes };
  checkFitsInMemory(`${owner}: dataset`, numSteps, 'transitions', bytesPerTransition(shape));
  const replay = new ReplayBuffer({ owner, capacity: numSteps, numEnvs: 1, ...sizes, ...shape });
  const clips = !leavesBounds(policy, actionSpace);
  const outside = new OutsideActions(actionSpace);
  let largestReward = 0;
  for (const episode of episodes()) {
    outside.see(episode.actions);
    const actions = episode.actions.slice();
    if (clips) commandActions(episode.actions, actionSpace, actions);
    for (const reward of episode.rewards) largestReward = Math.max(largestReward, Math.abs(reward));
    onEpisode(episode.observations.subarray(0, -observationDim), actions);
    replay.addEpisode({ ...episode, actions });
  }
  outside.say(owner, clips ? 'clipped' : 'as they are');
  return { replay, actionSpace, largestReward };
}

/** Which actions of data lie outside their bounds. */
class OutsideActions {
  readonly #space: Box;
  #rows = 0;
  #outside = 0;
  /** The number farthest beyond a bound, in widths of the bounds, and which bounds. */
  #farthest = { by: 0, value: 0, low: 0, high: 0 };

  constructor(space: Box) {
    this.#space = space;
  }

  /** @param actions row by row */
  see(actions: Float32Array): void {
    const { low, high, size } = this.#space;
    for (let at = 0; at < actions.length; at += size) {
      let isOutside = false;
      for (let i = 0; i < size; i++) {
        const [value, least, most] = [actions[at + i]!, low[i]!, high[i]!];
        const by = Math.max(least - value, value - most) / (most - least);
        if (!(value < least || value > most)) continue;
        isOutside = true;
        if (by >= this.#farthest.by) this.#farthest = { by, value, low: least, high: most };
      }
      this.#rows += 1;
      if (isOutside) this.#outside += 1;
    }
  }

  /** @param how they are learned */
  say(owner: string, how: string): void {
    if (this.#outside === 0) return;
    const share = Number(((100 * this.#outside) / this.#rows).toPrecision(2));
    const [value, low, high] = [this.#farthest.value, this.#farthest.low, this.#farthest.high].map((number) =>
      Number(number.toPrecision(4)),
    );
    note(
      `${owner}: dataset: ${share} % of the actions lie outside their bounds, the farthest with ${value} where ` +
        `[${low}, ${high}] is allowed: the policy learns them ${how}, and critics see them clipped`,
    );
  }
}

/**
 * The space of a dataset's actions. Where it has no bounds, as that of a CSV, they are those that `makePolicy` made the policy for: by them an
 * environment clips actions, and critics see them so.
 * @throws one line, if actions are discrete, or it has other bounds
 */
function boundedAsPolicy(owner: string, { config }: Policy, ofData: ActionSpace): Box {
  checkContinuous(owner, ofData);
  if (config === undefined || !('low' in config.actionSpace)) return ofData;
  const { shape, dtype } = ofData;
  const space = new Box({ low: config.actionSpace.low, high: config.actionSpace.high, shape, dtype });
  const isOther = (side: 'low' | 'high') =>
    ofData[side].some((bound, i) => Number.isFinite(bound) && Math.fround(bound) !== Math.fround(space[side][i]!));
  if (!isOther('low') && !isOther('high')) return space;
  throw new Error(`${owner}: dataset: got actions in ${ofData}, expected ${space}, as the policy has`);
}

interface OfflineReplayState {
  /** Of the data, which are not a part of the state. */
  readonly data: string;
  readonly largestReward: number;
  /** What is new; null as long as there is nothing. */
  readonly online: ReturnType<ReplayBuffer['state']> | null;
}

/**
 * What an agent learns from that begins with data: all transitions of a dataset, and those that it makes online. As long as there are none
 * of these a minibatch comes from the data, then a share of it. Rewards are scaled. If the policy normalizes observations, it does so by the
 * data, before and after it goes online, or by the moments that it has brought along.
 */
export class OfflineReplay implements Stateful<OfflineReplayState> {
  /** Shapes of a minibatch. */
  readonly shapes: ReplayBuffer['shapes'];
  readonly actionSpace: Box;
  readonly data: ReplayBuffer;
  /** What is new; undefined if the agent does not go online. */
  readonly online: ReplayBuffer | undefined;
  readonly #rewardScale: number;
  /** max |r| of the data, scaled. */
  readonly #largestOfData: number;
  #largestReward: number;
  /** How many rows of a minibatch come from the data when the agent is online. */
  readonly #fromData: number;
  readonly #batch: Transitions;
  #fingerprint: string | undefined;

  /**
   * @param owner whose it is, as errors name it: `Iql`
   * @param env where the agent goes online, if it does
   * @throws as {@link filledReplay}
   */
  constructor(owner: string, config: OfflineConfig, env: VectorEnv | undefined) {
    const { policy, dataset, batchSize, gamma, nSteps, rewardScale, offlineShare } = config;
    const moments = ActionMoments.of(policy, config);
    const statistics = observationsOfData(policy, config, moments);
    const { replay, actionSpace, largestReward } = filledReplay(owner, {
      ...{ policy, dataset, batchSize, gamma, nSteps },
      onEpisode: (observations, actions) => {
        statistics?.observe(observations);
        moments?.observe(actions);
      },
    });
    statistics?.publish();
    moments?.publish();
    this.data = replay;
    this.actionSpace = actionSpace;
    this.#rewardScale = rewardScale;
    this.#largestOfData = rewardScale * largestReward;
    this.#largestReward = this.#largestOfData;
    this.online = env && replayFor(owner, { ...config, prioritizedAlpha: 0 }, env);
    this.shapes = replay.shapes;
    this.#fromData = Math.round(offlineShare * batchSize);
    const columns = Object.entries(this.shapes).map(([name, { shape }]) => [
      name,
      new Float32Array(shape.reduce((size, length) => size * length, 1)),
    ]);
    this.#batch = Object.fromEntries(columns) as Transitions;
  }

  /** max |r| of the data, and of what was drawn of the new transitions; scaled. */
  get largestReward(): number {
    return this.#largestReward;
  }

  /** Forgets all but the data, with which every training begins. */
  begin(): void {
    this.online?.clear();
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
    const size = batch.rewards.length;
    const fromData = this.#hasNew ? this.#fromData : size;
    this.data.sampleInto(batch, 0, fromData, rng, { scale });
    if (this.#hasNew) this.online!.sampleInto(batch, fromData, size, rng, { scale });
    return batch;
  }

  state(): OfflineReplayState {
    const online = this.#hasNew ? this.online!.state() : null;
    return { data: this.#dataFingerprint(), largestReward: this.#largestReward, online };
  }

  setState({ data, largestReward, online }: OfflineReplayState): void {
    if (data !== this.#dataFingerprint()) throw new Error('its data are others, expected the same dataset');
    if (online === null) this.online?.clear();
    else if (this.online !== undefined) this.online.setState(online);
    else throw new Error('the state is of an agent that has gone online, expected an env and onlineSteps above 0');
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
