import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import {
  Box,
  type BoxDtype,
  Dict,
  Discrete,
  flatten,
  flattenSpace,
  MultiBinary,
  MultiDiscrete,
  type Space,
  Text,
  Tuple,
} from '../../envs/index.ts';
import { makePolicy, ObservationLayout, policyFromJson, policyToJson, Rng } from '../../src/index.ts';

/** As the golden file describes a space. */
type Described =
  | { type: 'Dict'; parts: [string, Described][] }
  | { type: 'Tuple'; parts: Described[] }
  | { type: 'Discrete'; n: number; start: number }
  | { type: 'MultiDiscrete'; nvec: number[]; start: number[] }
  | { type: 'MultiBinary'; shape: number[] }
  | { type: 'Box'; shape: number[]; low: number[]; high: number[]; dtype: BoxDtype };

interface Case {
  name: string;
  space: Described;
  value: unknown;
  flat: number[];
  low: number[];
  high: number[];
}

/** Recorded from Gymnasium; see its `meta`. */
const { cases } = JSON.parse(readFileSync(new URL('../envs/golden/flatten.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

function spaceOf(described: Described): Space {
  switch (described.type) {
    case 'Dict':
      return new Dict(new Map(described.parts.map(([name, part]) => [name, spaceOf(part)]))) as Space;
    case 'Tuple':
      return new Tuple(described.parts.map(spaceOf)) as Space;
    case 'Discrete':
      return new Discrete(described.n, described.start);
    case 'MultiDiscrete':
      return new MultiDiscrete(described.nvec, described.start);
    case 'MultiBinary':
      return new MultiBinary(described.shape);
    case 'Box':
      return new Box({ low: described.low, high: described.high, shape: described.shape, dtype: described.dtype });
  }
}

/** A value as the spaces here have it, of one as JSON has it. */
function valueIn(space: Space, value: unknown): unknown {
  if (space instanceof Dict) {
    const values = value as Record<string, unknown>;
    return Object.fromEntries(space.names.map((name) => [name, valueIn(space.spaces[name]!, values[name])]));
  }
  if (space instanceof Tuple) return space.spaces.map((part, i) => valueIn(part, (value as unknown[])[i]));
  if (space instanceof Discrete) return value;
  return space.read(Float64Array.from(value as number[]), 0);
}

/** As {@link Dict} sorts them by itself. */
function sortedAgain(described: Described): Space {
  if (described.type !== 'Dict') return spaceOf(described);
  return new Dict(Object.fromEntries(described.parts.map(([name, part]) => [name, sortedAgain(part)]))) as Space;
}

describe('agrees with Gymnasium', () => {
  test.each(cases.map((each, i) => ({ ...each, name: `${each.name} ${i}` })))('$name', (recorded) => {
    const space = spaceOf(recorded.space);
    const value = valueIn(space, recorded.value);
    expect(space.violation(value)).toBeUndefined();
    const layout = new ObservationLayout('test', space as never);
    expect([...layout.flat(value)]).toEqual(recorded.flat);
    const { low, high } = layout.box();
    expect({ low, high }).toEqual({ low: recorded.low, high: recorded.high });
    const isBytes = recorded.name.startsWith('image');
    if (!isBytes) {
      expect([...flatten(space, value)]).toEqual(recorded.flat);
      expect([...flattenSpace(space).high]).toEqual(recorded.high);
    }
    // Of the row that a vector env has of it, somewhere in the midst.
    const rows = new Float32Array(2 * space.size);
    space.write(value, rows, space.size);
    const seen = new Float32Array(layout.size + 2).fill(7);
    layout.expand(rows, space.size, seen, 1);
    expect([...seen]).toEqual([7, ...recorded.flat, 7]);
    // A Dict of a plain object has Gymnasium's order by itself.
    if (!recorded.name.startsWith('ordered')) expect(String(sortedAgain(recorded.space))).toBe(String(space));
  });
});

test('bytes are brought to [0, 1] by their bounds, other numbers are not', () => {
  const bytes = new Box({ low: [10, 0, 5], high: [20, 255, 5], dtype: 'uint8' });
  expect([...new ObservationLayout('test', bytes).flat(Uint8Array.of(15, 51, 5))]).toEqual([0.5, Math.fround(0.2), 0]);
  for (const dtype of ['float32', 'float64', 'int32'] as const) {
    const layout = new ObservationLayout('test', new Box({ low: 0, high: 255, shape: [2], dtype }));
    expect([...layout.flat([0, 200])]).toEqual([0, 200]);
    expect(layout.isPlain).toBe(true);
  }
});

test('what may be kept as bytes is k/255 to the bit', () => {
  const eye = new Box({ low: 0, high: 255, shape: [256], dtype: 'uint8' });
  const flag = new Box({ low: 0, high: 1, shape: [1], dtype: 'uint8' });
  const space = new Dict({ eye, flag, place: new Discrete(3), keys: new MultiBinary(2), word: new Text(3) });
  const layout = new ObservationLayout('test', space);
  expect(layout.areBytes).toBe(true);
  const view = Uint8Array.from({ length: 256 }, (_, k) => k);
  const seen = layout.flat({ eye: view, flag: [1], place: 2, keys: [1, 0], word: 'a' });
  for (const value of seen) expect(Math.fround(Math.round(value * 255) / 255)).toBe(value);
  for (const other of [
    new Box({ low: 0, high: 1, shape: [1] }),
    new Box({ low: 0, high: 100, shape: [1], dtype: 'uint8' }),
  ]) {
    expect(new ObservationLayout('test', new Tuple([eye, other])).areBytes).toBe(false);
  }
});

test('texts are left out, and whatever has numbers stays', () => {
  const space = new Dict({
    mission: new Text(20),
    image: new Box({ low: 0, high: 255, shape: [2, 2, 3], dtype: 'uint8' }),
    direction: new Discrete(4),
  });
  const layout = new ObservationLayout('test', space);
  expect(layout.omitted).toEqual(['mission']);
  expect([layout.size, layout.rowSize, space.size]).toEqual([16, 13, 13]);
  expect(layout.parts).toEqual([
    { path: 'direction', at: 0, size: 4, shape: [4], isImage: false, isScaled: true },
    { path: 'image', at: 4, size: 12, shape: [2, 2, 3], isImage: true, isScaled: true },
  ]);
  const image = new Uint8Array(12).fill(255);
  const seen = layout.flat({ mission: 'go', image, direction: 2 });
  expect([...seen]).toEqual([0, 0, 1, 0, ...new Array(12).fill(1)]);
});

test('a space of one’s own is the numbers that it writes', () => {
  const layout = new ObservationLayout('test', { size: 2, shape: [2] });
  expect(layout.space).toEqual({ low: [-Infinity, -Infinity], high: [Infinity, Infinity], shape: [2] });
  expect([...layout.flat([3, -4])]).toEqual([3, -4]);
});

test('what cannot be seen is refused, and a part that is missing or wrong named, wherever it is', () => {
  expect(() => new ObservationLayout('Ppo', new Text(9))).toThrow(/^Ppo: got a Text/);
  expect(() => new ObservationLayout('Ppo', { spaces: { a: {} } })).toThrow(/^Ppo\.a: got/);
  const arm = new Dict({ grip: new Discrete(3, 1), pose: new Tuple([new MultiDiscrete([2, 3]), new MultiBinary(2)]) });
  const space = new Dict({ at: new Box({ low: 0, high: 1, shape: [2] }), say: new Text(5), arm });
  const layout = new ObservationLayout('test', space);
  const right = (
    pose: unknown[] = [
      [1, 2],
      [0, 1],
    ],
  ) => ({ grip: 2, pose });
  // Texts are not seen, so that one may be missing.
  expect([...layout.flat({ at: [0.5, 1], arm: right() })]).toEqual([0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0.5, 1]);
  for (const [wrong, message] of [
    [3, /^observation: got 3/],
    [{ arm: right() }, /^observation: has no part "at"/],
    [{ at: undefined, arm: right() }, /^observation\.at: got undefined/],
    [{ at: [1], arm: right() }, /^observation\.at: got \[1\]/],
    [{ at: [0, 1], arm: null }, /^observation\.arm: got null/],
    [{ at: [0, 1], arm: { ...right(), grip: 4 } }, /^observation\.arm\.grip: got 4/],
    [{ at: [0, 1], arm: { ...right(), grip: 1.5 } }, /^observation\.arm\.grip: got 1\.5/],
    [{ at: [0, 1], arm: right([[1, 2]]) }, /^observation\.arm\.pose: has no part "1"/],
    [
      {
        at: [0, 1],
        arm: right([
          [2, 2],
          [0, 1],
        ]),
      },
      /^observation\.arm\.pose\.0: got 2/,
    ],
  ] as [unknown, RegExp][]) {
    expect(() => layout.flat(wrong)).toThrow(message);
  }
});

describe('makePolicy', () => {
  const space = new Dict(
    new Map<string, Space>([
      ['z', new Tuple([new MultiDiscrete([2, 3]), new MultiBinary(2)]) as Space],
      ['camera', new Box({ low: 0, high: 255, shape: [2, 2, 3], dtype: 'uint8' })],
      ['a', new Box({ low: [-Infinity, 0], high: [1, Infinity] })],
      ['text', new Text(5)],
    ]),
  );
  const task = { observationSpace: space, actionSpace: new Discrete(2), hidden: [4] };

  test('takes any space, and its file has it', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const policy = makePolicy('categorical', { ...task, rng: new Rng(0) });
    expect(policy.observationDim).toBe(5 + 2 + 12 + 2);
    const { policy: loaded } = policyFromJson(policyToJson(policy));
    expect(loaded.config).toEqual(policy.config);
    expect(loaded.observationDim).toBe(policy.observationDim);
    const layout = new ObservationLayout('test', loaded.config!.observationSpace);
    expect(layout.parts.map(({ path }) => path)).toEqual(['z.0', 'z.1', 'camera', 'a']);
  });
});
