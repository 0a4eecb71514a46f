import type { Rng } from '../../src/index.ts';
import type { RewardScaler } from './rewardScaler.ts';
import type { TransitionSource, Transitions } from './transitions.ts';

/** Minibatches of another source, their rewards scaled as they are when the minibatch is drawn. */
export class ScaledRewards implements TransitionSource {
  readonly #source: TransitionSource;
  readonly #scaler: RewardScaler;

  constructor(source: TransitionSource, scaler: RewardScaler) {
    this.#source = source;
    this.#scaler = scaler;
  }

  get shapes(): TransitionSource['shapes'] {
    return this.#source.shapes;
  }

  get size(): number {
    return this.#source.size;
  }

  sample(rng: Rng): Transitions {
    const batch = this.#source.sample(rng);
    const { rewards } = batch;
    for (let i = 0; i < rewards.length; i++) rewards[i] = this.#scaler.scale(rewards[i]!);
    return batch;
  }
}
