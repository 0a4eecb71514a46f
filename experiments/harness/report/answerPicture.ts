import { escapeHtml } from '../../../envs/drawing/escapeHtml.ts';
import { themeColour } from '../../../envs/drawing/palette.ts';
import type { AnswerBar, AnswerChart } from '../conclusion.ts';

/** Pixels: the picture, a bar with what is between it and the next, and a character of the labels at most. */
const WIDTH = 216;
const PITCH = 14;
const CHARACTER = 6.3;
const FONT_SIZE = 10.5;
/** Characters of the longest label that is written whole. */
const LONGEST = 17;

/** The bars of an answer as a small SVG: labels, bars with the whiskers of their intervals, and values as they are read. */
export function answerPicture({ bars, caption, most }: AnswerChart): string {
  const width = (text: string) => CHARACTER * text.length;
  const left = Math.max(0, ...bars.map(({ label }) => width(short(label)))) + 6;
  const right = Math.max(0, ...bars.map(({ text }) => width(text))) + 6;
  const ends = bars.flatMap(({ value, high }) => [value, high ?? value]);
  const end = most ?? Math.max(0, ...ends);
  // What goes beyond the axis ends with it.
  const at = (value: number) => left + (WIDTH - left - right) * Math.min(1, Math.max(0, end > 0 ? value / end : 0));
  const height = PITCH * bars.length + 1;
  const rows = bars.map((bar, i) => drawBar(bar, { top: PITCH * i, left, at }));
  const described = `${caption}: ${bars.map(({ label, text }) => `${label} ${text}`).join(', ')}`;
  return (
    `<svg width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(described)}" ` +
    `font-family="system-ui, sans-serif" font-size="${FONT_SIZE}">` +
    `<path d="M${left} 0V${height}" stroke="${themeColour('faint')}"/>${rows.join('')}</svg>`
  );
}

function short(label: string): string {
  return label.length <= LONGEST ? label : `${label.slice(0, LONGEST - 1)}…`;
}

function drawBar(
  { label, value, low, high, text, colour = themeColour('muted') }: AnswerBar,
  { top, left, at }: { top: number; left: number; at: (value: number) => number },
): string {
  const middle = top + PITCH / 2;
  const ink = themeColour('ink');
  const number = (x: number) => String(Number(x.toFixed(1)));
  const whisker =
    low === null || high === null
      ? ''
      : `<path d="M${number(at(low))} ${middle}H${number(at(high))}M${number(at(low))} ${middle - 2.5}v5M${number(at(high))} ${middle - 2.5}v5" stroke="${ink}"/>`;
  const end = Math.max(at(value), high === null ? 0 : at(high));
  return (
    `<text x="${number(left - 5)}" y="${middle + 4}" text-anchor="end" fill="${ink}">${escapeHtml(short(label))}</text>` +
    `<rect x="${number(left)}" y="${top + 2}" width="${number(at(value) - left)}" height="${PITCH - 4}" fill="${escapeHtml(colour)}" fill-opacity=".65"/>${whisker}` +
    `<text x="${number(end + 4)}" y="${middle + 4}" fill="${ink}">${escapeHtml(text)}</text>`
  );
}
