import type { TopLevelSpec } from 'vega-lite';
import type { Answer, Figure, Outcome, Section, SummaryRow } from '../../cli/experiment/experiment.ts';
import { intervalChart } from '../../cli/report/charts.ts';
import { describeBest, metricTable } from '../../cli/report/table.ts';
import { policyColours } from '../../envs/drawing/palette.ts';
import { typicalOutcome } from '../shared/typicalOutcome.ts';
import type { LakeConfig } from './config.ts';
import {
  answerBars,
  bound,
  classEndpoint,
  classRows,
  conditionLabel,
  percent,
  percentWithInterval,
  shareColumn,
} from './labels.ts';
import { type LakeStudy, lakeJobs } from './study.ts';
import { trainWay, type WayData } from './trainWay.ts';
import { lakeFigure, velocityPlane, walksLegend } from './walkFigures.ts';
import { type Condition, conditions, hiddenNoise, WAYS_LAKE, type WayName, wayNames, waysOf } from './ways.ts';

/** A policy that uses both banks gets home by each of them in this share of its walks home at least, … */
const BOTH = 0.1;
/** … and seldom drowns. */
const SELDOM = 0.1;

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

  jobs: (config) =>
    conditions.flatMap((condition) =>
      lakeJobs(config, {
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
    conditions
      .map((condition) => ({ condition, own: rows.filter((row) => row.condition === condition) }))
      .filter(({ own }) => own.length > 0)
      .map(({ condition, own }) =>
        metricTable(
          `Other ways, ${WAYS_LAKE}, ${conditionLabel(condition)}`,
          own,
          condition === 'soft' ? COLUMNS : [...COLUMNS, LOSS],
        ),
      ),

  answer: ({ rows }) => clonedAnswer(rows),

  endpoint: ({ rows }) =>
    classEndpoint(
      {
        measure: 'walks that drown, cloned from both banks, stride lake',
        chosen: 'post hoc',
        ...shareColumn,
        failure: `more than ${bound(SELDOM)} drown`,
      },
      classRows(rows, { metric: 'drownRate', condition: 'cloned' }),
      () => ({ when: (drowned) => drowned > SELDOM }),
    ),

  section: ({ outcomes, rows }, config) => ({
    paragraphs: [
      'A policy can be multimodal without being a flow: a mixture draws an option, its relaxation (Gumbel-softmax) a blend of options; ' +
        'bins draw the first number of an action and then the second, given the first; a Gaussian may see noise beside the position, ' +
        'drawn once for the whole walk or at every step; an energy needs no density at all, only a sampler. A Gaussian without noise and ' +
        'a spline flow stand beside them. All but the energy’s critics have about 3,000 parameters. For cloning each had the same number of trials ' +
        'on other seeds; under the soft return one setting serves all.',
      'Noise that is drawn at every step makes a mixture of each step: p(a | s) = ∫ N(a; μ(s, z), σ(s, z)) dN(z), which may have two ' +
        'modes as well. Noise that lasts makes one of the whole walk. On this lake the first step decides, and from then on the ' +
        'position tells the side, so that both can hold the same walks; what differs is how they are learned.',
    ],
    sections: conditions.flatMap((condition): Section[] => {
      const own = outcomes.filter(({ job }) => job.condition === condition);
      if (own.length === 0) return [];
      const here = rows.filter((row) => row.condition === condition);
      const figures = {
        name: `other-ways-${condition}`,
        outcomes: own,
        rows: here,
        metric: METRICS[condition],
      };
      const { name, label, better, format } = METRICS[condition];
      const best = describeBest(
        here.filter(({ metric }) => metric === name),
        { better, label: `Best ${label}`, format },
      );
      return [
        {
          title: TITLES[condition],
          paragraphs: [explain(condition, config), ...(best === undefined ? [] : [best])],
          figures: [...(condition === 'few-draws' ? [] : walkFigures(figures)), ...velocityFigures(figures)],
        },
      ];
    }),
  }),
};

const DROWNED: WayMetric = { name: 'drownRate', label: 'share of drowned', better: 'lower', format: percent };
/** What tells the ways apart. */
const METRICS: Record<Condition, WayMetric> = {
  cloned: DROWNED,
  'few-draws': DROWNED,
  soft: {
    name: 'modeEntropy',
    label: 'mode entropy',
    better: 'higher',
    format: (value) => `${value.toFixed(2)} nats`,
  },
};

const TITLES: Record<Condition, string> = {
  cloned: 'Cloned from walks on both banks',
  'few-draws': 'Hidden noise, cloned with few draws',
  soft: 'By the soft return',
};

function explain(condition: Condition, { otherWays: { cloning, soft } }: LakeConfig): string {
  if (condition === 'cloned') {
    return (
      `Whole walks are cloned by maximum likelihood, ${cloning.steps} updates of ${cloning.walks} walks. Of hidden noise the likelihood is an ` +
      `integral, which the mean over ${cloning.noiseSamples} draws bounds from below (an importance-weighted bound): over the walk’s ` +
      'product where the noise lasts, over each step’s factor where it does not. A policy that fits the average of both banks drowns; ' +
      'those of its walks that do get home go by either bank, so that entropy and blocked banks say little without the drowned.'
    );
  }
  if (condition === 'few-draws') {
    return (
      `The same with ${cloning.fewNoiseSamples} draws in place of ${cloning.noiseSamples}. The fewer draws, the looser the bound. That the noise is ` +
      'used must show before it pays: a walk tells of several steps which noise was drawn, a single step of one.'
    );
  }
  return (
    `The return Σ γᵗ (r − τ log π), γ = 0.98, with τ falling from 0.5 to ${soft.temperature}; entropy is measured against the uniform density, so ` +
    'that walking on earns nothing. At τ = 0.02 the soft-optimal policy goes ahead with 89 % of its first steps, which decide; at τ = 0.05 it ' +
    'walks back with 29 %, and whoever walks back can leave the choice to the next position, a Gaussian too: that was found in a run at 0.05 with ' +
    'three of these seeds, which came to the same verdict. SAC trains what has ' +
    'reparameterized samples (a mixture’s by the distributional transform), PPO the bins, soft Q-learning the energy, whose sampler ' +
    'follows Stein’s variational gradient. The entropy of hidden noise is that given the noise: nothing rewards that the noise is ' +
    'used, and the entropy of all noises together would need an estimate of how much a walk tells about its noise. A policy that has ' +
    'left a bank finds no reason to come back: the reverse divergence is small for one mode, too.'
  );
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
    chart: { caption: 'walks that drown, cloned, stride lake', bars: answerBars(drowned, percent) },
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

/** Half the side of the square of velocities that is shown. */
const EXTENT = 1.15;

/** What {@link wayFigures} draws. */
interface WayFiguresOptions {
  /** Begins the figures' names. */
  readonly name: string;
  /** The outcomes of one condition; their data are {@link WayData}. */
  readonly outcomes: readonly Outcome[];
  readonly rows: readonly SummaryRow[];
  /** The metric by which the seed that is drawn is the median one. */
  readonly metric: WayMetric;
}

interface WayMetric {
  readonly name: 'drownRate' | 'modeEntropy';
  readonly label: string;
  readonly better: 'higher' | 'lower';
  readonly format: (value: number) => string;
}

/** First velocities and the drowned, of one condition. */
function velocityFigures({ name, outcomes, rows, metric }: WayFiguresOptions): Figure[] {
  return [
    {
      name: `${name}-velocities`,
      caption:
        'Sampled first velocities as they are taken. Dashed: full speed, to which faster ones are slowed. Blue wedge: directions ' +
        `that lead into the water. ${which(metric)}.`,
      panels: typical(outcomes, metric).map(({ data, ...panel }) => ({
        ...panel,
        alt: `First velocities of ${panel.title}, ${panel.note}.`,
        spec: velocitiesFigure(data.velocities, panel.colour),
      })),
    },
    {
      name: `${name}-drowned`,
      caption: `Drowned, share of walks with sampled actions. ${INTERVAL}.`,
      spec: chart(rows, 'drownRate', { x: 'drowned', format: '%' }),
    },
  ];
}

/** Walks, mode entropy and the worst bank, of one condition. */
function walkFigures({ name, outcomes, rows, metric }: WayFiguresOptions): Figure[] {
  return [
    {
      name: `${name}-walks`,
      caption: `Sampled walks of each way. Positions in lengths; the lake has radius 0.7. ${which(metric)}.`,
      legend: walksLegend,
      panels: typical(outcomes, metric).map(({ data, ...panel }) => ({
        ...panel,
        alt: `Walks of ${panel.title}, ${panel.note}.`,
        spec: lakeFigure(data.walks, panel.colour),
      })),
    },
    {
      name: `${name}-entropy`,
      caption: `Entropy of the bank of the walks that get home, nats; 0.69 where both are used alike. ${INTERVAL}.`,
      spec: chart(rows, 'modeEntropy', { x: 'mode entropy, nats', domain: [0, 0.7] }),
    },
    {
      name: `${name}-worst-bank`,
      caption:
        'One bank is blocked, unknown to the policy: how likely at least one of 8 walks, each with fresh draws, gets home, for the bank ' +
        `for which that is least likely. ${INTERVAL}.`,
      spec: chart(rows, 'worstBankAt8', { x: 'success within 8 tries', format: '%', domain: [0, 1] }),
    },
  ];
}

const INTERVAL = 'Interquartile mean, 95 % interval, a tick a seed';

function which({ label }: WayMetric): string {
  return `Of each way the seed with the median ${label} (of an even number, the worse of the two in the middle)`;
}

/** One panel a way. */
function typical(outcomes: readonly Outcome[], { name, label, better, format }: WayMetric) {
  const { domain, range } = policyColours(wayNames);
  return domain.flatMap((way, i) => {
    const own = outcomes.filter(({ job }) => job.policy === way);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: name, better });
    const value = result.metrics[name];
    const note = `seed ${job.seed}: ${label} ${value == null ? '–' : format(value)}`;
    return [{ title: way, note, colour: range[i]!, data: result.data as WayData }];
  });
}

function chart(
  rows: readonly SummaryRow[],
  metric: string,
  options: { x: string; format?: string; domain?: readonly [number, number] },
): TopLevelSpec {
  const own = rows.filter((row) => row.metric === metric);
  return intervalChart(own, { ...options, policies: wayNames });
}

function velocitiesFigure(velocities: readonly number[], colour: string): TopLevelSpec {
  const values = Array.from({ length: velocities.length / 2 }, (_, i) => {
    const [x, y] = [velocities[2 * i]!, velocities[2 * i + 1]!];
    const speed = Math.max(1, Math.hypot(x, y));
    return { x: x / speed, y: y / speed };
  });
  return velocityPlane(EXTENT, ({ x, y }) => ({
    data: { values },
    mark: { type: 'point', filled: true, size: 8, opacity: 0.5, color: colour },
    encoding: { x, y },
  }));
}
