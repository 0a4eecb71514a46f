import type { Figure, Outcome, Section, SummaryRow, Table } from '../harness/experiment.ts';
import { groupBy } from '../harness/groupBy.ts';
import { alignSteps } from '../harness/report/alignSteps.ts';
import { describeBest } from '../harness/report/describeBest.ts';
import { intervalChart } from '../harness/report/intervalChart.ts';
import { type CurvePoint, learningCurves } from '../harness/report/learningCurves.ts';
import { metricTable } from '../harness/report/table.ts';
import { isShare } from './shares.ts';
import type { TrainConfig } from './trainConfig.ts';

/** What the result of a job says of its policy. */
export interface PolicyFacts {
  readonly parameters: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The report of a training: learning curves, and the evaluation. */
export function trainSections(
  outcomes: readonly Outcome[],
  summary: readonly SummaryRow[],
  { policies, environments, evaluationEpisodes }: TrainConfig,
): Section[] {
  const of = (metric: string) => summary.filter((row) => row.metric === metric);
  const options = { better: 'higher', format: (value: number) => value.toFixed(1) } as const;
  const words = [
    describeBest(of('return'), { ...options, label: 'Highest return of sampled actions' }),
    describeBest(of('greedyReturn'), { ...options, label: 'Highest return of greedy actions' }),
  ].filter((text) => text !== undefined);
  return [
    {
      title: 'Learning curves',
      paragraphs: [
        'The mean return of the episodes that ended since the row before, with the actions that the agent explored with.',
      ],
      figures: [curvesFigure(outcomes, policies, 'learning-curves')],
    },
    {
      title: 'Evaluation',
      paragraphs: [
        `${evaluationEpisodes} episodes of each trained policy, with sampled actions and with greedy ones.`,
        ...words,
      ],
      figures: [
        chart(of('return'), 'return, sampled actions', environments[0]!, policies),
        chart(of('greedyReturn'), 'return, greedy actions', environments[0]!, policies),
      ],
    },
    ...outcomeSections(summary),
    { title: 'Policies', tables: [policyTable(outcomes, policies)] },
  ];
}

/** How the episodes of the evaluation ended, if they say it. */
function outcomeSections(summary: readonly SummaryRow[]): Section[] {
  const shares = summary.filter(({ metric }) => isShare(metric));
  const entries = groupBy(shares, ({ metric }) => metric.slice(0, metric.indexOf('/')));
  if (entries.size === 0) return [];
  const format = (share: number) => (100 * share).toFixed(1);
  return [
    {
      title: 'How episodes ended',
      paragraphs: [
        'Shares of the episodes of the evaluation with sampled actions: the interquartile mean over the seeds with its 95 % interval.',
      ],
      tables: [...entries].map(([entry, rows]) => {
        const metrics = [...new Set(rows.map(({ metric }) => metric))].sort();
        const columns = metrics.map((metric) => ({ metric, label: metric.slice(entry.length + 1), format, unit: '%' }));
        return metricTable(entry, rows, columns);
      }),
    },
  ];
}

/** What each policy is: its size, and all its options. */
function policyTable(outcomes: readonly Outcome[], policies: readonly string[]): Table {
  const made = policies.flatMap((policy) => {
    const data = outcomes.find(({ job }) => job.policy === policy)?.result.data as PolicyFacts | undefined;
    return data === undefined ? [] : [{ policy, ...data }];
  });
  const names = [...new Set(made.flatMap(({ options }) => Object.keys(options)))];
  const show = (value: unknown) =>
    value === undefined ? '–' : Array.isArray(value) ? value.join(', ') : String(value);
  return {
    title: 'Parameters and options',
    columns: ['policy', 'parameters', ...names],
    rows: made.map(({ policy, parameters, options }) => [
      policy,
      String(parameters),
      ...names.map((name) => show(options[name])),
    ]),
  };
}

/** The learning curves of trainings on one environment. @param name of the figure */
export function curvesFigure(outcomes: readonly Outcome[], policies: readonly string[], name: string): Figure {
  return {
    name,
    caption:
      'Return of an episode by environment steps. A line is the interquartile mean over the seeds, a band its 95 % interval.',
    spec: learningCurves(alignSteps(curvePoints(outcomes)), {
      x: 'environment steps',
      y: 'return of an episode',
      policies,
    }),
  };
}

/** The rows between which an episode ended. */
function curvePoints(outcomes: readonly Outcome[]): CurvePoint[] {
  return outcomes.flatMap(({ job: { policy, seed }, rows }) =>
    rows.flatMap(({ step, return: value }) =>
      typeof value === 'number' ? [{ policy, seed, step: step as number, value }] : [],
    ),
  );
}

function chart(rows: readonly SummaryRow[], x: string, env: string, policies: readonly string[]): Figure {
  return {
    name: x.includes('greedy') ? 'evaluation-greedy' : 'evaluation-sampled',
    caption: `${env}: ${x}. A dot is the interquartile mean over the seeds, a bar its 95 % interval, a tick a seed.`,
    spec: intervalChart(rows, { x, policies }),
  };
}
