import { Turns } from './turns.ts';

/** Takes steps to their end, and in between lets in what waits, see {@link Turns}. */
export async function inTurns<T>(steps: Generator<void, T, void>): Promise<T> {
  const turns = new Turns();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turns.next();
  }
}
