import type { Answer, SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { withInterval } from '../../../../cli/experiment/summarize.ts';
import { answerBars } from '../../shared/answerBars.ts';
import { classEndpoint } from '../../shared/classEndpoint.ts';
import { classRows, contrast } from '../../shared/classRows.ts';
import { policyLabel } from '../../shared/policyLabel.ts';
import { studyInParts } from '../../study/studyInParts.ts';
import { bestMinimaxGaussian } from './bankMasses.ts';
import { opponentBandit, value } from './opponentBandit.ts';

/** E4: a bank is blocked by an opponent who learns which one is used more. */
export const opponent = studyInParts([opponentBandit], {
  name: 'opponent',
  title: 'An opponent',
  question: 'What is a policy worth where the blocked bank is the worse one for it?',
  prediction: 'A policy with two even modes is worth ½ against every opponent, a Gaussian at most 0.242.',
  answer: ({ rows }) => worth(rows),
  endpoint: ({ rows }) =>
    classEndpoint(
      {
        measure: 'minimax value in one number, at best 0.5',
        chosen: 'before the run',
        format: value,
        failure: `it is under ${EVEN}`,
      },
      classRows(rows, { metric: 'minimaxValue' }),
      () => ({ when: (own) => own < EVEN }),
    ),
});

/** A policy that is worth so much uses both banks about alike. */
const EVEN = 0.45;

function worth(rows: readonly SummaryRow[]): Answer | undefined {
  const values = classRows(rows, { metric: 'minimaxValue' });
  const pair = contrast(values);
  if (pair === undefined) return undefined;
  const { gaussian, other } = pair;
  return {
    text:
      `Against an opponent who blocks the bank used more, a Gaussian is worth ${withInterval(gaussian, value)} (no Gaussian is worth more than ` +
      `${value(bestMinimaxGaussian().value)}), a ${policyLabel(other.policy)} ${withInterval(other, value)}; the best of all policies is worth 0.5.`,
    chart: { caption: 'minimax value; the best is 0.5', most: 0.5, bars: answerBars(values, value) },
  };
}
