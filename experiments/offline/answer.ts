import type { Answer } from '../harness/conclusion.ts';
import type { SummaryRow } from '../harness/experiment.ts';
import { plural } from '../harness/plural.ts';
import { policyBars } from '../harness/policyBars.ts';
import { withInterval } from '../harness/withInterval.ts';
import { conditionLabel } from './conditionLabel.ts';
import { methodNames, methodOf } from './methods.ts';
import { plainEnv } from './plainEnv.ts';
import { type Comparison, whenNotNeeded } from './whenNotNeeded.ts';

const number = (score: number): string => (100 * score).toFixed(1);
const UNIT = '\u00a0%';

/**
 * First where a greedy Gaussian or a mixture does as well as the best flow, then where a flow is ahead of both, with the numbers of the largest gap.
 * @param summary rows of all metrics
 */
export function answerOf(summary: readonly SummaryRow[]): Answer | undefined {
  const compared = whenNotNeeded(summary);
  if (compared.length === 0) return undefined;
  const counted = (['gaussian', 'mixture'] as const).flatMap((plain) => {
    const among = compared.filter((comparison) => comparison[plain] !== undefined);
    if (among.length === 0) return [];
    const enough = among.filter((comparison) => comparison.enough.includes(plain));
    const where = enough.length > 0 && enough.length < among.length ? ` (${placesOf(enough)})` : '';
    return [{ plain, text: `on ${enough.length} of ${plural(among.length, 'dataset')}${where}` }];
  });
  const name = { gaussian: 'greedy Gaussian', mixture: 'mixture' };
  const first = counted.map(({ plain, text }, i) =>
    i === 0 ? `A ${name[plain]} does as well as the best flow ${text}` : `a ${name[plain]} ${text}`,
  );
  const gap = largestGap(compared);
  return {
    text: `${first.join(', ')}.${gap === undefined ? '' : ` ${gap.text}`}`,
    chart: chartOf(summary, gap?.comparison ?? compared[0]!),
  };
}

const placesOf = (compared: readonly Comparison[]): string => compared.map(({ where }) => where).join('; ');

/** Where neither does as well, the one of the largest difference. */
function largestGap(compared: readonly Comparison[]): { text: string; comparison: Comparison } | undefined {
  const plainOf = ({ gaussian, mixture }: Comparison) =>
    [gaussian, mixture].flatMap((row) => (row === undefined ? [] : [row])).sort((a, b) => b.iqm! - a.iqm!);
  const lead = (comparison: Comparison) => comparison.flow.iqm! - plainOf(comparison)[0]!.iqm!;
  const ahead = compared.filter((comparison) => comparison.enough.length === 0 && lead(comparison) > 0);
  if (ahead.length === 0) return undefined;
  const comparison = ahead.reduce((a, b) => (lead(b) > lead(a) ? b : a));
  const { study, flow, where } = comparison;
  const told = plainOf(comparison).map(
    (row) =>
      `${methodOf(study, row.policy)!.label}${row.metric === 'greedy' ? ', greedy,' : ''} ${withInterval(row, number, UNIT)}`,
  );
  const text = `A flow is furthest ahead on ${where}: ${methodOf(study, flow.policy)!.label} ${withInterval(flow, number, UNIT)}, ${told.join(', ')} (0\u00a0% is random, 100\u00a0% the expert).`;
  return { text, comparison };
}

function chartOf(summary: readonly SummaryRow[], { study, env, condition }: Comparison): NonNullable<Answer['chart']> {
  const own = summary.filter(
    (row) => row.study === study && row.env === env && row.condition === condition && row.metric === 'score',
  );
  return {
    caption: `normalized score, ${study === 'cloning' ? 'cloning ' : ''}${conditionLabel(condition)}, ${plainEnv(env)}`,
    most: 1,
    bars: policyBars(own, {
      policies: methodNames,
      format: (score) => `${number(score)}${UNIT}`,
      label: (policy) => methodOf(study, policy)!.label,
    }),
  };
}
