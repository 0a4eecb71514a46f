import type { TopLevelSpec } from 'vega-lite';
import { policyColours } from '../../../envs/drawing/palette.ts';
import type { Figure, Outcome, SummaryRow } from '../../harness/experiment.ts';
import { intervalChart } from '../../harness/report/intervalChart.ts';
import { typicalOutcome } from '../../harness/report/typicalOutcome.ts';
import { lakeFigure, walksLegend } from '../lakeFigure.ts';
import { percent } from '../percent.ts';
import { velocityPlane } from '../velocityPlane.ts';
import type { WayData } from './trainWay.ts';
import { wayNames } from './ways.ts';

/** Half the side of the square of velocities that is shown. */
const EXTENT = 1.5;

/** Walks, first velocities, mode entropy, drowned and the worst bank, of one condition. */
export function wayFigures(
  name: string,
  { outcomes, rows }: { outcomes: readonly Outcome[]; rows: readonly SummaryRow[] },
): Figure[] {
  const { domain, range } = policyColours(wayNames);
  const shown = domain.flatMap((way, i) => {
    const own = outcomes.filter(({ job }) => job.policy === way);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: 'drownRate', better: 'lower' });
    const note = `seed ${job.seed}: ${percent(result.metrics.drownRate ?? 0)} drowned`;
    return [{ title: way, note, colour: range[i]!, data: result.data as WayData }];
  });
  const which =
    'Of each way the seed with the median share of drowned walks (of an even number, the worse of the two in the middle)';
  const chart = (metric: string, x: string, options: { format?: string; domain?: [number, number] } = {}) =>
    intervalChart(
      rows.filter((row) => row.metric === metric),
      { x, policies: wayNames, ...options },
    );
  const interval = 'Interquartile mean, 95 % interval, a tick a seed';
  return [
    {
      name: `${name}-walks`,
      caption: `Sampled walks of each way. Positions in lengths; the lake has radius 0.7. ${which}.`,
      legend: walksLegend,
      panels: shown.map(({ data, ...panel }) => ({
        ...panel,
        alt: `Walks of ${panel.title}, ${panel.note}.`,
        spec: lakeFigure(data.walks, panel.colour),
      })),
    },
    {
      name: `${name}-velocities`,
      caption:
        'Sampled first velocities of the same seeds. Dashed: full speed (faster velocities are slowed to it). Blue wedge: directions ' +
        'that lead into the water.',
      panels: shown.map(({ data, ...panel }) => ({
        ...panel,
        alt: `First velocities of ${panel.title}, ${panel.note}.`,
        spec: velocitiesFigure(data.velocities, panel.colour),
      })),
    },
    {
      name: `${name}-drowned`,
      caption: `Drowned, share of walks with sampled actions. ${interval}.`,
      spec: chart('drownRate', 'drowned', { format: '%' }),
    },
    {
      name: `${name}-entropy`,
      caption: `Entropy of the bank of the walks that get home, nats; 0.69 where both are used alike. ${interval}.`,
      spec: chart('modeEntropy', 'mode entropy, nats', { domain: [0, 0.7] }),
    },
    {
      name: `${name}-worst-bank`,
      caption:
        'One bank is blocked, unknown to the policy: how likely at least one of 8 walks, each with fresh draws, gets home, for the bank ' +
        `for which that is least likely. ${interval}.`,
      spec: chart('worstBankAt8', 'success within 8 tries', { format: '%', domain: [0, 1] }),
    },
  ];
}

function velocitiesFigure(velocities: readonly number[], colour: string): TopLevelSpec {
  const values = Array.from({ length: velocities.length / 2 }, (_, i) => ({
    x: velocities[2 * i]!,
    y: velocities[2 * i + 1]!,
  })).filter(({ x, y }) => Math.max(Math.abs(x), Math.abs(y)) <= EXTENT);
  return velocityPlane(EXTENT, ({ x, y }) => ({
    data: { values },
    mark: { type: 'point', filled: true, size: 8, opacity: 0.5, color: colour },
    encoding: { x, y },
  }));
}
