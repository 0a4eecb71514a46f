import { escapeHtml } from '../../envs/drawing/escapeHtml.ts';
import { themeColour } from '../../envs/drawing/palette.ts';
import type { AnswerBar, AnswerChart } from '../experiment/conclusion.ts';
import { wrapText } from '../terminal/wrapText.ts';

/** Pixels of a picture: its width, a line of text, what is between two bars, a character at most, letters. */
interface Sizes {
  readonly width: number;
  readonly line: number;
  readonly gap: number;
  readonly character: number;
  readonly font: number;
  /** Characters of a line of a label: what is longer goes on below. */
  readonly longest: number;
}

const SIZES = {
  small: { width: 250, line: 11, gap: 4, character: 6.3, font: 10.5, longest: 22 },
  large: { width: 400, line: 15, gap: 8, character: 8, font: 13.5, longest: 24 },
} as const satisfies Record<string, Sizes>;

/**
 * The bars of an answer as an SVG: labels, bars with the whiskers of their intervals, and values as they are read.
 * @param size large where it is the only one of its page
 */
export function answerPicture({ bars, caption, most }: AnswerChart, size: keyof typeof SIZES = 'small'): string {
  const sizes = SIZES[size];
  const { width: whole, line, gap, character, font, longest } = sizes;
  const width = (text: string) => character * text.length;
  const labels = bars.map(({ label }) => wrapText(label, longest));
  const left = Math.max(0, ...labels.flat().map(width)) + 6;
  const right = Math.max(0, ...bars.map(({ text }) => width(text))) + 6;
  const ends = bars.flatMap(({ value, high }) => [value, high ?? value]);
  const end = most ?? Math.max(0, ...ends);
  // What goes beyond the axis ends with it.
  const at = (value: number) => left + (whole - left - right) * Math.min(1, Math.max(0, end > 0 ? value / end : 0));
  let top = 0;
  const rows = bars.map((bar, i) => {
    const lines = labels[i]!;
    const height = line * lines.length + gap;
    const row = drawBar(bar, { lines, middle: top + height / 2, left, at, sizes });
    top += height;
    return row;
  });
  const height = top + 1;
  const described = `${caption}: ${bars.map(({ label, text }) => `${label} ${text}`).join(', ')}`;
  return (
    `<svg width="${whole}" height="${height}" viewBox="0 0 ${whole} ${height}" role="img" aria-label="${escapeHtml(described)}" ` +
    `font-family="system-ui, sans-serif" font-size="${font}">` +
    `<path d="M${left} 0V${height}" stroke="${themeColour('faint')}"/>${rows.join('')}</svg>`
  );
}

interface Row {
  /** Of the label. */
  readonly lines: readonly string[];
  readonly middle: number;
  readonly left: number;
  readonly at: (value: number) => number;
  readonly sizes: Sizes;
}

function drawBar(
  { value, low, high, text, colour = themeColour('muted') }: AnswerBar,
  { lines, middle, left, at, sizes: { line, font } }: Row,
): string {
  const ink = themeColour('ink');
  const number = (x: number) => String(Number(x.toFixed(1)));
  /** From the middle of letters down to the line they stand on. */
  const baseline = middle + 0.36 * font;
  const whisker =
    low === null || high === null
      ? ''
      : `<path d="M${number(at(low))} ${middle}H${number(at(high))}M${number(at(low))} ${middle - 2.5}v5M${number(at(high))} ${middle - 2.5}v5" stroke="${ink}"/>`;
  const end = Math.max(at(value), high === null ? 0 : at(high));
  const label = lines.map((part, i) => {
    const y = baseline + line * (i - (lines.length - 1) / 2);
    return `<text x="${number(left - 5)}" y="${number(y)}" text-anchor="end" fill="${ink}">${escapeHtml(part)}</text>`;
  });
  return (
    label.join('') +
    `<rect x="${number(left)}" y="${number(middle - line / 2)}" width="${number(at(value) - left)}" height="${line}" fill="${escapeHtml(colour)}" fill-opacity=".65"/>${whisker}` +
    `<text x="${number(end + 4)}" y="${number(baseline)}" fill="${ink}">${escapeHtml(text)}</text>`
  );
}
