import type { TopLevelSpec } from 'vega-lite';
import { policyNames } from '../../../../agents/lake.ts';
import type { Figure, SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { intervalChart, type Layer, learningCurves, typicalOutcome } from '../../../../cli/report/charts.ts';
import { metricTable } from '../../../../cli/report/table.ts';
import { policyColours, themeColour } from '../../../../envs/drawing/palette.ts';
import { type BanditPolicy, banditPolicies } from '../../bandit/banditPolicies.ts';
import { lakeJobs } from '../../study/lakeJobs.ts';
import type { StudyResults } from '../../study/lakeStudy.ts';
import type { StudyPart } from '../../study/studyInParts.ts';
import { bestMinimaxGaussian } from './bankMasses.ts';
import { opponentDensityFigure, opponentDensityLegend } from './opponentDensityFigure.ts';
import { OPPONENT_BANDIT, type OpponentBanditData, playOpponent } from './playOpponent.ts';

/** Seconds of a job with the usual settings. */
const SECONDS: Record<BanditPolicy, number> = { gaussian: 0.6, 'mixture-2': 0.6, mixture: 0.7, spline: 2.3 };

/** Probabilities, to three digits. */
export const value = (mass: number): string => mass.toFixed(3);

/** E4 in one number. */
export const opponentBandit: StudyPart = {
  environments: [OPPONENT_BANDIT],

  jobs: (config) =>
    lakeJobs(config, {
      study: 'opponent',
      environments: [OPPONENT_BANDIT],
      policies: banditPolicies,
      weight: ({ policy }) => (SECONDS[policy as BanditPolicy] * config.opponent.bandit.steps) / 40_960,
    }),

  runJob: ({ policy }, config, context) => playOpponent({ policy: policy as BanditPolicy }, config, context),

  tables: (rows) =>
    rows.length === 0
      ? []
      : [
          metricTable('Against an opponent, in one number', rows, [
            { metric: 'minimaxValue', label: 'minimax value', format: value },
            { metric: 'left', label: 'left bank', format: value },
            { metric: 'right', label: 'right bank', format: value },
          ]),
        ],

  section: ({ outcomes, rows }) => {
    const best = bestMinimaxGaussian();
    return {
      title: 'In one number',
      paragraphs: [
        'Two banks, from 0.5 to 1.5 and its mirror image; landing on one that is not blocked pays 1, all else nothing. An opponent ' +
          'blocks the bank used more, by a moving average of the last episodes. PPO trains each policy against it, all with one ' +
          'setting, which was chosen on other seeds. A policy’s minimax value is the lesser of the probabilities of its banks, here by ' +
          `quadrature of its density. The best of all policies is worth 0.5; the best Gaussian, N(0, ${best.deviation.toFixed(3)}²), ` +
          `${value(best.value)}: most of it lies between the banks and beyond them. What policies come to against such an opponent on the lake is in E3.`,
      ],
      figures: [
        {
          name: 'opponent-bandit-value',
          caption:
            'Minimax value: the probability of the bank that is used less. Interquartile mean, 95 % interval, a tick a seed. Dashed: ' +
            `the best of all policies, 0.5, and the best Gaussian, ${value(best.value)}.`,
          spec: minimaxChart(
            rows.filter(({ metric }) => metric === 'minimaxValue'),
            { x: 'minimax value', lines: [0.5, best.value] },
          ),
        },
        ...densities(outcomes),
        {
          name: 'opponent-bandit-training',
          caption:
            'Training: the share of episodes on a free bank, against opponents that follow the policy. Interquartile mean over the ' +
            'seeds, in a band of its 95 % interval.',
          spec: learningCurves(
            outcomes.flatMap(({ job: { policy, seed }, rows: ofJob }) =>
              ofJob.map((row) => ({ policy, seed, step: row.step as number, value: row.reward as number })),
            ),
            { x: 'episodes', y: 'on a free bank', policies: policyNames },
          ),
        },
      ],
    };
  },
};

/** What each policy has learned, of its typical seed. */
function densities(outcomes: StudyResults['outcomes']): Figure[] {
  const { domain, range } = policyColours(policyNames);
  const shown = domain.flatMap((policy, i) => {
    const own = outcomes.filter(({ job }) => job.policy === policy);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: 'minimaxValue', better: 'higher' });
    const note = `seed ${job.seed}: ${value(result.metrics.minimaxValue!)}`;
    const { density } = result.data as OpponentBanditData;
    return [{ title: policy, note, colour: range[i]!, alt: `Density of ${policy}, ${note}.`, density }];
  });
  if (shown.length === 0) return [];
  const top = 1.05 * Math.max(...shown.flatMap(({ density }) => density));
  const panels = shown.map(({ density, ...panel }) => ({
    ...panel,
    spec: opponentDensityFigure(density, { colour: panel.colour, top }),
  }));
  return [
    {
      name: 'opponent-bandit-density',
      caption: 'Densities over actions, each of the seed with the median minimax value.',
      legend: opponentDensityLegend,
      panels,
    },
  ];
}

/** Minimax values by policy, with dashed lines at values that are known. */
function minimaxChart(
  rows: readonly SummaryRow[],
  { x, lines }: { readonly x: string; readonly lines: readonly number[] },
): TopLevelSpec {
  const chart = intervalChart(rows, { x, domain: [0, 0.55], policies: policyNames });
  const line: Layer = {
    data: { values: lines.map((value) => ({ value })) },
    mark: { type: 'rule', strokeDash: [4, 3] },
    encoding: {
      x: { field: 'value', type: 'quantitative' },
      y: { value: 0 },
      y2: { value: 'height' },
      color: { value: themeColour('muted') },
    },
  };
  return { ...chart, layer: [line, ...chart.layer] };
}
