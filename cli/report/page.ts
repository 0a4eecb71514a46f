import { contentSecurityPolicy } from '../../envs/drawing/contentSecurityPolicy.ts';
import { escapeHtml } from '../../envs/drawing/escapeHtml.ts';
import type { Answer, Conclusion } from '../experiment/conclusion.ts';
import type { Remark, Section, Table } from '../experiment/experiment.ts';
import { bibtex, type Cited } from './citation.ts';
import { Numbering } from './numbering.ts';
import { PAGE_STYLE } from './pageStyle.ts';
import { renderFirstPage } from './renderFirstPage.ts';
import { definitions, partId, renderSections } from './renderSections.ts';
import { renderTable } from './renderTable.ts';
import { settings } from './settings.ts';

/** What a report's page shows: a first page that stands alone, the sections, and what made them. */
export interface Page {
  readonly title: string;
  readonly lead: string;
  /** What was run, in a line. */
  readonly run: string;
  /** Set if the run is not complete: says so, and what is missing. */
  readonly warning?: { readonly text: string; readonly items: readonly string[] };
  /** By code, in the order in which the first page has them. */
  readonly conclusions: Readonly<Record<string, Conclusion>>;
  /** What came of it, for the first page of what has no conclusions. */
  readonly answer?: Answer;
  /** The results in a few rows, for the first page of what has no conclusions. */
  readonly tables?: readonly Table[];
  /** What a reader of the first page wants to know beside the answers. */
  readonly remarks: readonly Remark[];
  /** What makes it again. */
  readonly commands: readonly string[];
  readonly cited: Cited;
  readonly sections: readonly Section[];
  /** How numbers are to be read. */
  readonly howToRead: readonly string[];
  /** Names and values of what was run. */
  readonly facts: readonly (readonly [string, string])[];
  /** What the settings leave out, if they do. */
  readonly settingsNote?: string;
}

/** The report as one HTML file that loads nothing and runs nothing. The settings of the run end it. */
export async function renderPage(page: Page, config: object): Promise<string> {
  const numbering = new Numbering([{ title: page.title, tables: page.tables ?? [] }, ...page.sections]);
  const links = page.sections.map(({ title }, i) => `<li><a href="#${partId(i)}">${escapeHtml(title)}</a></li>`);
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
${renderFirstPage(page, numbering)}
<nav aria-label="Parts"><ul>${links.join('')}<li><a href="#run">This run</a></li></ul>
<label class="show-all"><input type="checkbox" id="show-all"> show all details, on paper too</label></nav>
${await renderSections(page.sections, numbering)}
${renderRun(page, config)}
</main>
</body>
</html>
`;
}

/** What made the report: how it is read, made again and cited, and its settings. */
function renderRun({ howToRead, facts, commands, cited, settingsNote }: Page, config: object): string {
  const { entries, tables } = settings(config);
  const lines = commands.map((command) => escapeHtml(command)).join('\n');
  return `<section id="run">
<h2>This run</h2>
${howToRead.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}
${definitions('facts', facts)}
<h3>Run it again</h3>
<pre id="command">${lines}</pre>
<p>In a clone of the repository, <code>npm run oxbow --</code> takes the place of <code>oxbow</code>.</p>
<h3>Cite it</h3>
<pre id="bibtex">${escapeHtml(bibtex(cited))}</pre>
<div class="folds">
<details><summary>Settings</summary>
<div id="settings">
${definitions('settings', entries)}${settingsNote === undefined ? '' : `\n<p>${escapeHtml(settingsNote)}</p>`}
${tables.map((table) => renderTable(table)).join('\n')}
</div></details>
</div>
</section>`;
}
