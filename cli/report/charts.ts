import type { TopLevelSpec } from 'vega-lite';
import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import { checkArgument } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';
import type { SummaryRow } from '../experiment/experiment.ts';
import { groupBy } from '../experiment/summarize.ts';
import { Bootstrap, interquartileMean, type ProfilePoint } from '../statistics/bootstrap.ts';

/** A measurement on the way: one policy, one seed, one step. */
export interface CurvePoint {
  readonly policy: string;
  readonly seed: number;
  readonly step: number;
  readonly value: number;
}

/** Options of {@link learningCurves}. */
interface LearningCurvesOptions {
  /** Axis titles, with units. */
  readonly x: string;
  readonly y: string;
  /** The experiment's full list, which fixes the colours. */
  readonly policies: readonly string[];
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
  const bootstrap = new Bootstrap({ rng: new Rng('learning curves'), resamples: 2000 });
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
    data: { values },
    encoding: { color: lineColours(options.policies, present) },
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

/** Options of {@link intervalChart}. */
interface IntervalChartOptions {
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

/** The performance profile of one policy. */
interface PolicyProfile {
  readonly policy: string;
  /** By rising threshold. */
  readonly points: readonly ProfilePoint[];
}

/** Options of {@link profileChart}. */
interface ProfileChartOptions {
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
    data: { values },
    // With its axis and the title of that it is about as wide as a phone's page.
    width: 258,
    encoding: { color: lineColours(options.policies, present) },
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

/** Steps of the grid. */
const GRID = 100;

/**
 * Points of which every seed of a policy has some at the same steps: as they are where that is so, else the last value of each
 * seed at a grid of steps, from where all seeds have one to where the first of them ends.
 */
export function alignSteps(points: readonly CurvePoint[]): CurvePoint[] {
  return [...groupBy(points, ({ policy }) => policy).values()].flatMap((own) => {
    const seeds = [...groupBy(own, ({ seed }) => seed).values()].map((of) => of.toSorted((a, b) => a.step - b.step));
    const steps = seeds.map((of) => of.map(({ step }) => step).join());
    return steps.every((text) => text === steps[0]) ? own : onGrid(seeds);
  });
}

function onGrid(seeds: readonly (readonly CurvePoint[])[]): CurvePoint[] {
  const first = Math.max(...seeds.map((of) => of[0]!.step));
  const end = Math.min(...seeds.map((of) => of.at(-1)!.step));
  if (end < first) return [];
  const steps = Array.from({ length: GRID + 1 }, (_, i) => Math.round(first + ((end - first) * i) / GRID));
  return seeds.flatMap((of) =>
    [...new Set(steps)].map((at) => ({ ...of.findLast(({ step }) => step <= at)!, step: at })),
  );
}

/** Characters: two longer names do not fit side by side on a phone. */
const LONG_NAME = 16;

/** The colour of lines by the field `policy`, fixed by the full list, with a legend below of those that are `present`. */
function lineColours(policies: readonly string[], present: ReadonlySet<string>) {
  const { domain, range } = policyColours(policies);
  const shown = domain.map((policy, i) => ({ policy, colour: range[i]! })).filter(({ policy }) => present.has(policy));
  return {
    field: 'policy',
    type: 'nominal',
    scale: { domain: shown.map(({ policy }) => policy), range: shown.map(({ colour }) => colour) },
    legend: {
      title: null,
      orient: 'bottom',
      columns: shown.some(({ policy }) => policy.length > LONG_NAME) ? 1 : 2,
      symbolType: 'stroke',
      symbolStrokeWidth: 3,
      symbolOpacity: 1,
    },
  } as const;
}

/** A chart of several layers over the same axes. */
type LayeredSpec = Extract<TopLevelSpec, { readonly layer: unknown }>;

/** One layer: a mark, its data, and what its channels encode. */
export type Layer = Extract<LayeredSpec['layer'][number], { readonly mark: unknown }>;

/** What a mark's channels encode. */
export type Encoding = NonNullable<Layer['encoding']>;

/** What places marks along an axis. */
export type Position = NonNullable<Encoding['x']>;

type CompositeMark = { readonly type: 'boxplot' | 'errorbar' | 'errorband' };

/** How a mark looks. */
export type MarkStyle = Omit<Exclude<Layer['mark'], string | CompositeMark>, 'type'>;
