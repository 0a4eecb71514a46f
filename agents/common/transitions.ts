import type { Rng } from '../../src/index.ts';

/** A minibatch of transitions, row by row. */
export interface Transitions {
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly rewards: Float32Array;
  /** What the action led to; at an episode's end its last observation, not the next one's first. */
  readonly nextObservations: Float32Array;
  /** 1 where the task itself ended, so that nothing more can be earned; 0 where a limit cut the episode. */
  readonly terminations: Float32Array;
}

/** Where minibatches come from: the replay of an agent that acts, or a data set. */
export interface TransitionSource {
  /** Shapes of a minibatch. */
  readonly shapes: Readonly<Record<keyof Transitions, { readonly shape: number[] }>>;
  /** How many transitions it holds. */
  readonly size: number;
  /** A minibatch, in arrays that the next call uses again. @throws if it holds none */
  sample(rng: Rng): Transitions;
}
