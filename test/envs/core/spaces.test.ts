import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Box,
  Dict,
  Discrete,
  flatdim,
  flatten,
  flattenSpace,
  MultiBinary,
  MultiDiscrete,
  type Space,
  Tuple,
  unflatten,
} from '../../../envs/index.ts';
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

  it('samples members between bounds that are farther apart than the largest number', () => {
    const box = new Box({ low: -Number.MAX_VALUE, high: Number.MAX_VALUE, shape: [4], dtype: 'float64' });
    const rng = new Rng(2);
    const signs = new Set<number>();
    for (let i = 0; i < 20; i++) for (const x of box.sample(rng)) signs.add(Number.isFinite(x) ? Math.sign(x) : x);
    expect([...signs].sort()).toEqual([-1, 1]);
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
    expect(box.violation([0, 0])).toBe('expected a Float32Array, got [0,0]');
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
    [{ low: NaN, high: 0, shape: [1] }, 'Box: low: got NaN, expected a number or a list'],
    [{ low: [0, 0], high: [1], shape: [2] }, 'high has 1 entries, expected 2 for shape [2]'],
    [-1 as never, 'Box: got -1, expected an object of low, high, shape, dtype'],
    [{ low: undefined as never, high: 1 }, 'Box: low: got undefined, expected a number or a list'],
    [{ low: 0, high: 1 }, 'needs a shape where low and high are single numbers'],
    [{ low: 0, high: 1, shape: [0] }, 'shape: got [0], expected positive integers'],
    [
      { low: 0, high: 256, shape: [1], dtype: 'uint8' as const },
      'high: got 256, expected a number in [0, 255] for dtype uint8',
    ],
    [{ low: -Infinity, high: 1, shape: [1], dtype: 'int32' as const }, 'got -Infinity'],
    [
      { low: 0, high: 1, shape: [1], dtype: 'f4' as 'int32' },
      'dtype: got "f4", expected one of float32, float64, int32, uint8',
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
    expect(() => new Discrete(0)).toThrow('Discrete: n: got 0, expected an integer ≥ 1');
    expect(() => new Discrete(2, 0.5)).toThrow('start: got 0.5, expected an integer');
  });

  it('refuses integers that batches of float32 do not have', () => {
    for (const [n, start] of [
      [2 ** 24 + 1, 0],
      [1, -(2 ** 24)],
      [2, 2 ** 24 - 1],
    ] as const) {
      const space = new Discrete(n, start);
      const row = new Float32Array(1);
      for (const x of [start, start + n - 1]) {
        space.write(x, row, 0);
        expect(space.read(row, 0)).toBe(x);
      }
      expect(() => new Discrete(n + 1, start === 0 ? 0 : start < 0 ? start - 1 : start)).toThrow(
        /^Discrete: got the integers from /,
      );
    }
  });
});

const pose = new Tuple([new Box({ low: [-1, -Infinity], high: [1, 2] }), new Discrete(3, -1)]);
const nested = new Dict({
  pose,
  keys: new MultiBinary([2, 2]),
  arm: new MultiDiscrete([2, 3], [5, -1]),
});
const everySpace: Space[] = [
  new Box({ low: -1, high: 1, shape: [2, 2] }),
  new Box({ low: -(2 ** 31), high: 2 ** 31 - 1, shape: [2], dtype: 'int32' }),
  new Box({ low: 0, high: 1, shape: [2], dtype: 'float64' }),
  new Discrete(4, -2),
  new MultiDiscrete([2, 5], [-3, 7]),
  new MultiBinary(3),
  pose,
  nested,
  new Dict({ deep: nested, wide: new Tuple([new Box({ low: 0, high: 9, shape: [1], dtype: 'int32' })]) }),
];

describe.each(everySpace.map((space) => [String(space), space] as const))('%s', (_name, space) => {
  const rng = new Rng(1);

  it('holds its samples, in a row of a batch too', () => {
    const into = space.read(new Float64Array(space.size), 0);
    for (let i = 0; i < 100; i++) {
      const sample = space.sample(rng);
      expect(space.violation(sample)).toBeUndefined();
      const batch = new Float64Array(3 * space.size).fill(9);
      space.write(sample, batch, space.size);
      expect(space.read(batch, space.size)).toEqual(sample);
      expect(space.read(batch, space.size, into)).toEqual(sample);
      expect([...batch.subarray(0, space.size), ...batch.subarray(2 * space.size)].every((x) => x === 9)).toBe(true);
    }
  });

  it('comes back from its flat form, which is a member of the flat space', () => {
    const flatSpace = flattenSpace(space);
    expect(flatSpace.shape).toEqual([flatdim(space)]);
    for (let i = 0; i < 100; i++) {
      const sample = space.sample(rng);
      const flat = flatten(space, sample);
      expect(flatSpace.violation(flat)).toBeUndefined();
      expect(unflatten(space, flat)).toEqual(sample);
    }
  });
});

describe('flatten', () => {
  it('is as in Gymnasium: parts by sorted name, one-hot integers', () => {
    const value = {
      pose: [Float32Array.of(0.5, -7), 1] as const,
      arm: Int32Array.of(6, -1),
      keys: Uint8Array.of(1, 0, 1, 1),
    };
    // gymnasium.spaces.utils.flatten of the same space and value.
    expect([...flatten(nested, value as never)]).toEqual([0, 1, 1, 0, 0, 1, 0, 1, 1, 0.5, -7, 0, 0, 1]);
    const flat = flattenSpace(nested);
    expect([...flat.low]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -Infinity, 0, 0, 0]);
    expect([...flat.high]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]);
    expect(flat.dtype).toBe('float32');
    expect([...flatten(new Discrete(4), 2)]).toEqual([0, 0, 1, 0]);
  });

  it('keeps in float64 what float32 cannot hold', () => {
    const large = new Box({ low: 0, high: 2 ** 31 - 1, shape: [1], dtype: 'int32' });
    expect(flatten(large, Int32Array.of(2 ** 24 + 1))).toEqual(Float64Array.of(2 ** 24 + 1));
  });

  it('says what does not fit', () => {
    expect(() => flatten(new Discrete(3), 3)).toThrow('the value is not in Discrete(3): expected an integer in [0, 2]');
    expect(() => unflatten(pose, Float32Array.of(0, 0, 1))).toThrow('got 3 numbers, expected 5 for Tuple(Box(');
    expect(() => unflatten(pose, Float32Array.of(0, 0, 0, 0, 0))).toThrow(
      'needs a one-hot of 3 numbers, got Float32Array',
    );
    expect(() => flatdim({ ...new Discrete(2), toString: () => 'Odd' } as never)).toThrow('got Odd');
  });
});

describe('composite and discrete spaces', () => {
  it('sample every member', () => {
    const rng = new Rng(1);
    const space = new MultiDiscrete([2, 3], [0, -1]);
    const seen = new Set(Array.from({ length: 200 }, () => [...space.sample(rng)].join()));
    expect([...seen].sort()).toEqual(['0,-1', '0,0', '0,1', '1,-1', '1,0', '1,1'].sort());
    const bits = new Set(Array.from({ length: 100 }, () => [...new MultiBinary(2).sample(rng)].join()));
    expect(bits.size).toBe(4);
  });

  it('name what is outside', () => {
    expect(new MultiDiscrete([2, 3]).violation(Int32Array.of(1, 3))).toBe(
      'entry 1 is 3, expected an integer in [0, 2]',
    );
    expect(new MultiDiscrete([2]).violation([0])).toBe('expected an Int32Array, got [0]');
    expect(new MultiBinary([2]).violation(Uint8Array.of(0, 2))).toBe('entry 1 is 2, expected 0 or 1');
    expect(new MultiBinary([2]).violation(Uint8Array.of(0))).toBe('expected 2 entries (shape [2]), got 1');
    expect(pose.violation([Float32Array.of(0, 0), 5])).toBe('part 1: expected an integer in [-1, 1], got 5');
    expect(pose.violation([Float32Array.of(0, 0)])).toBe('expected 2 parts, got 1');
    const door = new Dict({ open: new Discrete(2) });
    expect(door.violation({ open: 2 })).toBe('part "open": expected an integer in [0, 1], got 2');
    expect(door.violation({ open: 1, shut: 0 })).toBe('has an unknown part "shut", expected open');
    expect(door.violation({})).toBe('has no part "open", expected open');
    expect(door.violation(Float32Array.of(1))).toBe('expected an object of open, got Float32Array [1]');
  });

  it.each([
    [() => new MultiDiscrete([]), 'MultiDiscrete: nvec needs at least one entry'],
    [() => new MultiDiscrete([2, 0]), 'MultiDiscrete: nvec[1]: got 0, expected an integer ≥ 1'],
    [() => new MultiDiscrete([2], [0, 0]), 'start has 2 entries, expected 1 as nvec'],
    [() => new MultiDiscrete([2], [2 ** 31 - 1]), 'entry 0 reaches 2147483648, expected an int32'],
    [() => new MultiBinary(0), 'MultiBinary: shape[0]: got 0, expected an integer ≥ 1'],
    [() => new Dict({}), 'Dict: needs at least one part'],
    [() => new Tuple([]), 'Tuple: needs at least one part'],
  ])('refuse %s', (make, message) => {
    expect(make).toThrow(message);
  });
});
