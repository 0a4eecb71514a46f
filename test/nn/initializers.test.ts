import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lecunUniform, orthogonal } from '../../src/nn/initializers.ts';
import { Rng } from '../../src/random.ts';

const variance = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value * value, 0) / values.length;

describe('initializers', () => {
  test('orthogonal: the shorter side is orthogonal and of length gain', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer(),
        (fanIn, fanOut, seed) => {
          const kernel = orthogonal(1.5)(fanIn, fanOut, new Rng(seed));
          const [count, length] = [Math.min(fanIn, fanOut), Math.max(fanIn, fanOut)];
          const entry = (vector: number, i: number) =>
            kernel[fanIn <= fanOut ? vector * fanOut + i : i * fanOut + vector]!;
          for (let a = 0; a < count; a++) {
            for (let b = 0; b < count; b++) {
              let dot = 0;
              for (let i = 0; i < length; i++) dot += entry(a, i) * entry(b, i);
              expect(dot).toBeCloseTo(a === b ? 2.25 : 0, 5);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each([
    ['lecunUniform', lecunUniform(), 1 / 300, Math.sqrt(3 / 300)],
    ['lecunUniform(√2)', lecunUniform(Math.SQRT2), 2 / 300, Math.sqrt(6 / 300)],
  ])('%s has its variance and range', (_, initializer, wanted, limit) => {
    const values = initializer(300, 100, new Rng(1));
    expect(values.length).toBe(30_000);
    expect(variance(values) / wanted).toBeCloseTo(1, 1);
    expect(values.every((value) => Math.abs(value) <= limit)).toBe(true);
    expect(values.some((value) => value > 0) && values.some((value) => value < 0)).toBe(true);
  });
});
