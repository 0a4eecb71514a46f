import type { Policy } from '../../../src/index.ts';

/** How far a training is. */
export interface LakeProgress {
  readonly step: number;
  /** What its learning curve shows; null where there is nothing to show. */
  readonly value: number | null;
}

/** A training that goes on as its reports are taken. It needs no files, so that it runs in browsers too. */
export interface LakeTraining<R extends LakeProgress = LakeProgress> {
  readonly policy: Policy;
  readonly steps: number;
  readonly reports: AsyncIterable<R>;
  /** Frees all but the policy. */
  dispose(): void;
}
