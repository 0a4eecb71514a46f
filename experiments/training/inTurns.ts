import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work between two looks at what else there is to do. */
const TURN = 50;

/** Takes steps to their end, and in between lets in what waits, such as the signal of a Ctrl-C. */
export async function inTurns<T>(steps: Generator<void, T, void>): Promise<T> {
  for (let begun = performance.now(); ; ) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - begun < TURN) continue;
    await setImmediate();
    begun = performance.now();
  }
}
