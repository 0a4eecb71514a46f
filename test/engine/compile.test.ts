import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { PLAN_LIMIT } from '../../src/engine/plan.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { traceToOnnx } from '../../src/engine/traceToOnnx.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Rng } from '../../src/random.ts';
import { Counter, expectClose, Net, numbers, onAllEngines } from './support.ts';

beforeAll(async () => {
  await selectEngine();
});

const all = (results: Record<string, tf.Tensor>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, numbers(tensor)]));

describe('inputs and outputs', () => {
  test('shapes, types and names of inputs may change from call to call', () => {
    let traces = 0;
    const double = compile(
      ({ x }: { x: tf.Tensor }) => {
        traces++;
        return { y: tf.mul(x, tf.scalar(2, x.dtype as 'float32')) };
      },
      { name: 'double', state: [] },
    );
    // At the second call, the first trace is compared with another one.
    const calls: [tf.Tensor | number, number[], number][] = [
      [tf.tensor1d([1, 2]), [2, 4], 1],
      [tf.tensor1d([3, 4]), [6, 8], 2],
      [tf.tensor1d([3, 4]), [6, 8], 2],
      [tf.tensor2d([[1, 2]]), [2, 4], 3],
      [tf.tensor1d([1, 2], 'int32'), [2, 4], 4],
      [tf.tensor1d([1, 2], 'int32'), [2, 4], 5],
      [5, [10], 6],
      [6, [12], 7],
      [tf.tensor1d([3, 4]), [6, 8], 7],
    ];
    for (const [x, wanted, count] of calls) {
      const { y } = double({ x });
      expect([numbers(y), y.dtype, traces]).toEqual([wanted, x instanceof tf.Tensor ? x.dtype : 'float32', count]);
    }
  });

  test(`the ${PLAN_LIMIT} signatures used last are kept`, () => {
    let traces = 0;
    const count = (x: tf.Tensor): tf.Tensor => {
      traces++;
      return tf.sum(x);
    };
    const sum = compile(({ x }: { x: tf.Tensor }) => ({ y: count(x) }), { name: 'sum', state: [] });
    const tracesAfter = (size: number): number => {
      sum({ x: tf.ones([size]) });
      return traces;
    };
    tracesAfter(1);
    for (let size = 1; size <= PLAN_LIMIT; size++) tracesAfter(size);
    // PLAN_LIMIT + 1 drops size 2, the least recently used.
    expect([1, PLAN_LIMIT + 1, 1, 2].map(tracesAfter)).toEqual([1, 2, 2, 3].map((more) => PLAN_LIMIT + more));
  });

  onAllEngines('an output may be an input, a constant, a variable, or another output, of any type', () => {
    const counter = new Counter();
    const fn = compile(
      ({ x, scale }: { x: tf.Tensor; scale: tf.Tensor }) => {
        const y = tf.mul(tf.add(x, 1), scale);
        return {
          ...{ x, y, again: y, constant: tf.tensor1d([7, 8]), filled: tf.ones([2, 2]) },
          ...{ positive: tf.greater(x, 1), whole: tf.cast(x, 'int32'), count: counter.count },
        };
      },
      { name: 'aliases', state: [counter] },
    );
    const x = tf.tensor1d([1, 2.5]);
    const first = fn({ x, scale: 1 });
    const wanted = { x: [1, 2.5], constant: [7, 8], filled: [1, 1, 1, 1], positive: [0, 1], whole: [1, 2], count: [0] };
    expect(all(first)).toEqual({ ...wanted, y: [2, 3.5], again: [2, 3.5] });
    expect([first.positive.dtype, first.whole.dtype]).toEqual(['bool', 'int32']);
    expect(numbers(fn({ x, scale: 2 }).y)).toEqual([4, 7]);
    expect(numbers(first.y)).toEqual([2, 3.5]);
    tf.dispose(first);
    expect([numbers(x), numbers(counter.count)]).toEqual([[1, 2.5], [0]]);
    expect(compile(() => ({}), { name: 'nothing', state: [] })({})).toEqual({});
  });

  onAllEngines('an input, an output and a variable may have one name', () => {
    const count = new Counter();
    const add = compile(
      ({ count: by }: { count: tf.Tensor }) => {
        count.count.assign(tf.add(count.count, by));
        return { count: tf.neg(count.count) };
      },
      { name: 'add', state: [count] },
    );
    for (const total of [2, 4, 6]) {
      expect([numbers(add({ count: 2 }).count), numbers(count.count)]).toEqual([[-total], [total]]);
    }
  });

  onAllEngines('the parts of an input and of a draw', () => {
    const halves = compile(
      ({ x }: { x: tf.Tensor }, rng: Rng) => {
        const [first, second] = tf.split(x, 2) as [tf.Tensor, tf.Tensor];
        const [left, right] = tf.split(rng.uniformTensor([4]), 2) as [tf.Tensor, tf.Tensor];
        return { x: tf.sub(first, second), draw: tf.sub(left, right) };
      },
      { name: 'halves', state: [] },
    );
    const [a, b, c, d] = [...new Rng('draw').fillUniform(new Float32Array(4))] as [number, number, number, number];
    const got = halves({ x: tf.tensor1d([5, 7, 1, 2]) }, new Rng('draw'));
    expect(all(got)).toEqual({ x: [4, 5], draw: [Math.fround(a - c), Math.fround(b - d)] });
  });

  onAllEngines('batches of no rows', () => {
    const fn = compile(
      ({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => {
        const y = tf.add(tf.matMul(x, w), 1);
        const [left, right] = tf.split(y, 2, 1) as [tf.Tensor, tf.Tensor];
        return {
          ...{ y, both: tf.concat([right, left], 1), flat: tf.reshape(y, [-1]), turned: tf.transpose(y) },
          ...{ sum: tf.sum(y, 0), total: tf.sum(tf.square(y)), best: tf.sum(y, 1), padded: tf.pad(y, [[0, 2], ZERO]) },
          gradient: tf.grad((v: tf.Tensor) => tf.sum(tf.square(tf.matMul(x, v))))(w),
        };
      },
      { name: 'empty', state: [] },
    );
    const got = fn({ x: tf.zeros([0, 3]), w: tf.ones([3, 2]) });
    expect(Object.fromEntries(Object.entries(got).map(([key, { shape }]) => [key, shape]))).toEqual({
      ...{ y: [0, 2], both: [0, 2], flat: [0], turned: [2, 0], sum: [2], total: [], best: [0], padded: [2, 2] },
      gradient: [3, 2],
    });
    for (const key of ['sum', 'total', 'padded', 'gradient'] as const)
      expect(numbers(got[key]).every((x) => x === 0)).toBe(true);
  });

  test('the cost counts products', () => {
    const fn = compile(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({ c: tf.matMul(a, b) }), {
      name: 'c',
      state: [],
    });
    expect(fn.cost()).toBeUndefined();
    fn({ a: tf.ones([80, 64]), b: tf.ones([64, 96]) });
    expect(fn.cost()).toEqual({ engine: expect.any(String), nodes: 1, productFlops: 2 * 80 * 64 * 96 });
  });
});
const ZERO: [number, number] = [0, 0];

test('compiled and eager calls draw the same numbers, and leave the stream at the same place', async () => {
  const inner = compile((_: object, rng) => ({ y: rng.normalTensor([3]) }), { name: 'inner', state: [] });
  const draws = compile(
    (_: object, rng) => {
      const [a, unused] = [inner({}, rng).y, rng.uniformTensor([5])];
      return { a, b: rng.uniformTensor([2, 2]), size: tf.scalar(unused.size) };
    },
    { name: 'draws', state: [] },
  );
  const streams = [new Rng('seed'), new Rng('seed')] as const;
  const compiled = [draws({}, streams[0]), draws({}, streams[0])].map(all);
  await selectEngine('eager');
  const eager = [draws({}, streams[1]), draws({}, streams[1])].map(all);
  await selectEngine();
  expect(compiled).toEqual(eager);
  expect(compiled[0]).not.toEqual(compiled[1]);
  expect(streams[0].uniform()).toBe(streams[1].uniform());
});

test('in line: inside another compiled function, and while a gradient is taken', () => {
  const net = new Net([3, 8, 2], 'in line');
  const apply = compile(({ x }: { x: tf.Tensor }) => ({ y: net.apply(x) }), { name: 'apply', state: [net] });
  const lossOf = (x: tf.Tensor) => valueAndGradients(() => ({ loss: tf.sum(apply({ x }).y) }), net.variables());
  const outer = compile(
    ({ x }: { x: tf.Tensor }) => {
      const { loss, gradients } = lossOf(x);
      return { loss, gradient: gradients[0]! };
    },
    { name: 'outer', state: [net] },
  );
  const x = new Rng(3).normalTensor([4, 3]);
  const eager = valueAndGradients(() => ({ loss: tf.sum(net.apply(x)) }), net.variables());
  const got = outer({ x });
  expectClose(numbers(got.loss), numbers(eager.loss));
  expectClose(numbers(got.gradient), numbers(eager.gradients[0]!));
  lossOf(x).gradients.forEach((gradient, i) => expectClose(numbers(gradient), numbers(eager.gradients[i]!)));
  const forgetful = compile(({ x: input }: { x: tf.Tensor }) => apply({ x: input }), { name: 'forgetful', state: [] });
  expect(() => forgetful({ x })).toThrow("compile('forgetful'): the function reads a tensor [3,8] (variable");
});

describe('a function that throws', () => {
  onAllEngines('leaves the variables and the rng as they were', () => {
    const [a, b] = [new Counter(), new Counter()];
    let fails = true;
    const fn = compile(
      (_: object, rng) => {
        const noise = rng.normalTensor([3]);
        a.count.assign(tf.add(a.count, 1));
        if (fails) throw new Error('stop');
        b.count.assign(tf.add(b.count, tf.sum(noise)));
        return { noise };
      },
      { name: 'fails', state: [a, b] },
    );
    const rng = new Rng('throws');
    for (const _ of [1, 2]) expect(() => fn({}, rng)).toThrow('stop');
    expect([numbers(a.count), numbers(b.count)]).toEqual([[0], [0]]);
    fails = false;
    expect(numbers(fn({}, rng).noise)).toEqual(numbers(new Rng('throws').normalTensor([3])));
    expect(numbers(a.count)).toEqual([1]);
  });

  test('leaves no tensors, wherever it throws', () => {
    const net = new Net([2, 4, 1], 'throws');
    const counter = new Counter();
    const x = tf.ones([3, 2]);
    let [stopAt, steps] = [0, 0];
    const step = <T>(value: T): T => {
      if (++steps === stopAt) throw new Error('stop');
      return value;
    };
    const square = tf.customGrad(((y: tf.Tensor, save: tf.GradSaveFunc) => {
      save([y]);
      step(y);
      const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]) => step(tf.mul(tf.mul(dy, 2), saved!));
      return { value: tf.square(y), gradFunc };
    }) as Parameters<typeof tf.customGrad>[0]);
    const fn = compile(
      (inputs: { x: tf.Tensor }) => {
        counter.count.assign(step(tf.add(counter.count, 1)));
        const { loss, gradients } = valueAndGradients(
          () => ({ loss: step(tf.sum(square(net.apply(inputs.x)))) }),
          net.variables(),
        );
        net.kernel1.assign(step(tf.sub(net.kernel1, gradients[0]!)));
        step(0);
        return { loss };
      },
      { name: 'throws', state: [net, counter] },
    );
    const surroundings = () => {
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      return [numTensors, numBytes, numDataBuffers, tf.getBackend(), [...net.variables(), counter.count].map(numbers)];
    };
    stopAt = 1;
    expect(() => fn({ x })).toThrow('stop');
    const before = surroundings();
    for (stopAt = 1; stopAt <= 6; stopAt++) {
      steps = 0;
      expect(() => fn({ x }), `step ${stopAt}`).toThrow('stop');
      expect(surroundings(), `step ${stopAt}`).toEqual(before);
    }
    stopAt = 0;
    fn({ x }).loss.dispose();
    expect(numbers(counter.count)).toEqual([1]);
  });
});

describe('gradients by variables', () => {
  const [a, b] = [tf.variable(tf.tensor1d([2, 3])), tf.variable(tf.scalar(5))];
  const square = () => {
    const squares = tf.square(a);
    return { loss: tf.mul(tf.sum(squares), b), squares };
  };
  const allowUnused = { allowUnused: true };
  const flat = ({ gradients, ...rest }: { loss: tf.Tensor; gradients: tf.Tensor[] }): Record<string, tf.Tensor> => ({
    ...rest,
    a: gradients[0]!,
    b: gradients[1]!,
  });
  onAllEngines('in the order of the variables, 0 by what is not used; other results survive', () => {
    const both = (fn: () => Record<string, tf.Tensor>) => all(compile(fn, { name: 'gradients', state: [a, b] })({}));
    expect(both(() => flat(valueAndGradients(square, [a, b])))).toEqual({
      loss: [65],
      squares: [4, 9],
      a: [20, 30],
      b: [13],
    });
    expect(both(() => flat(valueAndGradients(() => ({ loss: tf.sum(a) }), [a, b], allowUnused)))).toEqual({
      ...{ loss: [5], a: [1, 1], b: [0] },
    });
    expect(both(() => flat(valueAndGradients(() => ({ loss: tf.scalar(7) }), [a, b], allowUnused)))).toEqual({
      ...{ loss: [7], a: [0, 0], b: [0] },
    });
  });

  test('what is no loss, and no variable of it', () => {
    const refused: [() => { loss: tf.Tensor }, tf.Variable[], string][] = [
      [() => ({ loss: tf.sum(a) }), [a, b], `the loss does not depend on the variable '${b.name}'`],
      [() => ({ loss: tf.scalar(7) }), [a, b], `the loss does not depend on the variable '${a.name}'`],
      [() => ({ loss: tf.square(a) }), [a], 'got shape [2], expected a scalar loss'],
      [() => ({ loss: tf.sum(a) }), [], 'got none, expected at least one variable'],
    ];
    for (const [fn, variables, message] of refused)
      expect(() => valueAndGradients(fn, variables)).toThrow(`valueAndGradients: ${message}`);
  });
});

test('5,000 operations in a row, and their gradient; as a standard model', () => {
  const chain = (start: tf.Tensor, by: (y: tf.Tensor) => tf.Tensor) => {
    let y = start;
    for (let i = 0; i < 5000; i++) y = by(y);
    return y;
  };
  const deep = compile(
    ({ x, a }: { x: tf.Tensor; a: tf.Tensor }) => {
      const fn = (at: tf.Tensor) => chain(at, (y) => tf.mul(y, a));
      return { y: fn(x), gradient: tf.grad(fn)(x) };
    },
    { name: 'deep', state: [] },
  );
  const a = Math.fround(1.0001);
  const { y, gradient } = deep({ x: tf.tensor1d([2, -3]), a });
  expectClose(numbers(y), [2 * a ** 5000, -3 * a ** 5000], 1e-3);
  expectClose(numbers(gradient), [a ** 5000, a ** 5000], 1e-3);
  deep.dispose();
  const sines = ({ x }: { x: tf.Tensor }) => ({ y: chain(x, tf.sin) });
  expect(traceToOnnx(sines, { x: { shape: [2] } }, { name: 'deep', state: [] }).model.length).toBeGreaterThan(5000);
});
