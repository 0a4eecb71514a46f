import { contentSecurityPolicy } from '../../../envs/drawing/contentSecurityPolicy.ts';
import { escapeHtml } from '../../../envs/drawing/escapeHtml.ts';
import type { Section } from '../experiment.ts';
import { PAGE_STYLE } from './pageStyle.ts';
import { evenColumns, renderFigure } from './renderFigure.ts';
import { renderTable } from './renderTable.ts';
import { settings } from './settings.ts';

/** What a report's page shows. */
export interface Page {
  readonly title: string;
  readonly lead: string;
  /** Set if the run is not complete: says so, and what is missing. */
  readonly warning?: { readonly text: string; readonly items: readonly string[] };
  /** Names and values in small print below the lead. */
  readonly facts: readonly (readonly [string, string])[];
  readonly sections: readonly Section[];
}

/** The report as one HTML file that loads nothing. The settings of the run end it. */
export async function renderPage(page: Page, config: object): Promise<string> {
  const figures = { count: 0 };
  const sections: string[] = [];
  for (const [i, section] of page.sections.entries()) {
    sections.push(`<section id="part-${i + 1}">`, ...(await renderSection(section, 2, figures)), '</section>');
  }
  const links = page.sections.map(({ title }, i) => `<li><a href="#part-${i + 1}">${escapeHtml(title)}</a></li>`);
  const { entries, tables } = settings(config);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${contentSecurityPolicy()}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(page.title)}</title>
<link rel="icon" href="data:,">
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(page.title)}</h1>
<p class="lead">${escapeHtml(page.lead)}</p>
${page.warning === undefined ? '' : renderWarning(page.warning)}
${definitions('facts', page.facts)}
<nav aria-label="Parts"><ul>${links.join('')}<li><a href="#settings">Settings</a></li></ul></nav>
${sections.join('\n')}
<section id="settings">
<h2>Settings</h2>
${definitions('settings', entries)}
${tables.map(renderTable).join('\n')}
</section>
</main>
</body>
</html>
`;
}

async function renderSection(section: Section, level: number, figures: { count: number }): Promise<string[]> {
  const html = [
    `<h${level}>${escapeHtml(section.title)}</h${level}>`,
    ...(section.facts === undefined ? [] : [definitions('lines', section.facts)]),
    ...(section.paragraphs ?? []).map((text) => `<p>${escapeHtml(text)}</p>`),
    ...(await renderFigures(section.figures ?? [], figures)),
    ...(section.tables ?? []).map(renderTable),
  ];
  for (const part of section.sections ?? []) {
    html.push(...(await renderSection(part, Math.min(6, level + 1), figures)));
  }
  return html;
}

/** Wide figures by themselves; those between them in columns of nearly one height. */
async function renderFigures(figures: NonNullable<Section['figures']>, numbers: { count: number }): Promise<string[]> {
  const html: string[] = [];
  let narrow: string[] = [];
  const endColumns = () => {
    if (narrow.length > 0) {
      const kind = narrow.length === 1 ? 'figures single' : 'figures';
      const columns = `--columns: ${evenColumns(narrow.length, 3)}`;
      html.push(`<div class="${kind}" style="${columns}">\n${narrow.join('\n')}\n</div>`);
    }
    narrow = [];
  };
  for (const figure of figures) {
    const drawn = await renderFigure(figure, `f${++numbers.count}-`);
    if ('panels' in figure || figure.wide) {
      endColumns();
      html.push(drawn);
    } else narrow.push(drawn);
  }
  endColumns();
  return html;
}

function renderWarning({ text, items }: NonNullable<Page['warning']>): string {
  const list = items.map((item) => `<li>${escapeHtml(item)}</li>`).join('');
  return `<div class="warning" role="status"><p>${escapeHtml(text)}</p>${list === '' ? '' : `<ul>${list}</ul>`}</div>`;
}

function definitions(kind: string, entries: NonNullable<Section['facts']>): string {
  const items = entries.map(([name, value]) => {
    const lines = [value].flat().map((line) => `<dd>${escapeHtml(line)}</dd>`);
    return `<div><dt>${escapeHtml(name)}</dt>${lines.join('')}</div>`;
  });
  return `<dl class="${kind}">${items.join('')}</dl>`;
}
