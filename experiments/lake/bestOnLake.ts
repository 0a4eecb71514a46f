import type { SoftLakeTask } from '../../common/lake.ts';
import { type OptimalPolicy, SoftOptimum, type SoftOptimumOptions } from '../../common/softOptimum.ts';
import { lakeMap } from '../../envs/index.ts';
import { type Point, start } from '../../envs/lake/lakeMap.ts';
import { portableMath } from '../../src/portableMath.ts';

/** How finely a run solves its tasks. */
interface SolvedFinely {
  readonly cells: number;
  readonly points: number;
}

/** What is known of a task beforehand: the soft optimum at a place, and the Gaussian nearest to it. */
interface BestOnLake {
  readonly optimal: OptimalPolicy;
  readonly best: BestWrappedNormal;
}

/** Headings at a place. */
const POINTS = 360;

const optima = new Map<string, SoftOptimum>();
const places = new Map<string, BestOnLake>();

/** Computed once for each task and place, by default the start. */
export function bestOnLake(task: SoftLakeTask, fineness: SolvedFinely, place: Point = lakeMap.start): BestOnLake {
  const { cells, points } = fineness;
  const key = JSON.stringify([task.stride, task.temperature, cells, points, place.x, place.y]);
  const found = places.get(key);
  if (found !== undefined) return found;
  const optimal = optimumOnLake(task, fineness).policyAt(place, POINTS);
  const computed = { optimal, best: bestWrappedNormal(optimal) };
  places.set(key, computed);
  return computed;
}

/** The soft optimum of a task, solved once. */
function optimumOnLake(task: SoftLakeTask, { cells, points }: SolvedFinely): SoftOptimum {
  const { stride, temperature } = task;
  const key = JSON.stringify([stride, temperature, cells, points]);
  const found = optima.get(key) ?? new SoftOptimum({ stride, temperature, cells, points });
  optima.set(key, found);
  return found;
}

const { exp, log } = portableMath;

/** The wrapped normal WN(μ, σ²), the normal density wound round the circle, that is least far from a density on it. */
interface BestWrappedNormal {
  /** μ, radians in [−π, π). */
  readonly mean: number;
  /** σ, radians. */
  readonly scale: number;
  /** KL(WN ‖ π*), nats. */
  readonly kl: number;
}

/** σ from about a degree to where the density is flat within e⁻⁸, radians. */
const SCALES = [0.02, 4] as const;
/** Each search looks at this many values of σ; the next between the neighbours of the best. */
const TRIED = 25;
const SEARCHES = 3;

/**
 * The Gaussian's prediction: argmin over μ, σ of KL(WN(μ, σ²) ‖ π*) by the midpoint rule on the headings of π*, μ one of the bounds
 * between their cells, which lie as π* does in the mirror y → −y. Of two equally good the one nearer to −π.
 */
export function bestWrappedNormal({ logDensity, cell }: OptimalPolicy): BestWrappedNormal {
  const count = logDensity.length;
  let best: BestWrappedNormal = { mean: 0, scale: 0, kl: Infinity };
  let [low, high] = SCALES.map(log) as [number, number];
  for (let search = 0; search < SEARCHES; search++) {
    const step = (high - low) / (TRIED - 1);
    let found = 0;
    for (let i = 0; i < TRIED; i++) {
      const scale = exp(low + i * step);
      const density = Float64Array.from({ length: count }, (_, j) => wrappedNormalDensity((j + 0.5) * cell, scale));
      const negativeEntropy = density.reduce((sum, p) => sum + (p > 0 ? p * log(p) * cell : 0), 0);
      for (let shift = 0; shift < count; shift++) {
        let kl = negativeEntropy;
        for (let j = 0; j < count; j++) {
          const at = j + shift;
          kl -= density[j]! * logDensity[at < count ? at : at - count]! * cell;
        }
        if (kl < best.kl) {
          best = { mean: -Math.PI + shift * cell, scale, kl };
          found = i;
        }
      }
    }
    const middle = low + found * step;
    [low, high] = [middle - step, middle + step];
  }
  return best;
}

/** The density of WN(0, σ²) at x in [0, 2π): the sum over whole turns, σ ≤ 4. */
function wrappedNormalDensity(x: number, scale: number): number {
  let sum = 0;
  for (let turn = -5; turn <= 4; turn++) {
    const z = (x + 2 * Math.PI * turn) / scale;
    sum += exp(-0.5 * z * z);
  }
  return sum / (scale * Math.sqrt(2 * Math.PI));
}

/** How far π*(· | start) moves, as total variation ½ ∫ |π − π′|, when the grid has half the width, or the mean over actions. */
interface RefinementError {
  readonly cells: number;
  readonly points: number;
}

/** Solves a lake twice more, each time twice as finely in one respect. */
export function refinementError(
  options: SoftOptimumOptions & { readonly cells: number; readonly points: number },
): RefinementError {
  const { cells, points } = options;
  const density = (own: SoftOptimumOptions) => new SoftOptimum(own).policyAt(start, 4 * points);
  const coarse = density(options);
  const moved = (own: Partial<SoftOptimumOptions>): number => {
    const fine = density({ ...options, ...own });
    return coarse.logDensity.reduce((sum, logDensity, i) => {
      const difference = portableMath.exp(logDensity) - portableMath.exp(fine.logDensity[i]!);
      return sum + 0.5 * Math.abs(difference) * coarse.cell;
    }, 0);
  };
  return { cells: moved({ cells: 2 * cells }), points: moved({ points: 2 * points }) };
}
