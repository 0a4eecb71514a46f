import type { Answer, Figure, Section, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { metricTable } from '../../cli/report/table.ts';
import { policyNames, STRIDE } from '../../common/lake.ts';
import { policyColours } from '../../envs/drawing/palette.ts';
import { typicalOutcome } from '../shared/typicalOutcome.ts';
import {
  annealed,
  BANDIT,
  type BanditData,
  type BanditPolicy,
  type BanditTask,
  banditJob,
  banditOptimum,
  banditSeconds,
  bestGaussian,
  gaussianFlip,
  leastWater,
} from './bandit.ts';
import { banditDensityFigure, banditDensityLegend, klFigure } from './banditFigures.ts';
import { banditConditions, softLakeConditions, taskOf } from './conditions.ts';
import type { LakeConfig } from './config.ts';
import {
  answerBars,
  classEndpoint,
  classRows,
  conditionLabel,
  contrast,
  nats,
  percent,
  policyLabel,
  shareColumn,
} from './labels.ts';
import { softLake } from './softLake.ts';
import { lakeJobs, type StudyPart, type StudyResults, studyInParts } from './study.ts';

/** E2 in the bandit: how near policies come to its soft optimum. */
const softBandit: StudyPart = {
  environments: [BANDIT],

  jobs: (config) =>
    banditConditions
      .filter(({ key }) => config.soft.bandit.conditions.includes(key))
      .flatMap((condition) =>
        lakeJobs(config, {
          study: 'soft',
          environments: [BANDIT],
          policies: condition.policies,
          conditions: [condition.key],
          weight: ({ policy }) => banditSeconds(policy as BanditPolicy, config.soft.bandit),
        }),
      ),

  async runJob({ policy, condition }, config, context) {
    const task = taskOf(condition);
    return banditJob(
      {
        policy: policy as BanditPolicy,
        task,
        temperature: annealed(task.temperature),
        noise: 'antithetic',
        triesBank: true,
      },
      config.soft.bandit,
      context,
    );
  },

  tables: (rows) =>
    [0, 1]
      .map((penalty) => rows.filter(({ condition }) => taskOf(condition).penalty === penalty))
      .filter((own) => own.length > 0)
      .map((own) =>
        metricTable(
          `The soft bandit${taskOf(own[0]!.condition).penalty === 0 ? '' : ', with a penalty of 1 in the water'}`,
          own.map((row) => ({ ...row, policy: `τ = ${taskOf(row.condition).temperature}, ${row.policy}` })),
          [
            { metric: 'kl', label: 'KL to the soft optimum, nats', format: nats },
            { metric: 'water', label: 'in the water', ...shareColumn },
            { metric: 'rightShare', label: 'right bank', ...shareColumn },
          ],
        ),
      ),

  section: (results) => banditSection(results),
};

/** E2: how near policies come to soft optima with two modes. */
export const soft = studyInParts([softBandit, softLake], {
  name: 'soft',
  title: 'Soft optima',
  question: 'How near does each policy class come to a soft optimum that has two modes?',
  prediction:
    'A Gaussian stays ln 2 nats away on one bank, or lies over the water where the temperature is high; mixtures and flows ' +
    'come near at every temperature.',
  answer: ({ rows }, config) => nearness(rows, config),
  endpoint: ({ rows }, config) => {
    const task = warmest(rows, config);
    return task === undefined
      ? undefined
      : classEndpoint(
          {
            measure: `KL to the soft optimum where it walks, nats a step, by PPO, ${conditionLabel(task)}`,
            chosen: 'post hoc',
            format: nats,
          },
          classRows(rows, { metric: 'klVisited', condition: task }),
        );
  },
});

/**
 * The condition under which most classes walk by PPO on the lake, of equals that of the highest temperature: where no class is held back
 * by its training alone. Undefined where none does.
 */
function warmest(rows: readonly SummaryRow[], { soft: settings }: LakeConfig): string | undefined {
  const there = softLakeConditions(settings)
    .filter(({ learner, task }) => learner === 'PPO' && task.stride === STRIDE)
    .map(({ key, task }) => ({
      key,
      temperature: task.temperature,
      classes: classRows(rows, { metric: 'klVisited', condition: key }).length,
    }))
    .filter(({ classes }) => classes > 0)
    .sort((a, b) => b.classes - a.classes || b.temperature - a.temperature);
  return there[0]?.key;
}

/** The temperature of the bandit at which a Gaussian on one bank is nearly the best one. */
const COOL = 'tau-0.05';

/** How far from the soft optimum policies are, in one number and along their walks on the lake. */
function nearness(rows: readonly SummaryRow[], config: LakeConfig): Answer | undefined {
  const inOneNumber = classRows(rows, { metric: 'kl', condition: COOL });
  const task = warmest(rows, config);
  const onLake = task === undefined ? [] : classRows(rows, { metric: 'klVisited', condition: task });
  const told = (
    [
      [inOneNumber, `in one number (${conditionLabel(COOL)})`, 'nats'],
      [onLake, `on the lake (${conditionLabel(task ?? '')})`, 'nats a step'],
    ] as const
  ).flatMap(([own, where, unit]) => {
    const pair = contrast(own);
    if (pair === undefined) return [];
    return [
      `${where} a Gaussian stays ${withInterval(pair.gaussian, nats)} ${unit} from the soft optimum, a ` +
        `${policyLabel(pair.other.policy)} ${withInterval(pair.other, nats)}`,
    ];
  });
  if (told.length === 0) return undefined;
  const text = told.join('; ');
  const [bars, caption] =
    contrast(onLake) === undefined
      ? [inOneNumber, `nats from the soft optimum, in one number, ${conditionLabel(COOL)}`]
      : [onLake, `nats a step from the soft optimum, ${conditionLabel(task!)}`];
  return { text: `${text[0]!.toUpperCase()}${text.slice(1)}.`, chart: { caption, bars: answerBars(bars, nats) } };
}

/** Temperatures of which densities are drawn. */
const DRAWN = [0.05, 0.15];

/** The bandit in the report. */
function banditSection({ outcomes, rows }: StudyResults): Section {
  const measured = rows.filter(({ metric }) => metric === 'kl').map((row) => ({ row, task: taskOf(row.condition) }));
  const flips = [0, 1].map((penalty) => gaussianFlip(penalty).toFixed(2));
  const [e2, l20, l40] = [Math.E ** 2, 20, 40].map((slope) => percent(leastWater(slope)));
  return {
    title: 'The bandit',
    paragraphs: [
      'One action a on a line, with the reward −½ (|a| − 1)²: two equal banks at ±1, and water between them, |a| < ½. The soft optimum ' +
        'at temperature τ has the density ∝ exp(r(a) / τ). A policy π is behind it by τ KL(π ‖ π*) of soft return, reward and τ times ' +
        'the entropy. All of this is known exactly: the optimum and the best Gaussian in closed form, the KL of a trained policy by quadrature.',
      `The best Gaussian sits on one bank, ln 2 = 0.693 nats from the optimum, which costs it τ ln 2 of soft return and nothing of ` +
        `raw return. From τ = ${flips[0]} on it lies over the water instead, with two fifths of its mass in it. Where the water costs a reward of 1 ` +
        `more, it does so only from τ = ${flips[1]} on.`,
      'All policies have one setting, chosen on seeds of its own (1000 to 1007) by what the spline flow came to, so that it is no search with an equal budget: the gradient of E[τ log π − r] through the samples (of ' +
        'mixtures, and for the penalty, which is a step: the score function), noise in antithetic pairs, a start near N(0, 1), and τ that falls ' +
        'from 1 in equal ratios over 70 % of the updates. A Gaussian that begins so stays over the water, where its KL has a local minimum at every ' +
        'τ: it is trained a second time from N(1, ½²) at constant τ, and the better of the two counts. Full covariance, NICE and ' +
        'RealNVP are Gaussians in one dimension and left out.',
      `A flow moves noise by a continuous map, and cannot leave the water empty: one that is symmetric, with slopes of at most L, has at ` +
        `least 2Φ(½ / L) − 1 of its mass there, ${e2} at L = e², ${l20} at 20, ${l40} at 40.`,
    ],
    figures: [
      ...[0, 1]
        .filter((penalty) => measured.some(({ row, task }) => task.penalty === penalty && row.iqm !== null))
        .map(
          (penalty): Figure => ({
            name: `soft-bandit-kl${penalty === 0 ? '' : '-penalty'}`,
            caption:
              `KL to the soft optimum against temperature${penalty === 0 ? '' : ', with a penalty of 1 in the water'}. A dot is the interquartile ` +
              'mean over the seeds, a bar its 95 % interval; policies stand side by side at each temperature. Dashed: the best Gaussian, computed.',
            spec: klFigure(measured, penalty),
          }),
        ),
      ...DRAWN.flatMap((temperature) => densities(outcomes, { temperature, penalty: 0 })),
    ],
    tables: [predicted()],
  };
}

/** The densities of typical seeds at one task. */
function densities(outcomes: StudyResults['outcomes'], task: BanditTask): Figure[] {
  const { domain, range } = policyColours(policyNames);
  const panels = domain.flatMap((policy, i) => {
    const own = outcomes.filter(({ job }) => {
      const { temperature, penalty } = taskOf(job.condition);
      return job.policy === policy && temperature === task.temperature && penalty === task.penalty;
    });
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: 'kl', better: 'lower' });
    const note = `seed ${job.seed}: KL ${nats(result.metrics.kl ?? 0)}`;
    const spec = banditDensityFigure((result.data as BanditData).density, task, range[i]!);
    return [{ title: policy, note, colour: range[i]!, alt: `Density of ${policy}, ${note}.`, spec }];
  });
  if (panels.length === 0) return [];
  return [
    {
      name: `soft-bandit-density-${task.temperature}`,
      caption: `Densities over actions at τ = ${task.temperature}, each of the seed with the median KL (of an even number, the worse of the two in the middle).`,
      legend: banditDensityLegend,
      panels,
    },
  ];
}

/** What is known beforehand. */
function predicted(): Table {
  return {
    title: 'Computed: the best Gaussian and the soft optimum',
    columns: ['task', 'best μ', 'best σ', 'its KL, nats', 'its water', 'water of the optimum'],
    rows: banditConditions.map(({ key, task }) => {
      const { mean, deviation, kl, water } = bestGaussian(task);
      return [
        conditionLabel(key),
        mean.toFixed(2),
        deviation.toFixed(2),
        nats(kl),
        percent(water),
        percent(banditOptimum(task).water),
      ];
    }),
  };
}
