/** Milliseconds that a subject runs before it is timed. */
const WARM_UP = 600;
/** Milliseconds that one block of repeats should take. */
export const BLOCK = 40;

/** Does it once: a number that depends on all of it, at once or later. */
export type Run = () => number | Promise<number>;

/**
 * Milliseconds of one run, averaged over a block.
 * @param now what time it is, in milliseconds; by the clock unless given
 * @throws if what the runs gave is not finite
 */
export async function block(run: Run, repeats: number, now = (): number => performance.now()): Promise<number> {
  const start = now();
  let sum = 0;
  for (let i = 0; i < repeats; i++) {
    const value = run();
    // To await a number takes as long as a small subject.
    sum += typeof value === 'number' ? value : await value;
  }
  const ms = (now() - start) / repeats;
  if (!Number.isFinite(sum)) throw new Error('bench: the subject gave a number that is not finite');
  return ms;
}

/** Runs until warm: JavaScript engines compile WebAssembly well only in the background. Returns how many repeats make a block. */
export async function warmUp(run: Run, now = (): number => performance.now()): Promise<number> {
  const warm = performance.now() + WARM_UP;
  while (performance.now() < warm) await run();
  let repeats = 1;
  for (;;) {
    const ms = (await block(run, repeats, now)) * repeats;
    if (ms >= BLOCK / 2) return Math.max(1, Math.round((repeats * BLOCK) / ms));
    repeats *= 2;
  }
}

/** Milliseconds by the clock, or of what this process has had of a processor: for a machine that others use, too. */
export function clock(isProcessorTime: boolean): () => number {
  if (!isProcessorTime) return () => performance.now();
  return () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e3;
  };
}

/** What came of a side: the median, and the least. */
interface Turns {
  readonly median: number;
  readonly least: number;
}

/** Several sides by turns, so that all see the same machine. @param sides each gives a number of one block */
export async function inTurns(
  rounds: number,
  sides: Readonly<Record<string, Run>>,
): Promise<Readonly<Record<string, Turns>>> {
  const found: Record<string, number[]> = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(sides)) found[name]!.push(await run());
  }
  const entries = Object.entries(found).map(([name, all]) => [name, { median: median(all), least: Math.min(...all) }]);
  return Object.fromEntries(entries);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
