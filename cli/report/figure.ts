import type { TopLevelSpec } from 'vega-lite';
import { escapeHtml } from '../../envs/drawing/drawing.ts';
import { resolveColours, type Theme, themeColour } from '../../envs/drawing/palette.ts';
import type { Drawing, Figure, Panel, Section, Table } from '../experiment/experiment.ts';

/** Panels side by side at most, on a wide and on a middling page. */
const COLUMNS = { wide: 7, middling: 4 };

/** A figure as HTML, with its number. Ids in it begin with that, so that figures on one page do not take each other's. */
export async function renderFigure(figure: Figure, numbering: Numbering): Promise<string> {
  const label = numbering.label(figure);
  const id = anchorOf(label);
  const prefix = `${id}-`;
  const wide = 'panels' in figure || figure.wide === true;
  const drawn =
    'panels' in figure
      ? await renderPanels(figure.panels, prefix)
      : await draw(figure, figure.alt ?? numbering.plain(figure.caption), prefix);
  const legend = (figure.legend ?? [])
    .map(({ label, swatch }) => `<li>${prefixIds(swatch, prefix)}${escapeHtml(label)}</li>`)
    .join('');
  return [
    `<figure id="${id}"${wide ? ' class="wide"' : ''}>`,
    drawn,
    ...(legend === '' ? [] : [`<ul class="legend">${legend}</ul>`]),
    `<figcaption><b>${label}.</b> ${numbering.link(figure.caption)}</figcaption>`,
    '</figure>',
  ].join('\n');
}

async function renderPanels(panels: readonly Panel[], prefix: string): Promise<string> {
  const drawn = await Promise.all(
    panels.map(async (panel, i) => {
      const colour = panel.colour === undefined ? '' : `<i style="background: ${escapeHtml(panel.colour)}"></i>`;
      const note = panel.note === undefined ? '' : `<small>${escapeHtml(panel.note)}</small>`;
      const svg = await draw(panel, panel.alt ?? panel.title, `${prefix}${i}-`);
      return `<div><p>${colour}${escapeHtml(panel.title)}${note}</p>\n${svg}</div>`;
    }),
  );
  const even = (most: number) => evenColumns(panels.length, most);
  const columns = `--wide: ${even(COLUMNS.wide)}; --middling: ${even(COLUMNS.middling)}`;
  return `<div class="panels" style="${columns}">\n${drawn.join('\n')}\n</div>`;
}

/** How many columns give rows of nearly one length. */
export function evenColumns(count: number, most: number): number {
  return count === 0 ? 1 : Math.ceil(count / Math.ceil(count / most));
}

async function draw(drawing: Drawing, alt: string, prefix: string): Promise<string> {
  const svg = 'spec' in drawing ? await renderSvg(drawing.spec, 'page') : drawing.svg;
  return prefixIds(svg, prefix).replace(/<svg\b/, `<svg role="img" aria-label="${escapeHtml(alt)}"`);
}

/** Ids of one drawing, such as clip paths, apart from those of the others on a page. */
function prefixIds(svg: string, prefix: string): string {
  return svg
    .replace(/\bid="([^"]+)"/g, `id="${prefix}$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${prefix}$1)`)
    .replace(/\bhref="#([^"]+)"/g, `href="#${prefix}$1"`);
}

const FONT = 'system-ui, sans-serif';

/** How every figure looks unless its specification says otherwise. */
const STYLE: NonNullable<TopLevelSpec['config']> = {
  background: 'transparent',
  // Shares as texts and tables have them: 50 %, the unit apart.
  locale: { number: { decimal: '.', thousands: ',', grouping: [3], currency: ['', ''], percent: '\u00a0%' } },
  font: FONT,
  view: { stroke: null, continuousWidth: 270, continuousHeight: 190 },
  axis: {
    labelFontSize: 12,
    labelColor: themeColour('muted'),
    titleFontSize: 12,
    titleFontWeight: 500,
    titleColor: themeColour('ink'),
    gridColor: themeColour('line'),
    domainColor: themeColour('faint'),
    tickColor: themeColour('faint'),
  },
  // The last label under the end of its axis, not before it, where it would meet its neighbour.
  axisX: { labelFlush: false },
  legend: { labelFontSize: 12, labelLimit: 0, labelColor: themeColour('ink'), titleFontSize: 12, titleFontWeight: 500 },
  title: { fontSize: 13, fontWeight: 600, anchor: 'start', color: themeColour('ink') },
};

/**
 * Draws a Vega-Lite specification as SVG. Data must be in the specification: nothing is loaded.
 *
 * @param theme whose colours are drawn; `page` leaves the choice to the page in which the SVG stands.
 */
export async function renderSvg(spec: TopLevelSpec, theme: Theme | 'page' = 'light'): Promise<string> {
  // They take a second to load: only those wait who draw.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const compiled = compile({ ...spec, config: { ...STYLE, ...spec.config } } as TopLevelSpec).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    return resolveColours(plain(await view.toSVG()), theme);
  } finally {
    view.finalize();
  }
}

/**
 * Without what a still figure has no use for: hidden labels, Vega's roles and class names, empty outlines, defaults, what all texts share,
 * digits below a tenth of a pixel in paths and a hundredth elsewhere.
 */
function plain(svg: string): string {
  return svg
    .replace(/<text\b[^>]* opacity="0"[^>]*>[^<]*<\/text>/g, '')
    .replace(/ (?:role|aria-[a-z]+|class|pointer-events)="[^"]*"/g, '')
    .replace(/ (?:opacity="1"|stroke-width="1"|stroke-miterlimit="4")/g, '')
    .replace(/<path (?:d="M0,0h0v0h0Z"|d="" display="none")\/>/g, '')
    .replaceAll(` font-family="${FONT}"`, '')
    .replace('<svg', `<svg font-family="${FONT}"`)
    .replace(/\bd="[^"]*"/g, (path) => rounded(path, 1))
    .replace(/<[^>]*>/g, (tag) => rounded(tag, 2));
}

function rounded(text: string, digits: number): string {
  return text.replace(/-?\d+\.\d+/g, (number) => String(Number(Number(number).toFixed(digits))));
}

/** Panels side by side at most. */
const MOST_COLUMNS = 6;
const GAP = 14;
const TITLE_HEIGHT = 20;

/** A figure as one SVG file that stands alone, in the colours of one theme. Its panels, if it has any, in rows with their titles. */
export async function drawFigure(figure: Figure, theme: Theme): Promise<string> {
  const svg = 'panels' in figure ? await drawPanels(figure.panels) : await drawOne(figure);
  const inked = theme === 'dark' ? svg.replace(/(<image\b[^>]*#ink")/g, '$1 filter="invert(1)"') : svg;
  return `${resolveColours(inked, theme)}\n`;
}

async function drawPanels(panels: Extract<Figure, { panels: unknown }>['panels']): Promise<string> {
  const drawn = await Promise.all(
    panels.map(async (panel, i) => {
      const svg = prefixIds(await drawOne(panel), `p${i}-`);
      const [width, height] = ['width', 'height'].map((side) =>
        Number(new RegExp(`<svg[^>]*? ${side}="([\\d.]+)"`).exec(svg)?.[1] ?? 0),
      );
      return { title: panel.title, svg, width: width!, height: height! };
    }),
  );
  const cell = {
    width: Math.max(0, ...drawn.map(({ width }) => width)) + GAP,
    height: Math.max(0, ...drawn.map(({ height }) => height)) + TITLE_HEIGHT + GAP,
  };
  const columns = evenColumns(drawn.length, MOST_COLUMNS);
  const [width, height] = [columns * cell.width - GAP, Math.ceil(drawn.length / columns) * cell.height - GAP];
  const placed = drawn.map(({ title, svg, width }, i) => {
    const [x, y] = [(i % columns) * cell.width, Math.floor(i / columns) * cell.height];
    const style = `text-anchor="middle" font-family="system-ui, sans-serif" font-size="13" font-weight="600" fill="${themeColour('ink')}"`;
    return (
      `<text x="${x + width / 2}" y="${y + 14}" ${style}>${escapeHtml(title)}</text>` +
      svg.replace('<svg', `<svg x="${x}" y="${y + TITLE_HEIGHT}"`)
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${placed.join('')}</svg>`;
}

function drawOne(drawing: Drawing): Promise<string> | string {
  return 'spec' in drawing ? renderSvg(drawing.spec, 'page') : drawing.svg;
}

/** The numbers of a page's figures and tables, in the order in which they stand, and their names in its texts. */
export class Numbering {
  readonly #numbers = new Map<Figure | Table, string>();
  readonly #names = new Map<string, string>();
  #figures = 0;
  #tables = 0;

  constructor(sections: readonly Section[]) {
    for (const section of sections) this.#add(section);
  }

  #add({ figures = [], tables = [], sections = [] }: Section): void {
    for (const figure of figures) this.#number(figure, `Figure ${++this.#figures}`);
    for (const table of tables) this.#number(table, `Table ${++this.#tables}`);
    for (const section of sections) this.#add(section);
  }

  #number(item: Figure | Table, label: string): void {
    this.#numbers.set(item, label);
    if (item.name !== undefined) this.#names.set(item.name, label);
  }

  /** `Figure 3` or `Table 2`. */
  label(item: Figure | Table): string {
    return this.#numbers.get(item)!;
  }

  /** The text as HTML, in which the names `{of figures}` and tables that the page has are links with their numbers. */
  link(text: string): string {
    return escapeHtml(text).replace(NAME, (found, name) => {
      const label = this.#names.get(name);
      return label === undefined ? found : `<a href="#${anchorOf(label)}">${label}</a>`;
    });
  }

  /** The text with numbers in place of names, as plain text. */
  plain(text: string): string {
    return text.replace(NAME, (found, name) => this.#names.get(name) ?? found);
  }
}

const NAME = /\{([\w.-]+)\}/g;

/** The id of what has a label: `figure-3`. */
export function anchorOf(label: string): string {
  return label.toLowerCase().replace(' ', '-');
}
