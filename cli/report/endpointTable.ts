import type { Endpoint, EndpointRow } from '../experiment/endpoint.ts';
import type { Table } from '../experiment/experiment.ts';
import { trueMinus } from '../experiment/trueMinus.ts';

/** An endpoint as a table: a row for each class; columns that nothing is in are left out. */
export function endpointTable(endpoint: Endpoint): Table {
  const { measure, chosen, format, unit, failure, reference, rows } = endpoint;
  const interval = (value: string, { low, high }: { low: number | null; high: number | null }, own = format) =>
    low === null || high === null ? `${value} [–: one seed]` : `${value} [${own(low)}, ${own(high)}]`;
  const signed = (value: number) => `${value < 0 ? '-' : '+'}${format(Math.abs(value))}`;
  const columns: readonly { heading: string; cell: (row: EndpointRow) => string; isThere?: boolean }[] = [
    { heading: 'policy', cell: ({ label }) => label },
    {
      heading: unit === undefined ? 'value' : `value, ${unit}`,
      cell: (row) => (row.iqm === null ? '–' : interval(format(row.iqm), row)),
    },
    {
      heading: 'floor',
      cell: ({ floor }) => (floor === undefined ? '–' : format(floor)),
      isThere: rows.some(({ floor }) => floor !== undefined),
    },
    {
      heading: `− ${reference}`,
      cell: ({ effect }) => (effect === undefined ? '' : interval(signed(effect.difference), effect, signed)),
      isThere: rows.some(({ effect }) => effect !== undefined),
    },
    {
      heading: 'failed',
      cell: ({ failed }) => (failed === undefined ? '–' : `${failed.seeds} of ${failed.of}`),
      isThere: failure !== undefined && rows.some(({ failed }) => failed !== undefined),
    },
    {
      heading: 'seeds',
      cell: ({ seeds, planned }) => (seeds === planned ? String(seeds) : `${seeds} of ${planned}`),
    },
  ];
  const shown = columns.filter(({ isThere }) => isThere !== false);
  const fails = shown.some(({ heading }) => heading === 'failed') ? `; a seed fails if ${failure}` : '';
  return {
    title: `Primary endpoint${chosen === 'post hoc' ? ' (chosen post hoc)' : ''}: ${measure}${fails}`,
    columns: shown.map(({ heading }) => heading),
    rows: rows.map((row) =>
      shown.map(({ cell }) => trueMinus(cell(row)).replaceAll(' ', '\u00a0').replace('\u00a0[', ' [')),
    ),
  };
}
