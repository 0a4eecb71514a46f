import { escapeHtml } from '../../envs/drawing/escapeHtml.ts';
import type { Drawing, Figure, Panel } from '../experiment/experiment.ts';
import { anchorOf, type Numbering } from './numbering.ts';
import { renderSvg } from './renderSvg.ts';

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
export function prefixIds(svg: string, prefix: string): string {
  return svg
    .replace(/\bid="([^"]+)"/g, `id="${prefix}$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${prefix}$1)`)
    .replace(/\bhref="#([^"]+)"/g, `href="#${prefix}$1"`);
}
