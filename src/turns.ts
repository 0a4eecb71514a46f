/** Milliseconds of work between two looks at what else there is to do. */
const TURN = 50;

/** Lets in what waits during long work, such as a click or the signal of a Ctrl-C, every 50 ms or so. In Node and on a page. */
export class Turns {
  #begun = performance.now();

  /** To be awaited between two steps of the work. */
  async next(): Promise<void> {
    if (performance.now() - this.#begun < TURN) return;
    // A promise alone lets in promises only.
    await new Promise<void>((resolve) => setTimeout(resolve));
    this.#begun = performance.now();
  }
}

/**
 * Takes steps to their end, and in between lets in what waits, see {@link Turns}.
 * @param signal ends them between two steps: what they have begun is for their `finally`
 * @throws what the steps throw; the reason of the signal
 */
export async function inTurns<T>(steps: Generator<void, T, void>, signal?: AbortSignal): Promise<T> {
  const turns = new Turns();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = steps.next();
      if (done) return value;
      await turns.next();
    }
  } finally {
    steps.return(undefined as never);
  }
}
