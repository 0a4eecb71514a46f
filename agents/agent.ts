import type { Info } from '../envs/index.ts';
import type { Policy, Rng } from '../src/index.ts';

/** How long an agent is trained, and by which randomness. */
export interface TrainOptions {
  /**
   * How long, from the beginning of the training: environment steps for agents that act, updates for those that learn from data. A
   * training that goes on from a state counts what it has behind it.
   */
  readonly steps: number;
  /** All randomness of the training comes from streams of this one. */
  readonly rng: Rng;
}

/** What there is to say of a finished episode. */
export interface EpisodeReport {
  /** The undiscounted sum of rewards. */
  readonly return: number;
  readonly length: number;
  /** What the environment said with the last step. */
  readonly info: Info;
}

/** What every report of a training says; an agent adds its own. */
export interface TrainReport {
  /** Environment steps so far, over all environments; of an agent that learns from data updates. */
  readonly step: number;
  /** Updates so far. */
  readonly updates: number;
  /** The episodes that ended since the last report; none where the agent does not act. */
  readonly episodes: readonly EpisodeReport[];
}

/**
 * All that the rest of a training depends on: variables of the policy and other networks, optimizers, normalizers, replay,
 * environments and the observations to act on, random streams, counters. Plain values and typed arrays, so that `structuredClone`
 * takes it; `stateToJson` makes a text of it and `stateFromJson` the same state again.
 */
export interface AgentState {
  /** The agent's class. */
  readonly agent: string;
  /** The format's. */
  readonly version: number;
  readonly parts: Readonly<Record<string, unknown>>;
}

/**
 * Training as a stream of typed reports: `for await (const report of agent.train({ steps, rng })) …`.
 *
 * Progress bars, logs, checkpoints and plots are consumers of the stream. Leaving the loop stops the training; the policy
 * keeps what it has learned.
 */
export interface Agent<Report extends TrainReport = TrainReport> {
  /**
   * The policy to act with, where it is not the one that is trained but one around it, such as the best of several samples by the critics. It
   * holds the variables of both: dispose of it instead of the trained policy, after the agent.
   */
  readonly actingPolicy?: Policy | undefined;
  /**
   * A training from its beginning, with the variables as they are; after {@link setState} the rest of the one that the state is of.
   * @throws if `steps` is no positive integer, or the state is of a training with another `rng`
   */
  train(options: TrainOptions): AsyncGenerator<Report, void, undefined>;
  /**
   * All that the rest of the training depends on: to be asked for between two reports, or before or after the training.
   * @throws if the environment cannot give its state
   */
  state(): AgentState;
  /**
   * Goes to a state. An agent that was made with the same options, and continues with the same `steps` and an `rng` of the same
   * seed, ends with exactly the result of the training that was not interrupted, byte for byte.
   * @throws one line, if the state is of another agent, version or architecture; nothing is changed then
   */
  setState(state: AgentState): void;
  /** Frees what the agent made itself: optimizers, compiled functions. Not the policy or the environment it was given. */
  dispose(): void;
}
