import type { Table } from '../experiment/experiment.ts';
import { isNumeric } from '../report/table.ts';
import { terminalWidth } from '../terminal/terminalWidth.ts';

/** Columns of text below which a meaning stands no longer beside what it is of. */
const BESIDE = 32;
/** Columns of text to which other cells may be narrowed. */
const NARROWEST = 14;
const GAP = 2;
const INDENT = ' '.repeat(4);

/**
 * A table that fits the terminal: cells that are too long go on under their column, and meanings that have no room beside the other
 * cells stand below them.
 */
export function fittedTable({ title, columns, rows }: Table, width = terminalWidth()): string {
  const hasMeaning = columns.at(-1) === 'meaning';
  const meanings = hasMeaning ? rows.map((row) => row.at(-1)!) : [];
  const others = hasMeaning ? [columns, ...rows].map((row) => row.slice(0, -1)) : [columns, ...rows];
  const [needed, least] = [naturalWidths(others), leastWidths(others)];
  const longest = Math.max(0, ...meanings.map((text) => text.length));
  const room = Math.min(longest, Math.max(BESIDE, width - total(needed) - GAP));
  if (hasMeaning && total(least) + GAP + room <= width) {
    const widths = [...narrowed(needed, least, width - GAP - room), room];
    return [...wrapped(title, width), ...ruledRows([columns, ...rows], widths).flat()].join('\n');
  }
  const [head, rule, ...lines] = ruledRows(others, narrowed(needed, least, width));
  const below = lines.map((row, i) => [
    ...row,
    ...(hasMeaning ? wrapped(meanings[i]!, width - INDENT.length).map((line) => INDENT + line) : []),
  ]);
  return [...wrapped(title, width), ...head!, ...rule!, ...below.flat()].join('\n');
}

/** Text that goes on below its own beginning, behind a label: `  ppo: proximal …`. */
export function hanging(label: string, text: string, width = terminalWidth()): string {
  return wrapped(text, Math.max(BESIDE, width - label.length))
    .map((line, i) => (i === 0 ? label : ' '.repeat(label.length)) + line)
    .join('\n');
}

/** The lines of a text, which breaks behind spaces and commas. */
function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const part of parts(text)) {
    const line = lines.at(-1)! + part;
    if (line.trimEnd().length <= width || lines.at(-1) === '') lines[lines.length - 1] = line;
    else lines.push(part);
  }
  return lines.map((line) => line.trimEnd());
}

/** No part ends in a comparison, and none begins with a bar. */
function parts(text: string): string[] {
  return text.split(/(?<=[^≤≥<>] |,)(?![ |])/);
}

/** The lines of each row; between the first one and the others is a rule. */
function ruledRows([columns, ...rows]: readonly (readonly string[])[], widths: readonly number[]): string[][] {
  const isRight = widths.map((_, i) => i > 0 && isNumeric(rows.map((row) => row[i]!)));
  const linesOf = (row: readonly string[]): string[] => {
    const cells = row.map((cell, i) => wrapped(cell, widths[i]!));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, at) =>
      cells
        .map((lines, i) => {
          const line = lines[at] ?? '';
          return isRight[i] ? line.padStart(widths[i]!) : line.padEnd(widths[i]!);
        })
        .join(' '.repeat(GAP))
        .trimEnd(),
    );
  };
  const rule = widths.map((width) => '─'.repeat(width)).join(' '.repeat(GAP));
  return [linesOf(columns!), [rule], ...rows.map(linesOf)];
}

function naturalWidths(rows: readonly (readonly string[])[]): number[] {
  return rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
}

function leastWidths(rows: readonly (readonly string[])[]): number[] {
  return naturalWidths(rows).map((natural, i) => {
    const words = rows.flatMap((row) => parts(row[i]!).map((part) => part.trimEnd().length));
    return Math.min(natural, Math.max(NARROWEST, ...words));
  });
}

/** Widths of which the largest are narrowed, one after the other, until all fit or are as narrow as they may be. */
function narrowed(natural: readonly number[], least: readonly number[], width: number): number[] {
  const widths = [...natural];
  while (total(widths) > width) {
    const wide = widths.map((each, i) => (each > least[i]! ? each : 0));
    const widest = Math.max(...wide);
    if (widest === 0) break;
    widths[wide.indexOf(widest)]! -= 1;
  }
  return widths;
}

/** The width of a line. */
function total(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, GAP * (widths.length - 1));
}
