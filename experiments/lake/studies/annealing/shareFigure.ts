import type { TopLevelSpec } from 'vega-lite';
import { policyNames } from '../../../../agents/lake.ts';
import type { LegendEntry } from '../../../../cli/experiment/experiment.ts';
import type { Layer, Position } from '../../../../cli/report/charts.ts';
import { policyColours, themeColour } from '../../../../envs/drawing/palette.ts';
import { swatch } from '../../../shared/swatch.ts';
import { COLLAPSED, type TemperatureKind } from './annealingConditions.ts';

/** The share of the right bank of one seed. */
export interface SeedShare {
  readonly policy: string;
  readonly kind: TemperatureKind;
  readonly share: number;
}

const MARKS: Record<TemperatureKind, { shape: string; swatch: string }> = {
  annealed: { shape: 'circle', swatch: '<circle cx="12" cy="5" r="4" fill="currentColor"/>' },
  constant: {
    shape: 'triangle-up',
    swatch: '<path d="M12 1l5 8H7z" fill="none" stroke="currentColor" stroke-width="1.5"/>',
  },
};

/** What the marks of {@link shareFigure} mean. */
export const shareLegend: readonly LegendEntry[] = [
  { label: 'annealed, a seed', swatch: swatch(MARKS.annealed.swatch) },
  { label: 'constant, a seed', swatch: swatch(MARKS.constant.swatch) },
  {
    label: `collapsed beyond it: less than ${100 * COLLAPSED} % on a bank`,
    swatch: swatch(`<path d="M12 0v10" stroke="${themeColour('faint')}" stroke-width="1" stroke-dasharray="3 2"/>`),
  },
];

/** The share of the right bank by policy, a mark a seed. */
export function shareFigure(seeds: readonly SeedShare[]): TopLevelSpec {
  const { domain, range } = policyColours(policyNames);
  const x: Position = {
    field: 'share',
    type: 'quantitative',
    title: 'right bank',
    scale: { domain: [-0.02, 1.02], nice: false },
    axis: { values: [0, 0.5, 1], format: '%', grid: false },
  };
  const marks = (kind: TemperatureKind): Layer => ({
    data: { values: seeds.filter((seed) => seed.kind === kind) },
    mark: {
      type: 'point',
      shape: MARKS[kind].shape,
      filled: kind === 'annealed',
      size: 50,
      opacity: 0.8,
      strokeWidth: 1.5,
    },
    encoding: {
      x,
      y: {
        field: 'policy',
        type: 'nominal',
        title: null,
        sort: domain,
        axis: { labelColor: themeColour('ink'), domain: false, ticks: false, labelPadding: 6, labelLimit: 0 },
      },
      yOffset: { field: 'kind', type: 'nominal', scale: { domain: ['annealed', 'constant'] } },
      color: { field: 'policy', type: 'nominal', scale: { domain, range }, legend: null },
    },
  });
  return {
    width: 150,
    height: { step: 18 },
    layer: [
      {
        data: { values: [{ share: COLLAPSED }, { share: 1 - COLLAPSED }] },
        mark: { type: 'rule', stroke: themeColour('faint'), strokeDash: [3, 2] },
        encoding: { x },
      },
      marks('annealed'),
      marks('constant'),
    ],
  };
}
