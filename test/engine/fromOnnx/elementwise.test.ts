import { describe, expect, test } from 'vitest';
import { erf } from '../../oracle/erf.ts';
import { broadcast, type Plain } from '../../oracle/onnxOperators.ts';
import { expectNear, type NodeParts, type Numbers, runNode } from '../../support/onnxModel.ts';

const EDGES = [-40, -3.5, -1, -0.5, -1e-3, 0, 1e-3, 0.25, 0.5, 1, 2.5, 3.5, 40];
const vector = (data: readonly number[], type?: Numbers['type']): Numbers => ({
  shape: [data.length],
  data,
  ...(type && { type }),
});
const float = (value: number) => ({ float: value });
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu = (x: number, alpha: number) => (x > 0 ? x : alpha * Math.expm1(x));
const hardSigmoid = (x: number, alpha: number, beta: number) => Math.min(1, Math.max(0, alpha * x + beta));
const roundToEven = (x: number) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

type Row = readonly [
  op: string,
  f: (x: number) => number,
  attributes?: NonNullable<NodeParts['attributes']>,
  inputs?: readonly number[],
];
const UNIT = [-1, -0.9, -0.2, 0, 0.3, 0.99, 1];
const POSITIVE = [1e-6, 0.1, 1, 2, 50];
const ROWS: readonly Row[] = [
  ['Abs', Math.abs],
  ['Acos', Math.acos, {}, UNIT],
  ['Acosh', Math.acosh, {}, [1, 1.5, 20]],
  ['Asin', Math.asin, {}, UNIT],
  ['Asinh', Math.asinh],
  ['Atan', Math.atan],
  ['Atanh', Math.atanh, {}, [-0.9, 0, 0.5]],
  ['Ceil', Math.ceil],
  ['Cos', Math.cos],
  ['Cosh', Math.cosh, {}, [-3, 0, 2]],
  ['Erf', erf],
  ['Exp', Math.exp, {}, [-40, -1, 0, 1, 5]],
  ['Floor', Math.floor],
  ['Identity', (x) => x],
  ['Log', Math.log, {}, POSITIVE],
  ['Neg', (x) => -x],
  ['Reciprocal', (x) => 1 / x, {}, POSITIVE],
  ['Round', roundToEven],
  ['Sigmoid', sigmoid],
  ['Sign', Math.sign],
  ['Sin', Math.sin],
  ['Sinh', Math.sinh, {}, [-3, 0, 2]],
  ['Sqrt', Math.sqrt, {}, POSITIVE],
  ['Tan', Math.tan, {}, [-1, 0, 1]],
  ['Tanh', Math.tanh],
  ['Relu', (x) => Math.max(x, 0)],
  ['Softplus', softplus],
  ['Softsign', (x) => x / (1 + Math.abs(x))],
  ['HardSwish', (x) => x * hardSigmoid(x, 1 / 6, 0.5)],
  ['Mish', (x) => x * Math.tanh(softplus(x))],
  ['Elu', (x) => elu(x, 1)],
  ['Elu', (x) => elu(x, 0.3), { alpha: float(0.3) }],
  ['Celu', (x) => Math.max(x, 0) + Math.min(0, 0.7 * Math.expm1(x / 0.7)), { alpha: float(0.7) }],
  ['Selu', (x) => 1.0507009873554805 * elu(x, 1.6732632423543772)],
  ['Selu', (x) => 2 * elu(x, 3), { alpha: float(3), gamma: float(2) }],
  ['LeakyRelu', (x) => (x < 0 ? 0.01 * x : x)],
  ['LeakyRelu', (x) => (x < 0 ? 0.2 * x : x), { alpha: float(0.2) }],
  ['ThresholdedRelu', (x) => (x > 1 ? x : 0)],
  ['HardSigmoid', (x) => hardSigmoid(x, 0.2, 0.5)],
  ['HardSigmoid', (x) => hardSigmoid(x, 0.4, 0.1), { alpha: float(0.4), beta: float(0.1) }],
  ['Gelu', (x) => 0.5 * x * (1 + erf(x / Math.SQRT2))],
  ['Gelu', (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))), { approximate: 'tanh' }],
  ['Shrink', (x) => (x > 1 ? x - 0.25 : x < -1 ? x + 0.25 : 0), { lambd: float(1), bias: float(0.25) }],
  ['Clip', (x) => Math.min(1, Math.max(-2, x)), { min: float(-2), max: float(1) }],
];

for (const [op, f, attributes = {}, inputs = EDGES] of ROWS) {
  test(`${op} of numbers and edges, ${JSON.stringify(attributes)}`, () => {
    const opset = op === 'Clip' ? 6 : 18;
    // Floats as the operator gets them.
    const given = Float32Array.from(inputs);
    const [y] = runNode(op, [vector([...given])], attributes, { opset });
    expectNear(y!, Array.from(given, f), [given.length], 4e-6);
  });
}

describe('two inputs', () => {
  const a: Plain = { shape: [2, 1, 3], data: [1, -2, 3, 0.5, -0.25, 4] };
  const b: Plain = { shape: [4, 1], data: [2, -1, 0.5, 3] };
  const ROWS: readonly (readonly [string, (x: number, y: number) => number])[] = [
    ['Add', (x, y) => x + y],
    ['Sub', (x, y) => x - y],
    ['Mul', (x, y) => x * y],
    ['Div', (x, y) => x / y],
    ['Max', Math.max],
    ['Min', Math.min],
    ['Equal', (x, y) => Number(x === y)],
    ['Greater', (x, y) => Number(x > y)],
    ['GreaterOrEqual', (x, y) => Number(x >= y)],
    ['Less', (x, y) => Number(x < y)],
    ['LessOrEqual', (x, y) => Number(x <= y)],
    ['Mean', (x, y) => (x + y) / 2],
    ['Sum', (x, y) => x + y],
  ];
  test.each(ROWS)('%s, broadcast from both sides', (op, f) => {
    const expected = broadcast(a, b, f);
    expectNear(runNode(op, [a, b])[0]!, expected.data, expected.shape);
  });

  test('integers: Div goes towards 0, Mod has the sign of the divisor, or with fmod of the dividend', () => {
    const [x, y] = [vector([7, -7, 7, -7], 'int64'), vector([2, 2, -2, -2], 'int64')];
    const options = { given: [true, true] };
    expectNear(runNode('Div', [x, y], {}, options)[0]!, [3, -3, -3, 3]);
    expectNear(runNode('Mod', [x, y], {}, options)[0]!, [1, 1, -1, -1]);
    expectNear(runNode('Mod', [x, y], { fmod: 1 }, options)[0]!, [1, -1, 1, -1]);
    expect(runNode('Pow', [x, vector([2], 'int64')], {}, options)[0]!.dtype).toBe('int32');
    const real = [vector([5.5, -5.5, 5.5, -5.5]), vector([2, 2, -2, -2])];
    expectNear(runNode('Mod', real, { fmod: 1 })[0]!, [1.5, -1.5, 1.5, -1.5]);
  });

  test('Pow keeps the type of the base', () => {
    expectNear(runNode('Pow', [vector([2, 3, 4]), vector([0.5, 2, -1])])[0]!, [Math.SQRT2, 9, 0.25]);
    expectNear(runNode('Pow', [vector([2, 3]), vector([3, 2], 'int64')])[0]!, [8, 9]);
  });

  test('bools', () => {
    const [x, y] = [vector([0, 0, 1, 1], 'bool'), vector([0, 1, 0, 1], 'bool')];
    const run = (op: string) => runNode(op, [x, y], {}, { given: [true, true] })[0]!.data;
    expect(run('And')).toEqual([0, 0, 0, 1]);
    expect(run('Or')).toEqual([0, 1, 1, 1]);
    expect(run('Xor')).toEqual([0, 1, 1, 0]);
    expect(runNode('Not', [x], {}, { given: [true] })[0]!.data).toEqual([1, 1, 0, 0]);
  });

  test('in the first sets of operators the second input lies along an axis of the first', () => {
    const x = { shape: [2, 3, 2], data: Array.from({ length: 12 }, (_, i) => i) };
    const [y] = runNode('Add', [x, vector([10, 20, 30])], { broadcast: 1, axis: 1 }, { opset: 6 });
    expectNear(
      y!,
      x.data.map((value, i) => value + [10, 20, 30][Math.floor(i / 2) % 3]!),
      [2, 3, 2],
    );
  });
});

test('Clip with bounds that are inputs, of which one may be left out', () => {
  const x = vector(EDGES);
  const [low, high] = [-1, 2].map((data) => ({ shape: [], data: [data] }));
  expectNear(
    runNode('Clip', [x, low, high])[0]!,
    EDGES.map((v) => Math.min(2, Math.max(-1, v))),
  );
  expectNear(
    runNode('Clip', [x, undefined, high])[0]!,
    EDGES.map((v) => Math.min(2, v)),
  );
  expectNear(
    runNode('Clip', [x, low])[0]!,
    EDGES.map((v) => Math.max(-1, v)),
  );
});

test('PRelu: a slope for each channel; before set 7 without axes behind it', () => {
  const x = { shape: [1, 2, 2], data: [-1, 2, -3, 4] };
  expectNear(runNode('PRelu', [x, { shape: [2, 1], data: [0.1, 0.5] }])[0]!, [-0.1, 2, -1.5, 4]);
  expectNear(runNode('PRelu', [x, vector([0.1, 0.5])], {}, { opset: 6 })[0]!, [-0.1, 2, -1.5, 4]);
});

test('Where chooses element by element, broadcast', () => {
  const condition = { shape: [2, 1], data: [1, 0], type: 'bool' as const };
  const [y] = runNode('Where', [condition, vector([1, 2, 3]), { shape: [], data: [9] }]);
  expectNear(y!, [1, 2, 3, 9, 9, 9], [2, 3]);
});

test('Cast: the whole part of floats, whether numbers are not 0, and back', () => {
  const x = vector([-2.7, -0.5, 0, 0.5, 2.7]);
  const to = (code: number) => runNode('Cast', [x], { to: code })[0]!;
  expect(to(7)).toMatchObject({ data: [-2, 0, 0, 0, 2].map((n) => n + 0), dtype: 'int32' });
  expect(to(9)).toMatchObject({ data: [1, 1, 0, 1, 1], dtype: 'bool' });
  expectNear(to(11), x.data);
  expect(runNode('CastLike', [vector([0, 2], 'int64'), vector([1.5])], {}, { given: [true, true] })[0]!.dtype).toBe(
    'float32',
  );
});
