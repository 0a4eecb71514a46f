import type { Settings } from '../experiment/searchSpace.ts';
import type { Tuned } from '../experiment/tunedSchema.ts';
import type { Objective } from '../experiment/tuning.ts';

/** One try of some settings: what came of it by seed; `null` where training failed or diverged. */
export interface Trial {
  readonly settings: Settings;
  readonly scores: readonly (number | null)[];
  /** The metric that was scored, if it is another than that of the other policies: the objective's `otherwise`. */
  readonly by?: string;
}

/** All trials, by study, environment and policy. */
export type Trials = Record<string, Record<string, Record<string, readonly Trial[]>>>;

/** By what trials are compared. */
type Rule = Pick<Objective, 'goal' | 'over'>;

/** The mean over the seeds, or the worst of them; undefined where one of them has no score. */
function scoreOf({ scores }: Trial, { goal, over }: Rule): number | undefined {
  const numbers = scores.filter((score) => score !== null);
  if (numbers.length < scores.length || scores.length === 0) return undefined;
  if (over === 'worst') return goal === 'minimize' ? Math.max(...numbers) : Math.min(...numbers);
  return numbers.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** The trials that have a score, the best first; the earlier one of equals. */
export function ranked<T extends Trial>(trials: readonly T[], rule: Rule): (T & { score: number })[] {
  const sign = rule.goal === 'minimize' ? 1 : -1;
  return trials
    .flatMap((trial) => {
      const score = scoreOf(trial, rule);
      return score === undefined ? [] : [{ ...trial, score }];
    })
    .sort((a, b) => sign * (a.score - b.score));
}

/** The best settings of each policy; a policy none of whose trials has a score is missing. */
export function bestSettings(trials: Trials, objectives: Readonly<Record<string, Objective>>): Tuned {
  const best: Tuned = {};
  for (const [study, environments] of Object.entries(trials)) {
    for (const [env, policies] of Object.entries(environments)) {
      for (const [policy, own] of Object.entries(policies)) {
        const [first] = ranked(own, objectives[study]!);
        if (first === undefined) continue;
        best[study] ??= {};
        best[study][env] ??= {};
        best[study][env][policy] = first.settings;
      }
    }
  }
  return best;
}
