import { checkOptions } from '../../src/options/parse.ts';
import { type ColourName, themeColour } from './palette.ts';

/** How a shape is filled and stroked. */
export interface Style {
  fill?: ColourName;
  stroke?: ColourName;
  /** The width of the stroke, in pixels of the drawing. */
  width?: number;
  /** Lengths of strokes and gaps, in pixels. */
  dash?: string;
  opacity?: number;
}

/** Options of {@link Drawing}. */
interface DrawingOptions {
  /** What part of the world is drawn. */
  x: readonly [low: number, high: number];
  y: readonly [low: number, high: number];
  /** What the drawing shows, for those who cannot see it. */
  label: string;
  /** In pixels; the height follows from the world's. */
  width?: number;
}

type Point = readonly [x: number, y: number];

/**
 * An `<svg>` of a piece of the world, drawn mark by mark: coordinates and radii are the world's, y upwards. The colours follow the
 * theme of the page around it, and are the light ones where there is none.
 */
export class Drawing {
  readonly #marks: string[] = [];
  readonly #scale: number;
  readonly #options: DrawingOptions;
  readonly #width: number;
  readonly #height: number;

  constructor(options: DrawingOptions) {
    const {
      x,
      y,
      width = 320,
    } = checkOptions('Drawing', options, { x: Array, y: Array, label: String, width: [Number, undefined] });
    for (const [name, [low, high]] of Object.entries({ x, y })) {
      if (low < high && Number.isFinite(high - low)) continue;
      throw new Error(`Drawing: ${name}: got ${low} and ${high}, expected finite numbers low < high`);
    }
    this.#options = options;
    this.#width = width;
    this.#scale = width / (x[1] - x[0]);
    this.#height = Math.round((y[1] - y[0]) * this.#scale);
  }

  #x(x: number): string {
    return tidy((x - this.#options.x[0]) * this.#scale);
  }

  #y(y: number): string {
    return tidy((this.#options.y[1] - y) * this.#scale);
  }

  #length(length: number): string {
    return tidy(length * this.#scale);
  }

  circle([x, y]: Point, radius: number, style: Style): this {
    this.#marks.push(`<circle cx="${this.#x(x)}" cy="${this.#y(y)}" r="${this.#length(radius)}"${attributes(style)}/>`);
    return this;
  }

  /** @param from one corner, `to` the opposite one. */
  rect(from: Point, to: Point, style: Style): this {
    const [left, right] = [Math.min(from[0], to[0]), Math.max(from[0], to[0])];
    const [bottom, top] = [Math.min(from[1], to[1]), Math.max(from[1], to[1])];
    const size = `width="${this.#length(right - left)}" height="${this.#length(top - bottom)}"`;
    this.#marks.push(`<rect x="${this.#x(left)}" y="${this.#y(top)}" ${size}${attributes(style)}/>`);
    return this;
  }

  /** Its ends are round. */
  line(from: Point, to: Point, style: Style): this {
    const ends = `x1="${this.#x(from[0])}" y1="${this.#y(from[1])}" x2="${this.#x(to[0])}" y2="${this.#y(to[1])}"`;
    this.#marks.push(`<line ${ends} stroke-linecap="round"${attributes(style)}/>`);
    return this;
  }

  /** A line through the points. */
  polyline(points: readonly Point[], style: Style): this {
    return this.#corners('polyline', points, style);
  }

  /** The shape with these corners. */
  polygon(points: readonly Point[], style: Style): this {
    return this.#corners('polygon', points, style);
  }

  #corners(shape: string, points: readonly Point[], style: Style): this {
    const list = points.map(([x, y]) => `${this.#x(x)},${this.#y(y)}`).join(' ');
    this.#marks.push(`<${shape} points="${list}" stroke-linejoin="round"${attributes(style)}/>`);
    return this;
  }

  /** A text whose middle is at the point. */
  text([x, y]: Point, text: string, { fill = 'muted', opacity }: Style = {}): this {
    const place = `x="${this.#x(x)}" y="${this.#y(y)}" text-anchor="middle" dominant-baseline="central" font-size="12"`;
    this.#marks.push(
      `<text ${place}${attributes({ fill, ...(opacity !== undefined && { opacity }) })}>${escapeHtml(text)}</text>`,
    );
    return this;
  }

  toString(): string {
    const size = `viewBox="0 0 ${this.#width} ${this.#height}" width="${this.#width}" height="${this.#height}"`;
    const about = `role="img" aria-label="${escapeHtml(this.#options.label)}" font-family="system-ui, sans-serif"`;
    const paper = `<rect width="${this.#width}" height="${this.#height}" fill="${themeColour('paper')}"/>`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${about}>${paper}${this.#marks.join('')}</svg>`;
  }
}

function attributes({ fill, stroke, width, dash, opacity }: Style): string {
  const all = {
    fill: fill === undefined ? 'none' : themeColour(fill),
    stroke: stroke && themeColour(stroke),
    'stroke-width': width,
    'stroke-dasharray': dash,
    opacity,
  };
  return Object.entries(all)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${value}"`))
    .join('');
}

/** To a hundredth of a pixel. */
function tidy(x: number): string {
  return String(Number(x.toFixed(2)));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** The text as it may stand in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
