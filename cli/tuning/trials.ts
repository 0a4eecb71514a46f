import { isDeepStrictEqual } from 'node:util';
import { groupBy } from '../experiment/collections.ts';
import type { CommonConfig, Section, Table } from '../experiment/experiment.ts';
import {
  isGroup,
  type Judged,
  judgedBy,
  type Objective,
  type SearchSpaces,
  type Settings,
  searchedConditions,
  type Tuned,
  type Tuning,
} from '../experiment/searchSpace.ts';
import { plural } from '../experiment/text.ts';

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

/**
 * For each study and environment a row a policy: its best and its median score, how many of its trials came near to the best
 * of all policies, and the settings of the best one. Policies that another metric judged have a table of their own.
 * @param policyLabel how a policy reads; as it is, unless given
 */
export function trialTables(
  trials: Trials,
  { objectives }: Pick<Tuning, 'objectives'>,
  policyLabel: (policy: string) => string = (policy) => policy,
): Table[] {
  return Object.entries(trials).flatMap(([study, environments]) =>
    Object.entries(environments).flatMap(([env, policies]) => {
      const groups = byMeasure(policies, objectives[study]!);
      return groups.map(({ judged, own }) => {
        const title = `${study}, ${env}${groups.length > 1 ? `, by the ${judged.label}` : ''}`;
        return table(title, own, { objective: { ...objectives[study]!, ...judged }, policyLabel });
      });
    }),
  );
}

type PolicyTrials = Readonly<Record<string, readonly Trial[]>>;

/** Policies with what judged them: scores of one metric do not compare with those of another. */
function byMeasure(policies: PolicyTrials, objective: Objective): { judged: Judged; own: PolicyTrials }[] {
  const judgedOf = (trials: readonly Trial[]) => judgedBy(objective, { by: trials.find(({ by }) => by)?.by });
  const groups = groupBy(Object.entries(policies), ([, trials]) => judgedOf(trials).metric);
  return Array.from(groups.values(), (own) => ({ judged: judgedOf(own[0]![1]), own: Object.fromEntries(own) }));
}

function table(
  title: string,
  policies: PolicyTrials,
  { objective, policyLabel }: { readonly objective: Objective; readonly policyLabel: (policy: string) => string },
): Table {
  const { label, near, goal, over } = objective;
  const scores = Object.values(policies).flatMap((trials) => ranked(trials, objective).map(({ score }) => score));
  const best = goal === 'minimize' ? Math.min(...scores) : Math.max(...scores);
  return {
    title: `Trials: ${title}`,
    columns: [
      'policy',
      `best ${label}, ${over} of the seeds`,
      'median',
      `within ${near} of the best policy's`,
      'best settings',
    ],
    rows: Object.entries(policies).map(([policy, trials]) => {
      const order = ranked(trials, objective);
      const first = order[0];
      const median = order[Math.floor((trials.length - 1) / 2)];
      const close = order.filter(({ score }) => Math.abs(score - best) <= near).length;
      return [
        policyLabel(policy),
        first === undefined ? '–' : first.score.toFixed(3),
        median === undefined ? 'diverged' : median.score.toFixed(3),
        `${close} of ${trials.length}`,
        first === undefined ? '–' : settingsText(first.settings),
      ];
    }),
    prose: true,
  };
}

/** A heading that names more studies is too long. */
const NAMED = 2;

/** The settings of a search for settings. */
export interface TuningConfig extends CommonConfig {
  /** How many settings are tried of each policy. */
  readonly trials: number;
}

/** What `trials.json` holds. */
export interface TrialsFile {
  /** With which the search was made. */
  readonly config: TuningConfig;
  readonly spaces: SearchSpaces;
  readonly trials: Trials;
}

/** The experiment whose settings are searched for. */
interface TunedExperiment {
  readonly tuning: Tuning;
  conditionLabel?(condition: string): string;
  policyLabel?(policy: string): string;
}

/**
 * The part of a report that says how settings were searched for, and what came of it.
 * @param used the settings of the run: those that are not the best of the trials are named
 */
export function tuningSection(
  { config, trials }: TrialsFile,
  { tuning, conditionLabel = (condition) => condition, policyLabel = (policy) => policy }: TunedExperiment,
  used?: Tuned,
): Section {
  const { objectives } = tuning;
  const best = bestSettings(trials, objectives);
  const others = entries(best).filter(([study, env, policy, settings]) => {
    const own = used?.[study]?.[env]?.[policy];
    return own !== undefined && !isDeepStrictEqual(own, settings);
  });
  const studies = Object.keys(trials);
  /** What judged a study's policies: those that another metric judged are named. */
  const judgesOf = (study: string) => {
    const found = Object.values(trials[study]!).flatMap((policies) => byMeasure(policies, objectives[study]!));
    return Array.from(
      groupBy(found, ({ judged }) => judged.label),
      ([label, own]) => {
        const policies = new Set(own.flatMap(({ own }) => Object.keys(own)));
        const isUsual = own[0]!.judged.metric === objectives[study]!.metric;
        return { label, who: isUsual ? study : `${study} of ${[...policies].map(policyLabel).join(', ')}` };
      },
    );
  };
  const judgements = groupBy(
    studies.flatMap((study) => {
      const conditions = searchedConditions(tuning, study).filter((condition) => condition !== undefined);
      const where = conditions.length > 0 ? ` (${conditions.map(conditionLabel).join('; ')})` : '';
      return judgesOf(study).map(({ who, label }) => ({
        who,
        how: `by the ${objectives[study]!.over} ${label}${where}`,
      }));
    }),
    ({ how }) => how,
  );
  const judged = Array.from(judgements, ([how, own]) => `${own.map(({ who }) => who).join(', ')} ${how}`);
  return {
    title: `How the settings were found${studies.length <= NAMED ? `: ${studies.join(', ')}` : ''}`,
    paragraphs: [
      `Each policy had ${plural(config.trials, 'trial')}, drawn from one space but for the options that only some have, and one with the settings ` +
        'that were in use before; all were trained with the ' +
        `${config.seeds.length === 1 ? 'seed' : 'seeds'} ${config.seeds.join(', ')}. What was best over these seeds was taken: ${judged.join('; ')}. How many of a policy’s trials came near to ` +
        'the best of all policies says how much care it needs.',
      ...(others.length === 0
        ? []
        : [
            `This run has other settings for ${others.map(([study, env, policy]) => `${study}, ${env}, ${policyLabel(policy)}`).join('; ')}.`,
          ]),
    ],
    tables: trialTables(trials, tuning, policyLabel),
  };
}

function entries(tuned: Tuned): [study: string, env: string, policy: string, settings: object][] {
  return Object.entries(tuned).flatMap(([study, environments]) =>
    Object.entries(environments).flatMap(([env, policies]) =>
      Object.entries(policies).map(([policy, settings]): [string, string, string, object] => [
        study,
        env,
        policy,
        settings,
      ]),
    ),
  );
}

/** `name value, name value`: groups are left out, their names are for the file. A rate that falls is `name 0.001 → 0`. */
export function settingsText(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      if (isGroup(value)) return settingsText(value);
      const isLinear = typeof value === 'object' && value !== null && 'linear' in value;
      if (isLinear) return `${name} ${value.linear.join(' → ')}`;
      return `${name} ${Array.isArray(value) ? value.join('×') : value}`;
    })
    .join(', ');
}
