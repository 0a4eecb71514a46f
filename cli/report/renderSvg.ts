import type { TopLevelSpec } from 'vega-lite';
import { resolveColours, type Theme, themeColour } from '../../envs/drawing/palette.ts';

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
 * Without what a still figure has no use for: labels that others hide, Vega's roles of single marks, which a reader of the page would have to walk
 * through, its class names, empty groups' outlines, defaults and what all texts share, digits below a tenth of a pixel in paths and a
 * hundredth elsewhere.
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
