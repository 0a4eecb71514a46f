import type { Rng } from '../src/index.ts';

export interface TrainOptions {
  /** How long: environment steps for agents that act, updates for those that learn from data. */
  readonly steps: number;
  /** All randomness of the training comes from streams of this one. */
  readonly rng: Rng;
}

/**
 * Training as a stream of typed reports: `for await (const report of agent.train({ steps, rng })) …`.
 *
 * Progress bars, logs, checkpoints and plots are consumers of the stream. Leaving the loop stops the training; the policy
 * keeps what it has learned.
 */
export interface Agent<Report extends { readonly step: number }> {
  train(options: TrainOptions): AsyncGenerator<Report, void, undefined>;
  /** Frees what the agent made itself: optimizers, compiled functions. Not the policy or the environment it was given. */
  dispose(): void;
}

/**
 * A loss or gradient stopped being a number, though the data are: the step and the quantity are in the message. An update
 * has then gone too far, and a smaller rate makes it shorter; Adam's steps hardly depend on the gradient's scale.
 */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';

  constructor(agent: string, step: number, quantity: string, value: number) {
    super(`${agent}: ${quantity} is ${value} at step ${step}; a smaller learningRate usually helps`);
  }
}

/** @throws if `steps` is not a positive integer */
export function checkSteps(agent: string, steps: number): void {
  if (!Number.isInteger(steps) || steps <= 0) {
    throw new Error(`${agent}.train: wanted a positive integer of steps, got ${steps}`);
  }
}
