import { groupBy } from '../../../cli/experiment/collections.ts';
import type { SummaryRow, Table } from '../../../cli/experiment/experiment.ts';
import { metricTable } from '../../../cli/report/table.ts';
import { wilsonInterval } from '../../../cli/statistics/pValues.ts';
import { conditionLabel } from '../shared/conditionLabel.ts';
import { shareColumn } from '../shared/formats.ts';

/** A table of how walks ended for each environment and condition. */
export function walkTables(title: string, rows: readonly SummaryRow[]): Table[] {
  const columns = [
    { metric: 'drownRate', label: 'drowned', ...shareColumn },
    { metric: 'homeRate', label: 'home', ...shareColumn },
    { metric: 'return', label: 'return', format: (value: number) => value.toFixed(3) },
    { metric: 'modeBalance', label: 'less used bank', ...shareColumn },
  ];
  return [
    ...groupBy(rows, ({ env, condition }) =>
      [title, env, ...(condition === undefined ? [] : [conditionLabel(condition)])].join(', '),
    ),
  ].map(([heading, own]) => metricTable(heading, own, columns));
}

/**
 * The share of walks that drown for each seed and column, per cent, with its 95 % Wilson interval over the seed's evaluation walks.
 * @param columns rows of `drownRate`, by heading
 */
export function drownTable(
  title: string,
  columns: readonly { readonly heading: string; readonly row: SummaryRow }[],
  { seeds, evaluationEpisodes }: { readonly seeds: readonly number[]; readonly evaluationEpisodes: number },
): Table {
  const { format } = shareColumn;
  const cell = (rate: number | null | undefined): string => {
    if (rate == null) return '–';
    const { low, high } = wilsonInterval(Math.round(rate * evaluationEpisodes), evaluationEpisodes);
    return `${format(rate)} [${format(low)}, ${format(high)}]`.replaceAll(' ', '\u00a0');
  };
  return {
    title,
    columns: ['seed', ...columns.map(({ heading }) => heading)],
    rows: seeds.map((seed, i) => [String(seed), ...columns.map(({ row }) => cell(row.perSeed[i]))]),
  };
}
