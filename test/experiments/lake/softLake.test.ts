import { expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/index.ts';
import type { SoftLakeTask } from '../../../common/lake.ts';
import { lakeMap } from '../../../envs/index.ts';
import { bestOnLake } from '../../../experiments/lake/bestOnLake.ts';
import { softLakeConditions } from '../../../experiments/lake/conditions.ts';
import { lakeSchema } from '../../../experiments/lake/config.ts';
import { klFigures } from '../../../experiments/lake/softLake.ts';
import { placesAcrossAxis, placesAlongAxis } from '../../../experiments/lake/softLakeJob.ts';

type Task = readonly [stride: number, temperature: number];

/** The figures of a run with these tasks, and with one by SAC, of rows whose KL tells the task. */
function figuresOf(...tasks: readonly Task[]) {
  const lake = {
    cells: 24,
    points: 60,
    tasks: tasks.map(([stride, temperature]) => ({ stride, temperature, policies: ['gaussian', 'spline'] })),
  };
  const config = lakeSchema.parse({ soft: { lake, sac: { steps: 100 } } });
  const rows = softLakeConditions(config.soft).flatMap(({ key: condition, task, learner, policies }) =>
    policies.flatMap((policy) =>
      ['kl', 'return'].map((metric): SummaryRow => {
        const kl = metric === 'return' || learner === 'SAC' ? -1 : task.stride + task.temperature;
        const of = { study: 'soft', env: 'LakeStride-v0', policy, metric };
        return { ...of, condition, iqm: kl, low: kl - 0.1, high: kl + 0.1, perSeed: [kl] };
      }),
    ),
  );
  const figures = klFigures(rows, config).map((figure) => {
    const {
      name,
      spec: { layer },
    } = figure as unknown as { name: string; spec: { layer: { data: { values: Record<string, number>[] } }[] } };
    const [best, , lines] = layer.map(({ data }) => data.values);
    return { name, best: best!, lines: lines! };
  });
  return { figures, fineness: config.soft.lake };
}

test('against the stride at the lowest temperature, against the temperature at the longest stride; by PPO alone', () => {
  const { figures, fineness } = figuresOf([0.5, 0.02], [1.3, 0.02], [1.3, 0.1]);
  expect(figures.map(({ name }) => name)).toEqual(['soft-lake-stride', 'soft-lake-temperature']);
  const [byStride, byTemperature] = figures;
  const points = (lines: readonly Record<string, number>[], field: string) =>
    lines.map((point) => [point.policy, point[field], point.kl]);
  const of = (policy: string, ...pairs: Task[]) => pairs.map((pair) => [policy, ...pair]);
  const sorted = (list: unknown[][]) => list.map((each) => each.join()).sort();
  expect(sorted(points(byStride!.lines, 'stride'))).toEqual(
    sorted([...of('gaussian', [0.5, 0.52], [1.3, 1.32]), ...of('spline', [0.5, 0.52], [1.3, 1.32])]),
  );
  expect(sorted(points(byTemperature!.lines, 'temperature'))).toEqual(
    sorted([...of('gaussian', [0.02, 1.32], [0.1, 1.3 + 0.1]), ...of('spline', [0.02, 1.32], [0.1, 1.3 + 0.1])]),
  );
  // The dashed curves are the best Gaussian's, at the tasks of the run and, of temperatures, in equal ratios between them.
  const { best } = byTemperature!;
  expect(byStride!.best.map(({ stride }) => stride)).toEqual([0.5, 1.3]);
  const wanted = [0, 1, 2, 3].map((i) => 0.02 * 5 ** (i / 3));
  best.forEach(({ temperature }, i) => expect(temperature).toBeCloseTo(wanted[i]!, 9));
  expect(best).toHaveLength(4);
  for (const { stride, temperature, kl } of [...byStride!.best, ...best]) {
    expect(kl).toBe(bestOnLake({ stride, temperature } as SoftLakeTask, fineness).best.kl);
  }
});

test('what a run has one task of makes no curve', () => {
  expect(figuresOf([1.3, 0.02], [1.3, 0.1]).figures.map(({ name }) => name)).toEqual(['soft-lake-temperature']);
  expect(figuresOf([0.5, 0.02], [1.3, 0.02]).figures.map(({ name }) => name)).toEqual(['soft-lake-stride']);
  expect(figuresOf([1.3, 0.1]).figures).toEqual([]);
});

const { start, lake, border } = lakeMap;

test('places lead from the start to before the shore, and across the axis as far up as down, all on land', () => {
  expect(placesAlongAxis[0]).toEqual(start);
  const { x, y } = placesAlongAxis.at(-1)!;
  expect(y).toBe(0);
  expect(x).toBeCloseTo(-0.75, 12);
  expect(placesAcrossAxis).toHaveLength(21);
  placesAcrossAxis.forEach((place, i) => {
    expect(place.x).toBe(start.x);
    expect(place.y + placesAcrossAxis.at(-1 - i)!.y).toBeCloseTo(0, 12);
  });
  for (const { x, y } of [...placesAlongAxis, ...placesAcrossAxis]) {
    expect(Math.hypot(x, y)).toBeGreaterThan(lake.radius);
    expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(border);
  }
});
