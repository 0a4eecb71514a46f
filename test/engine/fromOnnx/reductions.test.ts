import { describe, expect, test } from 'vitest';
import { at, build, indicesOf, type Plain, reduce } from '../../oracle/onnxOperators.ts';
import { expectNear, type Numbers, runNode } from '../../support/onnxModel.ts';

const waves = (...shape: number[]): Plain => ({
  shape,
  data: indicesOf(shape).map((_, i) => Math.fround(Math.sin(1 + 2.3 * i) * 2)),
});
const ints = (...data: number[]): Numbers => ({ shape: [data.length], data, type: 'int64' });
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const float = (value: number) => ({ float: value });

describe('reductions', () => {
  const x = waves(2, 3, 4);
  const rows: readonly (readonly [string, (numbers: number[]) => number])[] = [
    ['ReduceSum', sum],
    ['ReduceMean', (n) => sum(n) / n.length],
    ['ReduceMax', (n) => Math.max(...n)],
    ['ReduceMin', (n) => Math.min(...n)],
    ['ReduceProd', (n) => n.reduce((a, b) => a * b, 1)],
    ['ReduceL1', (n) => sum(n.map(Math.abs))],
    ['ReduceL2', (n) => Math.hypot(...n)],
    ['ReduceSumSquare', (n) => sum(n.map((v) => v * v))],
    ['ReduceLogSumExp', (n) => Math.log(sum(n.map(Math.exp)))],
  ];
  test.each(rows)('%s over axes, negative ones, all, none', (op, f) => {
    const check = (
      others: Numbers[],
      attributes: Record<string, number | number[]>,
      axes: number[],
      keep: boolean,
      opset = 18,
    ) => {
      const expected = reduce(x, axes, keep, f);
      expectNear(runNode(op, [x, ...others], attributes, { opset })[0]!, expected.data, expected.shape, 5e-6);
    };
    check([ints(-1, 0)], {}, [0, 2], true);
    check([ints(1)], { keepdims: 0 }, [1], false);
    check([], {}, [0, 1, 2], true);
    check([], { axes: [1, 2], keepdims: 0 }, [1, 2], false, 11);
    expectNear(runNode(op, [x], { noop_with_empty_axes: 1 })[0]!, x.data, x.shape);
  });

  test('ReduceLogSum of positive numbers', () => {
    expectNear(
      runNode('ReduceLogSum', [{ shape: [2, 2], data: [1, 2, 3, 4] }, ints(1)])[0]!,
      [Math.log(3), Math.log(7)],
      [2, 1],
    );
  });

  test('an axis that there is not, or twice', () => {
    expect(() => runNode('ReduceSum', [x, ints(3)])).toThrow("node 'ReduceSum' (ReduceSum): the axis 3 is none of 3");
    expect(() => runNode('ReduceSum', [x, ints(0, -3)])).toThrow('the axes 0,-3 have one twice');
  });
});

test('ArgMax and ArgMin: the first of equals, or the last', () => {
  const x = { shape: [2, 4], data: [1, 3, 3, 0, -1, -5, -5, -1] };
  expect(runNode('ArgMax', [x], { axis: 1 })[0]).toMatchObject({ data: [1, 0], shape: [2, 1], dtype: 'int32' });
  expect(runNode('ArgMax', [x], { axis: -1, select_last_index: 1, keepdims: 0 })[0]).toMatchObject({
    data: [2, 3],
    shape: [2],
  });
  expect(runNode('ArgMin', [x], { axis: 1, keepdims: 0 })[0]!.data).toEqual([3, 1]);
  expect(runNode('ArgMax', [x], { keepdims: 0 })[0]!.data).toEqual([0, 0, 0, 0]);
});

describe('Softmax, LogSoftmax, Hardmax', () => {
  const x = waves(2, 3, 4);
  /** The weights along an axis, or of all from an axis on. */
  const weights = (axes: readonly number[]) => {
    const total = reduce(x, axes, true, (n) => sum(n.map(Math.exp)));
    return build(x.shape, (index) => {
      const row = index.map((i, axis) => (axes.includes(axis) ? 0 : i));
      return Math.exp(at(x, index)) / at(total, row);
    }).data;
  };
  test.each([
    [18, {}, [2]],
    [18, { axis: 1 }, [1]],
    [11, {}, [1, 2]],
    [11, { axis: 0 }, [0, 1, 2]],
    [11, { axis: -1 }, [2]],
  ])('set %i, %j', (opset, attributes, axes) => {
    const expected = weights(axes);
    expectNear(runNode('Softmax', [x], attributes, { opset })[0]!, expected, x.shape);
    expectNear(runNode('LogSoftmax', [x], attributes, { opset })[0]!, expected.map(Math.log), x.shape, 5e-6);
  });
  test('large numbers', () => {
    const large = { shape: [1, 3], data: [1e4, 1e4 - 1, -1e4] };
    expectNear(runNode('Softmax', [large])[0]!, [1 / (1 + Math.exp(-1)), 1 / (1 + Math.E), 0]);
    expectNear(runNode('LogSoftmax', [large])[0]!, [
      -Math.log1p(Math.exp(-1)),
      -Math.log1p(Math.E),
      -2e4 - Math.log1p(Math.exp(-1)),
    ]);
  });
  test('Hardmax', () => {
    expectNear(runNode('Hardmax', [{ shape: [2, 2], data: [1, 2, 3, 1] }], { axis: 0 })[0]!, [0, 1, 1, 0]);
  });
});

test('CumSum forwards, backwards, without the element itself', () => {
  const x = { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };
  const along = (attributes: Record<string, number>) => runNode('CumSum', [x, ints(-1)], attributes)[0]!.data;
  expect(along({})).toEqual([1, 3, 6, 4, 9, 15]);
  expect(along({ reverse: 1 })).toEqual([6, 5, 3, 15, 11, 6]);
  expect(along({ exclusive: 1 })).toEqual([0, 1, 3, 0, 4, 9]);
});

test('TopK of the largest and of the least, along any axis', () => {
  const x = { shape: [3, 2], data: [1, 6, 5, 2, 3, 4] };
  const [values, indices] = runNode('TopK', [x, ints(2)], { axis: 0 }, { outputs: 2 });
  expect([values!.data, indices!.data]).toEqual([
    [5, 6, 3, 4],
    [1, 0, 2, 2],
  ]);
  expect(runNode('TopK', [x, ints(1)], { axis: 0, largest: 0 }, { outputs: 2 }).map(({ data }) => data)).toEqual([
    [1, 2],
    [0, 1],
  ]);
  expect(() => runNode('TopK', [x, ints(3)])).toThrow('the first 3 of 2');
});

describe('normalization', () => {
  const x = waves(2, 4, 3, 2);
  const EPSILON = Math.fround(0.01);
  const [scale, shift, mean, variance] = [
    waves(4),
    { shape: [4], data: [0.5, -1, 2, 0] },
    waves(4),
    { shape: [4], data: [0.1, 1, 4, 0] },
  ];
  /** Standardized over axes. */
  const standard = (axes: number[]) => {
    const means = reduce(x, axes, true, (n) => sum(n) / n.length);
    const place = (index: number[]) => index.map((i, axis) => (axes.includes(axis) ? 0 : i));
    const variances = reduce(x, axes, true, (n) => {
      const m = sum(n) / n.length;
      return sum(n.map((v) => (v - m) ** 2)) / n.length;
    });
    return (index: number[]) =>
      (at(x, index) - at(means, place(index))) / Math.sqrt(at(variances, place(index)) + EPSILON);
  };

  test('BatchNormalization by running moments', () => {
    const expected = build(x.shape, (index) => {
      const c = index[1]!;
      return (
        ((at(x, index) - mean.data[c]!) / Math.sqrt(variance.data[c]! + EPSILON)) * scale.data[c]! + shift.data[c]!
      );
    });
    const run = (attributes: Record<string, number | { float: number }>) =>
      runNode('BatchNormalization', [x, scale, shift, mean, variance], { epsilon: float(EPSILON), ...attributes });
    expectNear(run({})[0]!, expected.data, x.shape, 1e-5);
    expect(() => run({ training_mode: 1 })).toThrow('it is in training mode');
    expect(() => runNode('BatchNormalization', [x, waves(3), shift, mean, variance])).toThrow(
      '3 numbers for 4 channels',
    );
  });

  test('LayerNormalization from an axis on, with and without a shift', () => {
    const own = waves(3, 2);
    const y = standard([2, 3]);
    const expected = build(x.shape, (index) => y(index) * at(own, index.slice(2)));
    const attributes = { axis: -2, epsilon: float(EPSILON) };
    expectNear(runNode('LayerNormalization', [x, own], attributes)[0]!, expected.data, x.shape, 1e-5);
    const shifted = expected.data.map((value) => value + 3);
    const three = { shape: [3, 2], data: new Array(6).fill(3) };
    expectNear(runNode('LayerNormalization', [x, own, three], attributes)[0]!, shifted, x.shape, 1e-5);
  });

  test('InstanceNormalization, and GroupNormalization by channels and, before set 21, by groups', () => {
    const instance = standard([2, 3]);
    const by = (y: (index: number[]) => number, channel: (c: number) => number) =>
      build(x.shape, (index) => y(index) * scale.data[channel(index[1]!)]! + shift.data[channel(index[1]!)]!).data;
    const attributes = { epsilon: float(EPSILON), num_groups: 2 };
    expectNear(
      runNode('InstanceNormalization', [x, scale, shift], attributes)[0]!,
      by(instance, (c) => c),
      x.shape,
      1e-5,
    );
    const grouped = (index: number[]) => {
      const group = indicesOf([2, 3, 2]).map(([c, i, j]) =>
        at(x, [index[0]!, 2 * Math.floor(index[1]! / 2) + c!, i!, j!]),
      );
      const m = sum(group) / 12;
      return (at(x, index) - m) / Math.sqrt(sum(group.map((v) => (v - m) ** 2)) / 12 + EPSILON);
    };
    const run = (inputs: Plain[], opset: number) =>
      runNode('GroupNormalization', [x, ...inputs], attributes, { opset })[0]!;
    expectNear(
      run([scale, shift], 21),
      by(grouped, (c) => c),
      x.shape,
      1e-5,
    );
    const two = [scale, shift].map(({ data }) => ({ shape: [2], data: data.slice(0, 2) }));
    expectNear(
      run(two, 18),
      by(grouped, (c) => Math.floor(c / 2)),
      x.shape,
      1e-5,
    );
  });

  test('RMSNormalization, LpNormalization', () => {
    const square = reduce(x, [3], true, (n) => sum(n.map((v) => v * v)) / n.length);
    const rms = build(x.shape, (index) => at(x, index) / Math.sqrt(at(square, [...index.slice(0, 3), 0]) + EPSILON));
    const ones = { shape: [2], data: [1, 1] };
    expectNear(
      runNode('RMSNormalization', [x, ones], { epsilon: float(EPSILON) }, { opset: 23 })[0]!,
      rms.data,
      x.shape,
      1e-5,
    );
    const line = { shape: [2, 2], data: [3, -4, 0, 0] };
    expectNear(runNode('LpNormalization', [line])[0]!, [0.6, -0.8, 0, 0]);
    expectNear(runNode('LpNormalization', [line], { p: 1 })[0]!, [3 / 7, -4 / 7, 0, 0]);
  });
});
