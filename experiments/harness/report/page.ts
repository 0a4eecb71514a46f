import type { Figure, Section, Table } from '../experiment.ts';
import { escapeHtml } from './escapeHtml.ts';
import { renderSvg } from './renderSvg.ts';

/** What a report's page shows. */
export interface Page {
  readonly title: string;
  readonly lead: string;
  /** Set if the run is not complete: says what is missing. */
  readonly warning?: string | undefined;
  /** Names and values in small print below the lead. */
  readonly facts: readonly (readonly [string, string])[];
  readonly sections: readonly Section[];
}

const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1c1c1c; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .5rem; padding-top: 1.2rem; border-top: 1px solid #e2e2e2; }
p { max-width: 46rem; margin: .5rem 0; }
.lead { font-size: 1.1rem; color: #444; }
.warning { background: #fff4e0; border-left: 4px solid #e69f00; padding: .6rem .9rem; }
dl { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: 1rem 0 0; font-size: .88rem; color: #555; }
dl div { display: flex; gap: .4rem; min-width: 0; }
dt { color: #777; }
dt::after { content: ":"; }
dd { margin: 0; color: #1c1c1c; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 1.4rem 2rem; margin: 1.2rem 0; align-items: start; }
figure { margin: 0; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figure svg { display: block; width: 100%; height: auto; max-height: 90vh; }
figure:not(.wide) svg { max-width: 540px; }
figcaption { font-size: .88rem; color: #555; margin-top: .4rem; max-width: 46rem; }
.table { overflow-x: auto; margin: 1.2rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .35rem; }
th, td { padding: .35rem .9rem .35rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid #e8e8e8; }
th { font-weight: 500; color: #555; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
pre { overflow-x: auto; background: #f6f6f6; padding: .8rem; font-size: .82rem; line-height: 1.4; }
summary { cursor: pointer; margin-top: 1rem; }
@media (max-width: 600px) {
  main { padding: 1.2rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  td:not(:first-child), th { white-space: normal; }
}
@media print { h2, figure, tr { break-inside: avoid; } }
`;

/** The report as one HTML file that loads nothing. */
export async function renderPage(page: Page, config: unknown): Promise<string> {
  let figures = 0;
  const sections: string[] = [];
  for (const section of page.sections) {
    const drawn: string[] = [];
    for (const figure of section.figures ?? []) drawn.push(await renderFigure(figure, `f${++figures}-`));
    sections.push(
      `<section>\n<h2>${escapeHtml(section.title)}</h2>`,
      ...(section.paragraphs ?? []).map((text) => `<p>${escapeHtml(text)}</p>`),
      ...(drawn.length === 0 ? [] : [`<div class="figures">\n${drawn.join('\n')}\n</div>`]),
      ...(section.tables ?? []).map(renderTable),
      '</section>',
    );
  }
  const facts = page.facts.map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(page.title)}</h1>
<p class="lead">${escapeHtml(page.lead)}</p>
${page.warning === undefined ? '' : `<p class="warning" role="status">${escapeHtml(page.warning)}</p>`}
<dl>${facts.join('')}</dl>
${sections.join('\n')}
<details>
<summary>All settings</summary>
<pre>${escapeHtml(JSON.stringify(config, null, 2))}</pre>
</details>
</main>
</body>
</html>
`;
}

async function renderFigure(figure: Figure, prefix: string): Promise<string> {
  const svg = 'spec' in figure ? await renderSvg(figure.spec) : figure.svg;
  const caption = escapeHtml(figure.caption);
  const labelled = prefixIds(svg, prefix).replace(/<svg\b/, `<svg role="img" aria-label="${caption}"`);
  return `<figure${figure.wide ? ' class="wide"' : ''}>\n${labelled}\n<figcaption>${caption}</figcaption>\n</figure>`;
}

/** Figures on one page share one space of ids: clip paths and gradients of one must not take those of another. */
function prefixIds(svg: string, prefix: string): string {
  return svg
    .replace(/\bid="([^"]+)"/g, `id="${prefix}$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${prefix}$1)`)
    .replace(/\bhref="#([^"]+)"/g, `href="#${prefix}$1"`);
}

function renderTable({ title, columns, rows }: Table): string {
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('\n');
  return `<div class="table">
<table>
<caption>${escapeHtml(title)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody>
</table>
</div>`;
}
