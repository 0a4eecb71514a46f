import { groupBy } from '../../cli/experiment/collections.ts';
import type { Answer, SummaryRow } from '../../cli/experiment/experiment.ts';
import { type PolicyBarsOptions, policyBars } from '../../cli/report/answers.ts';

/** Options of {@link answerByEnvironment}. */
export interface AnswerByEnvironmentOptions extends PolicyBarsOptions {
  /** What the best has: `Nearest to the floor`. */
  readonly best: string;
  /** What is drawn, and its unit. */
  readonly caption: string;
  readonly environmentLabel?: (env: string) => string;
}

/**
 * Who has least of a metric in each environment, and as a bar for each policy the mean over those environments, of those that were measured in
 * all. Undefined where there is nobody to compare.
 * @param rows of one metric
 */
export function answerByEnvironment(
  rows: readonly SummaryRow[],
  { best, caption, environmentLabel = (env) => env, ...options }: AnswerByEnvironmentOptions,
): Answer | undefined {
  const measured = rows.flatMap((row) => (row.iqm === null ? [] : [{ ...row, iqm: row.iqm }]));
  const environments = [...groupBy(measured, ({ env }) => env)].filter(([, own]) => own.length > 1);
  if (environments.length === 0) return undefined;
  const { format, label = (policy: string) => policy } = options;
  const least = environments.map(([env, own]) => {
    const first = own.reduce((a, b) => (b.iqm < a.iqm ? b : a));
    return `on ${environmentLabel(env)} ${label(first.policy)}, ${format(first.iqm)}`;
  });
  const compared = measured.filter(({ env }) => environments.some(([name]) => name === env));
  const means = [...groupBy(compared, ({ policy }) => policy)]
    .filter(([, own]) => own.length === environments.length)
    .map(([policy, own]) => ({
      policy,
      iqm: own.reduce((sum, { iqm }) => sum + iqm, 0) / own.length,
      ...(own.length === 1 ? { low: own[0]!.low, high: own[0]!.high } : { low: null, high: null }),
    }));
  const over = `, mean over ${environments.map(([env]) => environmentLabel(env)).join(', ')}`;
  return {
    text: `${best}: ${least.join('; ')}.`,
    chart: { caption: `${caption}${environments.length === 1 ? '' : over}`, bars: policyBars(means, options) },
  };
}
