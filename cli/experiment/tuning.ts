import type { SearchSpaces } from './tunedSchema.ts';

/** What is judged: a metric of a job. */
export interface Judged {
  readonly metric: string;
  /** As the tables name it, with its unit. */
  readonly label: string;
  /** A difference in the metric that matters: the report counts the trials that come as near to the best one. */
  readonly near: number;
}

/** By which metric of a job its settings are judged. */
export interface Objective extends Judged {
  readonly goal: 'minimize' | 'maximize';
  /** What a trial's score is of those of its seeds: their mean, or the worst of them, so that what fails now and then does not win. */
  readonly over: 'mean' | 'worst';
  /**
   * What judges a policy whose jobs have this metric: one whose loss is no likelihood, say. Trials are ranked within a policy, so that it decides as
   * well; with the scores of other policies it does not compare.
   */
  readonly otherwise?: Judged;
}

/** What judged a trial. */
export function judgedBy(objective: Objective, { by }: { readonly by?: string | undefined }): Judged {
  const { otherwise } = objective;
  return otherwise !== undefined && by === otherwise.metric ? otherwise : objective;
}

/**
 * What an experiment says of its settings' search. Its schema has the field `tuned` by `tunedSchema`, and its jobs use the
 * settings that they find there.
 */
export interface Tuning {
  /** By study: only these are tuned. */
  readonly objectives: Readonly<Record<string, Objective>>;
  readonly spaces: SearchSpaces;
  /**
   * By study: under which of its conditions settings are searched for; the others take what was found there. By default, under none. Under
   * several, a trial is done under each of them, and its score is over all of them.
   */
  readonly conditions?: Readonly<Record<string, string | readonly string[]>>;
}

/** The conditions under which the settings of a study are searched for; undefined stands for none. */
export function searchedConditions(
  { conditions }: Pick<Tuning, 'conditions'>,
  study: string,
): readonly (string | undefined)[] {
  const own = conditions?.[study];
  return typeof own === 'object' ? own : [own];
}
