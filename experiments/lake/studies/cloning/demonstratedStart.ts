import type { LakeId } from '../../../../envs/index.ts';
import {
  type DemonstrationPath,
  demonstrationNoise,
  marginRange,
  shortestPathDirection,
} from '../../../../envs/lake/demonstrations.ts';
import { lakeGrains } from '../../../../envs/lake/lakeEnv.ts';
import { type Bank, lake, start, walk } from '../../../../envs/lake/lakeMap.ts';
import { portableMath } from '../../../../src/index.ts';

/** The demonstrators' velocities at the start as a quadrature: points, with the probability of each one's cell. */
export interface DemonstratedStart {
  /** `[count, 2]`, row by row. */
  readonly velocities: Float32Array;
  readonly probabilities: Float64Array;
  /** log p(v | start), nats, of each point. */
  readonly logDensities: Float64Array;
}

/** What sort of demonstrators. */
export interface DemonstratedStartOptions {
  readonly env: LakeId;
  readonly upperShare: number;
  readonly path: DemonstrationPath;
  /** Side of a cell; a quarter of the noise's standard deviation. */
  readonly spacing?: number;
  /** Circles by which the mean over all of them is taken. */
  readonly circles?: number;
}

/** Standard deviations beyond which there is nothing. */
const REACH = 6.5;

/**
 * p(v | start) of `collectDemonstrations`, by the midpoint rule:
 *
 *   Σ share(bank) E_R[N(v; d(R, bank), 0.1² I)] 1[the step stays dry] / Z,  R = 0.7 + margin · U(0.7, 1.3),
 *
 * d the unit vector of the tangent to the circle of radius R. Walks that drown are thrown away, which on the stride lake is seen in the
 * first step: hence the indicator. Those that drown later, one in two thousand, are left out of account.
 */
export function demonstratedStart({
  env,
  upperShare,
  path,
  spacing = demonstrationNoise / 4,
  circles = 64,
}: DemonstratedStartOptions): DemonstratedStart {
  const { margin, stride } = lakeGrains[env];
  const [least, most] = marginRange;
  const means = (['upper', 'lower'] as const)
    .map((bank) => ({ bank, share: bank === 'upper' ? upperShare : 1 - upperShare }))
    .filter(({ share }) => share > 0)
    .flatMap(({ bank, share }) =>
      Array.from({ length: circles }, (_, i) => {
        const radius = lake.radius + margin * (least + ((i + 0.5) / circles) * (most - least));
        return { ...direction(path, radius, bank), weight: share / circles };
      }),
    );
  const [xs, ys] = (['x', 'y'] as const).map((axis) => {
    const all = means.map((mean) => mean[axis]);
    const low = Math.min(...all) - REACH * demonstrationNoise;
    const count = Math.ceil((Math.max(...all) + REACH * demonstrationNoise - low) / spacing);
    return Array.from({ length: count }, (_, i) => low + (i + 0.5) * spacing);
  }) as [number[], number[]];
  const precision = 1 / (demonstrationNoise * demonstrationNoise);
  const points = ys.flatMap((vy) =>
    xs.flatMap((vx) => {
      const speed = Math.max(1, Math.sqrt(vx * vx + vy * vy));
      if (walk(start, (stride * vx) / speed, (stride * vy) / speed).outcome === 'drowned') return [];
      const density = means.reduce((sum, { x, y, weight }) => {
        const [dx, dy] = [vx - x, vy - y];
        return sum + weight * portableMath.exp(-0.5 * precision * (dx * dx + dy * dy));
      }, 0);
      // Where there is next to nothing of it a point adds nothing, and the policy need not be asked.
      return density > 1e-12 ? [{ vx, vy, density }] : [];
    }),
  );
  const total = points.reduce((sum, { density }) => sum + density, 0);
  return {
    velocities: Float32Array.from(points.flatMap(({ vx, vy }) => [vx, vy])),
    probabilities: Float64Array.from(points, ({ density }) => density / total),
    logDensities: Float64Array.from(points, ({ density }) => portableMath.log(density / (total * spacing * spacing))),
  };
}

/** A demonstrator's mean velocity at the start. */
function direction(path: DemonstrationPath, radius: number, bank: Bank): { x: number; y: number } {
  if (path === 'shortest') return shortestPathDirection(start, radius, bank);
  return { x: 0, y: bank === 'upper' ? 1 : -1 };
}
