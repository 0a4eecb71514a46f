import { describe, expect, test } from 'vitest';
import { type Accuracy, BLOCK, compare, floatOf, MATH_FUNCTIONS } from './mathFunctions.ts';

const EDGES = [
  0,
  -0,
  Infinity,
  -Infinity,
  Number.NaN,
  1,
  -1,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  3.4028234663852886e38,
];

/** Floats of every sign, exponent and many mantissas; the step is odd, so that low bits change. */
function sample(step: number): Float32Array[] {
  const patterns: number[] = [];
  for (let pattern = 0; pattern < 2 ** 32; pattern += step) patterns.push(pattern);
  const all = Float32Array.from([...EDGES, ...patterns.map(floatOf)]);
  const blocks: Float32Array[] = [];
  for (let i = 0; i < all.length; i += BLOCK) blocks.push(all.subarray(i, i + BLOCK));
  return blocks;
}

const blocks = sample(65_537 * 3);

describe.each(Object.entries(MATH_FUNCTIONS))('%s', (_, f) => {
  test('is accurate over all binades, and right at zeros, infinities and NaN', () => {
    const accuracy: Accuracy = { ulps: 0, at: 0, wrong: [] };
    for (const block of blocks) compare(f, block, accuracy);
    expect(accuracy.wrong).toEqual([]);
    expect(accuracy.ulps, `at ${accuracy.at}`).toBeLessThanOrEqual(f.ulps);
  });
});
