import { describe, expect, test } from 'vitest';
import { type Accuracy, BLOCK, compare, floatOf, MATH_FUNCTIONS, scalar, unitInLastPlace } from './mathFunctions.ts';

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

describe('of pairs of numbers', () => {
  const bends = [0.1, 0.5, 0.7, 1.5, 2, 2.5, 3, 7, 41, 88.5, 2 ** 24 + 2, 2 ** 31, 1e-20, 1e-40, 1e20];
  const patterns = Array.from({ length: 40 }, (_, i) => floatOf((0x9e3779b9 * (i + 1)) >>> 0));
  const numbers = [...EDGES, ...bends, ...bends.map((x) => -x), ...patterns].map(Math.fround);
  const pairs = numbers.flatMap((x) => numbers.map((y): [number, number] => [x, y]));

  test('Fmod is exact', () => {
    const fmod = scalar('Fmod');
    expect(pairs.filter(([x, y]) => !Object.is(fmod(x, y), x % y))).toEqual([]);
  });

  test('Pow is accurate, and as in JavaScript at zeros, infinities and NaN', () => {
    const pow = scalar('Pow');
    const wrong = pairs.filter(([x, y]) => {
      const exact = x ** y;
      const [got, wanted] = [Math.fround(pow(x, y)), Math.fround(exact)];
      return !Object.is(got, wanted) && !(Math.abs(got - exact) <= 0.51 * unitInLastPlace(exact));
    });
    expect(wrong).toEqual([]);
  });
});
