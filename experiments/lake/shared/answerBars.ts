import { policyNames } from '../../../agents/lake.ts';
import type { AnswerBar, SummaryRow } from '../../../cli/experiment/experiment.ts';
import { policyBars } from '../../../cli/report/answers.ts';
import { policyLabel } from './policyLabel.ts';

/** The bars of an answer: rows of one metric, one for each policy. @param format as {@link policyBars} takes it */
export function answerBars(rows: readonly SummaryRow[], format: (value: number) => string): AnswerBar[] {
  return policyBars(rows, { policies: policyNames, format, label: policyLabel });
}
