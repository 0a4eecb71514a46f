import { policyColours } from '../../envs/drawing/palette.ts';
import type { AnswerBar, SummaryRow } from '../experiment/experiment.ts';

/** Options of {@link policyBars}. */
export interface PolicyBarsOptions {
  /** The experiment's full list, which fixes the colours. */
  readonly policies: readonly string[];
  /** The value as it is read, with its unit behind a space that does not break; the interval has none. */
  readonly format: (value: number) => string;
  /** A policy's name in a sentence; as it is, unless given. */
  readonly label?: (policy: string) => string;
}

/** The bars of an answer: rows of one metric, one for each policy. */
export function policyBars(
  rows: readonly Pick<SummaryRow, 'policy' | 'iqm' | 'low' | 'high'>[],
  { policies, format, label = (policy) => policy }: PolicyBarsOptions,
): AnswerBar[] {
  const { domain, range } = policyColours(policies);
  const plain = (value: number) => format(value).split('\u00a0', 1)[0]!;
  return rows.flatMap(({ policy, iqm, low, high }) => {
    if (iqm === null) return [];
    const interval = low === null || high === null ? {} : { interval: `[${plain(low)}, ${plain(high)}]` };
    const colour = range[domain.indexOf(policy)];
    const paint = colour === undefined ? {} : { colour };
    return [{ label: label(policy), value: iqm, low, high, text: format(iqm), ...interval, ...paint }];
  });
}
