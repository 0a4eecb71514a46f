import type { Rng } from '../../src/random.ts';
import type { Ended } from '../oxbowProcess.ts';

/** What came of one fault. */
export interface FaultCase {
  /** Cases of one kind share what stands before the first comma: a row of the table. */
  readonly fault: string;
  readonly coreDumps: number;
  readonly stackTraces: number;
  readonly orphans: number;
  /** Finished jobs that were gone or other than before, after continuing. */
  readonly lost: number;
  /** Whether the continued run has the summary of an unbroken one; undefined where nothing is continued. */
  readonly equal?: boolean;
  /** What else was not as it should be. */
  readonly problems: readonly string[];
  /** Seconds from a signal to the end. */
  readonly seconds?: number;
}

/** What each kind of fault is given. */
export interface FaultContext {
  /** A folder for its files, which is removed at the end. */
  readonly folder: string;
  /** The directory of a finished run. It is not to be changed: damage a copy. */
  readonly reference: string;
  /** Whether a few cases of each kind are enough. */
  readonly short: boolean;
  readonly rng: Rng;
  readonly record: (one: FaultCase) => void;
}

/** Seconds in which a command ends after a signal, whatever it does. */
const SLOWEST_END = 2;

export function isBad({ coreDumps, stackTraces, orphans, lost, equal, problems, seconds = 0 }: FaultCase): boolean {
  return coreDumps + stackTraces + orphans + lost + problems.length > 0 || equal === false || seconds > SLOWEST_END;
}

/** What must never be seen, of how a command ended. */
export function seen({
  coreDumps,
  stackTraces,
  orphans,
}: Ended): Pick<FaultCase, 'coreDumps' | 'stackTraces' | 'orphans'> {
  return { coreDumps, stackTraces, orphans };
}
