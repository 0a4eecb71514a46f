import type { SummaryRow, Table } from '../../../cli/experiment/experiment.ts';
import { type EndpointMeasure, type EndpointSource, endpointTable } from '../../../cli/report/answers.ts';
import { GAUSSIAN } from './classRows.ts';
import { policyLabel } from './policyLabel.ts';

/**
 * An endpoint with a row for each policy class, each against the Gaussian.
 * @param rows of one metric
 * @param failsOf how a seed of a class is seen to have failed
 */
export function classEndpoint(
  measure: Omit<EndpointMeasure, 'reference'>,
  rows: readonly SummaryRow[],
  failsOf?: (row: SummaryRow) => EndpointSource['fails'],
  floorOf?: (row: SummaryRow) => number | undefined,
): Table | undefined {
  const gaussian = rows.find(({ policy }) => policy === GAUSSIAN);
  return endpointTable(
    { ...measure, reference: policyLabel(GAUSSIAN) },
    rows.map((row) => {
      const fails = failsOf?.(row);
      return {
        label: policyLabel(row.policy),
        row,
        floor: floorOf?.(row),
        than: row === gaussian ? undefined : gaussian,
        ...(fails && { fails }),
      };
    }),
  );
}
