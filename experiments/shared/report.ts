import type { Answer, Job, Outcome, SummaryRow } from '../../cli/experiment/experiment.ts';
import { groupBy } from '../../cli/experiment/summarize.ts';
import { type PolicyBarsOptions, policyBars } from '../../cli/report/answers.ts';

/** Options of {@link answerByEnvironment}. */
interface AnswerByEnvironmentOptions extends PolicyBarsOptions {
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

/** A legend's entry, drawn: SVG marks in a box of 24 × 10, with lines of width 1.6 and no fill unless they say otherwise. */
export function swatch(marks: string): string {
  return `<svg aria-hidden="true" width="24" height="10" viewBox="0 0 24 10" fill="none" stroke-width="1.6">${marks}</svg>`;
}

/** An environment as a sentence has it, without the prefix of its package. */
export function plainEnv(env: string): string {
  return env.replace('mujoco/', '');
}

/**
 * The outcome that stands for a policy in a figure: that of the seed with the median of a metric. Of an even number of seeds it
 * is the worse of the two in the middle; seeds for which there was nothing to measure count as the worst.
 *
 * @throws if there is no outcome.
 */
export function typicalOutcome<J extends Job>(
  outcomes: readonly Outcome<J>[],
  options: { metric: string; better: 'higher' | 'lower' },
): Outcome<J> {
  const { metric, better } = options;
  if (outcomes.length === 0) throw new Error('typicalOutcome: needs at least one outcome');
  const badness = ({ result }: Outcome<J>) => {
    const value = result.metrics[metric] ?? Number.NaN;
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    return better === 'lower' ? value : -value;
  };
  // Infinities are equal, and so is what is equal: the earlier seed goes first.
  const byMerit = [...outcomes].sort((a, b) => Math.sign(badness(a) - badness(b)) || a.job.seed - b.job.seed);
  return byMerit[Math.floor(byMerit.length / 2)]!;
}

/** The values of two rows for the seeds for which both have one, in the order of the seeds. */
export function pairedSeeds(
  a: { readonly perSeed: readonly (number | null)[] },
  b: { readonly perSeed: readonly (number | null)[] },
): { readonly x: number[]; readonly y: number[] } {
  const pairs = a.perSeed.flatMap((value, seed) => {
    const other = b.perSeed[seed] ?? null;
    return value === null || other === null ? [] : [[value, other] as const];
  });
  return { x: pairs.map(([value]) => value), y: pairs.map(([, other]) => other) };
}
