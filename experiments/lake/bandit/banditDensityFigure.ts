import type { TopLevelSpec } from 'vega-lite';
import type { LegendEntry } from '../../../cli/experiment/experiment.ts';
import type { Position } from '../../../cli/report/charts.ts';
import { themeColour } from '../../../envs/drawing/palette.ts';
import { portableMath } from '../../../src/index.ts';
import { swatch } from '../../shared/swatch.ts';
import { type BanditTask, banditOptimum, banditReward, SHORE } from './banditOptimum.ts';
import { DRAWN_ACTIONS } from './drawnDensity.ts';

/** How densities on the bandit are drawn. */
export const banditDensityLegend: readonly LegendEntry[] = [
  {
    label: 'the policy',
    swatch: swatch('<path d="M0 8c8 0 6-7 12-7s4 7 12 7" stroke="currentColor" stroke-width="2"/>'),
  },
  {
    label: 'the soft optimum',
    swatch: swatch(`<path d="M0 9h24V5H0z" fill="${themeColour('faint')}" opacity=".45"/>`),
  },
  { label: 'water', swatch: swatch(`<path d="M0 10h24V0H0z" fill="${themeColour('water')}"/>`) },
];

/** A policy's density over actions, in its colour, over that of the soft optimum. */
export function banditDensityFigure(density: readonly number[], task: BanditTask, colour: string): TopLevelSpec {
  const { logTotal } = banditOptimum(task);
  const values = DRAWN_ACTIONS.map((action, i) => ({
    action,
    policy: density[i]!,
    optimum: portableMath.exp(banditReward(action, task.penalty) / task.temperature - logTotal),
  }));
  // Twice the optimum's peak is that of a policy on one bank.
  const top = 2.1 * Math.max(...values.map(({ optimum }) => optimum));
  const axis = { grid: false, labelFontSize: 12, labelPadding: 2, tickSize: 3, titlePadding: 2 };
  const [first, last] = [DRAWN_ACTIONS[0]!, DRAWN_ACTIONS.at(-1)!];
  const x: Position = {
    field: 'action',
    type: 'quantitative',
    scale: { domain: [first, last], nice: false },
    axis: { ...axis, values: [-2, -1, 0, 1, 2], title: 'action' },
  };
  const y = (field: string): Position => ({
    field,
    type: 'quantitative',
    scale: { domain: [0, top], nice: false, clamp: true },
    axis: { ...axis, tickCount: 3, title: 'density' },
  });
  return {
    width: 140,
    height: 110,
    padding: 2,
    layer: [
      {
        data: { values: [{ action: -SHORE, to: SHORE }] },
        mark: { type: 'rect', fill: themeColour('water') },
        encoding: { x, x2: { field: 'to' } },
      },
      {
        data: { values },
        mark: { type: 'area', color: themeColour('faint'), opacity: 0.45 },
        encoding: { x, y: y('optimum') },
      },
      { data: { values }, mark: { type: 'line', stroke: colour, strokeWidth: 2 }, encoding: { x, y: y('policy') } },
    ],
  };
}
