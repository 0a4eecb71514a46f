import {
  type Bank,
  demonstrationNoise,
  lakeGrains,
  lakeMap,
  marginRange,
  shortestPathDirection,
} from '../../envs/index.ts';
import { portableMath } from '../../src/index.ts';
import { PRODUCT_LAKE, type ProductDemonstrations } from './productLakes.ts';

/**
 * The probability that a demonstrator's walk gets home, and that its first step stays dry: of walks that do not get home none is kept. Shares of
 * 1,012,040 walks and of 2,000,000 steps, ±0.0001.
 */
export const KEPT = { home: 0.9881, dry: 0.9888 };

const BANKS: readonly Bank[] = ['upper', 'lower'];

/** How surprising demonstrations are to those who know all about the demonstrators, nats. */
export interface Surprise {
  /** −log p(a | the walk so far), the mean over all steps of all walks. */
  readonly walks: number;
  /** −log p(a | start), the mean over first steps. */
  readonly start: number;
}

/**
 * −log p of demonstrations under the law that made them, exactly but for the constants {@link KEPT}. Lakes are independent. A walk on one has
 *
 *   p(walk) = Σ ½ E_R[Π N(aₜ; d(sₜ, R, bank), 0.1² I)] / P(home),   R = 0.7 + margin · U(0.7, 1.3),
 *
 * d the demonstrator's direction: bank and circle are hidden, and the walk so far tells of them. Its logarithm is the sum over the steps of
 * log p(aₜ | s₀, a₀, …, sₜ). Of who is home, N(0, 0.1² I).
 *
 * @param circles by which the mean over R is taken, the midpoint rule
 */
export function surpriseOf(
  { observations, actions, walks, lakes }: Pick<ProductDemonstrations, 'observations' | 'actions' | 'walks' | 'lakes'>,
  { circles = 32 }: { readonly circles?: number } = {},
): Surprise {
  const count = lakes.length;
  const radii = radiiOf(circles);
  const terms = new Float64Array(BANKS.length * circles);
  let [ofWalks, ofStarts, steps] = [0, 0, 0];
  for (const [walk, { offset, length }] of walks.entries()) {
    steps += length;
    for (let lake = 0; lake < count; lake++) {
      const under = lakes[lake]!.episodes[walk]!.length;
      terms.fill(0);
      for (let step = 0; step < length; step++) {
        const at = 2 * (count * (offset + step) + lake);
        const [vx, vy] = [actions[at]!, actions[at + 1]!];
        if (step >= under) {
          ofWalks -= logNormal(vx, vy);
          continue;
        }
        const position = { x: observations[at]!, y: observations[at + 1]! };
        for (const [b, bank] of BANKS.entries()) {
          for (let i = 0; i < circles; i++) {
            const { x, y } = shortestPathDirection(position, radii[i]!, bank);
            terms[b * circles + i]! += logNormal(vx - x, vy - y);
          }
        }
        if (step === 0) ofStarts -= logMeanExp(terms) - portableMath.log(KEPT.dry);
      }
      ofWalks -= logMeanExp(terms) - portableMath.log(KEPT.home);
    }
  }
  return { walks: ofWalks / steps, start: ofStarts / walks.length };
}

/** The radii of circles about the lake, each as likely. */
function radiiOf(circles: number): number[] {
  const { margin } = lakeGrains[PRODUCT_LAKE];
  const [least, most] = marginRange;
  return Array.from(
    { length: circles },
    (_, i) => lakeMap.lake.radius + margin * (least + ((i + 0.5) / circles) * (most - least)),
  );
}

const PRECISION = 1 / (demonstrationNoise * demonstrationNoise);
const LOG_SCALE = portableMath.log((2 * Math.PI) / PRECISION);

/** log N(v; 0, 0.1² I) */
function logNormal(x: number, y: number): number {
  return -0.5 * PRECISION * (x * x + y * y) - LOG_SCALE;
}

/** log of the mean of exp(x) */
function logMeanExp(values: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  let sum = 0;
  for (const value of values) sum += portableMath.exp(value - most);
  return most + portableMath.log(sum / values.length);
}
