import { escapeHtml } from '../../envs/drawing/escapeHtml.ts';
import type { Answer, Conclusion } from '../experiment/conclusion.ts';
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
  const { title, lead, run, warning, conclusions, answer, tables = [], remarks, commands, cited, sections } = page;
  const asked = Object.entries(conclusions);
  const size = asked.length === 1 ? 'large' : 'small';
  const answers = asked.map(([code, conclusion]) => {
    const place = sections.findIndex((section) => section.code === code);
    return renderAnswer(code, conclusion, { size, part: place < 0 ? undefined : partId(place) });
  });
  const [command = '', another] = commands;
  const isShort = another === undefined && command.length <= LONG_COMMAND;
  const notes = [
    ...remarks.map(({ question, answer }) => note(question, text(answer), 'results')),
    note('How is it run again?', isShort ? `<code>${escapeHtml(command)}</code>` : BELOW, 'settings'),
    note('How to cite', `${escapeHtml(citation(cited))} <a href="#bibtex">BibTeX</a>`, 'run'),
  ];
  return `<header id="summary">
<h1>${escapeHtml(title)}</h1>
<p class="lead">${escapeHtml(lead)} <span class="ran" data-from="run">${escapeHtml(run)}</span></p>
${warning === undefined ? '' : renderWarning(warning)}
${answers.length === 0 ? '' : `<ol class="answers ${size}">\n${answers.join('\n')}\n</ol>`}
${answer === undefined ? '' : `<div class="answers large">${renderItem('div', { answer, size: 'large' })}</div>`}
${tables.map((table) => renderTable(table, numbering.label(table))).join('\n')}
<dl class="notes">${notes.join('')}</dl>
</header>`;
}

const BELOW = 'The command is <a href="#command">below</a>.';

/** A question with its answer, or of what has none its verdict alone. */
function renderAnswer(
  code: string,
  { question, answer, verdict }: Conclusion,
  { part, size }: { readonly part: string | undefined; readonly size: 'small' | 'large' },
): string {
  const link = part === undefined ? escapeHtml(code) : `<a href="#${part}">${escapeHtml(code)}</a>`;
  const asked = `<p class="question"><b>${link}</b> ${escapeHtml(question)}</p>\n`;
  return renderItem('li', { answer, size, asked, verdict: `Prediction: ${verdict}` });
}

interface Item {
  readonly answer: Answer | undefined;
  readonly size: 'small' | 'large';
  /** The question as HTML. */
  readonly asked?: string;
  readonly verdict?: string;
}

/** What was asked, what came of it, and its picture. */
function renderItem(tag: 'li' | 'div', { answer, size, asked = '', verdict }: Item): string {
  const said = answer === undefined ? '' : `<p class="answer" data-from="results">${text(answer.text)}</p>\n`;
  const judged = verdict === undefined ? '' : `<p class="verdict" data-from="results">${escapeHtml(verdict)}</p>`;
  const { chart } = answer ?? {};
  const picture =
    chart === undefined || chart.bars.length === 0
      ? ''
      : `<figure class="answer-picture">${answerPicture(chart, size)}<figcaption>${escapeHtml(chart.caption)}</figcaption></figure>\n`;
  return `<${tag} class="item${picture === '' ? ' plain' : ''}">
${asked}${picture}<div class="said">${said}${judged}</div>
</${tag}>`;
}

/** As HTML in which no line breaks within an interval: `[36.9, 49.4]`. */
function text(sentence: string): string {
  return escapeHtml(sentence.replace(/\[[^\]]*\]/g, (interval) => interval.replaceAll(' ', '\u00a0')));
}

function note(name: string, html: string, from: string): string {
  return `<div><dt>${escapeHtml(name)}</dt><dd data-from="${from}">${html}</dd></div>`;
}

function renderWarning({ text, items }: NonNullable<Page['warning']>): string {
  const list = items.map((item) => `<li>${escapeHtml(item)}</li>`).join('');
  const missing = list === '' ? '' : `<details><summary>what is missing</summary><ul>${list}</ul></details>`;
  return `<div class="warning" role="status"><p>${escapeHtml(text)}</p>${missing}</div>`;
}
