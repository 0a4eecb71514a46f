import { bounded, type Criteria, type Criterion } from '../../../harness/conclusion.ts';
import type { SummaryRow } from '../../../harness/experiment.ts';
import type { LakeConfig } from '../../config.ts';
import { conditionLabel } from '../../shared/conditionLabel.ts';
import { percent } from '../../shared/formats.ts';
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
  },
);

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
    bounded(at(largest), { label: `fine lake, ${conditionLabel(largest)}, drowned`, atLeast: FAILS, format: percent }),
    bounded(at(LEARNED), { label: `fine lake, ${conditionLabel(LEARNED)}, drowned`, atMost: MANAGES, format: percent }),
  ];
}
