import {
  type Answer,
  bounded,
  type Criteria,
  type Criterion,
  endpointOf,
  noted,
} from '../../../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { withInterval } from '../../../../cli/experiment/summarize.ts';
import type { LakeConfig } from '../../config.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { percent, percentWithInterval } from '../../shared/formats.ts';
import { studyInParts } from '../../study/studyInParts.ts';
import { ascend, flipOf } from './bumps.ts';
import { bumpConditions, fixedScaleBandit, plain } from './fixedScaleBandit.ts';
import { fixedScaleLake, LEARNED, scaleKey } from './fixedScaleLake.ts';

/** E5: what a Gaussian that may not change its scale does. */
export const fixedScale = studyInParts(
  [
    { ...fixedScaleBandit, criteria: ({ rows }, config) => banditCriteria(rows, config) },
    { ...fixedScaleLake, criteria: ({ rows }, config) => lakeCriteria(rows, config) },
  ],
  {
    name: 'fixed-scale',
    title: 'A Gaussian of a fixed scale',
    question: 'Is it the Gaussian that walks into the water, or the size of its noise?',
    prediction:
      'The noise: with a fixed σ the best mean lies between the banks exactly where s² + σ² ≥ 1, and the more σ the more drown; with a learned σ few do.',
    answer: ({ rows }, config) => flipAnswer(rows, config),
    endpoints: ({ rows }) => [
      endpointOf(
        {
          measure: 's² + σ² where the trained mean moves into the water, in one number; in theory 1',
          chosen: 'before the run',
          format: plain,
          failure: `it is further than ${NEAR} from 1`,
        },
        flips(rows).map((row) => ({
          label: `Gaussian, ${conditionLabel(row.condition!)}`,
          row,
          fails: { when: (variance) => Math.abs(variance - 1) > NEAR },
        })),
      ),
    ],
  },
);

/** The rows of s² + σ² at the flip, one for each width. */
function flips(rows: readonly SummaryRow[]): SummaryRow[] {
  return rows.filter(({ metric, iqm }) => metric === 'flipVariance' && iqm !== null);
}

/** Where the mean flips in one number; and whether the same noise drowns anybody on the lake. */
function flipAnswer(rows: readonly SummaryRow[], { fixedScale: { lake } }: LakeConfig): Answer | undefined {
  const measured = flips(rows);
  const largest = scaleKey(Math.max(...lake.scales));
  const at = (metric: string) =>
    rows.find((row) => row.metric === metric && row.condition === largest && row.iqm !== null);
  const [drowned, speed] = [at('drownRate'), at('startSpeed')];
  const inOneNumber = measured.map(
    (row) => `at s² + σ² = ${withInterval(row, plain)} for bumps of width ${conditionLabel(row.condition!)}`,
  );
  const sentences = [
    ...(inOneNumber.length === 0
      ? []
      : [
          `In one number the mean of a Gaussian of fixed σ moves into the water ${inOneNumber.join(' and ')}; theory says 1.`,
        ]),
    ...(drowned === undefined ? [] : [onTheLake(drowned, speed)]),
  ];
  if (sentences.length === 0) return undefined;
  const bars = measured.flatMap(({ condition, iqm, low, high }) =>
    iqm === null ? [] : [{ label: conditionLabel(condition!), value: iqm, low, high, text: plain(iqm) }],
  );
  return {
    text: sentences.join(' '),
    ...(bars.length > 0 && { chart: { caption: 's² + σ² at the flip; in theory 1', bars } }),
  };
}

/** What a fixed σ drowns on the lake, where a mean may outgrow it: norms above 1 are cut. */
function onTheLake(drowned: SummaryRow, speed: SummaryRow | undefined): string {
  const label = conditionLabel(drowned.condition!);
  const share = `On the lake ${label} drowns ${percentWithInterval(drowned)}`;
  const length = speed?.iqm ?? 0;
  return drowned.iqm! < FAILS && length > 1
    ? `${share}: the mean grows to ${length.toFixed(1)} times full speed, beside which the noise is small.`
    : `${share}.`;
}

/** Why the claim about the lake was a bad one. */
const NAIVE = 'a naive claim: velocities above full speed are cut, so that the mean outgrows the noise';

/** How far s² + σ² may be from 1 at the flip. */
const NEAR = 0.15;

/** The claims about one number. */
function banditCriteria(rows: readonly SummaryRow[], config: LakeConfig): Criteria {
  return bumpConditions.flatMap(({ key, width }) => {
    const row = rows.find((own) => own.condition === key && own.metric === 'flipVariance');
    if (row === undefined) return [];
    return [
      exactCriterion(width, config),
      bounded(row, {
        label: `bumps, ${conditionLabel(key)}, trained, s² + σ² at the flip`,
        atLeast: 1 - NEAR,
        atMost: 1 + NEAR,
        format: plain,
      }),
    ];
  });
}

/** Whether gradient ascent on the exact return flips where the theory says. */
function exactCriterion(width: number, { fixedScale: { bandit } }: LakeConfig): Criterion {
  const flip = flipOf(bandit.scales.map((scale) => ({ scale, mean: ascend({ scale, width }) })));
  const label = `bumps, s = ${width}, ascent on the exact return, s² + σ² at the flip`;
  if (flip === null) return { text: `${label}: none among the scales tried`, holds: undefined };
  const variance = width ** 2 + flip ** 2;
  return {
    text: `${label}: ${plain(variance)}, predicted within ${plain(1 - NEAR)} and ${plain(1 + NEAR)}`,
    holds: Math.abs(variance - 1) <= NEAR,
  };
}

/** What a σ that the study blames drowns, and what one that is learned does. */
const FAILS = 0.2;
const MANAGES = 0.05;

/** The claims about the lake. */
function lakeCriteria(rows: readonly SummaryRow[], { fixedScale: { lake } }: LakeConfig): Criteria {
  const at = (condition: string) => rows.find((row) => row.metric === 'drownRate' && row.condition === condition);
  const largest = scaleKey(Math.max(...lake.scales));
  return [
    noted(
      bounded(at(largest), {
        label: `fine lake, ${conditionLabel(largest)}, drowned`,
        atLeast: FAILS,
        format: percent,
      }),
      NAIVE,
    ),
    bounded(at(LEARNED), { label: `fine lake, ${conditionLabel(LEARNED)}, drowned`, atMost: MANAGES, format: percent }),
  ];
}
