import { groupBy } from '../../cli/experiment/collections.ts';
import type { Remark, SummaryRow } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { conditionLabel } from './conditions.ts';
import { productLabel } from './productLabel.ts';

/**
 * For each number of lakes the smallest mixture that is as good as the spline flow: whose interval is not above the flow's. Nothing of a run that
 * lacks intervals, the flow or mixtures.
 * @param rows of the share of walks that drown in any lake
 */
export function whenNotNeeded(rows: readonly SummaryRow[]): Remark[] {
  const measured = rows.filter(({ iqm, low }) => iqm !== null && low !== null);
  const compared = [...groupBy(measured, ({ condition }) => condition!)].flatMap(([condition, own]) => {
    const flow = own.find(({ policy }) => policy === 'spline');
    const mixtures = own.filter(({ policy }) => policy.startsWith('mixture-'));
    if (flow === undefined || mixtures.length === 0) return [];
    return [{ where: `With ${conditionLabel(condition)}`, enough: mixtures.find(({ low }) => low! <= flow.high!) }];
  });
  if (compared.length === 0) return [];
  const sentences = compared.map(({ where, enough }, i) => {
    const asGood = i === 0 ? 'is as good as a spline flow' : 'is';
    if (enough === undefined) return `${where} no mixture that was tried ${asGood}.`;
    const drowned = withInterval(enough, (share) => (100 * share).toFixed(1), '\u00a0%');
    return `${where} a ${productLabel(enough.policy)} ${asGood}: it drowns in ${drowned}.`;
  });
  return [{ question: 'When is a flow not needed?', answer: sentences.join(' ') }];
}
