import type { Rng } from 'oxbow';
import {
  BANANA,
  BANANA_STANDARD,
  bananaLogDensity,
  checkerboard,
  drawBanana,
  eightGaussians,
  pinwheel,
  rings,
  type Standard,
  twoMoons,
} from '../../common/planeDensities.ts';
import type { FlowSetting } from './flowSetting.ts';

/** A density over the plane that a flow learns. */
export interface Target {
  /** It is seen in [−extent, extent]². */
  readonly extent: number;
  /** Nats, where it is known: no model's negative log-likelihood is below it. */
  readonly entropy?: number;
  /** By which the flow's last layer makes it of numbers near 1; without it the flow makes the data as they are. */
  readonly standard?: Standard;
  draw(rng: Rng): ArrayLike<number>;
  /** log p(x, y), nats. */
  logPdf(x: number, y: number): number;
}

/** The banana of the flows tutorial, and the densities of `oxbow run densities`. */
export const targets: Readonly<Record<FlowSetting['target'], Target>> = {
  'two-moons': twoMoons,
  '8-gaussians': { ...eightGaussians, entropy: 2.833 },
  checkerboard: { ...checkerboard, entropy: Math.log(32) },
  rings,
  pinwheel,
  banana: {
    extent: 16,
    entropy: BANANA.entropy,
    standard: BANANA_STANDARD,
    draw: (rng) => drawBanana(rng, 1),
    logPdf: bananaLogDensity,
  },
};
