import { describe, expect, test } from 'vitest';
import { at, build, indicesOf, type Plain } from '../../oracle/onnxOperators.ts';
import { expectNear, type Numbers, runNode } from '../../support/onnxModel.ts';

const counting = (...shape: number[]): Plain => ({ shape, data: indicesOf(shape).map((_, i) => i + 1) });
const ints = (...data: number[]): Numbers => ({ shape: [data.length], data, type: 'int64' });
const scalar = (value: number, type?: Numbers['type']): Numbers => ({
  shape: [],
  data: [value],
  ...(type && { type }),
});

describe('Reshape and its like', () => {
  const x = counting(2, 3, 4);
  const rows: readonly (readonly [string, Numbers[], Record<string, number | number[]>, number[], number?])[] = [
    ['Reshape', [ints(6, -1)], {}, [6, 4]],
    ['Reshape', [ints(0, -1)], {}, [2, 12]],
    ['Reshape', [], { shape: [4, 6] }, [4, 6], 1],
    ['Flatten', [], {}, [2, 12]],
    ['Flatten', [], { axis: 0 }, [1, 24]],
    ['Flatten', [], { axis: 3 }, [24, 1]],
    ['Flatten', [], { axis: -1 }, [6, 4]],
    ['Unsqueeze', [ints(0, -1)], {}, [1, 2, 3, 4, 1]],
    ['Unsqueeze', [], { axes: [1] }, [2, 1, 3, 4], 11],
  ];
  for (const [op, others, attributes, shape, opset = 18] of rows) {
    test(`${op} to ${shape}`, () => {
      expectNear(runNode(op, [x, ...others], attributes, { opset })[0]!, x.data, shape);
    });
  }

  test('Squeeze', () => {
    const y = counting(1, 3, 1, 2);
    expectNear(runNode('Squeeze', [y])[0]!, y.data, [3, 2]);
    expectNear(runNode('Squeeze', [y, ints(-2)])[0]!, y.data, [1, 3, 2]);
    expectNear(runNode('Squeeze', [y], { axes: [0] }, { opset: 11 })[0]!, y.data, [3, 1, 2]);
    expect(() => runNode('Squeeze', [y, ints(1)])).toThrow("node 'Squeeze' (Squeeze): [1,3,1,2] cannot become [1,1,2]");
  });

  test('what does not fit is one line', () => {
    expect(() => runNode('Reshape', [x, ints(5, -1)])).toThrow(
      "node 'Reshape' (Reshape): [2,3,4] cannot become [5,-1]",
    );
    expect(() => runNode('Flatten', [x], { axis: 4 })).toThrow('the axis 4 is none of 3');
    expect(() => runNode('Reshape', [x, ints(6, 4)], {}, { given: [true, true] })).toThrow(
      'input 1 depends on the values of others, expected one of shapes and constants alone',
    );
  });
});

test('Transpose by perm, and backwards without', () => {
  const x = counting(2, 3, 4);
  const by = (perm: number[]) =>
    build(
      perm.map((axis) => x.shape[axis]!),
      (index) =>
        at(
          x,
          [0, 1, 2].map((axis) => index[perm.indexOf(axis)]!),
        ),
    );
  expectNear(runNode('Transpose', [x], { perm: [1, 2, 0] })[0]!, by([1, 2, 0]).data, [3, 4, 2]);
  expectNear(runNode('Transpose', [x])[0]!, by([2, 1, 0]).data, [4, 3, 2]);
});

test('Expand broadcasts in both directions', () => {
  const x = counting(3, 1);
  expectNear(
    runNode('Expand', [x, ints(2, 1, 4)])[0]!,
    [0, 1].flatMap(() => [1, 2, 3].flatMap((v) => [v, v, v, v])),
    [2, 3, 4],
  );
});

test('Concat along a negative axis', () => {
  const [y] = runNode('Concat', [counting(2, 1), counting(2, 2)], { axis: -1 });
  expectNear(y!, [1, 1, 2, 2, 3, 4], [2, 3]);
});

describe('Slice', () => {
  const x = counting(5, 4);
  const LAST = 2 ** 31 - 1;
  const rows: readonly (readonly [number[], number[], number[] | undefined, number[] | undefined])[] = [
    [[1], [4], undefined, undefined],
    [[0, 1], [LAST, LAST], undefined, undefined],
    [[-2], [LAST], [0], undefined],
    [[-1], [-LAST], [0], [-1]],
    [[1], [5], [0], [3]],
    [
      [-1, 0],
      [0, 4],
      [-1, 0],
      [-2, 2],
    ],
    [[3], [1], [0], undefined],
    [[7], [9], [0], undefined],
  ];
  test.each(rows)('from %j to %j, axes %j, steps %j', (starts, ends, axes, steps) => {
    const others = [ints(...starts), ints(...ends), axes && ints(...axes), steps && ints(...steps)];
    // Python's slices, by their definition.
    const kept = x.shape.map((size, axis) => {
      const i = (axes ?? starts.map((_, each) => each)).findIndex((each) => (each + 2) % 2 === axis);
      if (i < 0) return Array.from({ length: size }, (_, place) => place);
      const step = steps?.[i] ?? 1;
      const bound = (value: number) => {
        const from = value < 0 ? value + size : value;
        return step > 0 ? Math.min(Math.max(from, 0), size) : Math.min(Math.max(from, -1), size - 1);
      };
      const places: number[] = [];
      for (let p = bound(starts[i]!); step > 0 ? p < bound(ends[i]!) : p > bound(ends[i]!); p += step) places.push(p);
      return places;
    });
    const expected = kept[0]!.flatMap((row) => kept[1]!.map((column) => at(x, [row, column])));
    expectNear(runNode('Slice', [x, ...others])[0]!, expected, [kept[0]!.length, kept[1]!.length]);
  });

  test('by attributes, before set 10', () => {
    expectNear(
      runNode('Slice', [x], { starts: [1], ends: [-1], axes: [1] }, { opset: 9 })[0]!,
      [2, 3, 6, 7, 10, 11, 14, 15, 18, 19],
      [5, 2],
    );
  });

  test('a step of 0 is refused', () => {
    expect(() => runNode('Slice', [x, ints(0), ints(1), ints(0), ints(0)])).toThrow('a step is 0');
  });
});

test('Split by sizes, evenly, and with a smaller last part', () => {
  const x = counting(7);
  const parts = (others: Numbers[], attributes: Record<string, number | number[]>, outputs: number, opset = 18) =>
    runNode('Split', [x, ...others], attributes, { outputs, opset }).map(({ data }) => data);
  expect(parts([ints(2, 5)], { axis: -1 }, 2)).toEqual([
    [1, 2],
    [3, 4, 5, 6, 7],
  ]);
  expect(parts([], { num_outputs: 3 }, 3)).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  expect(parts([], { split: [3, 4] }, 2, 11)).toEqual([
    [1, 2, 3],
    [4, 5, 6, 7],
  ]);
  expect(() => parts([ints(2, 4)], {}, 2)).toThrow('parts of 2,4, expected 7 together');
});

test('Gather, with places from the back, and of a single place', () => {
  const x = counting(3, 4);
  expectNear(runNode('Gather', [x, ints(-1, 0)], { axis: 1 })[0]!, [4, 1, 8, 5, 12, 9], [3, 2]);
  expectNear(runNode('Gather', [x, scalar(1, 'int64')])[0]!, [5, 6, 7, 8], [4]);
  const places: Numbers = { shape: [2, 2], data: [0, 1, 2, 0], type: 'int64' };
  expectNear(runNode('Gather', [x, places])[0]!, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3, 4], [2, 2, 4]);
});

test('GatherElements along each axis', () => {
  const x = counting(3, 2);
  const along = (axis: number, shape: number[], data: number[]) => {
    const indices: Numbers = { shape, data, type: 'int64' };
    const expected = build(shape, (index) => {
      const place = at(indices, index);
      const size = x.shape[axis]!;
      return at(
        x,
        index.map((i, each) => (each === axis ? (place + size) % size : i)),
      );
    });
    expectNear(runNode('GatherElements', [x, indices], { axis }, { given: [true, true] })[0]!, expected.data, shape);
  };
  along(0, [2, 2], [2, -3, 1, 0]);
  along(1, [3, 1], [1, 0, -1]);
});

test('Tile, Range, OneHot, EyeLike, Trilu, Size, Shape', () => {
  expectNear(runNode('Tile', [counting(1, 2), ints(2, 2)])[0]!, [1, 2, 1, 2, 1, 2, 1, 2], [2, 4]);
  expectNear(runNode('Range', [scalar(5, 'int64'), scalar(0, 'int64'), scalar(-2, 'int64')])[0]!, [5, 3, 1]);
  const hot = runNode('OneHot', [ints(0, -1, 2), scalar(3, 'int64'), { shape: [2], data: [-1, 5] }], { axis: 0 });
  expectNear(hot[0]!, [5, -1, -1, -1, -1, -1, -1, 5, 5], [3, 3]);
  expectNear(runNode('EyeLike', [counting(2, 3)], { k: 1 })[0]!, [0, 1, 0, 0, 0, 1], [2, 3]);
  expectNear(runNode('Trilu', [counting(3, 3)])[0]!, [1, 2, 3, 0, 5, 6, 0, 0, 9]);
  expectNear(runNode('Trilu', [counting(3, 3), scalar(-1, 'int64')], { upper: 0 })[0]!, [0, 0, 0, 4, 0, 0, 7, 8, 0]);
  expect(runNode('Size', [counting(3, 4)])[0]!.data).toEqual([12]);
  expect(runNode('Shape', [counting(2, 3, 4)])[0]!.data).toEqual([2, 3, 4]);
  expect(runNode('Shape', [counting(2, 3, 4)], { start: -2, end: -1 })[0]!.data).toEqual([3]);
});

describe('Pad', () => {
  const x = counting(2, 3);
  test('with a value, and cut by negative pads', () => {
    const [y] = runNode('Pad', [x, ints(0, 1, 1, 0), scalar(7)], {}, { given: [true, false, false] });
    expectNear(y!, [7, 1, 2, 3, 7, 4, 5, 6, 7, 7, 7, 7], [3, 4]);
    expectNear(runNode('Pad', [x, ints(0, -1, 0, 1)])[0]!, [2, 3, 0, 5, 6, 0], [2, 3]);
    expectNear(runNode('Pad', [x], { pads: [0, 1, 0, 0] }, { opset: 2 })[0]!, [0, 1, 2, 3, 0, 4, 5, 6], [2, 4]);
    expectNear(runNode('Pad', [x, ints(1, 0), undefined, ints(-1)])[0]!, [0, 1, 2, 3, 0, 4, 5, 6], [2, 4]);
  });
  const line = counting(3);
  test.each([
    ['reflect', [3, 2, 1, 2, 3, 2, 1]],
    ['edge', [1, 1, 1, 2, 3, 3, 3]],
    ['wrap', [2, 3, 1, 2, 3, 1, 2]],
  ])('%s', (mode, expected) => {
    expectNear(runNode('Pad', [line, ints(2, 2)], { mode })[0]!, expected);
  });
});

test('constants', () => {
  const tensor: Numbers = { shape: [2], data: [1.5, -2] };
  expectNear(runNode('Constant', [], { value: { tensor } })[0]!, [1.5, -2]);
  expectNear(runNode('Constant', [], { value_float: { float: 0.25 } })[0]!, [0.25], []);
  expect(runNode('Constant', [], { value_ints: [3, 4] })[0]).toMatchObject({ data: [3, 4], dtype: 'int32' });
  expectNear(runNode('Constant', [], { value_floats: { floats: [0.5, 1] } })[0]!, [0.5, 1]);
  expect(runNode('Constant', [], { value_int: 7 })[0]).toMatchObject({ data: [7], shape: [], dtype: 'int32' });
  const filled = runNode('ConstantOfShape', [ints(2, 1)], { value: { tensor: { shape: [1], data: [4] } } });
  expectNear(filled[0]!, [4, 4], [2, 1]);
  expectNear(runNode('ConstantOfShape', [ints(2)])[0]!, [0, 0]);
});

test('Dropout in inference gives its input', () => {
  const x = counting(3);
  expectNear(runNode('Dropout', [x, scalar(0.5)], {}, { given: [true, false] })[0]!, x.data);
  const training = [x, scalar(0.5), scalar(1, 'bool')];
  expect(() => runNode('Dropout', training, {}, { given: [true, false, false] })).toThrow('it is in training mode');
});
