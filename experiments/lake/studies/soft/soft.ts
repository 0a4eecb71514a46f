import { type SoftLakeTask, STRIDE } from '../../../../agents/lake.ts';
import { type Answer, bounded, type Criteria, noted } from '../../../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { withInterval } from '../../../../cli/experiment/summarize.ts';
import { bestGaussian, gaussianFlip } from '../../bandit/bestGaussian.ts';
import type { LakeConfig } from '../../config.ts';
import { bestOnLake } from '../../headings/truth/bestOnLake.ts';
import { answerBars } from '../../shared/answerBars.ts';
import { classEndpoint } from '../../shared/classEndpoint.ts';
import { classRows, contrast } from '../../shared/classRows.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { nats, percent } from '../../shared/formats.ts';
import { policyLabel } from '../../shared/policyLabel.ts';
import { everyOf } from '../../study/everyOf.ts';
import { studyInParts } from '../../study/studyInParts.ts';
import { taskOf } from './bandit/banditConditions.ts';
import { softBandit } from './bandit/softBandit.ts';
import { softLakeCondition, softLakeConditions } from './lake/lakeConditions.ts';
import { softLake } from './lake/softLake.ts';

/** E2: how near policies come to soft optima with two modes. */
export const soft = studyInParts(
  [
    { ...softBandit, criteria: ({ rows }) => banditCriteria(rows) },
    { ...softLake, criteria: ({ rows }, config) => lakeCriteria(rows, config) },
  ],
  {
    name: 'soft',
    title: 'Soft optima',
    question: 'How near does each policy class come to a soft optimum that has two modes?',
    prediction:
      'A Gaussian stays ln 2 nats away on one bank, or lies over the water where the temperature is high; mixtures and flows ' +
      'come near at every temperature.',
    answer: ({ rows }, config) => nearness(rows, config),
    endpoints: ({ rows }, config) => {
      const task = warmest(rows, config);
      return [
        task === undefined
          ? undefined
          : classEndpoint(
              {
                measure: `KL to the soft optimum where it walks, nats a step, by PPO, ${conditionLabel(task)}`,
                chosen: 'post hoc',
                format: nats,
              },
              classRows(rows, { metric: 'klVisited', condition: task }),
            ),
      ];
    },
  },
);

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

/** How far a trained Gaussian's figures may be from the best one's. */
const NEAR = 0.02;
/** The largest KL of a flow, by temperature: what its bridge costs grows as τ falls. */
const OF_SPLINE = (temperature: number): number => (temperature >= 0.12 ? 0.02 : temperature >= 0.05 ? 0.06 : 0.18);

/** The claims about the bandit. */
export function banditCriteria(rows: readonly SummaryRow[]): Criteria {
  const of = (policy: string, metric: string) => rows.filter((row) => row.policy === policy && row.metric === metric);
  const unpunished = (policy: string, metric: string) =>
    of(policy, metric).filter(({ condition }) => taskOf(condition).penalty === 0);
  const temperatureOf = ({ condition }: SummaryRow) => taskOf(condition).temperature;
  const near = (target: number) => ({ atLeast: target - NEAR, atMost: target + NEAR });
  const flip = gaussianFlip(0);
  return [
    everyOf(`gaussian: KL within ${NEAR} of the best Gaussian’s`, of('gaussian', 'kl'), (row) => ({
      ...near(bestGaussian(taskOf(row.condition)).kl),
      format: nats,
    })),
    everyOf(`gaussian: water within ${percent(NEAR)} of the best Gaussian’s`, of('gaussian', 'water'), (row) => ({
      ...near(bestGaussian(taskOf(row.condition)).water),
      format: percent,
    })),
    everyOf(
      `gaussian below τ = ${flip.toFixed(3)}: at most ${NEAR} more than ln 2 nats from the optimum`,
      unpunished('gaussian', 'kl').filter((row) => temperatureOf(row) < flip),
      () => ({ atMost: Math.LN2 + NEAR, format: nats }),
    ),
    everyOf(
      'gaussian above it: at least 30 % in the water',
      unpunished('gaussian', 'water').filter((row) => temperatureOf(row) > flip),
      () => ({ atLeast: 0.3, format: percent }),
    ),
    ...['mixture-2', 'mixture'].map((policy) =>
      everyOf(`${policy}: KL at most 0.02`, unpunished(policy, 'kl'), () => ({ atMost: 0.02, format: nats })),
    ),
    everyOf(
      'spline: KL at most 0.02 from τ = 0.12 on, 0.06 at 0.05, 0.18 at 0.02',
      unpunished('spline', 'kl'),
      (row) => ({ atMost: OF_SPLINE(temperatureOf(row)), format: nats }),
    ),
    everyOf('spline: right bank from 35 to 65 %', unpunished('spline', 'rightShare'), () => ({
      atLeast: 0.35,
      atMost: 0.65,
      format: percent,
    })),
  ];
}

/** How far above the best Gaussian a trained one may be on the lake, nats. */
const NEAR_ON_LAKE = 0.1;

/** The claims about the lake. */
function lakeCriteria(rows: readonly SummaryRow[], config: LakeConfig): Criteria {
  return rows.flatMap((row) => {
    const { task } = softLakeCondition(row.condition, config.soft);
    const label = `${row.policy}, ${conditionLabel(row.condition!)}`;
    if (row.policy === 'gaussian' && row.metric === 'kl') {
      const { kl } = bestOnLake(task, config.soft.lake).best;
      const bounds = { atLeast: Math.max(0, kl - NEAR_ON_LAKE), atMost: kl + NEAR_ON_LAKE };
      const claim = bounded(row, { label: `${label}, KL`, ...bounds, format: nats });
      return [contradicts(task, config) ? noted(claim, CONTRADICTION) : claim];
    }
    if (row.metric !== 'modeEntropy' || task.stride !== STRIDE) return [];
    const bounds = row.policy === 'gaussian' ? { atMost: 0.1 } : row.policy === 'spline' ? { atLeast: 0.6 } : undefined;
    if (bounds === undefined) return [];
    const claim = bounded(row, { label: `${label}, entropy of the bank`, ...bounds, format: nats });
    return [row.policy === 'gaussian' && contradicts(task, config) ? noted(claim, CONTRADICTION) : claim];
  });
}

const CONTRADICTION =
  'the claims about the Gaussian contradict each other here: the nearest one walks away first and then chooses, so that it uses both banks';

/** Whether the Gaussian nearest to the soft optimum walks away from home first, where it is also claimed to keep to one bank. */
function contradicts(task: SoftLakeTask, { soft: { lake } }: LakeConfig): boolean {
  return task.stride === STRIDE && Math.abs(bestOnLake(task, lake).best.mean) > Math.PI / 2;
}
