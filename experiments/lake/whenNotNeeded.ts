import type { Remark, SummaryRow } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { FINE, GAUSSIAN, STRIDE } from './studies/cloning/cloningConditions.ts';

/** When a Gaussian is enough, or a mixture: by E1's controls. Nothing of a run that has none of them. */
export function whenNotNeeded(rows: readonly SummaryRow[]): Remark[] {
  const drowned = (env: string, policy: string, condition?: string) => {
    const row = rows.find(
      (candidate) =>
        candidate.study === 'cloning' &&
        candidate.metric === 'drownRate' &&
        candidate.env === env &&
        candidate.policy === policy &&
        candidate.condition === condition,
    );
    if (row === undefined || row.iqm === null) return undefined;
    return withInterval(row, (share) => (100 * share).toFixed(1), '\u00a0%');
  };
  const agreed = drowned(STRIDE, GAUSSIAN, 'share-100');
  const told = drowned(FINE, GAUSSIAN, 'right-angles');
  const mixture = drowned(STRIDE, 'mixture-2');
  const sentences = [
    ...(agreed === undefined
      ? []
      : [`Where all demonstrators use one bank, a Gaussian drowns in ${agreed} of its walks.`]),
    ...(told === undefined ? [] : [`Where the position tells which bank is meant, in ${told}.`]),
    ...(mixture === undefined ? [] : [`With two banks a mixture of 2 does as a flow does: ${mixture}.`]),
  ];
  return sentences.length === 0 ? [] : [{ question: 'When is a flow not needed?', answer: sentences.join(' ') }];
}
