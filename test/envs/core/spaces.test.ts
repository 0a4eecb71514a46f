import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Box, Discrete } from '../../../envs/index.ts';
import { Rng } from '../../../src/random.ts';

describe('Box', () => {
  it('samples members, uniform between two bounds', () => {
    const box = new Box({ low: [-1, 2], high: [1, 10] });
    const rng = new Rng(1);
    const samples = Array.from({ length: 4000 }, () => box.sample(rng));
    for (const sample of samples) expect(box.violation(sample)).toBeUndefined();
    for (const [i, mean, std] of [
      [0, 0, 2 / Math.sqrt(12)],
      [1, 6, 8 / Math.sqrt(12)],
    ] as const) {
      const values = samples.map((sample) => sample[i]!);
      const average = values.reduce((sum, v) => sum + v, 0) / values.length;
      // 5 standard errors.
      expect(Math.abs(average - mean)).toBeLessThan((5 * std) / Math.sqrt(values.length));
      const below = values.filter((v) => v < mean - std / 2).length / values.length;
      expect(Math.abs(below - (0.5 - 0.25 / Math.sqrt(3)))).toBeLessThan(0.04);
    }
  });

  it('samples members where bounds are missing', () => {
    const box = new Box({ low: [-Infinity, 3, -Infinity], high: [Infinity, Infinity, -3] });
    const rng = new Rng(2);
    for (let i = 0; i < 200; i++) expect(box.violation(box.sample(rng))).toBeUndefined();
    expect(box.bounded).toBe(false);
  });

  it('samples every integer of an integer box, ends included', () => {
    const box = new Box({ low: 0, high: 3, shape: [1], dtype: 'uint8' });
    const rng = new Rng(3);
    const seen = new Set(Array.from({ length: 200 }, () => box.sample(rng)[0]));
    expect([...seen].sort()).toEqual([0, 1, 2, 3]);
  });

  it('contains exactly the arrays of its class and length within the bounds', () => {
    const box = new Box({ low: -1, high: 1, shape: [2] });
    expect(box.contains(Float32Array.of(-1, 1))).toBe(true);
    expect(box.violation(Float32Array.of(0, 1.5))).toBe('entry 1 is 1.5, expected a number in [-1, 1]');
    expect(box.violation(Float32Array.of(NaN, 0))).toContain('entry 0 is NaN');
    expect(box.violation(Float32Array.of(0))).toBe('expected 2 entries (shape [2]), got 1');
    expect(box.violation([0, 0])).toBe('expected a Float32Array, got Array [0, 0]');
    expect(box.violation(Float64Array.of(0, 0))).toContain('expected a Float32Array');
    expect(box.violation(undefined)).toBe('expected a Float32Array, got undefined');
  });

  it('holds float32 bounds, so that a float32 π is inside', () => {
    expect(new Box({ low: -Math.PI, high: Math.PI, shape: [1] }).contains(Float32Array.of(Math.PI))).toBe(true);
  });

  it('survives a row of a batch', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 3, maxLength: 3, noNaN: true }), fc.nat(5), (value, row) => {
        const box = new Box({ low: -Infinity, high: Infinity, shape: [3] });
        const batch = new Float32Array(18).fill(9);
        box.write(value, batch, 3 * row);
        expect(box.read(batch, 3 * row)).toEqual(value);
        const into = new Float32Array(3);
        expect(box.read(batch, 3 * row, into)).toBe(into);
        expect(into).toEqual(value);
        expect(batch.filter((_, i) => i < 3 * row || i >= 3 * row + 3).every((v) => v === 9)).toBe(true);
      }),
    );
  });

  it.each([
    [{ low: 1, high: 0, shape: [1] }, 'needs low ≤ high, got low[0] = 1, high[0] = 0'],
    [{ low: NaN, high: 0, shape: [1] }, 'low must be in [-Infinity, Infinity] for dtype float32, got NaN'],
    [{ low: [0, 0], high: [1], shape: [2] }, 'high has 1 entries, expected 2 for shape [2]'],
    [{ low: 0, high: 1 }, 'needs a shape where low and high are single numbers'],
    [{ low: 0, high: 1, shape: [0] }, 'shape must hold positive integers, got Array [0]'],
    [{ low: 0, high: 256, shape: [1], dtype: 'uint8' as const }, 'high must be in [0, 255] for dtype uint8, got 256'],
    [{ low: -Infinity, high: 1, shape: [1], dtype: 'int32' as const }, 'got -Infinity'],
    [
      { low: 0, high: 1, shape: [1], dtype: 'f4' as 'int32' },
      'dtype must be one of float32, float64, int32, uint8, got "f4"',
    ],
  ])('refuses %o', (options, message) => {
    expect(() => new Box(options)).toThrow(message);
  });
});

describe('Discrete', () => {
  it('samples and contains its integers only', () => {
    const space = new Discrete(3, -1);
    const rng = new Rng(1);
    const seen = new Set(Array.from({ length: 100 }, () => space.sample(rng)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1]);
    for (const x of [-2, 2, 0.5, NaN, '0', undefined, Float32Array.of(0)]) expect(space.contains(x)).toBe(false);
    expect(space.violation(2)).toBe('expected an integer in [-1, 1], got 2');
  });

  it('refuses what is no positive integer', () => {
    expect(() => new Discrete(0)).toThrow('Discrete: n must be an integer ≥ 1, got 0');
    expect(() => new Discrete(2, 0.5)).toThrow('start must be an integer');
  });
});
