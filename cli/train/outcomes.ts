import { wordsOf } from '../../agents/core/episodeStatistics.ts';
import { type EpisodeReport, type EpisodeStatistics, episodeStatistics } from '../../agents/index.ts';
import type { SummaryRow, Table } from '../experiment/experiment.ts';

/**
 * Which share of the episodes ended with which word, as the columns of a row: `outcome/left`.
 * @param columns that get a 0 if no episode ended so
 */
export function sharesOf(
  { episodes, counts }: Pick<EpisodeStatistics, 'episodes' | 'counts'>,
  columns: Iterable<string> = [],
): Record<string, number | null> {
  const none = episodes === 0 ? null : 0;
  const shares: Record<string, number | null> = Object.fromEntries([...columns].map((column) => [column, none]));
  for (const [entry, words] of Object.entries(counts)) {
    for (const [word, count] of Object.entries(words)) shares[`${entry}/${word}`] = count / episodes;
  }
  return shares;
}

/** Whether a column or a metric is one of {@link sharesOf}. */
export function isShare(name: string): boolean {
  return name.includes('/');
}

/** Shares in words: `left 48 %, right 52 %; bank: lower 50 %, upper 46 %`, or `–`. Those that are null say nothing. */
export function describeShares(shares: Readonly<Record<string, number | null>>): string {
  const byEntry = new Map<string, string[]>();
  for (const [name, share] of Object.entries(shares)) {
    if (share === null || !isShare(name)) continue;
    const at = name.indexOf('/');
    const [entry, word] = [name.slice(0, at), name.slice(at + 1)];
    byEntry.set(entry, [...(byEntry.get(entry) ?? []), `${word} ${percent(share)}`]);
  }
  const parts = [...byEntry].sort(outcomeFirst).map(([entry, words]) => {
    const list = words.sort().join(', ');
    return entry === 'outcome' ? list : `${entry}: ${list}`;
  });
  return parts.length === 0 ? '–' : parts.join('; ');
}

/** Whole percents, and as many digits as it takes to tell what is rare from what never is. */
function percent(share: number): string {
  const percents = 100 * share;
  const isRounded = percents === 0 || percents === 100 || (percents >= 1 && percents <= 99);
  return `${percents.toFixed(isRounded ? 0 : 1)} %`;
}

function outcomeFirst([a]: [string, unknown], [b]: [string, unknown]): number {
  return Number(b === 'outcome') - Number(a === 'outcome') || (a < b ? -1 : 1);
}

/** How episodes ended. */
export interface Ends {
  /** How each ended, in the environment's word; null where it says nothing. */
  readonly outcomes: readonly (string | null)[];
  /** How many ended with which word of their last info, by entry. */
  readonly counts: EpisodeStatistics['counts'];
}

/** What a file of evaluations says of how episodes ended. */
export function endsOf(episodes: readonly EpisodeReport[]): Ends {
  return {
    outcomes: episodes.map(({ info }) => Object.fromEntries(wordsOf(info)).outcome ?? null),
    counts: episodeStatistics(episodes).counts,
  };
}

/**
 * A table of metrics, a row a policy, with a last column of how the episodes ended, interquartile means over the seeds; as it is, if no
 * episode says how.
 */
export function withOutcomes(table: Table, summary: readonly SummaryRow[]): Table {
  const outcomes = table.rows.map(([policy]) => {
    const own = summary.filter((row) => row.policy === policy);
    return describeShares(Object.fromEntries(own.map(({ metric, iqm }) => [metric, iqm])));
  });
  if (outcomes.every((text) => text === '–')) return table;
  return {
    ...table,
    columns: [...table.columns, 'outcomes'],
    rows: table.rows.map((row, i) => [...row, outcomes[i]!]),
  };
}

/** What some numbers come to: their sum, their mean with the deviation from it, and the ends. */
export function spreadOf(values: readonly number[]) {
  let [total, lowest, highest] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    total += value;
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  const mean = total / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { total, mean, deviation, lowest, highest };
}
