import { type Answer, bounded, type Criteria, noted } from '../../../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { equivalentRows } from '../../../shared/equivalentRows.ts';
import { lowerRows } from '../../../shared/lowerRows.ts';
import { answerBars } from '../../shared/answerBars.ts';
import { classEndpoint } from '../../shared/classEndpoint.ts';
import { classRows, contrast } from '../../shared/classRows.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { bound, nats, percent, percentWithInterval, shareColumn } from '../../shared/formats.ts';
import { lakeNames } from '../../shared/lakeNames.ts';
import { policyLabel, SEVERAL_MODES } from '../../shared/policyLabel.ts';
import { studyInParts } from '../../study/studyInParts.ts';
import { cloningBandit } from './cloningBandit.ts';
import { FINE, GAUSSIAN, GRAIN, OF_CONDITIONS, SAME_SHARE, STRIDE, STRIDES } from './cloningConditions.ts';
import { cloningLakes } from './cloningLakes.ts';

/** E1: cloning of demonstrators who use both banks. */
export const cloning = studyInParts(
  [
    { ...cloningBandit, criteria: ({ rows }) => banditCriteria(rows) },
    { ...cloningLakes, criteria: ({ rows }) => lakesCriteria(rows) },
  ],
  {
    name: 'cloning',
    title: 'Cloning demonstrators who use both banks',
    question: 'Does a Gaussian that learns from walkers on both banks walk into the water?',
    prediction:
      'Yes: it fits their average. Policies with several modes do not. Where the demonstrators agree, or the position tells them apart, all are alike.',
    answer: ({ rows }) => strideAnswer(rows),
    endpoints: ({ rows }) => [
      classEndpoint(
        {
          measure: `walks that drown, cloned from both banks, ${GRAIN[STRIDE]}`,
          chosen: 'post hoc',
          ...shareColumn,
          failure: `more than ${bound(SELDOM)} drown`,
        },
        drownedOn(STRIDE, rows),
        () => ({ when: (drowned) => drowned > SELDOM }),
      ),
    ],
  },
);

/** On the stride lake, where one decision is made between the banks; where a run has none but robots', on those. */
function strideAnswer(rows: readonly SummaryRow[]): Answer | undefined {
  const answered = STRIDES.flatMap((env) => {
    const drowned = drownedOn(env, rows);
    const pair = contrast(drowned);
    return pair === undefined ? [] : [{ env, drowned, ...pair }];
  });
  const [first] = answered;
  if (first === undefined) return undefined;
  const sentences = (first.env === STRIDE ? [first] : answered).map(({ env, gaussian, other }) => {
    const where = env === STRIDE ? 'A' : `On the ${lakeNames[env]} a`;
    return (
      `${where} Gaussian that cloned walkers of both banks drowns in ${percentWithInterval(gaussian)} of its walks, a ` +
      `${policyLabel(other.policy)} in ${percentWithInterval(other)}.`
    );
  });
  return {
    text: sentences.join(' '),
    chart: { caption: `walks that drown, ${lakeNames[first.env]}`, bars: answerBars(first.drowned, percent) },
  };
}

function drownedOn(env: string, rows: readonly SummaryRow[]): SummaryRow[] {
  return classRows(rows, { metric: 'drownRate', env });
}

/** The Gaussian that fits the data best, N(0, 1.04): its KL from the data, nats, and its share of the water. */
const BEST_GAUSSIAN = { kl: 0.936, water: 0.376 };
/** How far from them a trained Gaussian may be. */
const NEAR = 0.02;
/** What policies with several modes may have: the data's own share of the water is 0.62 %. */
const WITH_MODES = { kl: 0.05, water: 0.02 };

/** The claims about one number. */
function banditCriteria(rows: readonly SummaryRow[]): Criteria {
  return (['kl', 'water'] as const).flatMap((metric) =>
    rows
      .filter((row) => row.metric === metric)
      .map((row) =>
        bounded(row, {
          label: `one number, ${row.policy}, ${metric === 'kl' ? 'nats above the entropy' : 'in the water'}`,
          format: metric === 'kl' ? nats : percent,
          ...(row.policy === 'gaussian'
            ? { atLeast: BEST_GAUSSIAN[metric] - NEAR, atMost: BEST_GAUSSIAN[metric] + NEAR }
            : { atMost: WITH_MODES[metric] }),
        }),
      ),
  );
}

/** Who has as many modes as it takes drowns at most so often. */
const SELDOM = 0.05;
/** What a Gaussian was expected to drown on either lake. */
const EXPECTED = { atLeast: 0.25, atMost: 0.5 };
const points = (share: number): string => `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}\u00a0points`;

/** The claims about the lakes. */
function lakesCriteria(rows: readonly SummaryRow[]): Criteria {
  const drowned = rows.filter(({ metric }) => metric === 'drownRate');
  const at = (env: string, policy: string, condition?: string) =>
    drowned.find((row) => row.env === env && row.policy === policy && row.condition === condition);
  const named = (env: string, condition?: string) =>
    `${GRAIN[env]}${condition === undefined ? '' : `, ${conditionLabel(condition)}`}`;
  const ran = (policy: string, env: string, condition?: string) => at(env, policy, condition) !== undefined;
  const lower = (env: string, policies: readonly string[], condition?: string) =>
    policies
      .filter((policy) => ran(policy, env, condition))
      .map((policy) => ({
        label: `${named(env, condition)}, ${policy} drowns less than ${GAUSSIAN}`,
        row: at(env, policy, condition),
        than: at(env, GAUSSIAN, condition),
      }));
  const same = (env: string, condition: string): Criteria =>
    OF_CONDITIONS.filter((policy) => policy !== GAUSSIAN && ran(policy, env, condition)).map((policy) =>
      equivalentRows(at(env, policy, condition), at(env, GAUSSIAN, condition), {
        label: `${named(env, condition)}, ${policy} − ${GAUSSIAN}, drowned`,
        bound: SAME_SHARE,
        format: points,
      }),
    );
  return [
    ...drowned
      .filter(({ env, condition }) => STRIDES.includes(env) && condition === undefined)
      .filter(({ policy }) => policy !== 'nice')
      .map((row) => {
        const claim = bounded(row, {
          label: `${named(row.env)}, ${row.policy}, drowned`,
          ...(row.policy.startsWith(GAUSSIAN) ? { atLeast: 0.2 } : { atMost: SELDOM }),
          format: percent,
        });
        return row.policy === 'flow-matching' && row.env === STRIDE
          ? noted(claim, 'not among the claims of the first run: it joined after it had been seen on other seeds')
          : claim;
      }),
    noted(
      bounded(at(FINE, GAUSSIAN), { label: `${named(FINE)}, ${GAUSSIAN}, drowned`, ...EXPECTED, format: percent }),
      'expected on either lake beforehand, and not among the claims of the first run',
    ),
    ...lowerRows([...lower(FINE, SEVERAL_MODES), ...lower(STRIDE, SEVERAL_MODES, 'share-90')], percent),
    ...same(STRIDE, 'share-100'),
    ...same(FINE, 'right-angles'),
  ];
}
