import { describe } from './describe.ts';
import { checkOptionNames } from './options.ts';

/** What `reset({ options })` takes in a classic env. */
export interface ClassicResetOptions {
  /** Starts from exactly this state, in the order that the env's docs give. */
  state?: ArrayLike<number>;
  /** In place of the lower bound of the start's distribution. */
  low?: number;
  /** In place of the upper bound. */
  high?: number;
}

/** Beyond it float64 begins to lose the fraction of a turn. */
const largest = 1e6;

/**
 * The state with which `reset({ options: { state } })` begins, or undefined where the options have none.
 *
 * @param parts the names of its numbers.
 * @throws when it is not as many numbers of size ≤ 1e6.
 */
export function resetState(
  owner: string,
  { state }: { state?: unknown },
  parts: readonly string[],
): Float64Array | undefined {
  if (state === undefined) return undefined;
  const isList = Array.isArray(state) || ArrayBuffer.isView(state);
  const numbers: unknown[] = isList ? Array.from(state as unknown as ArrayLike<unknown>) : [];
  if (numbers.length !== parts.length || !numbers.every((x) => typeof x === 'number' && Math.abs(x) <= largest)) {
    const wanted = `${parts.length} numbers in [-1e6, 1e6]: ${parts.join(', ')}`;
    throw new Error(`${owner}: reset() got the state ${describe(state)}, expected ${wanted}`);
  }
  return Float64Array.from(numbers as number[]);
}

/**
 * Refuses options that {@link ClassicResetOptions} has not, and gives the bounds of the start's uniform distribution.
 *
 * @throws for an unknown option, or bounds that are not numbers of size ≤ 1e6 with low ≤ high.
 */
export function resetBounds(
  owner: string,
  options: Record<string, unknown>,
  defaultLow: number,
  defaultHigh: number,
): [low: number, high: number] {
  checkOptionNames(`${owner}.reset`, options, ['state', 'low', 'high']);
  const { low = defaultLow, high = defaultHigh } = options as ClassicResetOptions;
  const areNumbers = typeof low === 'number' && typeof high === 'number';
  if (!(areNumbers && Math.abs(low) <= largest && Math.abs(high) <= largest && low <= high)) {
    throw new Error(
      `${owner}: reset() needs -1e6 ≤ low ≤ high ≤ 1e6, got low ${describe(low)}, high ${describe(high)}`,
    );
  }
  return [low, high];
}
