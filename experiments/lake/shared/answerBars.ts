import type { AnswerBar } from '../../harness/conclusion.ts';
import type { SummaryRow } from '../../harness/experiment.ts';
import { policyLabel } from './policyLabel.ts';

/**
 * The bars of an answer: rows of one metric, one for each policy.
 * @param format the value as it is read
 */
export function answerBars(rows: readonly SummaryRow[], format: (value: number) => string): AnswerBar[] {
  return rows.flatMap(({ policy, iqm, low, high }) =>
    iqm === null ? [] : [{ label: policyLabel(policy), value: iqm, low, high, text: format(iqm) }],
  );
}
