import { checkArgument } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';
import { groupBy } from '../experiment/groupBy.ts';
import { Bootstrap } from '../statistics/bootstrap.ts';
import { interquartileMean } from '../statistics/orderStatistics.ts';
import { lineColours } from './lineColours.ts';
import type { LayeredSpec } from './vegaTypes.ts';

/** A measurement on the way: one policy, one seed, one step. */
export interface CurvePoint {
  readonly policy: string;
  readonly seed: number;
  readonly step: number;
  readonly value: number;
}

/** Options of {@link learningCurves}. */
export interface LearningCurvesOptions {
  readonly title?: string;
  /** Axis titles, with units. */
  readonly x: string;
  readonly y: string;
  /** The experiment's full list, which fixes the colours. */
  readonly policies: readonly string[];
  /** Bootstrap resamples of each band; 2,000 unless given. */
  readonly resamples?: number;
}

/** 0, 500, 20k. */
const STEPS = { tickCount: 4, labelExpr: "datum.value === 0 ? '0' : format(datum.value, '~s')" } as const;

/**
 * A line for each policy: the interquartile mean over the seeds at each step, in a band of its 95 % bootstrap interval.
 * Steps that only some of the policy's seeds have reached are left out, so that a line never jumps as seeds drop out of it.
 */
export function learningCurves(points: readonly CurvePoint[], options: LearningCurvesOptions): LayeredSpec {
  checkArgument('learningCurves', 'points', points, Array);
  checkArgument('learningCurves', 'options', options, Object);
  const bootstrap = new Bootstrap({ rng: new Rng('learning curves'), resamples: options.resamples ?? 2000 });
  const values = [...groupBy(points, ({ policy }) => policy)].flatMap(([policy, own]) => {
    const seeds = new Set(own.map(({ seed }) => seed)).size;
    return [...groupBy(own, ({ step }) => step)]
      .map(([step, at]) => ({ step, at: at.map(({ value }) => value) }))
      .filter(({ at }) => at.length === seeds)
      .map(({ step, at }) => ({ policy, step, iqm: interquartileMean(at), ...bootstrap.interval([at]) }));
  });
  const present = new Set(values.map(({ policy }) => policy));
  const x = { field: 'step', type: 'quantitative', title: options.x, axis: STEPS } as const;
  return {
    ...(options.title !== undefined && { title: options.title }),
    data: { values },
    encoding: {
      color: lineColours(options.policies, present),
    },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: {
          x,
          y: { field: 'low', type: 'quantitative', title: options.y, scale: { zero: false } },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', strokeWidth: 2, point: values.length <= present.size },
        encoding: { x, y: { field: 'iqm', type: 'quantitative' } },
      },
    ],
  };
}
