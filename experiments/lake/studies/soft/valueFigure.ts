import type { TopLevelSpec } from 'vega-lite';
import { themeColour } from '../../../../envs/drawing/palette.ts';
import type { Point } from '../../../../envs/lake/geometry.ts';
import { border, home, lake } from '../../../../envs/lake/lakeMap.ts';
import { portableMath } from '../../../../src/index.ts';
import { inkImage } from '../../../harness/report/inkImage.ts';
import { headingCurve } from '../../headings/headingCurve.ts';
import type { SoftOptimum } from '../../headings/truth/softOptimum.ts';
import type { ValueMap } from './valueMap.ts';

/** Roses on a side of the land, and headings of each. */
const ROSES = 7;
const HEADINGS = 72;
/** Lengths that the square root of a density of 1 per radian is drawn as. */
const REACH = 0.22;

/** The land by the value of the soft optimum, the darker the better between two bounds, with the optimum's headings as roses. */
export function valueFigure(
  optimum: SoftOptimum,
  { size, values }: ValueMap,
  [low, high]: readonly [low: number, high: number],
): TopLevelSpec {
  const domain = [-border, border];
  const axis = { values: [-2, -1, 0, 1, 2], grid: false, title: null, labelFontSize: 11, labelPadding: 2, tickSize: 3 };
  const x = { field: 'x', type: 'quantitative', scale: { domain, nice: false }, axis };
  const y = { field: 'y', type: 'quantitative', scale: { domain, nice: false }, axis };
  const density = values.map((value) => (value === undefined ? 0 : Math.max(0, (value - low) / (high - low))));
  const outline = (values: object[], style: object) => ({
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
  } as unknown as TopLevelSpec;
}

/** Of the image: what is drawn on it must stand out from its darkest cells. */
export const OPACITY = 0.5;

function placesOfRoses(): Point[] {
  const middle = (i: number) => ((2 * i + 1) / ROSES - 1) * border;
  return Array.from({ length: ROSES * ROSES }, (_, i) => ({
    x: middle(i % ROSES),
    y: middle(Math.floor(i / ROSES)),
  })).filter((place) => [lake, home].every((disc) => Math.hypot(place.x - disc.x, place.y - disc.y) > disc.radius));
}
