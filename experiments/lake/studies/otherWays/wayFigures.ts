import type { TopLevelSpec } from 'vega-lite';
import type { Figure, Outcome, SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { intervalChart, typicalOutcome } from '../../../../cli/report/charts.ts';
import { policyColours } from '../../../../envs/drawing/palette.ts';
import { lakeFigure, walksLegend } from '../../walks/lakeFigure.ts';
import { velocityPlane } from '../../walks/velocityPlane.ts';
import type { WayData } from './trainWay.ts';
import { wayNames } from './ways.ts';

/** Half the side of the square of velocities that is shown. */
const EXTENT = 1.15;

/** What {@link wayFigures} draws. */
export interface WayFiguresOptions {
  /** Begins the figures' names. */
  readonly name: string;
  /** The outcomes of one condition; their data are {@link WayData}. */
  readonly outcomes: readonly Outcome[];
  readonly rows: readonly SummaryRow[];
  /** The metric by which the seed that is drawn is the median one. */
  readonly metric: WayMetric;
}

export interface WayMetric {
  readonly name: 'drownRate' | 'modeEntropy';
  readonly label: string;
  readonly better: 'higher' | 'lower';
  readonly format: (value: number) => string;
}

/** First velocities and the drowned, of one condition. */
export function velocityFigures({ name, outcomes, rows, metric }: WayFiguresOptions): Figure[] {
  return [
    {
      name: `${name}-velocities`,
      caption:
        'Sampled first velocities as they are taken. Dashed: full speed, to which faster ones are slowed. Blue wedge: directions ' +
        `that lead into the water. ${which(metric)}.`,
      panels: typical(outcomes, metric).map(({ data, ...panel }) => ({
        ...panel,
        alt: `First velocities of ${panel.title}, ${panel.note}.`,
        spec: velocitiesFigure(data.velocities, panel.colour),
      })),
    },
    {
      name: `${name}-drowned`,
      caption: `Drowned, share of walks with sampled actions. ${INTERVAL}.`,
      spec: chart(rows, 'drownRate', { x: 'drowned', format: '%' }),
    },
  ];
}

/** Walks, mode entropy and the worst bank, of one condition. */
export function walkFigures({ name, outcomes, rows, metric }: WayFiguresOptions): Figure[] {
  return [
    {
      name: `${name}-walks`,
      caption: `Sampled walks of each way. Positions in lengths; the lake has radius 0.7. ${which(metric)}.`,
      legend: walksLegend,
      panels: typical(outcomes, metric).map(({ data, ...panel }) => ({
        ...panel,
        alt: `Walks of ${panel.title}, ${panel.note}.`,
        spec: lakeFigure(data.walks, panel.colour),
      })),
    },
    {
      name: `${name}-entropy`,
      caption: `Entropy of the bank of the walks that get home, nats; 0.69 where both are used alike. ${INTERVAL}.`,
      spec: chart(rows, 'modeEntropy', { x: 'mode entropy, nats', domain: [0, 0.7] }),
    },
    {
      name: `${name}-worst-bank`,
      caption:
        'One bank is blocked, unknown to the policy: how likely at least one of 8 walks, each with fresh draws, gets home, for the bank ' +
        `for which that is least likely. ${INTERVAL}.`,
      spec: chart(rows, 'worstBankAt8', { x: 'success within 8 tries', format: '%', domain: [0, 1] }),
    },
  ];
}

const INTERVAL = 'Interquartile mean, 95 % interval, a tick a seed';

function which({ label }: WayMetric): string {
  return `Of each way the seed with the median ${label} (of an even number, the worse of the two in the middle)`;
}

/** One panel a way. */
function typical(outcomes: readonly Outcome[], { name, label, better, format }: WayMetric) {
  const { domain, range } = policyColours(wayNames);
  return domain.flatMap((way, i) => {
    const own = outcomes.filter(({ job }) => job.policy === way);
    if (own.length === 0) return [];
    const { job, result } = typicalOutcome(own, { metric: name, better });
    const value = result.metrics[name];
    const note = `seed ${job.seed}: ${label} ${value == null ? '–' : format(value)}`;
    return [{ title: way, note, colour: range[i]!, data: result.data as WayData }];
  });
}

function chart(
  rows: readonly SummaryRow[],
  metric: string,
  options: { x: string; format?: string; domain?: readonly [number, number] },
): TopLevelSpec {
  const own = rows.filter((row) => row.metric === metric);
  return intervalChart(own, { ...options, policies: wayNames });
}

function velocitiesFigure(velocities: readonly number[], colour: string): TopLevelSpec {
  const values = Array.from({ length: velocities.length / 2 }, (_, i) => {
    const [x, y] = [velocities[2 * i]!, velocities[2 * i + 1]!];
    const speed = Math.max(1, Math.hypot(x, y));
    return { x: x / speed, y: y / speed };
  });
  return velocityPlane(EXTENT, ({ x, y }) => ({
    data: { values },
    mark: { type: 'point', filled: true, size: 8, opacity: 0.5, color: colour },
    encoding: { x, y },
  }));
}
