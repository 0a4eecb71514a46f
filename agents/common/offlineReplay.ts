import type { Box, VectorEnv } from '../../envs/index.ts';
import { fingerprintOfNumbers } from '../../src/fingerprintOfNumbers.ts';
import type { Rng } from '../../src/index.ts';
import type { Stateful } from './agentParts.ts';
import { filledReplay } from './filledReplay.ts';
import { ObservationStatistics } from './observationStatistics.ts';
import type { OfflineConfig } from './offlineOptions.ts';
import type { ReplayBuffer } from './replayBuffer.ts';
import { replayFor } from './replayFor.ts';
import type { Transitions } from './transitions.ts';

interface OfflineReplayState {
  /** Of the data, which are not a part of the state. */
  readonly data: string;
  readonly largestReward: number;
  readonly online?: ReturnType<ReplayBuffer['state']> | undefined;
}

/**
 * What an agent learns from that begins with data: all transitions of a dataset, and those that it makes online. As long as there are none
 * of these a minibatch comes from the data, then a share of it. Rewards are scaled. If the policy normalizes observations, it does so by the
 * data, before and after it goes online.
 */
export class OfflineReplay implements Stateful<OfflineReplayState> {
  /** Shapes of a minibatch. */
  readonly shapes: ReplayBuffer['shapes'];
  readonly actionSpace: Box;
  readonly data: ReplayBuffer;
  /** What is new; undefined without environments. */
  readonly online: ReplayBuffer | undefined;
  readonly #rewardScale: number;
  #largestReward: number;
  /** How many rows of a minibatch come from the data when the agent is online. */
  readonly #fromData: number;
  readonly #batch: Transitions;
  #fingerprint: string | undefined;

  /**
   * @param owner whose it is, as errors name it: `Iql`
   * @param env where the agent goes online
   * @throws as {@link filledReplay}
   */
  constructor(owner: string, config: OfflineConfig, env: VectorEnv | undefined) {
    const { policy, dataset, batchSize, gamma, nSteps, rewardScale, offlineShare } = config;
    const statistics = ObservationStatistics.of([policy], config);
    const { replay, actionSpace, largestReward } = filledReplay(owner, {
      ...{ policy, dataset, batchSize, gamma, nSteps },
      onObservations: (observations) => statistics?.observe(observations),
    });
    statistics?.publish();
    this.data = replay;
    this.actionSpace = actionSpace;
    this.#rewardScale = rewardScale;
    this.#largestReward = rewardScale * largestReward;
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

  /** Transitions drawn with replacement, in arrays that the next call uses again. */
  sample(rng: Rng): Transitions {
    const batch = this.#batch;
    const scale = (reward: number) => {
      const scaled = this.#rewardScale * reward;
      this.#largestReward = Math.max(this.#largestReward, Math.abs(scaled));
      return scaled;
    };
    const size = batch.rewards.length;
    const isOnline = this.online !== undefined && this.online.size > 0;
    const fromData = isOnline ? this.#fromData : size;
    this.data.sampleInto(batch, 0, fromData, rng, { scale });
    if (isOnline) this.online!.sampleInto(batch, fromData, size, rng, { scale });
    return batch;
  }

  state(): OfflineReplayState {
    const online = this.online && { online: this.online.state() };
    return { data: this.#dataFingerprint(), largestReward: this.#largestReward, ...online };
  }

  setState({ data, largestReward, online }: OfflineReplayState): void {
    if (data !== this.#dataFingerprint()) throw new Error('its data are others, expected the same dataset');
    if ((online === undefined) !== (this.online === undefined)) {
      const [has, lacks] = online === undefined ? ['agent', 'state'] : ['state', 'agent'];
      throw new Error(`the ${has} has environments, the ${lacks} has none: expected the same options`);
    }
    if (online !== undefined) this.online!.setState(online);
    this.#largestReward = largestReward;
  }

  #dataFingerprint(): string {
    if (this.#fingerprint === undefined) {
      const { observations, actions, rewards, ends, lastObservations } = this.data.state();
      this.#fingerprint = fingerprintOfNumbers([observations, actions, rewards, ends, lastObservations]);
    }
    return this.#fingerprint;
  }
}
