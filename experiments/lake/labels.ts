import type { Answer, SummaryRow } from '../../cli/experiment/experiment.ts';
import { withInterval } from '../../cli/experiment/summarize.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { type PolicyName, policyNames } from '../../common/lake.ts';

/** Nats, to three digits. */
export const nats = (value: number): string => value.toFixed(3);

/** A share in per cent, with a space that does not break. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** A share that is a bound, in per cent without digits that say nothing: `90 %`. */
export const bound = (share: number): string => `${Number((100 * share).toPrecision(3))}\u00a0%`;

/** A share with its 95 % interval, as a sentence has it: `39.0 % [38.2, 39.8]`. */
export const percentWithInterval = (row: Pick<SummaryRow, 'iqm' | 'low' | 'high'>): string =>
  withInterval(row, shareColumn.format, '\u00a0%');

/** How a column of a table has shares: per cent, which its head says. */
export const shareColumn = { format: (value: number) => (100 * value).toFixed(1), unit: '%' } as const;

const LABELS: Readonly<Record<string, string>> = {
  gaussian: 'Gaussian',
  'gaussian-full': 'full covariance',
  'mixture-2': 'mixture of 2',
  mixture: 'mixture',
  realnvp: 'RealNVP',
  spline: 'spline flow',
  nice: 'NICE',
  'flow-matching': 'flow matching',
  'episode-noise': 'noise once a walk',
  'step-noise': 'noise each step',
  'relaxed-mixture': 'relaxed mixture',
  autoregressive: 'autoregressive bins',
  energy: 'energy',
};

/** Classes that may have several modes, those first that speak for the others: flows, then mixtures. */
const SEVERAL_MODES: readonly PolicyName[] = ['spline', 'mixture', 'mixture-2', 'realnvp'];

/** A policy's name in a sentence; as it is, where it has no other. */
export function policyLabel(policy: string): string {
  return LABELS[policy] ?? policy;
}

/** How the parts of a key read that have a number behind them. */
const NUMBERS: Readonly<Record<string, (value: string) => string>> = {
  tau: (value) => `τ = ${value}`,
  stride: (value) => `stride ${value}`,
  scale: (value) => `σ = ${value}`,
  width: (value) => `s = ${value}`,
  share: (value) => `${value}/${100 - Number(value)}`,
};

/** How the others read, where they do not read as they are. */
const WORDS: Readonly<Record<string, string>> = {
  penalty: 'penalty 1',
  ppo: 'PPO',
  sac: 'SAC',
  learned: 'σ learned',
  'right-angles': 'right angles',
  'few-draws': 'cloned, few draws',
  soft: 'soft return',
};

const PART = new RegExp(
  `(${Object.keys(NUMBERS).join('|')})-([\\d.]+(?:e-\\d+)?)|${Object.keys(WORDS).join('|')}|[a-z]+`,
  'g',
);

/**
 * How a condition reads in tables, figures and claims: `stride 1.3, τ = 0.1` for `stride-1.3-tau-0.1`. Keys of conditions are for jobs,
 * files and summaries: short, ASCII, the same for ever.
 */
export function conditionLabel(key: string): string {
  return Array.from(key.matchAll(PART), ([part, name, value]) =>
    name === undefined ? (WORDS[part] ?? part) : NUMBERS[name]!(value!),
  ).join(', ');
}

/** With which the other classes are compared. */
export const GAUSSIAN = 'gaussian';

/** Which rows of a summary are meant: those of a metric, under a condition or under none, in an environment if one is named. */
interface WhichRows {
  readonly metric: string;
  readonly condition?: string | undefined;
  readonly env?: string;
}

/** The rows of a metric that were measured, one for each policy. */
export function classRows(rows: readonly SummaryRow[], { metric, condition, env }: WhichRows): SummaryRow[] {
  return rows.filter(
    (row) =>
      row.metric === metric &&
      row.condition === condition &&
      (env === undefined || row.env === env) &&
      row.iqm !== null,
  );
}

/** The Gaussian's row, and that of the class with several modes that speaks for the others; undefined where one of them is missing. */
export function contrast(rows: readonly SummaryRow[]): { gaussian: SummaryRow; other: SummaryRow } | undefined {
  const of = (name: string) => rows.find(({ policy }) => policy === name);
  const gaussian = of(GAUSSIAN);
  const other = SEVERAL_MODES.map(of).find((row) => row !== undefined);
  return gaussian === undefined || other === undefined ? undefined : { gaussian, other };
}

/**
 * An answer from the rows of one metric, one for each policy: a sentence about the Gaussian and the class that speaks for the others, and a
 * bar for each. Undefined where one of the two is missing.
 * @param told what it says of the two
 */
export function classAnswer(
  rows: readonly SummaryRow[],
  { format, caption, most, told }: ClassAnswer,
): Answer | undefined {
  const pair = contrast(rows);
  return (
    pair && {
      text: told(pair.gaussian, pair.other, policyLabel(pair.other.policy)),
      chart: chartOf(rows, { format, caption, most }),
    }
  );
}

interface ClassAnswer {
  readonly format: (value: number) => string;
  readonly caption: string;
  /** The end of the bars' axis. */
  readonly most?: number | undefined;
  told(gaussian: SummaryRow, other: SummaryRow, label: string): string;
}

/** The chart of an answer: a bar for each policy's row. */
export function chartOf(
  rows: readonly SummaryRow[],
  { format, caption, most }: Omit<ClassAnswer, 'told'>,
): NonNullable<Answer['chart']> {
  const bars = policyBars(rows, { policies: policyNames, format, label: policyLabel });
  return { caption, bars, ...(most !== undefined && { most }) };
}
