import type { TopLevelSpec } from 'vega-lite';
import type { Figure, LegendEntry } from '../../cli/experiment/experiment.ts';
import type { Layer, MarkStyle, Position } from '../../cli/report/charts.ts';
import { themeColour } from '../../envs/drawing/palette.ts';
import { border, home, lake, type Point, start } from '../../envs/lake/lakeMap.ts';
import { headingCurve } from '../../envs/lake/lakeView.ts';
import type { SoftOptimum } from '../../envs/lake/softOptimum.ts';
import { portableMath } from '../../src/index.ts';
import { inkImage, swatch } from '../shared/report.ts';
import { optimumOnLake } from './bestOnLake.ts';
import type { SoftLakeCondition } from './conditions.ts';
import type { LakeConfig } from './config.ts';
import { conditionLabel } from './labels.ts';

/** Cells along a side of the map of values, and what it tells apart. */
const MAP = { size: 128, bounds: [0.4, 1] } as const;

/** The soft optima of conditions over the lake, side by side. */
export function valueFigures(conditions: readonly SoftLakeCondition[], config: LakeConfig): Figure[] {
  if (conditions.length === 0) return [];
  const panels = conditions.map(({ key, task }) => {
    const label = conditionLabel(key);
    const optimum = optimumOnLake(task, config.soft.lake);
    const value = optimum.value(start).toFixed(2);
    return {
      title: label,
      note: `V at the start ${value}`,
      alt: `The soft optimum over the lake, ${label}: the value at the start is ${value}; the directions lead round the lake to home.`,
      spec: valueFigure(optimum, valueMap(optimum, MAP.size), MAP.bounds),
    };
  });
  const caption =
    'The soft optimum: its value V, the soft return to come, over positions in lengths, and its headings at some of them, drawn so that ' +
    'equal areas hold equal mass. On the axis before the lake they have two modes, beside it one.';
  return [{ name: 'soft-lake-values', caption, legend: valueLegend(MAP.bounds), panels }];
}

/** Roses on a side of the land, and headings of each. */
const ROSES = 7;
const HEADINGS = 72;
/** Lengths that the square root of a density of 1 per radian is drawn as. */
const REACH = 0.22;

/** The land by the value of the soft optimum, the darker the better between two bounds, with the optimum's headings as roses. */
function valueFigure(
  optimum: SoftOptimum,
  { size, values }: ValueMap,
  [low, high]: readonly [low: number, high: number],
): TopLevelSpec {
  const domain = [-border, border];
  const axis = { values: [-2, -1, 0, 1, 2], grid: false, title: null, labelFontSize: 11, labelPadding: 2, tickSize: 3 };
  const x: Position = { field: 'x', type: 'quantitative', scale: { domain, nice: false }, axis };
  const y: Position = { field: 'y', type: 'quantitative', scale: { domain, nice: false }, axis };
  const density = values.map((value) => (value === undefined ? 0 : Math.max(0, (value - low) / (high - low))));
  const outline = (values: object[], style: MarkStyle): Layer => ({
    data: { values },
    mark: { type: 'line', strokeWidth: 1, ...style },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' }, detail: { field: 'rose' } },
  });
  const disc = (of: typeof lake) =>
    Array.from({ length: 65 }, (_, order) => ({
      order,
      x: of.x + of.radius * Math.cos((order * Math.PI) / 32),
      y: of.y + of.radius * Math.sin((order * Math.PI) / 32),
    }));
  const roses = placesOfRoses().flatMap((place, rose) =>
    headingCurve(Array.from(optimum.policyAt(place, HEADINGS).logDensity, portableMath.exp)).map((point, order) => ({
      rose,
      order,
      x: Number((place.x + REACH * point.x).toFixed(3)),
      y: Number((place.y + REACH * point.y).toFixed(3)),
    })),
  );
  return {
    width: 150,
    height: 150,
    padding: 2,
    layer: [
      {
        data: { values: [{ x: -border, x2: border, y: -border, y2: border }] },
        mark: { type: 'image', url: inkImage({ size, density }, 1), aspect: false, opacity: OPACITY },
        encoding: { x, x2: { field: 'x2' }, y, y2: { field: 'y2' } },
      },
      outline(disc(lake), { filled: true, fill: themeColour('water') }),
      outline(disc(home), { filled: true, fill: themeColour('paper') }),
      outline(disc(home), { stroke: themeColour('ink'), strokeDash: [3, 2] }),
      outline(roses, {
        filled: true,
        fill: themeColour('ink'),
        stroke: themeColour('paper'),
        strokeWidth: 0.3,
        clip: true,
      }),
    ],
  };
}

/** The opacity of the image: what is drawn on it must stand out from its darkest cells. */
const OPACITY = 0.5;

function placesOfRoses(): Point[] {
  const middle = (i: number) => ((2 * i + 1) / ROSES - 1) * border;
  return Array.from({ length: ROSES * ROSES }, (_, i) => ({
    x: middle(i % ROSES),
    y: middle(Math.floor(i / ROSES)),
  })).filter((place) => [lake, home].every((disc) => Math.hypot(place.x - disc.x, place.y - disc.y) > disc.radius));
}

/** The legend of value figures that have these bounds. */
function valueLegend([low, high]: readonly [low: number, high: number]): LegendEntry[] {
  const ink = themeColour('ink');
  return [
    {
      label: `V from ${low.toFixed(1).replace('-', '−')} (and less) to ${high.toFixed(1)}`,
      swatch:
        '<svg aria-hidden="true" width="96" height="10"><defs><linearGradient id="values">' +
        `<stop stop-color="${ink}" stop-opacity="0"/><stop offset="1" stop-color="${ink}" stop-opacity="${OPACITY}"/></linearGradient></defs>` +
        `<rect width="96" height="10" fill="url(#values)" stroke="${themeColour('faint')}"/></svg>`,
    },
    {
      label: 'headings of the soft optimum',
      swatch: swatch(`<path d="M2 5q14-5 20-3q-6 3-20 3q14 0 20 3q-6 2-20-3z" fill="${ink}"/>`),
    },
  ];
}

/** V of the soft optimum on a square grid over the land. */
export interface ValueMap {
  readonly size: number;
  /** Row by row from the lowest; undefined in the water and at home, where nothing is chosen. */
  readonly values: readonly (number | undefined)[];
}

/** V at the middles of `size` × `size` cells. */
export function valueMap(optimum: SoftOptimum, size: number): ValueMap {
  const middle = (i: number) => ((2 * i + 1) / size - 1) * border;
  const values = Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [middle(i % size), middle(Math.floor(i / size))];
    const inside = [lake, home].some((disc) => Math.hypot(x - disc.x, y - disc.y) <= disc.radius);
    return inside ? undefined : optimum.value({ x, y });
  });
  return { size, values };
}
