import type { TopLevelSpec } from 'vega-lite';
import { policyNames, type Walk } from '../../../agents/lake.ts';
import type { Figure, Outcome, SummaryRow } from '../../../cli/experiment/experiment.ts';
import { intervalChart, learningCurves, typicalOutcome } from '../../../cli/report/charts.ts';
import { policyColours } from '../../../envs/drawing/palette.ts';
import { densityImage, densityLegend } from '../../shared/inkImage.ts';
import { percent } from '../shared/formats.ts';
import type { LakeData } from './finishJob.ts';
import { lakeFigure, walksLegend } from './lakeFigure.ts';
import { TAKEN_EXTENT, takenDensity } from './takenDensity.ts';
import { velocityPlane } from './velocityPlane.ts';

/** Walks drawn of a policy: more would hide each other. */
const DRAWN_WALKS = 40;

/** What {@link walksFigures} draws and how. */
export interface WalksFiguresOptions {
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
