import type { AnswerChart, Conclusion } from '../experiment/experiment.ts';
import { printable, trueMinus } from '../experiment/text.ts';
import { wrapText } from './wrapText.ts';

const INDENT = ' '.repeat(4);
/** Text that is read is no wider. */
const WIDEST = 80;

/** What came of each question: its answer with a chart, in columns of text. @param bold whether questions stand out */
export function answersText(
  conclusions: Readonly<Record<string, Conclusion>>,
  { width, bold }: { readonly width: number; readonly bold: boolean },
): string {
  const room = Math.min(WIDEST, width) - INDENT.length;
  const blocks = Object.entries(conclusions).map(([code, { question, answer }]) => {
    const [first, ...rest] = wrapText(read(question), room);
    const head = [`${read(code).padEnd(INDENT.length - 1)} ${first}`, ...rest.map((line) => INDENT + line)];
    const below = [
      ...wrapText(answer === undefined ? 'No answer: the run leaves out what it takes.' : read(answer.text), room),
      ...(answer?.chart === undefined ? [] : ['', ...barChart(answer.chart, room)]),
    ];
    return [
      ...head.map((line) => (bold ? `\x1b[1m${line}\x1b[22m` : line)),
      ...below.map((line) => (line === '' ? '' : INDENT + line.replaceAll('\u00a0', ' '))),
    ].join('\n');
  });
  return blocks.join('\n\n');
}

const GAP = 2;
/** Bars have at least so many columns of text, or a line of their own. */
const LEAST_BAR = 12;
/** The most of a line that labels have beside a bar. */
const LABELS = 0.4;
/** A column of text in eighths, which is as fine as text gets. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The lines of a chart: its caption, and a label, a bar and a value each; where there is no room, the bar stands below. */
function barChart({ caption, most, bars }: AnswerChart, width: number): string[] {
  const end = most ?? Math.max(0, ...bars.map(({ value }) => value).filter(Number.isFinite));
  const ofTexts = longest(bars.map(({ text }) => text));
  const rows = bars.map(({ label, value, text, interval }) => ({
    label: read(label),
    value: read([text.padStart(ofTexts), ...(interval === undefined ? [] : [interval])].join(' ')),
    bar: (columns: number) => drawn(value / end, columns),
  }));
  const ofLabels = Math.min(longest(rows.map(({ label }) => label)), Math.floor(LABELS * width));
  const room = width - ofLabels - longest(rows.map(({ value }) => value)) - 2 * GAP;
  const gap = ' '.repeat(GAP);
  const lines = rows.flatMap(({ label, value, bar }) => {
    if (room < LEAST_BAR) return [...wrapText(`${label}: ${value}`, width), bar(width)];
    const [first, ...more] = wrapText(label, ofLabels);
    return [`${first!.padEnd(ofLabels)}${gap}${bar(room).padEnd(room)}${gap}${value}`, ...more];
  });
  return [...wrapText(read(caption), width), ...lines].map((line) => line.replaceAll('\u00a0', ' ').trimEnd());
}

/** A text as it is read in a terminal. */
function read(text: string): string {
  return trueMinus(printable(text));
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length));
}

/** A bar of a share of so many columns, to an eighth of a column; what is more than nothing can be seen. */
function drawn(share: number, columns: number): string {
  if (!(share > 0)) return '';
  const eighths = Math.max(1, Math.round(8 * columns * Math.min(1, share)));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}
