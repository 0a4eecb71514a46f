import type { TopLevelSpec } from 'vega-lite';
import { policyNames } from '../../../../../agents/lake.ts';
import type { Figure } from '../../../../../cli/experiment/experiment.ts';
import { lineColours, type Position } from '../../../../../cli/report/charts.ts';
import { quantile } from '../../../../../cli/statistics/bootstrap.ts';
import { themeColour } from '../../../../../envs/drawing/palette.ts';
import { type Point, start } from '../../../../../envs/lake/lakeMap.ts';
import type { LakeConfig } from '../../../config.ts';
import { bestOnLake } from '../../../headings/truth/bestOnLake.ts';
import { conditionLabel } from '../../../shared/conditionLabel.ts';
import type { StudyResults } from '../../../study/lakeStudy.ts';
import type { SoftLakeCondition } from './lakeConditions.ts';
import { placesAcrossAxis, placesAlongAxis, placesAtStart } from './placesAtStart.ts';
import type { SoftLakeData } from './softLakeJob.ts';

/** KL(π ‖ π*) along the axis from the start on and across it there, of a condition. */
export function placesFigures(
  outcomes: StudyResults['outcomes'],
  condition: SoftLakeCondition,
  config: LakeConfig,
): Figure[] {
  const lines = policyNames.flatMap((policy) => {
    const own = outcomes.filter(({ job }) => job.policy === policy && job.condition === condition.key);
    return own.length === 0 ? [] : [{ policy, kls: medianKls(own.map(({ result }) => result.data as SoftLakeData)) }];
  });
  if (lines.length === 0) return [];
  const figure = (which: 'along' | 'across', some: readonly Point[], first: number, at: (place: Point) => number) => ({
    name: `soft-lake-${which}-${condition.key}`,
    caption:
      `KL(π ‖ π*) ${which} the axis through the start and home, ${conditionLabel(condition.key)}: the median over the seeds at each place. ` +
      `Dashed: the best Gaussian of each place, computed. All walks begin at the start (0), so that policies have not learned what to do close to it; lines are cut at ${MOST_KL} nats.`,
    spec: placesFigure(
      which === 'along' ? 'towards the lake, lengths' : 'beside the start, lengths',
      lines.flatMap(({ policy, kls }) => some.map((place, i) => ({ policy, at: at(place), kl: kls[first + i]! }))),
      some.map((place) => ({ at: at(place), kl: bestAt(place, condition, config) })),
    ),
  });
  return [
    figure('along', placesAlongAxis, 0, ({ x }) => x - start.x),
    figure('across', placesAcrossAxis, placesAlongAxis.length, ({ y }) => y - start.y),
  ];
}

/** KL of the best Gaussian, nats. The lake is its own mirror image: what is below the axis is as above it. */
function bestAt({ x, y }: Point, { task }: SoftLakeCondition, config: LakeConfig): number {
  return bestOnLake(task, config.soft.lake, { x, y: Math.abs(y) }).best.kl;
}

/** KL at a place of a line about the start. */
interface PlaceKl {
  /** Where on the line, lengths. */
  readonly at: number;
  /** Nats. */
  readonly kl: number;
}

/** Lines are cut above this, nats. */
const MOST_KL = 4;

/** KL along a line about the start: trained policies in their colours, and the best Gaussian at each place, dashed. */
function placesFigure(
  title: string,
  measured: readonly (PlaceKl & { readonly policy: string })[],
  best: readonly PlaceKl[],
): TopLevelSpec {
  const x: Position = {
    field: 'at',
    type: 'quantitative',
    title,
    scale: { nice: false, zero: false },
    axis: { grid: false },
  };
  const y: Position = {
    field: 'kl',
    type: 'quantitative',
    title: 'KL, nats',
    scale: { domain: [0, MOST_KL], nice: false },
  };
  return {
    width: 'container',
    height: 200,
    layer: [
      {
        data: { values: best },
        mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1.5, color: themeColour('ink'), clip: true },
        encoding: { x, y },
      },
      {
        data: { values: measured },
        mark: { type: 'line', strokeWidth: 1.6, clip: true },
        encoding: { x, y, color: lineColours(policyNames, new Set(measured.map(({ policy }) => policy))) },
      },
    ],
  };
}

/** The median over seeds of the KL at each of {@link placesAtStart}, nats. */
export function medianKls(seeds: readonly Pick<SoftLakeData, 'kls'>[]): number[] {
  return placesAtStart.map((_, i) =>
    quantile(
      Float64Array.from(seeds, ({ kls }) => kls[i]!),
      0.5,
    ),
  );
}
