import { escapeHtml } from '../../envs/drawing/drawing.ts';
import { themeColour } from '../../envs/drawing/palette.ts';

export type Point = readonly [x: number, y: number];

/** How lines, areas and dots look; colours are CSS. */
export interface Look {
  readonly fill?: string;
  readonly stroke?: string;
  /** Of the stroke, pixels. */
  readonly width?: number;
  readonly dash?: string;
  readonly opacity?: number;
}

/** How a text looks. */
export interface TextLook {
  readonly fill?: string;
  /** Pixels. */
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: number;
}

/** Pixels that a line may leave what it stands for. */
const TOLERANCE = 0.1;

/** A rectangle of the world, drawn mark by mark in its own coordinates, y upwards. What is beyond it is not seen. */
export class Plot {
  readonly width: number;
  readonly height: number;
  readonly #marks: string[] = [];
  readonly #toPixels: (point: Point) => Point;

  constructor(world: { x: Point; y: Point; width: number; height: number }) {
    const { x, y, width, height } = world;
    this.width = width;
    this.height = height;
    this.#toPixels = ([px, py]) => [((px - x[0]) / (x[1] - x[0])) * width, ((y[1] - py) / (y[1] - y[0])) * height];
  }

  /** Lines as one mark. */
  lines(lines: readonly (readonly Point[])[], look: Look): this {
    const path = lines.map((line) => pathThrough(simplified(line.map(this.#toPixels), TOLERANCE))).join('');
    return this.#path(path, { stroke: themeColour('ink'), ...look });
  }

  /** Closed lines and what they enclose, as one mark: a ring inside of another is a hole. */
  areas(rings: readonly (readonly Point[])[], look: Look): this {
    const path = rings.map((ring) => `${pathThrough(simplified(ring.map(this.#toPixels), TOLERANCE))}z`).join('');
    return this.#path(path, look, ' fill-rule="evenodd"');
  }

  /** Dots as one mark. */
  dots(points: readonly Point[], { fill, radius, opacity }: { fill: string; radius: number; opacity?: number }): this {
    const path = points.map((point) => `${pathThrough([this.#toPixels(point)])}h0`).join('');
    const look = { stroke: fill, width: 2 * radius, ...(opacity !== undefined && { opacity }) };
    return this.#path(path, look, ' stroke-linecap="round"');
  }

  text(at: Point, text: string, look: TextLook = {}): this {
    const { fill = themeColour('muted'), size = 14, anchor = 'middle', weight } = look;
    const [x, y] = this.#toPixels(at).map(tenths);
    const bold = weight === undefined ? '' : ` font-weight="${weight}"`;
    const style = `text-anchor="${anchor}" font-size="${size}" fill="${fill}"${bold}`;
    this.#marks.push(`<text x="${x}" y="${y}" dominant-baseline="central" ${style}>${escapeHtml(text)}</text>`);
    return this;
  }

  #path(path: string, { fill = 'none', stroke, width, dash, opacity }: Look, more = ''): this {
    const attributes = { fill, stroke, 'stroke-width': width, 'stroke-dasharray': dash, opacity };
    const look = Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : ` ${name}="${value}"`,
    );
    this.#marks.push(`<path d="${path}"${look.join('')}${more}/>`);
    return this;
  }

  /** As an `<svg>` whose corner is at a point of another one. */
  at(x: number, y: number): string {
    return `<svg x="${x}" y="${y}" width="${this.width}" height="${this.height}">${this.#marks.join('')}</svg>`;
  }
}

/** A path from point to point, pixels, to a tenth: each as far as it is from the one before. */
function pathThrough(points: readonly Point[]): string {
  const [first, ...others] = points.map(([x, y]) => [Math.round(10 * x), Math.round(10 * y)] as const);
  let [x, y] = first!;
  const steps = others.flatMap(([nextX, nextY]) => {
    const step = [nextX - x, nextY - y];
    [x, y] = [nextX, nextY];
    return step[0] === 0 && step[1] === 0 ? [] : step;
  });
  return `M${joined(first!)}${steps.length > 0 ? `l${joined(steps)}` : ''}`;
}

/** Numbers given in tenths, with a space only where they would run together. */
function joined(numbers: readonly number[]): string {
  return numbers.map((number, i) => (i > 0 && number >= 0 ? ' ' : '') + inTenths(number)).join('');
}

function inTenths(tenths: number): string {
  return String(tenths / 10).replace(/^(-?)0\./, '$1.');
}

function tenths(pixels: number): string {
  return inTenths(Math.round(10 * pixels));
}

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

/**
 * The line through fewer of its points, of which none is farther than `tolerance` from it.
 *
 * Douglas & Peucker, "Algorithms for the reduction of the number of points required to represent a digitized line", 1973.
 */
function simplified(line: readonly Point[], tolerance: number): readonly Point[] {
  if (line.length < 3) return line;
  const [first, last] = [line[0]!, line.at(-1)!];
  let [farthest, most] = [0, tolerance];
  for (let i = 1; i < line.length - 1; i++) {
    const distance = fromSegment(line[i]!, first, last);
    if (distance > most) [farthest, most] = [i, distance];
  }
  if (farthest === 0) return [first, last];
  const head = simplified(line.slice(0, farthest + 1), tolerance);
  return [...head.slice(0, -1), ...simplified(line.slice(farthest), tolerance)];
}

/** How far a point is from the segment between two others. */
function fromSegment([x, y]: Point, [x0, y0]: Point, [x1, y1]: Point): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = dx * dx + dy * dy;
  const share = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / square));
  const [offX, offY] = [x - x0 - share * dx, y - y0 - share * dy];
  return Math.sqrt(offX * offX + offY * offY);
}
