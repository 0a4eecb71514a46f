import { policyNames } from '../../../agents/lake.ts';
import { type AnswerBar, policyBars } from '../../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { policyLabel } from './policyLabel.ts';

/** The bars of an answer: rows of one metric, one for each policy. @param format as {@link policyBars} takes it */
export function answerBars(rows: readonly SummaryRow[], format: (value: number) => string): AnswerBar[] {
  return policyBars(rows, { policies: policyNames, format, label: policyLabel });
}
