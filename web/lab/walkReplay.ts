import type { DensityPolicyName, Walk, WalkMetrics } from '../../common/lake.ts';
import type { LakeId } from '../../envs/index.ts';

/** How a policy walked at one moment of its training. */
export interface WalkFrame {
  /** Updates so far. */
  readonly step: number;
  /** Of all of its walks. */
  readonly metrics: Pick<WalkMetrics, 'drownRate' | 'homeRate'>;
  /** Some of them. */
  readonly walks: readonly Walk[];
}

/** Trainings that are stored to be played: several policies, each at the same shares of its training. */
export interface WalkReplay {
  readonly env: LakeId;
  readonly seed: number;
  /** Walks that the shares of a frame are of. */
  readonly episodes: number;
  readonly policies: readonly {
    readonly policy: DensityPolicyName;
    /** Updates of the whole training. */
    readonly steps: number;
    /** From before the first update to after the last. */
    readonly frames: readonly WalkFrame[];
  }[];
}
