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
  Text,
  Tuple,
  unflatten,
} from '../../../envs/index.ts';
import { Rng } from '../../../src/random.ts';

describe('Box', () => {
  it('samples members, uniform between two bounds', () => {
    const box = new Box({ low: [-1, 2], high: [1, 10] });
    const rng = new Rng(1);
    const same = new Rng(1);
    for (let t = 0; t < 20; t++) {
      const sample = box.sample(rng);
      expect(box.violation(sample)).toBeUndefined();
      expect([...sample]).toEqual([same.uniform(-1, 1), same.uniform(2, 10)].map(Math.fround));
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

  it('contains exactly the arrays of its class and length within the bounds, a float32 π too', () => {
    const box = new Box({ low: -1, high: 1, shape: [2] });
    expect(box.contains(Float32Array.of(-1, 1))).toBe(true);
    expect(box.violation(Float32Array.of(0, 1.5))).toContain('entry 1 is 1.5');
    expect(box.violation(Float32Array.of(NaN, 0))).toContain('entry 0 is NaN');
    expect(box.violation(Float32Array.of(0))).toContain('expected 2 entries');
    for (const other of [[0, 0], Float64Array.of(0, 0), undefined]) {
      expect(box.violation(other)).toContain('expected a Float32Array');
    }
    expect(new Box({ low: -Math.PI, high: Math.PI, shape: [1] }).contains(Float32Array.of(Math.PI))).toBe(true);
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
    expect(() => flatten(new Discrete(3), 3)).toThrow(/not in Discrete\(3\)/);
    expect(() => unflatten(pose, Float32Array.of(0, 0, 1))).toThrow(/got 3 numbers, expected 5/);
    expect(() => unflatten(pose, Float32Array.of(0, 0, 0, 0, 0))).toThrow(/one-hot of 3/);
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
    const texts = new Set(Array.from({ length: 200 }, () => new Text(2, { charset: 'ab' }).sample(rng)));
    expect([...texts].sort()).toEqual(['a', 'aa', 'ab', 'b', 'ba', 'bb']);
  });

  const door = new Dict({ open: new Discrete(2) });
  it.each<[Space, unknown, string]>([
    [new MultiDiscrete([2, 3]), Int32Array.of(1, 3), 'entry 1 is 3'],
    [new MultiDiscrete([2]), [0], 'expected an Int32Array'],
    [new MultiBinary([2]), Uint8Array.of(0, 2), 'entry 1 is 2'],
    [new MultiBinary([2]), Uint8Array.of(0), 'expected 2 entries'],
    [pose, [Float32Array.of(0, 0), 5], 'part 1: expected an integer in [-1, 1]'],
    [pose, [Float32Array.of(0, 0)], 'expected 2 parts'],
    [door, { open: 2 }, 'part "open": expected an integer in [0, 1]'],
    [door, { open: 1, shut: 0 }, 'has an unknown part "shut"'],
    [door, {}, 'has no part "open"'],
    [door, Float32Array.of(1), 'expected an object of open'],
  ])('%s names what is outside: %#', (space, value, message) => {
    expect(space.violation(value)).toContain(message);
  });
});
