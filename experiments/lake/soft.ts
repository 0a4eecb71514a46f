import type { Answer, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { metricTable } from '../../cli/report/table.ts';
import { STRIDE } from '../../common/lake.ts';
import { gridJobs } from '../shared/study.ts';
import {
  annealed,
  BANDIT,
  type BanditPolicy,
  banditJob,
  banditOptimum,
  banditSeconds,
  bestGaussian,
  gaussianFlip,
  leastWater,
} from './bandit.ts';
import { banditConditions, softLakeConditions, taskOf } from './conditions.ts';
import type { LakeConfig } from './config.ts';
import { chartOf, classRows, conditionLabel, contrast, nats, percent, policyLabel, shareColumn } from './labels.ts';
import { softLake } from './softLake.ts';
import { type LakeJob, type StudyPart, studyInParts } from './study.ts';

/** E2 in the bandit: how near policies come to its soft optimum. */
const softBandit: StudyPart = {
  environments: [BANDIT],

  jobs: (config) =>
    banditConditions
      .filter(({ key }) => config.soft.bandit.conditions.includes(key))
      .flatMap((condition) =>
        gridJobs<LakeJob>(config, {
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

  section: () => ({
    title: 'The bandit',
    paragraphs: [
      'One action a on a line, with the reward −½ (|a| − 1)²: two equal banks at ±1, and water between them, |a| < ½. The soft optimum at temperature τ has the ' +
        'density ∝ exp(r(a) / τ), and a policy is behind it by τ KL(π ‖ π*) of soft return. The optimum and the best Gaussian are known in closed form, the KL of a ' +
        `trained policy by quadrature. From τ = ${gaussianFlip(0).toFixed(2)} on the best Gaussian lies over the water. A flow that is symmetric, with slopes of ` +
        `at most 20, has at least ${percent(leastWater(20))} of its mass there.`,
    ],
    tables: [predicted()],
  }),
};

/** E2: how near policies come to soft optima with two modes. */
export const soft = studyInParts([softBandit, softLake], {
  name: 'soft',
  title: 'Soft optima',
  question: 'How near does each policy class come to a soft optimum that has two modes?',
  prediction:
    'A Gaussian stays ln 2 nats away on one bank, or lies over the water where the temperature is high; mixtures and flows ' +
    'come near at every temperature.',
  endpoint:
    'KL to the soft optimum where it walks, nats a step, by PPO, stride lake, at the temperature that most classes walk at (chosen post hoc)',
  answer: ({ rows }, config) => nearness(rows, config),
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
  return { text: `${text[0]!.toUpperCase()}${text.slice(1)}.`, chart: chartOf(bars, { format: nats, caption }) };
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
