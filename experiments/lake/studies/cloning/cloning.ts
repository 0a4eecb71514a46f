import type { Answer, SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { answerBars } from '../../shared/answerBars.ts';
import { classEndpoint } from '../../shared/classEndpoint.ts';
import { classRows, contrast } from '../../shared/classRows.ts';
import { bound, percent, percentWithInterval, shareColumn } from '../../shared/formats.ts';
import { lakeNames } from '../../shared/lakeNames.ts';
import { policyLabel } from '../../shared/policyLabel.ts';
import { studyInParts } from '../../study/studyInParts.ts';
import { cloningBandit } from './cloningBandit.ts';
import { GRAIN, STRIDE, STRIDES } from './cloningConditions.ts';
import { cloningLakes } from './cloningLakes.ts';

/** E1: cloning of demonstrators who use both banks. */
export const cloning = studyInParts([cloningBandit, cloningLakes], {
  name: 'cloning',
  title: 'Cloning demonstrators who use both banks',
  question: 'Does a Gaussian that learns from walkers on both banks walk into the water?',
  prediction:
    'Yes: it fits their average. Policies with several modes do not. Where the demonstrators agree, or the position tells them apart, all are alike.',
  answer: ({ rows }) => strideAnswer(rows),
  endpoint: ({ rows }) =>
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
});

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

/** Who has as many modes as it takes drowns at most so often. */
const SELDOM = 0.05;
