/** Milliseconds that a block of calls takes at least, so that the clock's grain does not matter. */
const BLOCK = 0.4;
const BLOCKS = 5;

/** Milliseconds of one call: the least over several blocks of calls. */
export function timeOf(body: () => void): number {
  const block = (calls: number): number => {
    const begin = performance.now();
    for (let i = 0; i < calls; i++) body();
    return performance.now() - begin;
  };
  let calls = 1;
  while (block(calls) < BLOCK) calls *= 2;
  return Math.min(...Array.from({ length: BLOCKS }, () => block(calls))) / calls;
}
