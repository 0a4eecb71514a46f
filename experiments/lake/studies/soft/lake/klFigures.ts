import type { TopLevelSpec } from 'vega-lite';
import { policyNames, type SoftLakeTask, STRIDE } from '../../../../../agents/lake.ts';
import type { Figure, SummaryRow } from '../../../../../cli/experiment/experiment.ts';
import { lineColours, type Position, type Scale } from '../../../../../cli/report/charts.ts';
import { themeColour } from '../../../../../envs/drawing/palette.ts';
import { portableMath } from '../../../../../src/index.ts';
import type { LakeConfig } from '../../../config.ts';
import { bestOnLake } from '../../../headings/truth/bestOnLake.ts';
import { COLD, softLakeCondition } from './lakeConditions.ts';

/** Points of the best Gaussian's curve from one temperature of the run to the next. */
const BETWEEN = 3;

const READING =
  'A dot is the interquartile mean over the seeds, a bar its 95 % interval. Dashed: the best Gaussian, computed from the soft optimum.';

/** KL at the start by PPO, against the stride and against the temperature, where a run has at least two of them. */
export function klFigures(rows: readonly SummaryRow[], { soft }: LakeConfig): Figure[] {
  const measured = rows
    .map((row) => ({ row, ...softLakeCondition(row.condition, soft) }))
    .filter(({ row, learner }) => row.metric === 'kl' && learner === 'PPO')
    .map(({ row, task }) => ({ row, ...task }));
  const figure = (
    axis: TaskAxis,
    isAmong: (task: SoftLakeTask) => boolean,
    curve: (values: readonly number[]) => SoftLakeTask[],
    caption: string,
  ): Figure[] => {
    const own = measured.filter(isAmong);
    const values = [...new Set(own.map((task) => task[axis.field]))].sort((a, b) => a - b);
    if (values.length < 2) return [];
    const best = curve(values).map((task) => ({ ...task, kl: bestOnLake(task, soft.lake).best.kl }));
    return [{ name: `soft-lake-${axis.field}`, caption, spec: klAgainst(axis, own, best) }];
  };
  return [
    ...figure(
      { field: 'stride', title: 'stride, lengths', scale: { zero: false } },
      ({ temperature }) => temperature === COLD,
      (strides) => strides.map((stride) => ({ stride, temperature: COLD })),
      `KL(π ‖ π*) at the start against the stride, by PPO, τ = ${COLD}. ${READING}`,
    ),
    ...figure(
      { field: 'temperature', title: 'temperature τ', scale: { type: 'log' } },
      ({ stride }) => stride === STRIDE,
      (temperatures) => between(temperatures).map((temperature) => ({ stride: STRIDE, temperature })),
      `KL(π ‖ π*) at the start against the temperature, by PPO, stride ${STRIDE}. ${READING}`,
    ),
  ];
}

/** The temperatures, in ascending order, and some between each two, in equal ratios. */
function between(temperatures: readonly number[]): number[] {
  return temperatures.flatMap((low, i) => {
    const high = temperatures[i + 1];
    if (high === undefined) return [low];
    const ratio = portableMath.log(high / low) / BETWEEN;
    return Array.from({ length: BETWEEN }, (_, j) => low * portableMath.exp(j * ratio));
  });
}

/** What tasks differ in: the field of a point that holds it, and how its axis is drawn. */
interface TaskAxis {
  readonly field: 'stride' | 'temperature';
  readonly title: string;
  readonly scale: Scale;
}

/** KL at the start against what tasks differ in: trained policies with their intervals, and the best Gaussian, dashed. */
function klAgainst(
  axis: TaskAxis,
  measured: readonly (SoftLakeTask & { readonly row: SummaryRow })[],
  best: readonly (SoftLakeTask & { readonly kl: number })[],
): TopLevelSpec {
  const values = measured
    .filter(({ row }) => row.iqm !== null)
    .map(({ row: { policy, iqm, low, high }, ...task }) => ({
      policy,
      [axis.field]: task[axis.field],
      kl: iqm,
      low: low ?? iqm,
      high: high ?? iqm,
    }));
  const colour = lineColours(policyNames, new Set(values.map(({ policy }) => policy)));
  const x: Position = {
    field: axis.field,
    type: 'quantitative',
    title: axis.title,
    scale: { ...axis.scale, nice: false, padding: 14 },
    axis: { values: measured.map((task) => task[axis.field]), format: '~g', grid: false },
  };
  const kl: Position = { type: 'quantitative', title: 'KL at the start, nats', scale: { zero: true } };
  return {
    width: 250,
    height: 220,
    layer: [
      {
        data: { values: best },
        mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1.5, color: themeColour('ink') },
        encoding: { x, y: { ...kl, field: 'kl' } },
      },
      {
        data: { values },
        mark: { type: 'rule', strokeWidth: 1.6 },
        encoding: { x, y: { ...kl, field: 'low' }, y2: { field: 'high' }, color: colour },
      },
      {
        data: { values },
        mark: { type: 'line', point: { filled: true, size: 45 }, strokeWidth: 1.6 },
        encoding: { x, y: { ...kl, field: 'kl' }, color: colour },
      },
    ],
  };
}
