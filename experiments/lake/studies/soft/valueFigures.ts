import { start } from '../../../../envs/lake/lakeMap.ts';
import type { Figure } from '../../../harness/experiment.ts';
import type { LakeConfig } from '../../config.ts';
import { optimumOnLake } from '../../headings/truth/optimumOnLake.ts';
import type { SoftLakeCondition } from './lakeConditions.ts';
import { valueFigure } from './valueFigure.ts';
import { valueLegend } from './valueLegend.ts';
import { valueMap } from './valueMap.ts';

/** Cells along a side of the map of values, and what it tells apart. */
const MAP = { size: 128, bounds: [0.4, 1] } as const;

/** The soft optima of conditions over the lake, side by side. */
export function valueFigures(conditions: readonly SoftLakeCondition[], config: LakeConfig): Figure[] {
  if (conditions.length === 0) return [];
  const panels = conditions.map(({ condition, task }) => {
    const optimum = optimumOnLake(task, config.soft.lake);
    const value = optimum.value(start).toFixed(2);
    return {
      title: condition,
      note: `V at the start ${value}`,
      alt: `The soft optimum over the lake, ${condition}: the value at the start is ${value}; the directions lead round the lake to home.`,
      spec: valueFigure(optimum, valueMap(optimum, MAP.size), MAP.bounds),
    };
  });
  const caption =
    'The soft optimum: its value V, the soft return to come, over positions in lengths, and its headings at some of them, drawn so that ' +
    'equal areas hold equal mass. On the axis before the lake they have two modes, beside it one.';
  return [{ name: 'soft-lake-values', caption, legend: valueLegend(MAP.bounds), panels }];
}
