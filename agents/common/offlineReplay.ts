import type { Box, VectorEnv } from '../../envs/index.ts';
import { fingerprintOfNumbers } from '../../src/fingerprintOfNumbers.ts';
import type { Rng } from '../../src/index.ts';
import { ActionMoments, observationsOfData } from './actionMoments.ts';
import type { Stateful } from './agentParts.ts';
import { filledReplay } from './filledReplay.ts';
import type { OfflineConfig } from './offlineOptions.ts';
import type { ReplayBuffer } from './replayBuffer.ts';
import { replayFor } from './replayFor.ts';
import type { Transitions } from './transitions.ts';

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
