import type { TopLevelSpec } from 'vega-lite';
import type { LegendEntry, SummaryRow } from '../../cli/experiment/experiment.ts';
import type { Colour, Layer, Position } from '../../cli/report/charts.ts';
import { policyNames } from '../../common/lake.ts';
import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import { opponentBanks } from '../../envs/index.ts';
import { portableMath } from '../../src/index.ts';
import { swatch } from '../shared/report.ts';
import { type BanditTask, banditOptimum, banditReward, bestGaussian, DRAWN_ACTIONS, SHORE } from './bandit.ts';
import { COLLAPSED, type TemperatureKind } from './conditions.ts';

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

/** A KL that was measured, and of what. */
interface MeasuredKl {
  readonly row: SummaryRow;
  readonly task: BanditTask;
}

const RANGE = [0.018, 0.55] as const;
const CURVE_POINTS = 48;
/** Policies stand side by side at each temperature: the log of the ratio from one to the next. */
const APART = 0.035;

/** KL to the soft optimum against temperature: what the best Gaussian has, as a curve, and trained policies with their intervals. */
export function klFigure(measured: readonly MeasuredKl[], penalty: number): TopLevelSpec {
  const shown = policyNames.filter((name) => measured.some(({ row }) => row.policy === name));
  const colours = policyColours(policyNames);
  const range = shown.map((name) => colours.range[colours.domain.indexOf(name)]!);
  const ratio = portableMath.log(RANGE[1] / RANGE[0]) / CURVE_POINTS;
  const curve = Array.from({ length: CURVE_POINTS + 1 }, (_, i) => {
    const temperature = RANGE[0] * portableMath.exp(i * ratio);
    return { temperature, kl: bestGaussian({ temperature, penalty }).kl };
  });
  const points = measured
    .filter(({ row, task }) => row.iqm !== null && task.penalty === penalty)
    .map(({ row: { policy, iqm, low, high }, task }) => {
      const place = shown.indexOf(policy as (typeof shown)[number]) - (shown.length - 1) / 2;
      return { policy, iqm, low, high, temperature: task.temperature * portableMath.exp(APART * place) };
    });
  const x: Position = {
    field: 'temperature',
    type: 'quantitative',
    title: 'temperature τ',
    scale: { type: 'log', domain: [...RANGE], nice: false },
    axis: { values: [0.02, 0.05, 0.12, 0.3, 0.5], format: '~g', grid: false },
  };
  const y = (field: string): Position => ({
    field,
    type: 'quantitative',
    title: 'KL to the soft optimum, nats',
    scale: { domainMin: 0 },
    axis: { tickCount: 5 },
  });
  const color: Colour = {
    field: 'policy',
    type: 'nominal',
    scale: { domain: shown, range },
    legend: { title: null, orient: 'bottom', columns: 2, symbolType: 'circle', symbolOpacity: 1 },
  };
  return {
    width: 280,
    height: 200,
    layer: [
      {
        data: { values: curve },
        mark: { type: 'line', stroke: themeColour('muted'), strokeDash: [5, 4], strokeWidth: 1.5 },
        encoding: { x, y: y('kl') },
      },
      {
        data: { values: points.filter(({ low }) => low !== null) },
        mark: { type: 'rule', strokeWidth: 4, opacity: 0.6 },
        encoding: { x, y: y('low'), y2: { field: 'high' }, color },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 60, opacity: 1, stroke: themeColour('paper'), strokeWidth: 1 },
        encoding: { x, y: y('iqm'), color },
      },
    ],
  };
}

/** The share of the right bank of one seed. */
interface SeedShare {
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

/** How densities against an opponent are drawn. */
export const opponentDensityLegend: readonly LegendEntry[] = [
  {
    label: 'the policy',
    swatch: swatch('<path d="M0 8c8 0 6-7 12-7s4 7 12 7" stroke="currentColor" stroke-width="2"/>'),
  },
  { label: 'banks', swatch: swatch(`<path d="M0 10h24V0H0z" fill="${themeColour('line')}"/>`) },
];

/** A policy's density over actions, in its colour, over the two banks. @param top where the axis of densities ends */
export function opponentDensityFigure(
  density: readonly number[],
  { colour, top }: { readonly colour: string; readonly top: number },
): TopLevelSpec {
  const axis = { grid: false, labelFontSize: 12, labelPadding: 2, tickSize: 3, titlePadding: 2 };
  const x: Position = {
    field: 'action',
    type: 'quantitative',
    scale: { domain: [DRAWN_ACTIONS[0]!, DRAWN_ACTIONS.at(-1)!], nice: false },
    axis: { ...axis, values: [-2, -1, 0, 1, 2], title: 'action' },
  };
  const y: Position = {
    field: 'density',
    type: 'quantitative',
    scale: { domain: [0, top], nice: false },
    axis: { ...axis, tickCount: 3, title: 'density' },
  };
  const values = DRAWN_ACTIONS.map((action, i) => ({ action, density: density[i]! }));
  const { nearest, farthest } = opponentBanks;
  const banks = [
    { action: -farthest, to: -nearest },
    { action: nearest, to: farthest },
  ];
  return {
    width: 140,
    height: 110,
    padding: 2,
    layer: [
      {
        data: { values: banks },
        mark: { type: 'rect', fill: themeColour('line') },
        encoding: { x, x2: { field: 'to' } },
      },
      { data: { values }, mark: { type: 'line', stroke: colour, strokeWidth: 2 }, encoding: { x, y } },
    ],
  };
}
