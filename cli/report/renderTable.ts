import { escapeHtml } from '../../envs/drawing/escapeHtml.ts';
import type { Table } from '../experiment/experiment.ts';
import { trueMinus } from '../experiment/trueMinus.ts';
import { anchorOf } from './numbering.ts';
import { isNumeric } from './table.ts';

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
