import { escapeHtml } from '../../../envs/drawing/escapeHtml.ts';
import type { Conclusion } from '../conclusion.ts';
import { answerPicture } from './answerPicture.ts';
import { citation } from './citation.ts';
import type { Numbering } from './numbering.ts';
import type { Page } from './page.ts';
import { partId } from './renderSections.ts';
import { renderTable } from './renderTable.ts';

/** A command longer than this is below alone. */
const LONG_COMMAND = 150;

/**
 * The first page of a report, which stands alone: what was run, the answer to each question with a small picture, and what else a
 * reader wants to know. Texts that are computed say in `data-from` what of: the results, the run or its settings.
 */
export function renderFirstPage(page: Page, numbering: Numbering): string {
  const { title, lead, run, warning, conclusions, tables = [], remarks, commands, cited, sections } = page;
  const answers = Object.entries(conclusions).map(([code, conclusion]) => {
    const place = sections.findIndex((section) => section.code === code);
    return renderAnswer(code, conclusion, place < 0 ? undefined : partId(place));
  });
  const [command = '', another] = commands;
  const isShort = another === undefined && command.length <= LONG_COMMAND;
  const notes = [
    ...remarks.map(({ question, answer }) => note(question, escapeHtml(answer), 'results')),
    note('How is it run again?', isShort ? `<code>${escapeHtml(command)}</code>` : BELOW, 'settings'),
    note('How to cite', `${escapeHtml(citation(cited))} <a href="#bibtex">BibTeX</a>`, 'run'),
  ];
  return `<header id="summary">
<h1>${escapeHtml(title)}</h1>
<p class="lead">${escapeHtml(lead)} <span class="ran" data-from="run">${escapeHtml(run)}</span></p>
${warning === undefined ? '' : renderWarning(warning)}
${answers.length === 0 ? '' : `<ol class="answers">\n${answers.join('\n')}\n</ol>`}
${tables.map((table) => renderTable(table, numbering.label(table))).join('\n')}
<dl class="notes">${notes.join('')}</dl>
</header>`;
}

const BELOW = 'The command is <a href="#command">below</a>.';

/** A question with its answer, or of what has none its verdict alone. */
function renderAnswer(code: string, { question, answer, verdict }: Conclusion, part: string | undefined): string {
  const link = part === undefined ? escapeHtml(code) : `<a href="#${part}">${escapeHtml(code)}</a>`;
  const said = answer === undefined ? '' : `<p class="answer" data-from="results">${escapeHtml(answer.text)}</p>\n`;
  const { chart } = answer ?? {};
  const picture =
    chart === undefined || chart.bars.length === 0
      ? ''
      : `<figure class="small">${answerPicture(chart)}<figcaption>${escapeHtml(chart.caption)}</figcaption></figure>\n`;
  return `<li${picture === '' ? ' class="plain"' : ''}>
<p class="question"><b>${link}</b> ${escapeHtml(question)}</p>
<div>${said}<p class="verdict" data-from="results">Prediction: ${escapeHtml(verdict)}</p></div>
${picture}</li>`;
}

function note(name: string, html: string, from: string): string {
  return `<div><dt>${escapeHtml(name)}</dt><dd data-from="${from}">${html}</dd></div>`;
}

function renderWarning({ text, items }: NonNullable<Page['warning']>): string {
  const list = items.map((item) => `<li>${escapeHtml(item)}</li>`).join('');
  const missing = list === '' ? '' : `<details><summary>what is missing</summary><ul>${list}</ul></details>`;
  return `<div class="warning" role="status"><p>${escapeHtml(text)}</p>${missing}</div>`;
}
