import type { Answer, Figure, Outcome, SummaryRow } from '../../cli/experiment/experiment.ts';
import { gridJobs } from '../shared/study.ts';
import type { LakeConfig } from './config.ts';
import { chartOf, classRows, conditionLabel, percent, percentWithInterval, shareColumn } from './labels.ts';
import { type LakeJob, type LakeStudy, tableOf } from './study.ts';
import { trainWay } from './trainWay.ts';
import { walkPanels, walksLegend } from './walkFigures.ts';
import { type Condition, conditions, hiddenNoise, WAYS_LAKE, type WayName, wayNames, waysOf } from './ways.ts';

/** A policy that uses both banks gets home by each of them in this share of its walks home at least. */
const BOTH = 0.1;
const COLUMNS = [
  { metric: 'drownRate', label: 'drowned', ...shareColumn },
  { metric: 'homeRate', label: 'home', ...shareColumn },
  { metric: 'modeBalance', label: 'less used bank', ...shareColumn },
  { metric: 'modeEntropy', label: 'mode entropy, nats', format: (value: number) => value.toFixed(2) },
  { metric: 'worstBankAt1', label: 'worst bank, 1 try', ...shareColumn },
  { metric: 'worstBankAt8', label: '8 tries', ...shareColumn },
];
const LOSS = { metric: 'loss', label: 'held-out −log p, nats a step', format: (value: number) => value.toFixed(2) };

/** E7: other ways of being multimodal, on the stride lake. */
export const otherWays: LakeStudy = {
  name: 'other-ways',
  title: 'Other ways of being multimodal',
  question: 'Which other ways than a flow let a policy use both banks, and does noise that lasts for an episode do it?',
  prediction:
    'Hidden noise that is drawn once an episode lets even a Gaussian use both banks; hidden noise that is drawn at every step does not.',
  endpoint: 'walks that drown, cloned from both banks, stride lake (chosen post hoc)',

  jobs: (config) =>
    conditions.flatMap((condition) =>
      gridJobs<LakeJob>(config, {
        study: 'other-ways',
        environments: [WAYS_LAKE],
        policies: waysOf(condition),
        conditions: [condition],
        weight: ({ policy }) => seconds(policy as WayName, condition, config),
      }),
    ),

  runJob: ({ policy, condition }, config, context) =>
    trainWay({ way: policy as WayName, condition: condition as Condition }, config, context),

  tables: (rows) =>
    conditions.flatMap((condition) =>
      tableOf(
        `Other ways, ${WAYS_LAKE}, ${conditionLabel(condition)}`,
        rows.filter((row) => row.condition === condition),
        condition === 'soft' ? COLUMNS : [...COLUMNS, LOSS],
      ),
    ),

  answer: ({ rows }) => clonedAnswer(rows),

  section: ({ outcomes }) => ({
    paragraphs: [
      'A policy can be multimodal without being a flow: a mixture draws an option, its relaxation a blend of options; bins draw the first number of an action and ' +
        'then the second; a Gaussian may see noise beside the position, drawn once for the whole walk or at every step; an energy needs no density, only a ' +
        'sampler. All but the energy’s critics have about 3,000 parameters. For cloning each had the same number of trials on other seeds; under the soft return, ' +
        'by SAC, PPO (the bins) or soft Q-learning (the energy), one setting serves all.',
    ],
    figures: conditions.flatMap((condition) => {
      const own = outcomes.filter(({ job }) => job.condition === condition);
      return own.length === 0 ? [] : [walksFigure(condition, own)];
    }),
  }),
};

/** Walks of the typical seed of each way under a condition. */
function walksFigure(condition: Condition, outcomes: readonly Outcome[]): Figure {
  const [metric, better] =
    condition === 'soft' ? (['modeEntropy', 'higher'] as const) : (['drownRate', 'lower'] as const);
  return {
    name: `other-ways-${condition}-walks`,
    caption: `Sampled walks, ${conditionLabel(condition)}, of the seed with the median ${metric}.`,
    legend: walksLegend,
    panels: walkPanels(outcomes, { metric, better, policies: wayNames }),
  };
}

/** What noise does that a Gaussian sees, and what the soft return says of it. */
function clonedAnswer(rows: readonly SummaryRow[]): Answer | undefined {
  const drowned = classRows(rows, { metric: 'drownRate', condition: 'cloned' });
  const of = (way: WayName) => drowned.find(({ policy }) => policy === way);
  const told = (
    [
      ['gaussian', 'a Gaussian'],
      ['step-noise', 'one that sees noise at each step'],
      ['episode-noise', 'one that sees noise once a walk'],
    ] as const
  ).flatMap(([way, who]) => {
    const row = of(way);
    return row === undefined ? [] : [`${who} drowns in ${percentWithInterval(row)} of its walks`];
  });
  if (of('gaussian') === undefined || told.length < 2) return undefined;
  const control = classRows(rows, { metric: 'modeBalance', condition: 'soft' }).find(
    ({ policy }) => policy === 'spline',
  );
  return {
    text: [
      `Cloned from walkers of both banks, ${told.join(', ')}.`,
      ...(control === undefined || (control.low ?? 0) >= BOTH
        ? []
        : ['By the soft return nothing is shown: not even a spline flow surely keeps both banks there.']),
    ].join(' '),
    chart: chartOf(drowned, { format: percent, caption: 'walks that drown, cloned, stride lake' }),
  };
}

/** The seconds that a job takes on a quiet core. */
function seconds(way: WayName, condition: Condition, { otherWays: { cloning, soft } }: LakeConfig): number {
  if (condition === 'soft') {
    if (way === 'autoregressive') return soft.ppoSteps / 55_000;
    return soft.steps / (way === 'energy' ? 3800 : 14_000);
  }
  const draws = condition === 'cloned' ? cloning.noiseSamples : cloning.fewNoiseSamples;
  return (cloning.steps * cloning.walks * (hiddenNoise[way] === undefined ? 8 : draws)) / 350_000;
}
