import type { EpisodeSource } from '../../datasets/episode.ts';
import { Box } from '../../envs/index.ts';
import type { Policy } from '../../src/index.ts';
import { note } from '../../src/note.ts';
import { checkContinuous } from './checkContinuous.ts';
import { checkFitsInMemory } from './checkFitsInMemory.ts';
import { commandActions } from './commandActions.ts';
import { datasetFor } from './datasetFor.ts';
import { leavesBounds } from './leavesBounds.ts';
import { bytesPerTransition, ReplayBuffer } from './replayBuffer.ts';
import type { ActionSpace } from './vectorEnvFor.ts';

/** A replay that holds all of a dataset. */
export interface FilledReplay {
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
export function filledReplay(owner: string, options: FilledReplayOptions): FilledReplay {
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
