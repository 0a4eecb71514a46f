/**
 * Trainings of an agent on an environment, by a policy class or several, and the score to reach: the interquartile mean over seeds of the
 * mean return of greedy episodes, after so many steps.
 */
export interface Cell<Env extends string = string, Study extends string = string, PolicyName extends string = string> {
  readonly env: Env;
  /** The name of the agent. */
  readonly study: Study;
  readonly policies: readonly PolicyName[];
  /** Environment steps of the training. */
  readonly steps: number;
  /** The score to reach, where one is asked for. */
  readonly asked?: number;
  /** How many of the run's seeds are trained, the first ones; all of them unless given. */
  readonly seeds?: number;
}

/** The rows of a cell, or its outcomes. */
export function ofCell<T extends { readonly env: string; readonly study: string }>(
  { env, study }: Cell,
  rows: readonly T[],
): T[] {
  return rows.filter((row) => row.env === env && row.study === study);
}
