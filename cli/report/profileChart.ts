import type { TopLevelSpec } from 'vega-lite';
import type { ProfilePoint } from '../statistics/performanceProfile.ts';
import { lineColours } from './lineColours.ts';

/** The performance profile of one policy. */
export interface PolicyProfile {
  readonly policy: string;
  /** By rising threshold. */
  readonly points: readonly ProfilePoint[];
}

/** Options of {@link profileChart}. */
export interface ProfileChartOptions {
  readonly title?: string;
  /** Title of the axis of scores, with the unit. */
  readonly x: string;
  /** The experiment's full list, which fixes the colours. */
  readonly policies: readonly string[];
  /** d3 format of the axis of scores: `%` for shares. By default plain numbers. */
  readonly format?: string;
}

/** Performance profiles: a falling line for each policy, the share of its runs with a score above each threshold, in its band. */
export function profileChart(profiles: readonly PolicyProfile[], options: ProfileChartOptions): TopLevelSpec {
  const values = profiles.flatMap(({ policy, points }) => points.map((point) => ({ policy, ...point })));
  const present = new Set(profiles.map(({ policy }) => policy));
  const x = {
    field: 'threshold',
    type: 'quantitative',
    title: options.x,
    axis: { ...(options.format !== undefined && { format: options.format }), tickCount: 4 },
    scale: { zero: false, nice: false },
  } as const;
  const share = { title: 'share of runs above', axis: { format: '%', tickCount: 4 }, scale: { domain: [0, 1] } };
  const y = { type: 'quantitative', ...share } as const;
  return {
    ...(options.title !== undefined && { title: options.title }),
    data: { values },
    // With its axis and the title of that it is about as wide as a phone's page.
    width: 258,
    encoding: {
      color: lineColours(options.policies, present),
    },
    layer: [
      {
        transform: [{ filter: 'datum.low !== null' }],
        // A share changes at a threshold and stays until the next.
        mark: { type: 'area', opacity: 0.18, interpolate: 'step-after' },
        encoding: { x, y: { field: 'low', ...y }, y2: { field: 'high' } },
      },
      {
        mark: { type: 'line', strokeWidth: 2, interpolate: 'step-after' },
        encoding: { x, y: { field: 'share', ...y } },
      },
    ],
  };
}
