import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import type { SummaryRow } from '../experiment/experiment.ts';
import type { LayeredSpec } from './vegaTypes.ts';

/** Options of {@link intervalChart}. */
export interface IntervalChartOptions {
  readonly title?: string;
  /** Axis title, with the unit. */
  readonly x: string;
  /** The experiment's full list, which fixes the colours. */
  readonly policies: readonly string[];
  /** A policy's name in a sentence; as it is, unless given. */
  readonly label?: (policy: string) => string;
  /** The policy whose colour it has; its own, unless given. */
  readonly colourOf?: (policy: string) => string;
  /** d3 format of the axis: `%` for shares, with as many digits as its ticks need. By default plain numbers. */
  readonly format?: string;
  /** Ends of the axis; by default those of the data. */
  readonly domain?: readonly [number, number];
}

/** A metric by policy: a dot for the interquartile mean, a bar for its 95 % interval, small ticks for the seeds. */
export function intervalChart(rows: readonly SummaryRow[], options: IntervalChartOptions): LayeredSpec {
  const itself = (policy: string) => policy;
  const { label = itself, colourOf = itself } = options;
  const measured = rows.filter(({ iqm }) => iqm !== null).map((row) => ({ ...row, policy: label(row.policy) }));
  const domain = options.policies.map(label);
  const { range } = policyColours(options.policies.map(colourOf));
  const values = new Set(
    measured.flatMap(({ low, high, perSeed }) => [...perSeed, low, high].filter((n) => n !== null)),
  );
  // On an axis of one number, which has no scale to round by, it is written as it is.
  const format = options.format ?? (values.size === 1 ? '~g' : undefined);
  const x = {
    type: 'quantitative',
    title: options.x,
    axis: { ...(format !== undefined && { format }), tickCount: 4 },
    scale: { zero: false, nice: true, ...(options.domain !== undefined && { domain: [...options.domain] }) },
  } as const;
  const seeds = measured.flatMap(({ policy, perSeed }) =>
    perSeed.filter((value) => value !== null).map((value) => ({ policy, value })),
  );
  return {
    ...(options.title !== undefined && { title: options.title }),
    // With its names the chart is about as wide as a phone's page.
    width: Math.max(120, 290 - 7 * Math.max(0, ...measured.map(({ policy }) => policy.length))),
    height: { step: 30 },
    encoding: {
      y: {
        field: 'policy',
        type: 'nominal',
        title: null,
        sort: domain,
        axis: {
          labelColor: themeColour('ink'),
          domain: false,
          ticks: false,
          grid: false,
          labelPadding: 8,
          labelLimit: 0,
        },
      },
      color: { field: 'policy', type: 'nominal', scale: { domain, range }, legend: null },
    },
    layer: [
      {
        data: { values: seeds },
        mark: { type: 'tick', thickness: 1.5, size: 16, opacity: 0.35 },
        encoding: { x: { field: 'value', ...x } },
      },
      {
        data: {
          values: measured.filter(({ low }) => low !== null).map(({ policy, low, high }) => ({ policy, low, high })),
        },
        mark: { type: 'rule', strokeWidth: 4, opacity: 0.6 },
        encoding: { x: { field: 'low', ...x }, x2: { field: 'high' } },
      },
      {
        data: { values: measured.map(({ policy, iqm }) => ({ policy, iqm })) },
        mark: { type: 'point', filled: true, size: 90, opacity: 1, stroke: themeColour('paper'), strokeWidth: 1 },
        encoding: { x: { field: 'iqm', ...x } },
      },
    ],
  };
}
