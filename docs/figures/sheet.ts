import { escapeHtml } from '../../envs/drawing/drawing.ts';
import { themeColour } from '../../envs/drawing/palette.ts';
import type { Plot } from './plot.ts';

/** A plot with its title above. */
export interface TitledPlot {
  readonly title: string;
  readonly plot: Plot;
}

/** Pixels of a title's line, and between panels. */
const [TITLE, GAP] = [24, 18];
/** Of a title, pixels: a phone shows two thirds of them. */
const LARGEST = 16;
/** The width of a letter for one pixel of its size, in a wide font: a row with a long title has smaller ones. */
const LETTER = 0.6;

/** Rows of plots as one `<svg>`, in colours of either theme. All plots of a row have one size. */
export function sheet(label: string, rows: readonly (readonly TitledPlot[])[]): string {
  const widths = rows.map((row) => row.reduce((sum, { plot }) => sum + plot.width + GAP, -GAP));
  let top = 0;
  const drawn = rows.flatMap((row) => {
    let left = 0;
    const size = Math.min(LARGEST, ...row.map(({ title, plot }) => plot.width / (LETTER * title.length)));
    const marks = row.map(({ title, plot }) => {
      const middle = left + plot.width / 2;
      const look = `text-anchor="middle" font-size="${Number(size.toFixed(1))}" font-weight="500" fill="${themeColour('ink')}"`;
      const text = `<text x="${middle}" y="${top + 14}" ${look}>${escapeHtml(title)}</text>`;
      const mark = text + plot.at(left, top + TITLE);
      left += plot.width + GAP;
      return mark;
    });
    top += TITLE + (row[0]?.plot.height ?? 0) + GAP;
    return marks;
  });
  return standAlone({ label, width: Math.max(...widths), height: top - GAP }, drawn.join(''));
}

/** Marks as an `<svg>` that says what it shows. */
export function standAlone(
  { label, width, height }: { label: string; width: number; height: number },
  marks: string,
): string {
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  const about = `role="img" aria-label="${escapeHtml(label)}" font-family="system-ui, sans-serif"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${about}>${marks}</svg>`;
}
