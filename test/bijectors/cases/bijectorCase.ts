import type { Bijector } from '../../../src/bijectors/index.ts';
import type { Rng } from '../../../src/random.ts';
import type { Oracle } from '../../oracle/bijectors.ts';

/** One bijector under test: how to make it, and the same map in float64. Each goes through all of properties.test.ts and gradients.slow.test.ts. */
export interface BijectorCase {
  readonly name: string;
  /** As it is before training; the suite moves the variables. */
  readonly make: (rng: Rng) => Bijector;
  readonly oracle: Oracle;
  /** The size of an input's last axis. */
  readonly dim: number;
  /** The size of an output's, where it is another; `inverse` is the float64 inverse then. */
  readonly outputDim?: number;
  /** The inverse in float64; the oracle's by Newton's method unless given. */
  readonly inverse?: Oracle;
  readonly contextDim?: number;
  /** The inputs to try; [−2, 2] by default. */
  readonly domain?: readonly [low: number, high: number] | undefined;
  /** The standard deviation by which the suite moves the variables; 0.3 by default. */
  readonly spread?: number;
  /** How many times as large its errors in float32 may be as usual; a comment at the case says why. */
  readonly conditioning?: number;
  /** Whether it begins as the identity. */
  readonly identity?: boolean;
  /** Whether values are angles. */
  readonly angles?: boolean;
  /** Inputs at which values, log-determinants and gradients must be finite; ±100 and more by default. */
  readonly edges?: { readonly forward?: readonly number[]; readonly inverse?: readonly number[] };
}
