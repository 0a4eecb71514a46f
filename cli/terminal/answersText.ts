import { type Conclusion, DECIDING_SEEDS } from '../experiment/conclusion.ts';
import { plural } from '../experiment/plural.ts';
import { printable } from '../experiment/printable.ts';
import { trueMinus } from '../experiment/trueMinus.ts';
import { barChart } from './barChart.ts';
import { wrapText } from './wrapText.ts';

/** What {@link answersText} takes. */
export interface AnswersOptions {
  /** How many seeds the run has. */
  readonly seeds: number;
  /** Columns of text. */
  readonly width: number;
  /** Whether questions stand out in bold. */
  readonly bold: boolean;
  /** The command that goes on with the run to as many seeds as decide, where it is known. */
  readonly goOn?: string | undefined;
}

const INDENT = ' '.repeat(4);
/** Text that is read is no wider. */
const WIDEST = 80;

/**
 * What came of each question: its answer with a chart, and the verdict on what was predicted. Where a run has too few seeds for verdicts, that
 * is said once, at the end, with how it gets more.
 */
export function answersText(
  conclusions: Readonly<Record<string, Conclusion>>,
  { seeds, width: available, bold, goOn }: AnswersOptions,
): string {
  const width = Math.min(WIDEST, available);
  const waits = ({ verdict }: Conclusion) =>
    seeds < DECIDING_SEEDS && (verdict === 'too few seeds' || verdict === 'undecided');
  const blocks = Object.entries(conclusions).map(([code, conclusion]) => {
    const { question, answer, verdict } = conclusion;
    const [first, ...rest] = wrapText(clean(question), width - INDENT.length);
    const head = [`${clean(code).padEnd(INDENT.length - 1)} ${first}`, ...rest.map((line) => INDENT + line)];
    const room = width - INDENT.length;
    const below = [
      ...(answer === undefined ? [] : wrapText(clean(answer.text), room)),
      ...(answer?.chart === undefined ? [] : ['', ...barChart(answer.chart, room)]),
      ...(answer !== undefined && waits(conclusion) ? [] : ['', ...wrapText(`Prediction: ${clean(verdict)}`, room)]),
    ];
    return [
      ...head.map((line) => (bold ? `\x1b[1m${line}\x1b[22m` : line)),
      ...below.map((line) => (line === '' ? '' : INDENT + line.replaceAll('\u00a0', ' '))),
    ].join('\n');
  });
  if (Object.values(conclusions).some(waits)) {
    const few = `Verdicts on predictions need ${plural(DECIDING_SEEDS, 'seed')}, and this run has ${seeds}.`;
    const how =
      goOn === undefined ? `The run’s command with --seeds ${DECIDING_SEEDS} goes on with it.` : 'To go on with it:';
    // A command stays in one line, to be pasted.
    blocks.push([...wrapText(`${few} ${how}`, width), ...(goOn === undefined ? [] : [`  ${goOn}`])].join('\n'));
  }
  return blocks.join('\n\n');
}

function clean(text: string): string {
  return trueMinus(printable(text));
}
