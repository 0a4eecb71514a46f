import type { Kind } from './kinds.ts';

/** Who acts in a part of a dataset. */
export type Actor =
  /** Actions from their space. */
  | { readonly by: 'random' }
  /**
   * Scripted walkers round a lake, by the shortest path that keeps off the shore as each of them likes, with normal noise on the velocity. Whoever drowns
   * stays in the data.
   */
  | { readonly by: 'demonstrator'; readonly upperShare: number; readonly noise: number }
  /**
   * What a training has made, by samples, which the seed tells from others: its policy at the end; at the first evaluation with a third of the way
   * from random to expert (`medium`); or those of all evaluations until then, an equal share of the episodes each (`to-medium`).
   */
  | { readonly by: 'training'; readonly seed: number; readonly at: 'end' | 'medium' | 'to-medium' };

/** Episodes of one of them. */
export interface Part {
  readonly actor: Actor;
  readonly episodes: number;
}

/** The training that a recipe's policies come from: the preset of an agent, with this many steps. */
export interface RecipeTraining {
  readonly agent: string;
  readonly policy: string;
  readonly steps: number;
  /** An evaluation, of 20 greedy episodes, is at the agent's first report at or behind each multiple of so many steps. */
  readonly evaluateEvery: number;
  /** Beside those of the preset. */
  readonly agentOptions?: Readonly<Record<string, number>>;
}

/** Where recipes are made: an environment, and what a return is measured by. */
export interface Task {
  /** How names of recipes begin: `pendulum`. */
  readonly name: string;
  readonly env: string;
  readonly envOptions: Readonly<Record<string, number>>;
  /** Mean returns that count as 0 and 1. */
  readonly reference: { readonly random: number; readonly expert: number };
  readonly training?: RecipeTraining;
}

/** How a dataset is made. The same recipe makes the same episodes, to the bit. */
export interface Recipe {
  /** `pendulum-medium` */
  readonly name: string;
  readonly kind: Kind;
  readonly task: Task;
  /** One after another. */
  readonly parts: readonly Part[];
}
