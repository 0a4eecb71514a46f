import { describe, expect, test } from 'vitest';
import { at, broadcast, build, conv, indicesOf, matMul, type Plain, pool } from '../../oracle/onnxOperators.ts';
import { expectNear, runNode } from '../../support/onnxModel.ts';

const waves = (...shape: number[]): Plain => ({
  shape,
  data: indicesOf(shape).map((_, i) => Math.fround(Math.sin(1 + 2.3 * i))),
});
const transposed = (x: Plain) => build([x.shape[1]!, x.shape[0]!], ([i, j]) => at(x, [j!, i!]));
const float = (value: number) => ({ float: value });

describe('Gemm', () => {
  test.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])('transA %i, transB %i, with factors and a bias of each shape', (transA, transB) => {
    const [a, b] = [waves(3, 5), waves(5, 4)];
    const product = matMul(a, b);
    const given = [transA ? transposed(a) : a, transB ? transposed(b) : b];
    for (const c of [waves(4), waves(3, 1), waves(1), { shape: [], data: [2] }]) {
      const expected = broadcast(product, c, (x, y) => 0.5 * x + 2 * y);
      const attributes = { transA, transB, alpha: float(0.5), beta: float(2) };
      expectNear(runNode('Gemm', [...given, c], attributes)[0]!, expected.data, [3, 4]);
    }
    expectNear(runNode('Gemm', given, { transA, transB })[0]!, product.data, [3, 4]);
  });
  test('what does not fit', () => {
    expect(() => runNode('Gemm', [waves(3, 5), waves(4, 5)])).toThrow("node 'Gemm' (Gemm):");
    expect(() => runNode('Gemm', [waves(3), waves(3, 5)])).toThrow('[3] times [3,5], expected matrices');
  });
});

test('MatMul of vectors, matrices and stacks of them', () => {
  const [a, b] = [waves(2, 1, 3, 4), waves(5, 4, 2)];
  const stacked = build([2, 5, 3, 2], ([n, m, i, j]) => {
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += at(a, [n!, 0, i!, k]) * at(b, [m!, k, j!]);
    return sum;
  });
  expectNear(runNode('MatMul', [a, b])[0]!, stacked.data, [2, 5, 3, 2]);
  const [row, matrix, column] = [waves(1, 4), waves(4, 3), waves(3, 1)];
  expectNear(runNode('MatMul', [{ ...row, shape: [4] }, matrix])[0]!, matMul(row, matrix).data, [3]);
  expectNear(runNode('MatMul', [matrix, { ...column, shape: [3] }])[0]!, matMul(matrix, column).data, [4]);
  expectNear(
    runNode('MatMul', [{ ...row, shape: [4] }, waves(4)])[0]!,
    matMul(row, { ...waves(4), shape: [4, 1] }).data,
    [],
  );
});

test('Einsum', () => {
  const [a, b] = [waves(2, 3, 4), waves(2, 4, 5)];
  expectNear(runNode('Einsum', [a, b], { equation: 'bij, bjk -> bik' })[0]!, matMul(a, b).data, [2, 3, 5]);
});

describe('Conv', () => {
  const run = (x: Plain, w: Plain, b: Plain | undefined, attributes: Record<string, number | string | number[]>) =>
    runNode('Conv', [x, w, b], attributes)[0]!;

  test('strides, dilations, pads that differ on both sides', () => {
    const [x, w, b] = [waves(2, 3, 7, 8), waves(4, 3, 3, 2), waves(4)];
    const options = { strides: [2, 1], dilations: [1, 3], pads: [1, 0, 2, 3] };
    const expected = conv(x, w, b.data, 1, { ...options, counts: [4, 8] });
    expectNear(run(x, w, b, options), expected.data, expected.shape);
  });

  test('groups, and one for each channel', () => {
    const x = waves(1, 4, 5, 5);
    const plain = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], counts: [3, 3] };
    for (const [groups, outputs] of [
      [2, 6],
      [4, 4],
      [4, 8],
    ] as const) {
      const w = waves(outputs, 4 / groups, 3, 3);
      const expected = conv(x, w, [], groups, plain);
      expectNear(run(x, w, undefined, { group: groups }), expected.data, expected.shape);
    }
    expect(() => run(x, waves(6, 4, 3, 3), undefined, { group: 2 })).toThrow(
      '4 channels by filters of [6,4,3,3] in 2 groups',
    );
  });

  test.each([
    ['SAME_UPPER', [0, 1, 1, 1]],
    ['SAME_LOWER', [1, 1, 0, 1]],
    ['VALID', [0, 0, 0, 0]],
  ])('auto_pad %s', (auto, pads) => {
    const [x, w] = [waves(1, 2, 6, 7), waves(3, 2, 3, 3)];
    const counts = auto === 'VALID' ? [2, 3] : [3, 4];
    const expected = conv(x, w, [], 1, { strides: [2, 2], dilations: [1, 1], pads, counts });
    expectNear(run(x, w, undefined, { auto_pad: auto, strides: [2, 2] }), expected.data, expected.shape);
  });

  test('along a line', () => {
    const [x, w, b] = [waves(2, 3, 9), waves(4, 3, 3), waves(4)];
    const options = { strides: [2], dilations: [2], pads: [1, 2] };
    const expected = conv(x, w, b.data, 1, { ...options, counts: [4] });
    expectNear(run(x, w, b, options), expected.data, expected.shape);
  });

  test('what does not fit', () => {
    const [x, w] = [waves(1, 2, 4, 4), waves(1, 2, 5, 5)];
    expect(() => run(x, w, undefined, {})).toThrow("node 'Conv' (Conv): windows of 5 do not fit 4 numbers");
    expect(() => run(x, waves(1, 2, 3, 3), undefined, { strides: [0, 1] })).toThrow('attribute strides: got 0,1');
    expect(() => run(waves(1, 2, 3, 3, 3), waves(1, 2, 1, 1, 1), undefined, {})).toThrow(
      'one or two axes behind channels',
    );
  });
});

describe('pooling', () => {
  const x = waves(2, 3, 7, 6);
  const ceiled = { strides: [2, 2], dilations: [1, 1], pads: [1, 0, 0, 1], counts: [4, 3] };
  const mean = (all: boolean) => (numbers: number[], padding: number) =>
    numbers.reduce((a, b) => a + b, 0) / (numbers.length + (all ? padding : 0));
  const attributes = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 0, 0, 1] };

  test('MaxPool with pads, rounded down and up', () => {
    const down = pool(x, [3, 3], { ...ceiled, counts: [3, 3] }, (n) => Math.max(...n));
    expectNear(runNode('MaxPool', [x], attributes)[0]!, down.data, down.shape);
    const up = pool(x, [3, 3], ceiled, (n) => Math.max(...n));
    expectNear(runNode('MaxPool', [x], { ...attributes, ceil_mode: 1 })[0]!, up.data, up.shape);
  });

  test('a window that would begin behind the image is none, where their number is rounded up', () => {
    const line = { shape: [1, 1, 5], data: [1, 2, 3, 4, 5] };
    const beyond = { kernel_shape: [2], strides: [3], pads: [0, 1], ceil_mode: 1 };
    expectNear(runNode('MaxPool', [line], beyond)[0]!, [2, 5], [1, 1, 2]);
    expectNear(runNode('AveragePool', [line], beyond)[0]!, [1.5, 4.5], [1, 1, 2]);
  });

  test('MaxPool with dilations, of a line', () => {
    const line = waves(1, 2, 9);
    const expected = pool(line, [2], { strides: [1], dilations: [3], pads: [0, 0], counts: [6] }, (n) =>
      Math.max(...n),
    );
    expectNear(runNode('MaxPool', [line], { kernel_shape: [2], dilations: [3] })[0]!, expected.data, expected.shape);
  });

  test.each([0, 1])('AveragePool, rounded up, count_include_pad %i', (count_include_pad) => {
    const expected = pool(x, [3, 3], ceiled, mean(count_include_pad === 1));
    const got = runNode('AveragePool', [x], { ...attributes, ceil_mode: 1, count_include_pad })[0]!;
    expectNear(got, expected.data, expected.shape);
  });

  test('AveragePool with auto_pad', () => {
    const expected = pool(
      x,
      [2, 2],
      { strides: [2, 2], dilations: [1, 1], pads: [1, 0, 0, 0], counts: [4, 3] },
      mean(false),
    );
    const same = { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_LOWER' };
    expectNear(runNode('AveragePool', [x], same)[0]!, expected.data, expected.shape);
  });

  test('of whole images', () => {
    const whole = (f: (numbers: number[]) => number) =>
      build([2, 3, 1, 1], ([n, c]) => f(indicesOf([7, 6]).map(([i, j]) => at(x, [n!, c!, i!, j!]))));
    expectNear(
      runNode('GlobalAveragePool', [x])[0]!,
      whole((n) => n.reduce((a, b) => a + b) / n.length).data,
      [2, 3, 1, 1],
    );
    expectNear(runNode('GlobalMaxPool', [x])[0]!, whole((n) => Math.max(...n)).data, [2, 3, 1, 1]);
  });

  test('places are not calculated, and windows are not beyond bounds', () => {
    expect(() => runNode('MaxPool', [x], attributes, { outputs: 2 })).toThrow(
      'its second output, of places, is not calculated',
    );
    expect(() => runNode('MaxPool', [waves(1, 1, 40, 40)], { kernel_shape: [40, 40] })).toThrow(
      'expected up to 1024 numbers',
    );
  });
});
