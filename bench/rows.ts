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

const rowsOf = <T extends string | number>(
  kind: string,
  of: readonly T[],
  row: Pick<Row, 'trains' | 'batches'>,
  nameOf: (each: T) => string,
  make: (each: T, batch: number, options?: SubjectOptions) => Subject,
) => of.map((each): Row => ({ name: `${kind}/${nameOf(each)}`, ...row, make: (...args) => make(each, ...args) }));

const policies = Object.keys(POLICIES);
const square = (width: number) => `${width}-${width}`;

/** Rows of policies, which run in a page, too. */
export const POLICY_ROWS: readonly Row[] = [
  ...rowsOf('ppo-step', policies, { trains: true, batches: BATCHES }, String, ppoStep),
  ...rowsOf('act', policies, { trains: false, batches: BATCHES }, String, act),
  ...rowsOf('matching-step', MATCHING_WIDTHS, { trains: true, batches: [64, 256] }, square, matchingStep),
  ...rowsOf('matching-act', MATCHING_WIDTHS, { trains: false, batches: [1, 256] }, square, matchingAct),
];
