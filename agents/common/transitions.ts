import type * as tf from '@tensorflow/tfjs-core';

/** A minibatch of transitions, row by row. */
export interface Transitions {
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  /** r; with n steps their discounted sum. */
  readonly rewards: Float32Array;
  /** What the action led to, or the last of n steps; at an episode's end its last observation, not the next one's first. */
  readonly nextObservations: Float32Array;
  /** 1 where the task itself ended, so that nothing more can be earned; 0 where a limit cut the episode. */
  readonly terminations: Float32Array;
  /** What the value of the next observation counts: γ, or γ to the number of steps that lie between. */
  readonly discounts: Float32Array;
  /**
   * w, what the row's loss counts: 1, or less where the row is drawn more often than others. Where draws are uniform there are none.
   * Whoever gets some tells the replay of {@link tdErrors}.
   */
  readonly weights?: Float32Array;
}

/** The same as tensors, and numbers beside it: rates. */
export type TransitionTensors<Scalar extends string> = { readonly [Column in keyof Transitions]: tf.Tensor } & Readonly<
  Record<Scalar, tf.Tensor>
>;
