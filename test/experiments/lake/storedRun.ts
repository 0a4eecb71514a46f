import { readFileSync } from 'node:fs';
import type { SummaryRow } from '../../../experiments/harness/experiment.ts';
import { type LakeConfig, lakeSchema } from '../../../experiments/lake/config.ts';
import { lake } from '../../../experiments/lake/lake.ts';
import { conditionLabel } from '../../../experiments/lake/shared/conditionLabel.ts';

/** The settings of `npm start -- --full`. */
export const storedConfig: LakeConfig = lakeSchema.parse({ ...lake.presets.full });

/**
 * The results of the run of twenty seeds in `docs/results/lake`. Its conditions are as tables have them; those of a run of today are keys.
 */
export function storedRows(): SummaryRow[] {
  const url = new URL('../../../docs/results/lake/summary.json', import.meta.url);
  const { results } = JSON.parse(readFileSync(url, 'utf8')) as { results: SummaryRow[] };
  const keys = new Map(
    lake
      .jobs(storedConfig)
      .flatMap(({ condition }) => (condition === undefined ? [] : [[conditionLabel(condition), condition]])),
  );
  return results.map((row) => {
    if (row.condition === undefined) return row;
    const condition = keys.get(row.condition);
    if (condition === undefined) throw new Error(`storedRows: no condition reads ${row.condition}`);
    return { ...row, condition };
  });
}
