import { isDeepStrictEqual } from 'node:util';
import type { CommonConfig, Section } from '../experiment/experiment.ts';
import { groupBy } from '../experiment/groupBy.ts';
import { plural } from '../experiment/plural.ts';
import type { SearchSpaces, Tuned } from '../experiment/tunedSchema.ts';
import { searchedConditions, type Tuning } from '../experiment/tuning.ts';
import { bestSettings, type Trials } from './trials.ts';
import { byMeasure, trialTables } from './trialTables.ts';

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
export interface TunedExperiment {
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
