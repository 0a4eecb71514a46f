import type { Figure, Outcome, Section, SummaryRow } from '../harness/experiment.ts';
import { describeBest } from '../harness/report/describeBest.ts';
import { intervalChart } from '../harness/report/intervalChart.ts';
import { type CurvePoint, learningCurves } from '../harness/report/learningCurves.ts';
import type { TrainConfig } from './trainConfig.ts';

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
      figures: [curves('return', 'return of an episode', outcomes, policies)],
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
  ];
}

function curves(field: string, y: string, outcomes: readonly Outcome[], policies: readonly string[]): Figure {
  return {
    name: `curve-${field}`,
    caption: `${y}, by environment steps: interquartile mean over the seeds, with its 95 % interval.`,
    wide: true,
    spec: learningCurves(curvePoints(outcomes, field), { x: 'environment steps', y, policies }),
  };
}

/** A column of the rows of jobs, where there was something to measure. */
export function curvePoints(outcomes: readonly Outcome[], field: string): CurvePoint[] {
  return outcomes.flatMap(({ job: { policy, seed }, rows }) =>
    rows.flatMap(({ step, [field]: value }) =>
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
