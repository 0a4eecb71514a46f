import type { Answer, SummaryRow } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { conditionLabel, conditionOf, lakesOf } from './conditions.ts';
import { productLabel } from './productLabel.ts';
import { productPolicies } from './productPolicies.ts';

const number = (share: number): string => (100 * share).toFixed(1);

/**
 * What came of it at the largest number of lakes: of the spline flow, the largest mixture, and the Gaussian.
 * @param rows of the share of walks that drown in any lake
 */
export function answerOf(rows: readonly SummaryRow[]): Answer | undefined {
  const lakes = Math.max(...rows.map(({ condition }) => lakesOf(condition!)));
  const own = rows.filter(({ condition, iqm }) => iqm !== null && condition === conditionOf(lakes));
  const mixtures = own.filter(({ policy }) => policy.startsWith('mixture-'));
  const named = ['spline', mixtures.at(-1)?.policy, 'gaussian'];
  const told = named.flatMap((policy) => own.filter((row) => row.policy === policy));
  if (told.length < 2) return undefined;
  const [first, ...others] = told.map(
    (row) => `a ${productLabel(row.policy)} in ${withInterval(row, number, '\u00a0%')}`,
  );
  const where = `${conditionLabel(conditionOf(lakes))} at once, ${2 ** lakes} ways`;
  const rest = others.length === 1 ? others[0] : `${others.slice(0, -1).join(', ')} and ${others.at(-1)}`;
  return {
    text: `With ${where}, ${first!.replace(' in ', ' drowns in ')} of its walks, ${rest}.`,
    chart: {
      caption: `walks that drown in any lake, ${conditionLabel(conditionOf(lakes))} at once`,
      most: 1,
      bars: policyBars(own, {
        policies: productPolicies,
        format: (share) => `${number(share)}\u00a0%`,
        label: productLabel,
      }),
    },
  };
}
