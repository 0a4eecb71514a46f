import type { TopLevelSpec } from 'vega-lite';
import type { Figure, LegendEntry, Outcome, SummaryRow, Table } from '../../cli/experiment/experiment.ts';
import { groupBy } from '../../cli/experiment/summarize.ts';
import { intervalChart, type Layer, learningCurves, type MarkStyle, type Position } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import { wilsonInterval } from '../../cli/statistics/pValues.ts';
import { policyNames, type Walk } from '../../common/lake.ts';
import { lakeView } from '../../common/lakeView.ts';
import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import { type Bank, border, home, lake, type Point, start } from '../../envs/lake/lakeMap.ts';
import { densityImage, densityLegend, swatch } from '../shared/report.ts';
import { typicalOutcome } from '../shared/typicalOutcome.ts';
import { conditionLabel, percent, shareColumn } from './labels.ts';
import { TAKEN_EXTENT, takenDensity } from './startDensity.ts';
import type { LakeData } from './walkJobs.ts';

/** Walks drawn of a policy: more would hide each other. */
const DRAWN_WALKS = 40;

/** What {@link walksFigures} draws and how. */
interface WalksFiguresOptions {
  /** Begins the figures' names. */
  readonly name: string;
  /** The outcomes of one environment and condition; their data are {@link LakeData}. */
  readonly outcomes: readonly Outcome[];
  readonly rows: readonly SummaryRow[];
  /** The metric by which the seed that is drawn is the median one. */
  readonly metric: {
    readonly name: string;
    readonly label: string;
    readonly what: string;
    readonly better: 'higher' | 'lower';
  };
  /** What the learning curve shows. */
  readonly curve: { readonly field: string; readonly x: string; readonly y: string };
}

/** Walks on the map, densities of the first velocity, learning curves, drowned and mode balance of trained policies. */
export function walksFigures({ name, outcomes, rows, metric, curve }: WalksFiguresOptions): Figure[] {
  const { domain, range } = policyColours(policyNames);
  const shown = domain.flatMap((policy, i) => {
    const own = outcomes.filter(({ job }) => job.policy === policy);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: metric.name, better: metric.better });
    const note = `seed ${job.seed}: ${percent(result.metrics[metric.name] ?? 0)} ${metric.label}`;
    return [{ title: policy, note, colour: range[i]!, data: result.data as LakeData }];
  });
  const which = `Each policy is shown with the seed that has its median ${metric.what} (of an even number, the worse of the two in the middle)`;
  const of = (wanted: string) => rows.filter((row) => row.metric === wanted);
  const taken = shown.map(({ data, ...panel }) => ({ ...panel, density: takenDensity(data.density, data.walks) }));
  const peak = Math.max(0, ...taken.flatMap(({ density: { density } }) => density));
  const drawn = Math.max(0, ...shown.map(({ data }) => Math.min(DRAWN_WALKS, data.walks.length)));
  return [
    {
      name: `${name}-walks`,
      caption: `${drawn} sampled walks of each policy. Positions in lengths; the lake has radius 0.7. ${which}.`,
      legend: walksLegend,
      panels: shown.map(({ data, ...panel }) => {
        const walks = data.walks.slice(0, DRAWN_WALKS);
        const alt = `${panel.title}, ${panel.note}. ${describeWalks(walks)}.`;
        return { ...panel, alt, spec: lakeFigure(walks, panel.colour) };
      }),
    },
    {
      name: `${name}-density`,
      caption:
        `The density of the first velocity as it is taken, of the seeds of {${name}-walks}. Dashed: full speed. Faster velocities are slowed to it, ` +
        'and lie in the rim outside; of those beyond 1.5 the direction is that of the walks. Blue wedge: directions that lead into the water.',
      legend: densityLegend(peak),
      panels: taken.map(({ density, ...panel }) => ({
        ...panel,
        alt: `Density of the first velocity of ${panel.title}, ${panel.note}.`,
        spec: densityFigure(density, peak),
      })),
    },
    {
      name: `${name}-training`,
      caption: 'Training: interquartile mean over the seeds, in a band of its 95 % interval.',
      spec: learningCurves(
        outcomes.flatMap(({ job, rows: ofJob }) =>
          ofJob
            .filter((row) => typeof row[curve.field] === 'number')
            .map((row) => ({
              policy: job.policy,
              seed: job.seed,
              step: row.step as number,
              value: row[curve.field] as number,
            })),
        ),
        { x: curve.x, y: curve.y, policies: policyNames },
      ),
    },
    {
      name: `${name}-drowned`,
      caption: 'Drowned, share of walks with sampled actions: interquartile mean, 95 % interval, a tick a seed.',
      spec: intervalChart(of('drownRate'), { x: 'drowned', format: '%', policies: policyNames }),
    },
    {
      name: `${name}-balance`,
      caption: 'Mode balance: the share of the less used bank among walks that get home; 50 % is even.',
      spec: intervalChart(of('modeBalance'), {
        x: 'less used bank',
        format: '%',
        domain: [0, 0.5],
        policies: policyNames,
      }),
    },
  ];
}

function describeWalks(walks: readonly Walk[]): string {
  const count = (outcome: Walk['outcome'], bank?: Walk['bank']) =>
    walks.filter((walk) => walk.outcome === outcome && (bank === undefined || walk.bank === bank)).length;
  return (
    `Of ${walks.length} walks ${count('home', 'upper')} get home by the upper bank, ${count('home', 'lower')} by the lower, ` +
    `${count('drowned')} drown, ${count('timeout')} run out of time`
  );
}

/** The density over velocities at the start: the darker, the denser, up to a peak. */
function densityFigure(density: ReturnType<typeof takenDensity>, peak: number): TopLevelSpec {
  const extent = TAKEN_EXTENT;
  return velocityPlane(extent, ({ x, y }) => ({
    data: { values: [{ x: -extent, x2: extent, y: -extent, y2: extent }] },
    mark: { type: 'image', url: densityImage(density, peak), aspect: false },
    encoding: { x, x2: { field: 'x2' }, y, y2: { field: 'y2' } },
  }));
}

const DROWNED = themeColour('ink');
const OUT_OF_TIME = themeColour('faint');

/** How walks are drawn: those that get home in the policy's colour, the others apart from any. */
export const walksLegend: readonly LegendEntry[] = [
  { label: 'home, in the policy’s colour', swatch: swatch('<path d="M0 5c8-8 16 8 24 0" stroke="currentColor"/>') },
  {
    label: 'drowned',
    swatch: swatch(`<path d="M0 5h14M15 1l8 8m0-8l-8 8" stroke="${DROWNED}" stroke-width="2"/>`),
  },
  { label: 'out of time', swatch: swatch(`<path d="M0 5h24" stroke="${OUT_OF_TIME}" stroke-dasharray="2 2"/>`) },
];

/** The lake from above with walks on it, and a blocked bank. Axes are positions, one unit = one length. */
export function lakeFigure(walks: readonly Walk[], colour: string, blocked?: Bank): TopLevelSpec {
  const domain = [-border, border];
  const axis = { values: [-2, -1, 0, 1, 2], grid: false, title: null, labelFontSize: 13, labelPadding: 2, tickSize: 3 };
  const x: Position = { field: 'x', type: 'quantitative', scale: { domain, nice: false }, axis };
  const y: Position = { field: 'y', type: 'quantitative', scale: { domain, nice: false }, axis };
  const disc = (center: { x: number; y: number; radius: number }) =>
    Array.from({ length: 65 }, (_, i) => ({
      order: i,
      x: center.x + center.radius * Math.cos((i * Math.PI) / 32),
      y: center.y + center.radius * Math.sin((i * Math.PI) / 32),
    }));
  const outline = (values: object[], style: MarkStyle): Layer => ({
    data: { values },
    mark: { type: 'line', strokeWidth: 1, ...style },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
  });
  const flood = (bank: Bank) => {
    const side = bank === 'upper' ? 1 : -1;
    const ends = [lake.radius, border].map((distance, order) => ({ x: 0, y: side * distance, order }));
    return outline(ends, { stroke: themeColour('water'), strokeWidth: 5 });
  };
  const label = (text: string, at: { x: number; y: number }, style: MarkStyle): Layer => ({
    data: { values: [{ text, x: at.x, y: at.y }] },
    mark: { type: 'text', fontSize: 13, color: themeColour('ink'), ...style },
    encoding: { x, y, text: { field: 'text' } },
  });
  const ended = (outcome: Walk['outcome']) => walks.filter((walk) => walk.outcome === outcome);
  const paths = (some: readonly Walk[], style: MarkStyle): Layer => ({
    data: { values: some.flatMap((walk, i) => pathOf(walk).map((point) => ({ ...point, walk: i }))) },
    mark: { type: 'line', strokeWidth: 0.9, strokeJoin: 'round', ...style },
    encoding: { x, y, detail: { field: 'walk' }, order: { field: 'order', type: 'quantitative' } },
  });
  return {
    width: 150,
    height: 150,
    padding: 2,
    layer: [
      outline(disc(lake), { filled: true, fill: themeColour('water') }),
      ...(blocked === undefined ? [] : [flood(blocked)]),
      outline(disc(home), { stroke: themeColour('ink'), strokeDash: [3, 2] }),
      paths(ended('timeout'), { stroke: OUT_OF_TIME, opacity: 0.6, strokeDash: [2, 2] }),
      paths(ended('home'), { stroke: colour, opacity: 0.65 }),
      paths(ended('drowned'), { stroke: DROWNED, opacity: 0.45 }),
      {
        data: { values: ended('drowned').map((walk) => pathOf(walk).at(-1)) },
        mark: { type: 'point', shape: 'cross', angle: 45, filled: true, size: 24, opacity: 0.85, color: DROWNED },
        encoding: { x, y },
      },
      {
        data: { values: [{ x: start.x, y: start.y }] },
        mark: { type: 'point', filled: true, color: themeColour('ink'), size: 34, opacity: 1 },
        encoding: { x, y },
      },
      label('start', start, { dy: 14 }),
      label('home', home, { dy: 29 }),
      label('lake', { x: 0, y: 0 }, { fontStyle: 'italic' }),
    ],
  };
}

function pathOf({ positions }: Walk) {
  return Array.from({ length: positions.length / 2 }, (_, i) => ({
    order: i,
    x: positions[2 * i],
    y: positions[2 * i + 1],
  }));
}

/**
 * The plane of velocities at the start, [−extent, extent]², with a layer on it. A circle marks full speed. The shaded wedge holds the
 * directions in which a straight walk meets the lake.
 */
export function velocityPlane(extent: number, layer: (axes: PlaneAxes) => Layer): TopLevelSpec {
  const axis = {
    values: [-1, 0, 1],
    grid: false,
    labelFontSize: 13,
    labelPadding: 2,
    tickSize: 3,
    titlePadding: 2,
    titleFontSize: 13,
  };
  const scale = { domain: [-extent, extent], nice: false };
  const axes: PlaneAxes = {
    x: { field: 'x', type: 'quantitative', scale, axis: { ...axis, title: 'vx' } },
    y: { field: 'y', type: 'quantitative', scale, axis: { ...axis, title: 'vy', titleAngle: 0 } },
  };
  const circle = Array.from({ length: 65 }, (_, i) => ({
    x: Math.cos((i * Math.PI) / 32),
    y: Math.sin((i * Math.PI) / 32),
  }));
  return {
    width: 140,
    height: 140,
    padding: 2,
    layer: [
      waterWedge(axes, extent),
      layer(axes),
      pathLayer(axes, circle, { stroke: themeColour('faint'), strokeDash: [3, 3], strokeWidth: 1 }),
    ],
  };
}

/** A layer with the directions in which a straight walk from the start meets the lake, up to `extent` to the right. */
export function waterWedge(axes: PlaneAxes, extent: number): Layer {
  const shore = extent * Math.tan(lakeView(start)!.half);
  const [state, below, above] = [
    { x: 0, y: 0 },
    { x: extent, y: -shore },
    { x: extent, y: shore },
  ];
  return pathLayer(axes, [state, below, above, state], { filled: true, fill: themeColour('water') });
}

/** Encodings of both axes of a plane, for Vega-Lite. */
export interface PlaneAxes {
  readonly x: Position;
  readonly y: Position;
}

/** A layer in which points are joined in their order. */
export function pathLayer({ x, y }: PlaneAxes, points: readonly Point[], mark: MarkStyle): Layer {
  return {
    data: { values: points.map((point, order) => ({ order, ...point })) },
    mark: { type: 'line', ...mark },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
  };
}

/** A table of how walks ended for each environment and condition. */
export function walkTables(title: string, rows: readonly SummaryRow[]): Table[] {
  const columns = [
    { metric: 'drownRate', label: 'drowned', ...shareColumn },
    { metric: 'homeRate', label: 'home', ...shareColumn },
    { metric: 'return', label: 'return', format: (value: number) => value.toFixed(3) },
    { metric: 'modeBalance', label: 'less used bank', ...shareColumn },
  ];
  return [
    ...groupBy(rows, ({ env, condition }) =>
      [title, env, ...(condition === undefined ? [] : [conditionLabel(condition)])].join(', '),
    ),
  ].map(([heading, own]) => metricTable(heading, own, columns));
}

/**
 * The share of walks that drown for each seed and column, per cent, with its 95 % Wilson interval over the seed's evaluation walks.
 * @param columns rows of `drownRate`, by heading
 */
export function drownTable(
  title: string,
  columns: readonly { readonly heading: string; readonly row: SummaryRow }[],
  { seeds, evaluationEpisodes }: { readonly seeds: readonly number[]; readonly evaluationEpisodes: number },
): Table {
  const { format } = shareColumn;
  const cell = (rate: number | null | undefined): string => {
    if (rate == null) return '–';
    const { low, high } = wilsonInterval(Math.round(rate * evaluationEpisodes), evaluationEpisodes);
    return `${format(rate)} [${format(low)}, ${format(high)}]`.replaceAll(' ', '\u00a0');
  };
  return {
    title,
    columns: ['seed', ...columns.map(({ heading }) => heading)],
    rows: seeds.map((seed, i) => [String(seed), ...columns.map(({ row }) => cell(row.perSeed[i]))]),
  };
}
