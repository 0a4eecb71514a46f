import { bounded, type Criteria } from '../../../harness/conclusion.ts';
import type { SummaryRow } from '../../../harness/experiment.ts';
import { studyInParts } from '../../study/studyInParts.ts';
import { opponentBandit, value } from './opponentBandit.ts';

/** E4: a bank is blocked by an opponent who learns which one is used more. */
export const opponent = studyInParts([{ ...opponentBandit, criteria: ({ rows }) => banditCriteria(rows) }], {
  name: 'opponent',
  title: 'An opponent',
  question: 'What is a policy worth where the blocked bank is the worse one for it?',
  prediction: 'A policy with two even modes is worth ½ against every opponent, a Gaussian at most 0.242.',
});

/** The claims about one number. */
function banditCriteria(rows: readonly SummaryRow[]): Criteria {
  return rows
    .filter(({ metric }) => metric === 'minimaxValue')
    .map((row) =>
      bounded(row, {
        label: `bandit, ${row.policy}, minimax value`,
        ...(row.policy === 'gaussian' ? { atMost: 0.25 } : { atLeast: 0.45 }),
        format: value,
      }),
    );
}
