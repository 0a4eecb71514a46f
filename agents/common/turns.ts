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
