import { portableMath } from '../../../../src/index.ts';
import type { Figure, SummaryRow } from '../../../harness/experiment.ts';
import type { LakeConfig } from '../../config.ts';
import { bestOnLake } from '../../headings/truth/bestOnLake.ts';
import { klAgainst, type TaskAxis } from './klAgainst.ts';
import { COLD, type SoftLakeTask, STRIDE, softLakeCondition } from './lakeConditions.ts';

/** Points of the best Gaussian's curve from one temperature of the run to the next. */
const BETWEEN = 3;

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
      `KL(π ‖ π*) at the start against the stride, by PPO, τ = ${COLD}. A dot is the interquartile mean over the seeds, a bar its 95 % interval. ` +
        'Dashed: the best Gaussian, computed from the soft optimum.',
    ),
    ...figure(
      { field: 'temperature', title: 'temperature τ', scale: { type: 'log' } },
      ({ stride }) => stride === STRIDE,
      (temperatures) => between(temperatures).map((temperature) => ({ stride: STRIDE, temperature })),
      `KL(π ‖ π*) at the start against the temperature, by PPO, stride ${STRIDE}. Dots, bars and the dashed line as in the figure of the stride.`,
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
