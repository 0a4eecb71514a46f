import { join } from 'node:path';
import { z } from 'zod';
import { readCheckedJson, writeCheckedJson } from '../experiment/checkedJson.ts';
import type { Figure, Job, Outcome, Section, SummaryRow, Table } from '../experiment/experiment.ts';
import { groupBy } from '../experiment/summarize.ts';
import { formatReturn, plural } from '../experiment/text.ts';
import { alignSteps, type CurvePoint, intervalChart, learningCurves } from '../report/charts.ts';
import { describeBest, metricTable } from '../report/table.ts';
import { quantile } from '../statistics/bootstrap.ts';
import { DRAWS, STEPS } from './evaluateTrained.ts';
import { isShare } from './outcomes.ts';
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
  config: TrainConfig,
): Section[] {
  const { policies, evaluationEpisodes } = config;
  const [env] = config.environments as [string];
  const of = (metric: string) => summary.filter((row) => row.metric === metric);
  const options = { better: 'higher', format: formatReturn } as const;
  const words = [
    describeBest(of('return'), { ...options, label: 'Highest return of sampled actions' }),
    describeBest(of('greedyReturn'), { ...options, label: 'Highest return of greedy actions' }),
  ].filter((text) => text !== undefined);
  const explores = config.dataset === undefined || goesOnline(config);
  const curves: Section = {
    title: 'Learning curves',
    paragraphs: [
      'The mean return of the episodes that ended since the row before, with the actions that the agent explored with.',
    ],
    figures: [curvesFigure(outcomes, policies, 'learning-curves', { steps: stepsOf(config) })],
  };
  return [
    ...(explores ? [curves] : []),
    ...evaluationSections(outcomes, summary, config),
    {
      title: 'Evaluation',
      paragraphs: [
        `${plural(evaluationEpisodes, 'episode')} of each trained policy, with sampled actions and with greedy ones.`,
        ...words,
      ],
      figures: [
        metricFigure(env, of('return'), { x: 'return, sampled actions', name: 'evaluation-sampled', policies }),
        metricFigure(env, of('greedyReturn'), { x: 'return, greedy actions', name: 'evaluation-greedy', policies }),
      ],
    },
    ...shapeSections(summary),
    ...outcomeSections(summary),
    { title: 'Policies', tables: [policyTable(outcomes, policies)] },
  ];
}

/** The evaluations in the course of the trainings, if there were some. */
function evaluationSections(
  outcomes: readonly Outcome[],
  summary: readonly SummaryRow[],
  config: TrainConfig,
): Section[] {
  const { policies, evaluateEvery, evaluateEpisodes, evaluateGreedy, keep, stopAtReturn } = config;
  if (evaluateEvery === 0) return [];
  const actions = evaluateGreedy ? 'greedy' : 'sampled';
  const count = (value: number) => value.toFixed(0);
  return [
    {
      title: 'Evaluations during the training',
      paragraphs: [
        `Every ${plural(evaluateEvery, 'step')}, ${plural(evaluateEpisodes, 'episode')} of the policy as it was, ${actions} actions. ` +
          (keep === 'best'
            ? 'Each training ends with the policy of the evaluation with the highest mean return. That return is too high by its luck: the next part measures the same policy anew.'
            : 'Each training ends with its last policy.'),
        ...(stopAtReturn === undefined
          ? []
          : [`A training ends at the first evaluation with a mean return of at least ${stopAtReturn}.`]),
      ],
      figures: [
        curvesFigure(outcomes, policies, 'evaluation-curves', {
          column: 'evaluationReturn',
          what: 'Mean return of an evaluation',
          steps: stepsOf(config),
        }),
      ],
      tables: [
        metricTable('Best and last evaluation', summary, [
          { metric: 'bestReturn', label: 'best return', format: formatReturn },
          { metric: 'bestStep', label: 'at step', format: count },
          { metric: 'lastReturn', label: 'last return', format: formatReturn },
          ...(stopAtReturn === undefined ? [] : [{ metric: 'steps', label: 'steps made', format: count }]),
        ]),
      ],
    },
  ];
}

/** The column of the mean negentropy. */
export const NEGENTROPY = {
  metric: 'negentropy',
  label: 'negentropy, nats',
  format: (nats: number) => nats.toFixed(3),
};

/** Whether the shape of a policy was looked at. */
export function hasShape(summary: readonly SummaryRow[]): boolean {
  return summary.some(({ metric }) => metric === NEGENTROPY.metric);
}

/** Whether policies use their shape, if they have one. */
function shapeSections(summary: readonly SummaryRow[]): Section[] {
  if (!hasShape(summary)) return [];
  return [
    {
      title: 'How far from a Gaussian',
      paragraphs: [
        `The negentropy of a policy is the KL divergence from it to the Gaussian of its mean and covariance, before actions are squashed: ` +
          `about 0, it is a Gaussian; with 0.1 nats and more it uses its shape. By ${DRAWS} draws at each of at most ${STEPS} steps of the evaluation with sampled actions.`,
      ],
      tables: [
        metricTable('Negentropy', summary, [
          { ...NEGENTROPY, label: 'mean, nats' },
          { ...NEGENTROPY, metric: 'largestNegentropy', label: 'largest, nats' },
        ]),
      ],
    },
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

/** Whether an agent that learns from data makes its last steps in the environment. */
function goesOnline({ agent: { onlineSteps } }: TrainConfig): boolean {
  return Number(onlineSteps ?? 0) > 0;
}

/** What the steps of a training are. */
function stepsOf(config: TrainConfig): string {
  if (config.dataset === undefined) return 'environment steps';
  return goesOnline(config) ? 'updates on data, then environment steps' : 'updates on data';
}

/** The learning curves of trainings on one environment. @param name of the figure */
export function curvesFigure(
  outcomes: readonly Outcome[],
  policies: readonly string[],
  name: string,
  { column = 'return', what = 'Return of an episode', steps = 'environment steps' } = {},
): Figure {
  return {
    name,
    caption: `${what} by ${steps}. A line is the interquartile mean over the seeds, a band its 95 % interval.`,
    spec: learningCurves(alignSteps(curvePoints(outcomes, column)), {
      x: steps,
      y: 'return of an episode',
      policies,
    }),
  };
}

/** The rows that have the column: of returns those between which an episode ended. */
export function curvePoints(outcomes: readonly Outcome[], column = 'return'): CurvePoint[] {
  return outcomes.flatMap(({ job: { policy, seed }, rows }) =>
    rows.flatMap(({ step, [column]: value }) =>
      typeof value === 'number' && typeof step === 'number' ? [{ policy, seed, step, value }] : [],
    ),
  );
}

/** A metric of the trainings on one environment, by policy. */
export function metricFigure(
  env: string,
  rows: readonly SummaryRow[],
  { x, name, policies }: { readonly x: string; readonly name: string; readonly policies: readonly string[] },
): Figure {
  return {
    name,
    caption: `${env}: ${x}. A dot is the interquartile mean over the seeds, a bar its 95 % interval, a tick a seed.`,
    spec: intervalChart(rows, { x, policies }),
  };
}

const FILE = 'speed.json';
const speedSchema = z.strictObject({ steps: z.number(), seconds: z.number() });

/** Notes how fast a training was, or the last part of one that was stopped. */
export function writeSpeed(logs: string, speed: { steps: number; seconds: number }): void {
  writeCheckedJson(join(logs, FILE), speed);
}

/**
 * Environment steps a second of trainings, updates included: the median over the seeds.
 * @throws InputError that names the file if one is damaged
 */
export function speedTable(jobs: readonly { readonly job: Job; readonly logs: string }[]): Table[] {
  const rows = [
    ...groupBy(jobs, ({ job: { study, env, policy } }) => JSON.stringify([env, study, policy])).values(),
  ].flatMap((group) => {
    const speeds = group.flatMap(({ logs }) => {
      const speed = readCheckedJson(join(logs, FILE), speedSchema, 'delete it: it holds times alone');
      return speed === undefined ? [] : [speed.steps / speed.seconds];
    });
    const { env, study, policy } = group[0]!.job;
    return speeds.length === 0
      ? []
      : [[env, study, policy, String(Math.round(quantile(Float64Array.from(speeds).sort(), 0.5)))]];
  });
  if (rows.length === 0) return [];
  return [{ title: 'Speed on this machine', columns: ['environment', 'agent', 'policy', 'steps a second'], rows }];
}
