import { readFileSync } from 'node:fs';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { type LakeConfig, lakeSchema } from '../../../experiments/lake/config.ts';
import { lake } from '../../../experiments/lake/lake.ts';

/** The settings of `npm start -- --full`. */
export const storedConfig: LakeConfig = lakeSchema.parse({ ...lake.presets.full });

/** The results of the run of twenty seeds in `docs/results/lake`. */
export function storedRows(): readonly SummaryRow[] {
  const url = new URL('../../../docs/results/lake/summary.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { results: SummaryRow[] }).results;
}
