import { policyColours } from '../../../envs/drawing/palette.ts';
import type { AnswerBar } from '../../harness/conclusion.ts';
import type { SummaryRow } from '../../harness/experiment.ts';
import { policyNames } from './lakePolicies.ts';
import { policyLabel } from './policyLabel.ts';

/**
 * The bars of an answer: rows of one metric, one for each policy.
 * @param format the value as it is read, with its unit behind a space that does not break; the interval has none
 */
export function answerBars(rows: readonly SummaryRow[], format: (value: number) => string): AnswerBar[] {
  const { domain, range } = policyColours(policyNames);
  const plain = (value: number) => format(value).split('\u00a0', 1)[0]!;
  return rows.flatMap(({ policy, iqm, low, high }) => {
    if (iqm === null) return [];
    const interval = low === null || high === null ? {} : { interval: `[${plain(low)}, ${plain(high)}]` };
    const colour = range[domain.indexOf(policy)];
    const paint = colour === undefined ? {} : { colour };
    return [{ label: policyLabel(policy), value: iqm, low, high, text: format(iqm), ...interval, ...paint }];
  });
}
