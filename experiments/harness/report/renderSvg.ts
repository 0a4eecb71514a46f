import type { TopLevelSpec } from 'vega-lite';

/** How every figure looks unless its specification says otherwise. */
const THEME: NonNullable<TopLevelSpec['config']> = {
  background: 'transparent',
  font: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  view: { stroke: null, continuousWidth: 380, continuousHeight: 240 },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 500,
    gridColor: '#e8e8e8',
    domainColor: '#888',
    tickColor: '#888',
  },
  legend: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 },
  title: { fontSize: 13, fontWeight: 600, anchor: 'start' },
};

/** Draws a Vega-Lite specification as SVG. Data must be in the specification: nothing is loaded. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  // They take a second to load: only those wait who draw.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const compiled = compile({ ...spec, config: { ...THEME, ...spec.config } } as TopLevelSpec).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
