/** Milliseconds that a subject runs before it is timed. */
const WARM_UP = 600;
/** Milliseconds that one block of repeats should take. */
export const BLOCK = 40;

/** Milliseconds of one run, averaged over a block. @throws if what the runs gave is not finite */
export function block(run: () => number, repeats: number): number {
  const start = performance.now();
  let sum = 0;
  for (let i = 0; i < repeats; i++) sum += run();
  const ms = (performance.now() - start) / repeats;
  if (!Number.isFinite(sum)) throw new Error('bench: the subject gave a number that is not finite');
  return ms;
}

/** Runs until warm: JavaScript engines compile WebAssembly well only in the background. Returns how many repeats make a block. */
export function warmUp(run: () => number): number {
  const warm = performance.now() + WARM_UP;
  while (performance.now() < warm) run();
  let repeats = 1;
  for (;;) {
    const ms = block(run, repeats) * repeats;
    if (ms >= BLOCK / 2) return Math.max(1, Math.round((repeats * BLOCK) / ms));
    repeats *= 2;
  }
}
