import type { Table } from '../experiment/experiment.ts';
import { groupBy } from '../experiment/groupBy.ts';
import { type Judged, judgedBy, type Objective, type Tuning } from '../experiment/tuning.ts';
import { settingsText } from './settingsText.ts';
import { ranked, type Trial, type Trials } from './trials.ts';

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
export function byMeasure(policies: PolicyTrials, objective: Objective): { judged: Judged; own: PolicyTrials }[] {
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
