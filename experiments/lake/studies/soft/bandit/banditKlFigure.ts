import type { TopLevelSpec } from 'vega-lite';
import { policyNames } from '../../../../../agents/lake.ts';
import type { SummaryRow } from '../../../../../cli/experiment/experiment.ts';
import type { Colour, Position } from '../../../../../cli/report/charts.ts';
import { policyColours, themeColour } from '../../../../../envs/drawing/palette.ts';
import { portableMath } from '../../../../../src/index.ts';
import type { BanditTask } from '../../../bandit/banditOptimum.ts';
import { bestGaussian } from '../../../bandit/bestGaussian.ts';

/** A KL that was measured, and of what. */
export interface MeasuredKl {
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
