import { STRIDE } from '../../../../agents/lake.ts';
import type { Answer, SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { withInterval } from '../../../../cli/experiment/summarize.ts';
import type { LakeConfig } from '../../config.ts';
import { answerBars } from '../../shared/answerBars.ts';
import { classEndpoint } from '../../shared/classEndpoint.ts';
import { classRows, contrast } from '../../shared/classRows.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { nats } from '../../shared/formats.ts';
import { policyLabel } from '../../shared/policyLabel.ts';
import { studyInParts } from '../../study/studyInParts.ts';
import { softBandit } from './bandit/softBandit.ts';
import { softLakeConditions } from './lake/lakeConditions.ts';
import { softLake } from './lake/softLake.ts';

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
