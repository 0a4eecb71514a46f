import { escapeHtml } from '../../envs/drawing/drawing.ts';
import { themeColour } from '../../envs/drawing/palette.ts';
import { contentSecurityPolicy } from '../../envs/drawing/trajectoryPage.ts';
import type { Answer, AnswerChart, Conclusion, Remark, Section, Table } from '../experiment/experiment.ts';
import { wrapText } from '../terminal/wrapText.ts';
import { Numbering } from './figure.ts';
import { PAGE_STYLE } from './pageStyle.ts';
import { definitions, partId, renderSections, renderTable } from './sections.ts';
import { flatSettings } from './settings.ts';

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
  readonly sections: readonly Section[];
  /** How numbers are to be read. */
  readonly howToRead: readonly string[];
  /** Names and values of what was run. */
  readonly facts: readonly (readonly [string, string])[];
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

/** What made the report: how it is read and made again, and its settings. */
function renderRun({ howToRead, facts, commands }: Page, config: object): string {
  const lines = commands.map((command) => escapeHtml(command)).join('\n');
  return `<section id="run">
<h2>This run</h2>
${howToRead.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}
${definitions('facts', facts)}
<h3>Run it again</h3>
<pre id="command">${lines}</pre>
<p>In a clone of the repository, <code>npm run oxbow --</code> takes the place of <code>oxbow</code>.</p>
<div class="folds">
<details><summary>Settings</summary>
<div id="settings">
${definitions('settings', flatSettings(config))}
</div></details>
</div>
</section>`;
}

/** A command longer than this is below alone. */
const LONG_COMMAND = 150;

/** The first page, which stands alone. Texts that are computed say in `data-from` what of: results, the run, its settings. */
function renderFirstPage(page: Page, numbering: Numbering): string {
  const { title, lead, run, warning, conclusions, answer, tables = [], remarks, commands, sections } = page;
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
  ];
  return `<header id="summary">
<h1>${escapeHtml(title)}</h1>
<p class="lead">${escapeHtml(lead)} <span class="ran" data-from="run">${escapeHtml(run)}</span></p>
${warning === undefined ? '' : renderWarning(warning)}
${answers.length === 0 ? '' : `<ol class="answers ${size}">\n${answers.join('\n')}\n</ol>`}
${answer === undefined ? '' : `<div class="answers large">${renderItem('div', answer, 'large')}</div>`}
${tables.map((table) => renderTable(table, numbering.label(table))).join('\n')}
<dl class="notes">${notes.join('')}</dl>
</header>`;
}

const BELOW = 'The command is <a href="#command">below</a>.';

/** A question with its answer, if the run has one: what was asked, what came of it, and its picture. */
function renderAnswer(
  code: string,
  { question, answer }: Conclusion,
  { part, size }: { readonly part: string | undefined; readonly size: 'small' | 'large' },
): string {
  const link = part === undefined ? escapeHtml(code) : `<a href="#${part}">${escapeHtml(code)}</a>`;
  return renderItem('li', answer, size, `<p class="question"><b>${link}</b> ${escapeHtml(question)}</p>\n`);
}

/** @param asked the question as HTML */
function renderItem(tag: 'li' | 'div', answer: Answer | undefined, size: 'small' | 'large', asked = ''): string {
  const said = answer === undefined ? '' : `<p class="answer" data-from="results">${text(answer.text)}</p>\n`;
  const { chart } = answer ?? {};
  const picture =
    chart === undefined || chart.bars.length === 0
      ? ''
      : `<figure class="answer-picture">${answerPicture(chart, size)}<figcaption>${escapeHtml(chart.caption)}</figcaption></figure>\n`;
  return `<${tag} class="item${picture === '' ? ' plain' : ''}">
${asked}${picture}<div class="said">${said}</div>
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

/**
 * Pixels of a picture: its width, a line of text, what is between two bars, a character at most, letters; and the characters of a line of a
 * label, whose rest goes on below.
 */
const SIZES = {
  small: { width: 250, line: 11, gap: 4, character: 6.3, font: 10.5, longest: 22 },
  large: { width: 400, line: 15, gap: 8, character: 8, font: 13.5, longest: 24 },
};

/** The bars of an answer as an SVG: labels, bars with the whiskers of their intervals, and values as they are read. */
function answerPicture({ bars, caption, most }: AnswerChart, size: keyof typeof SIZES): string {
  const { width: whole, line, gap, character, font, longest } = SIZES[size];
  const width = (text: string) => character * text.length;
  const labels = bars.map(({ label }) => wrapText(label, longest));
  const left = Math.max(0, ...labels.flat().map(width)) + 6;
  const right = Math.max(0, ...bars.map(({ text }) => width(text))) + 6;
  const end = most ?? Math.max(0, ...bars.flatMap(({ value, high }) => [value, high ?? value]));
  // What goes beyond the axis ends with it.
  const at = (value: number) => left + (whole - left - right) * Math.min(1, Math.max(0, end > 0 ? value / end : 0));
  const number = (x: number) => String(Number(x.toFixed(1)));
  const ink = themeColour('ink');
  const letters = (x: number, y: number, text: string, more = '') =>
    `<text x="${number(x)}" y="${number(y)}"${more} fill="${ink}">${escapeHtml(text)}</text>`;
  let height = 1;
  const rows = bars.map(({ value, low, high, text, colour = themeColour('muted') }, i) => {
    const lines = labels[i]!;
    const middle = height - 1 + (line * lines.length + gap) / 2;
    height += line * lines.length + gap;
    // From the middle of letters down to the line they stand on.
    const baseline = middle + 0.36 * font;
    const ends = low === null || high === null ? [] : [number(at(low)), number(at(high))];
    const whisker = `<path d="M${ends[0]} ${middle}H${ends[1]}M${ends[0]} ${middle - 2.5}v5M${ends[1]} ${middle - 2.5}v5" stroke="${ink}"/>`;
    const label = lines.map((part, k) =>
      letters(left - 5, baseline + line * (k - (lines.length - 1) / 2), part, ' text-anchor="end"'),
    );
    return (
      label.join('') +
      `<rect x="${number(left)}" y="${number(middle - line / 2)}" width="${number(at(value) - left)}" height="${line}" fill="${escapeHtml(colour)}" fill-opacity=".65"/>` +
      (ends.length === 0 ? '' : whisker) +
      letters(Math.max(at(value), high === null ? 0 : at(high)) + 4, baseline, text)
    );
  });
  const described = `${caption}: ${bars.map(({ label, text }) => `${label} ${text}`).join(', ')}`;
  return (
    `<svg width="${whole}" height="${height}" viewBox="0 0 ${whole} ${height}" role="img" aria-label="${escapeHtml(described)}" ` +
    `font-family="system-ui, sans-serif" font-size="${font}">` +
    `<path d="M${left} 0V${height}" stroke="${themeColour('faint')}"/>${rows.join('')}</svg>`
  );
}
