import { escapeHtml } from '../../envs/drawing/drawing.ts';
import type { Figure, Section, Table } from '../experiment/experiment.ts';
import { plural, trueMinus } from '../experiment/text.ts';
import { anchorOf, evenColumns, type Numbering, renderFigure } from './figure.ts';
import { isNumeric } from './table.ts';

/** The parts of a report as HTML, each under the id `part-<number>`; their figures and tables have the numbers of the page. */
export async function renderSections(sections: readonly Section[], numbering: Numbering): Promise<string> {
  const html: string[] = [];
  for (const [i, section] of sections.entries()) {
    const id = partId(i);
    html.push(`<section id="${id}">`, ...(await renderSection(section, { id, level: 2, numbering })), '</section>');
  }
  return html.join('\n');
}

/** The id of the part of this place. */
export function partId(place: number): string {
  return `part-${place + 1}`;
}

interface Place {
  readonly id: string;
  readonly level: number;
  readonly numbering: Numbering;
}

async function renderSection(section: Section, place: Place): Promise<string[]> {
  const { level } = place;
  return [`<h${level}>${escapeHtml(section.title)}</h${level}>`, ...(await renderContent(section, place))];
}

async function renderContent(section: Section, { id, level, numbering }: Place): Promise<string[]> {
  const html = [
    ...(section.facts === undefined ? [] : [definitions('lines', section.facts, (text) => numbering.link(text))]),
    ...(section.paragraphs ?? []).map((text) => `<p>${numbering.link(text)}</p>`),
    ...(await renderEvidence(section, numbering)),
  ];
  let folds: string[] = [];
  const endFolds = () => {
    if (folds.length > 0) html.push(`<div class="folds">\n${folds.join('\n')}\n</div>`);
    folds = [];
  };
  for (const [i, part] of (section.sections ?? []).entries()) {
    const place = { id: `${id}-${i + 1}`, level: Math.min(6, level + 1), numbering };
    if (part.folded) folds.push(await renderFold(part, place));
    else {
      endFolds();
      html.push(...(await renderSection(part, place)));
    }
  }
  endFolds();
  return html;
}

/** Its id is that of what is folded: a link there opens it, and so does one to anything in it. */
async function renderFold(section: Section, place: Place): Promise<string> {
  const { figures, tables } = contents(section);
  const count = [
    ...(figures.length > 0 ? [plural(figures.length, 'figure')] : []),
    ...(tables.length > 0 ? [plural(tables.length, 'table')] : []),
  ].join(', ');
  const inside = count === '' ? '' : ` <small>${count}</small>`;
  // Its line is no heading: headings in it go on from the one above.
  const content = await renderContent(section, { ...place, level: place.level - 1 });
  return [
    `<details><summary>${escapeHtml(section.title)}${inside}</summary>`,
    `<div id="${place.id}">`,
    ...content,
    '</div></details>',
  ].join('\n');
}

function contents({ figures = [], tables = [], sections = [] }: Section): { figures: Figure[]; tables: Table[] } {
  const parts = sections.map(contents);
  return {
    figures: [...figures, ...parts.flatMap((part) => part.figures)],
    tables: [...tables, ...parts.flatMap((part) => part.tables)],
  };
}

/** Narrow figures that leave room for a table in their row. */
const FEW = 2;

/** Wide figures by themselves, the others in columns of nearly one height, then tables beside each other and few last figures. */
async function renderEvidence({ figures = [], tables = [] }: Section, numbering: Numbering): Promise<string[]> {
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
    const drawn = await renderFigure(figure, numbering);
    if ('panels' in figure || figure.wide) {
      endColumns();
      html.push(drawn);
    } else narrow.push(drawn);
  }
  if (tables.length === 0 || narrow.length > FEW) endColumns();
  const row = [...narrow, ...tables.map((table) => renderTable(table, numbering.label(table)))];
  if (row.length > 1) return [...html, `<div class="evidence">\n${row.join('\n')}\n</div>`];
  return [...html, ...row];
}

/** Names with what they stand for, as a list of definitions. @param text how a value is written as HTML */
export function definitions(
  kind: string,
  entries: NonNullable<Section['facts']>,
  text: (value: string) => string = escapeHtml,
): string {
  const items = entries.map(([name, value]) => {
    const lines = [value].flat().map((line) => `<dd>${text(line)}</dd>`);
    return `<div><dt>${escapeHtml(name)}</dt>${lines.join('')}</div>`;
  });
  return `<dl class="${kind}">${items.join('')}</dl>`;
}

/**
 * A table as HTML: where it is wider than the page it scrolls by itself, below its first column, which stays.
 * @param label its number, `Table 2`; without one it has none
 */
export function renderTable({ title, columns, rows, prose }: Table, label?: string): string {
  const align = columns.map((_, i) => (i > 0 && isNumeric(rows.map((row) => row[i] ?? '')) ? ' class="number"' : ''));
  const head = columns.map((column, i) => `<th scope="col"${align[i]}>${escapeHtml(column)}</th>`).join('');
  const cell = (text: string, i: number) =>
    i === 0
      ? `<th scope="row">${escapeHtml(trueMinus(text))}</th>`
      : `<td${align[i]}>${escapeHtml(trueMinus(text))}</td>`;
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  const number = label === undefined ? '' : `<b>${label}.</b> `;
  const id = label === undefined ? '' : ` id="${anchorOf(label)}"`;
  return `<div class="table${prose ? ' prose' : ''}"${id} role="region" aria-label="${escapeHtml(title)}" tabindex="0">
<table>
<caption>${number}${escapeHtml(title)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody>
</table>
</div>`;
}
