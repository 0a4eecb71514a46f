import { escapeHtml } from '../../envs/drawing/escapeHtml.ts';
import { resolveColours, type Theme, themeColour } from '../../envs/drawing/palette.ts';
import type { Drawing, Figure } from '../experiment/experiment.ts';
import { evenColumns, prefixIds } from './renderFigure.ts';
import { renderSvg } from './renderSvg.ts';

/** Panels side by side at most. */
const COLUMNS = 6;
const GAP = 14;
const TITLE_HEIGHT = 20;

/** A figure as one SVG file that stands alone, in the colours of one theme. Its panels, if it has any, in rows with their titles. */
export async function drawFigure(figure: Figure, theme: Theme): Promise<string> {
  const svg = 'panels' in figure ? await drawPanels(figure.panels) : await draw(figure);
  const inked = theme === 'dark' ? svg.replace(/(<image\b[^>]*#ink")/g, '$1 filter="invert(1)"') : svg;
  return `${resolveColours(inked, theme)}\n`;
}

async function drawPanels(panels: Extract<Figure, { panels: unknown }>['panels']): Promise<string> {
  const drawn = await Promise.all(
    panels.map(async (panel, i) => {
      const svg = prefixIds(await draw(panel), `p${i}-`);
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
  const columns = evenColumns(drawn.length, COLUMNS);
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

function draw(drawing: Drawing): Promise<string> | string {
  return 'spec' in drawing ? renderSvg(drawing.spec, 'page') : drawing.svg;
}
