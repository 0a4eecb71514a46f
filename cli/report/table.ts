import { checkArgument } from '../../src/options/parse.ts';
import type { SummaryRow, Table } from '../experiment/experiment.ts';
import { groupBy } from '../experiment/summarize.ts';
import { printable, trueMinus } from '../experiment/text.ts';
import { wrapText } from '../terminal/wrapText.ts';

/** A column of {@link metricTable}. */
interface MetricColumn {
  readonly metric: string;
  /** The heading, with the unit. */
  readonly label: string;
  readonly format: (value: number) => string;
  /** Written once behind the number, and not again in the interval: `%`. */
  readonly unit?: string;
}

const NO_BREAK = '\u00a0';

/**
 * One row a policy: over how many of the run's seeds it is, then one column a metric, `interquartile mean [low, high]`.
 * `[–: one seed]` says that one seed has no interval, `(2 seeds)` that this metric was measured for fewer seeds than the row's, `–`
 * that there was nothing to measure.
 * @param policyLabel how a policy reads; as it is, unless given
 * @throws if two rows are the same metric of the same policy: those of several studies, environments or conditions are several tables
 */
export function metricTable(
  title: string,
  rows: readonly SummaryRow[],
  columns: readonly MetricColumn[],
  policyLabel: (policy: string) => string = (policy) => policy,
): Table {
  const policies = groupBy(rows, ({ policy }) => policy);
  return {
    title,
    columns: ['policy', 'seeds', ...columns.map(({ label }) => label)],
    rows: [...policies].map(([policy, own]) => {
      for (const [metric, [one, other]] of groupBy(own, ({ metric }) => metric)) {
        if (other === undefined) continue;
        const [of, and] = [one!, other].map(({ study, env, condition }) =>
          [study, env, condition].filter((part) => part !== undefined).join(', '),
        );
        throw new Error(
          `metricTable: '${title}' has ${metric} of ${policy} twice, of ${of} and of ${and}, expected once`,
        );
      }
      const done = Math.max(...own.map(measured));
      const planned = own[0]!.perSeed.length;
      const cells = columns.map((column) =>
        metricCell(
          own.find(({ metric }) => metric === column.metric),
          column,
          done,
        ),
      );
      return [policyLabel(policy), done === planned ? String(done) : `${done} of ${planned}`, ...cells];
    }),
  };
}

/** A line may break only before the interval, and before the number of seeds. */
function metricCell(row: SummaryRow | undefined, { format, unit }: MetricColumn, done: number): string {
  if (row?.iqm == null) return '–';
  const value = unit === undefined ? format(row.iqm) : `${format(row.iqm)} ${unit}`;
  const parts =
    row.low === null || row.high === null
      ? [value, '[–: one seed]']
      : [value, `[${format(row.low)}, ${format(row.high)}]`];
  const seeds = measured(row);
  if (seeds > 1 && seeds < done) parts.push(`(${seeds} seeds)`);
  return trueMinus(parts.map((part) => part.replaceAll(' ', NO_BREAK)).join(' '));
}

function measured({ perSeed }: SummaryRow): number {
  return perSeed.filter((value) => value !== null).length;
}

/** A hash in hexadecimal digits, or the first of them: a name, whatever it begins with. */
const HASH = /^[0-9a-f]{8,}$/;

/** Whether a column holds numbers, which stand to the right, and not words. */
export function isNumeric(cells: readonly string[]): boolean {
  return cells.every((cell) => /^(?:[-−+]?\.?\d|–|$)/.test(cell) && !HASH.test(cell));
}

/** Between two columns. */
const GAP = 2;
/** A head has this room, whatever the cells below it need. */
const SHORT_HEAD = 12;
/** The most of a line that labels have, where not all columns have room beside them. */
const LABELS = 0.4;

/**
 * The table for a terminal: columns aligned, numbers to the right and words to the left. What is wider than `width` is broken by groups of
 * columns, each with the labels of its rows; heads and cells go on below themselves where one column alone is too wide.
 */
export function textTable(table: Table, width = Infinity): string {
  checkArgument('textTable', 'table', table, Object);
  checkArgument('textTable', 'table.columns', table.columns, Array);
  const columns = table.columns.map((_, i) => columnOf(table, i));
  const labels = columns[0]!;
  const blocks = total(columns) <= width ? [columns] : groupsOf(columns.slice(1), labels, width);
  return [
    ...wrapText(trueMinus(printable(table.title)), width),
    blocks.map((block) => blockLines(block, table.rows.length).join('\n')).join('\n\n'),
  ]
    .join('\n')
    .replaceAll(NO_BREAK, ' ');
}

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  readonly isRight: boolean;
  /** Columns of text: at first those that it has where nothing is broken. */
  readonly width: number;
}

function columnOf({ columns, rows }: Table, i: number): Column {
  const cell = (text: string) => printable(text).replaceAll('\n', '\\n');
  const head = cell(columns[i]!);
  const cells = rows.map((row) => trueMinus(cell(row[i] ?? '')));
  return { head, cells, isRight: i > 0 && isNumeric(cells), width: longest([head, ...cells]) };
}

/** Columns beside the labels of their rows, as many as fit; the rest below them in the same way. */
function groupsOf(columns: readonly Column[], labels: Column, width: number): Column[][] {
  const needed = columns.map(({ head, cells }) => longest([...cells, ...head.split(' '), head.slice(0, SHORT_HEAD)]));
  const share = columns.length === 0 ? width : Math.floor(LABELS * width);
  const ofLabels = labels.width + GAP + Math.max(0, ...needed) <= width ? labels.width : Math.min(labels.width, share);
  const first = { ...labels, width: ofLabels };
  const groups: Column[][] = [[first]];
  for (const [i, column] of columns.entries()) {
    const fitted = { ...column, width: Math.min(needed[i]!, width - GAP - ofLabels) };
    const group = groups.at(-1)!;
    if (total([...group, fitted]) <= width) group.push(fitted);
    else groups.push([first, fitted]);
  }
  return groups;
}

/** The lines of columns side by side. */
function blockLines(block: readonly Column[], rows: number): string[] {
  const lineUp = (texts: readonly string[]): string[] => {
    const cells = texts.map((text, i) => wrapText(text, block[i]!.width));
    return Array.from({ length: Math.max(...cells.map(({ length }) => length)) }, (_, at) =>
      block
        .map(({ isRight, width }, i) =>
          isRight ? (cells[i]![at] ?? '').padStart(width) : (cells[i]![at] ?? '').padEnd(width),
        )
        .join(' '.repeat(GAP))
        .trimEnd(),
    );
  };
  return [
    ...lineUp(block.map(({ head }) => head)),
    block.map(({ width }) => '─'.repeat(width)).join(' '.repeat(GAP)),
    ...Array.from({ length: rows }, (_, row) => lineUp(block.map(({ cells }) => cells[row]!))).flat(),
  ];
}

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length));
}

/** Columns of text of a group, with the gaps. */
function total(group: readonly Column[]): number {
  return group.reduce((sum, { width }) => sum + width, 0) + GAP * (group.length - 1);
}

/** Options of {@link describeBest}. */
interface DescribeBestOptions {
  readonly better: 'higher' | 'lower';
  /** What the best has: `fewest drowned`. */
  readonly label: string;
  readonly format: (value: number) => string;
}

/**
 * One metric of all policies in words: who is best, and whom the 95 % intervals do not tell from it. Intervals that overlap are no
 * proof of equality, and the sentence claims none. Undefined if fewer than two policies were measured.
 */
export function describeBest(
  rows: readonly SummaryRow[],
  { better, label, format: plain }: DescribeBestOptions,
): string | undefined {
  const format = (value: number) => trueMinus(plain(value));
  const ranked = rows
    .flatMap((row) => (row.iqm === null ? [] : [{ ...row, iqm: row.iqm }]))
    .sort((a, b) => (better === 'lower' ? a.iqm - b.iqm : b.iqm - a.iqm));
  const [best, ...others] = ranked;
  if (best === undefined || others.length === 0) return undefined;
  const first = `${label}: ${best.policy}, ${format(best.iqm)}`;
  const { low, high } = best;
  if (low === null || high === null || others.every((row) => row.low === null)) {
    return `${first}. One seed tells nothing about the others.`;
  }
  const overlaps = (row: SummaryRow) => row.low === null || row.high === null || (row.low <= high && low <= row.high);
  const [near, apart] = [others.filter(overlaps), others.filter((row) => !overlaps(row))].map((group) =>
    group.map(({ policy, iqm }) => `${policy} (${format(iqm)})`).join(', '),
  );
  return [
    `${first} [${format(low)}, ${format(high)}].`,
    ...(near === '' ? [] : [`Its interval overlaps with that of ${near}.`]),
    ...(apart === '' ? [] : [`Their intervals lie apart from it: ${apart}.`]),
  ].join(' ');
}
