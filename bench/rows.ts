import { MATCHING_WIDTHS, matchingAct, matchingStep } from './matchingSubjects.ts';
import { act, POLICIES, ppoStep, type Subject, type SubjectOptions } from './subjects.ts';

/** A row of the benchmark, `ppo-step/spline`. */
export interface Row {
  readonly name: string;
  /** Whether most of it are products of matrices, of which a rate is told. */
  readonly trains: boolean;
  /** Batch sizes unless others are asked for. */
  readonly batches: readonly number[];
  make(batch: number, options?: SubjectOptions): Subject;
}

const BATCHES = [1, 16, 64, 256, 2048];

/** Rows of policies, which run in a page, too. */
export const POLICY_ROWS: readonly Row[] = [
  ...Object.keys(POLICIES).map((policy) => ({
    name: `ppo-step/${policy}`,
    trains: true,
    batches: BATCHES,
    make: (batch: number, options?: SubjectOptions) => ppoStep(policy, batch, options),
  })),
  ...Object.keys(POLICIES).map((policy) => ({
    name: `act/${policy}`,
    trains: false,
    batches: BATCHES,
    make: (batch: number, options?: SubjectOptions) => act(policy, batch, options),
  })),
  ...MATCHING_WIDTHS.map((width) => ({
    name: `matching-step/${width}-${width}`,
    trains: true,
    batches: [64, 256],
    make: (batch: number, options?: SubjectOptions) => matchingStep(width, batch, options),
  })),
  ...MATCHING_WIDTHS.map((width) => ({
    name: `matching-act/${width}-${width}`,
    trains: false,
    batches: [1, 256],
    make: (batch: number, options?: SubjectOptions) => matchingAct(width, batch, options),
  })),
];
