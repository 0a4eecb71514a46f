import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { PLAN_LIMIT } from '../../src/engine/plan.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Rng } from '../../src/random.ts';
import { Counter, expectClose, Net, numbers } from './support.ts';

beforeAll(async () => {
  await selectEngine();
});

/** What must be as before, whatever a call does. */
function surroundings(): { backend: string; tensors: number; bytes: number; buffers: number } {
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  return { backend: tf.getBackend(), tensors: numTensors, bytes: numBytes, buffers: numDataBuffers };
}

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
    expect(numbers(double({ x: tf.tensor1d([1, 2]) }).y)).toEqual([2, 4]);
    expect(traces).toBe(1);
    expect(numbers(double({ x: tf.tensor1d([3, 4]) }).y)).toEqual([6, 8]);
    expect(traces).toBe(2); // At the second call, the first trace is compared with another one.
    expect(numbers(double({ x: tf.tensor1d([3, 4]) }).y)).toEqual([6, 8]);
    expect(traces).toBe(2);
    expect(numbers(double({ x: tf.tensor2d([[1, 2]]) }).y)).toEqual([2, 4]);
    expect(numbers(double({ x: tf.tensor1d([1, 2], 'int32') }).y)).toEqual([2, 4]);
    expect(double({ x: tf.tensor1d([1, 2], 'int32') }).y.dtype).toBe('int32');
    expect(numbers(double({ x: 5 }).y)).toEqual([10]);
    expect(numbers(double({ x: tf.tensor1d([3, 4]) }).y)).toEqual([6, 8]);
    expect(traces).toBe(6);
  });

  test(`the ${PLAN_LIMIT} signatures used last are kept`, () => {
    let traces = 0;
    const sum = compile(
      ({ x }: { x: tf.Tensor }) => {
        traces++;
        return { y: tf.sum(x) };
      },
      { name: 'sum', state: [] },
    );
    const call = (size: number): void => void sum({ x: tf.ones([size]) });
    call(1);
    for (let size = 1; size <= PLAN_LIMIT; size++) call(size);
    expect(traces).toBe(PLAN_LIMIT + 1);
    call(1);
    expect(traces).toBe(PLAN_LIMIT + 1);
    call(PLAN_LIMIT + 1); // Drops size 2, the least recently used.
    call(1);
    expect(traces).toBe(PLAN_LIMIT + 2);
    call(2);
    expect(traces).toBe(PLAN_LIMIT + 3);
  });

  test('a number is an input, not a constant', () => {
    const scale = compile(({ x, factor }: { x: tf.Tensor; factor: tf.Tensor }) => ({ y: tf.mul(x, factor) }), {
      name: 'scale',
      state: [],
    });
    const x = tf.tensor1d([1, 2]);
    expect(numbers(scale({ x, factor: 2 }).y)).toEqual([2, 4]);
    expect(numbers(scale({ x, factor: 3 }).y)).toEqual([3, 6]);
  });

  test('an output may be an input, a constant, a variable, or another output', () => {
    const counter = new Counter();
    const fn = compile(
      ({ x }: { x: tf.Tensor }) => {
        const y = tf.add(x, 1);
        return {
          x,
          y,
          again: y,
          constant: tf.tensor1d([7, 8]),
          filled: tf.ones([2, 2]),
          count: counter.count as tf.Tensor,
        };
      },
      { name: 'aliases', state: [counter] },
    );
    const x = tf.tensor1d([1, 2]);
    const got = fn({ x });
    expect(Object.fromEntries(Object.entries(got).map(([key, tensor]) => [key, numbers(tensor)]))).toEqual({
      x: [1, 2],
      y: [2, 3],
      again: [2, 3],
      constant: [7, 8],
      filled: [1, 1, 1, 1],
      count: [0],
    });
    tf.dispose(got);
    expect(numbers(x)).toEqual([1, 2]);
    expect(numbers(counter.count)).toEqual([0]);
  });

  test('outputs of one call stay when there is another', () => {
    const fn = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) }), { name: 'neg', state: [] });
    const first = fn({ x: tf.tensor1d([1]) }).y;
    fn({ x: tf.tensor1d([2]) });
    expect(numbers(first)).toEqual([-1]);
  });

  test('bools and integers come out as they are', () => {
    const fn = compile(({ x }: { x: tf.Tensor }) => ({ positive: tf.greater(x, 0), whole: tf.cast(x, 'int32') }), {
      name: 'types',
      state: [],
    });
    const { positive, whole } = fn({ x: tf.tensor1d([-1.5, 2.5]) });
    expect([positive.dtype, whole.dtype]).toEqual(['bool', 'int32']);
    expect([numbers(positive), numbers(whole)]).toEqual([
      [0, 1],
      [-1, 2],
    ]);
  });

  test('nothing returned, nothing changed', () => {
    expect(compile(() => ({}), { name: 'nothing', state: [] })({})).toEqual({});
  });

  test('after dispose, calls are errors', () => {
    const fn = compile(() => ({ y: tf.scalar(1) }), { name: 'gone', state: [] });
    fn({});
    fn.dispose();
    expect(() => fn({})).toThrow("compile('gone'): called after dispose");
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

describe('what cannot be traced', () => {
  test('an undeclared tensor', () => {
    const outside = tf.tensor1d([1, 2]);
    const fn = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(x, outside) }), { name: 'captures', state: [] });
    const before = surroundings();
    const x = tf.tensor1d([1, 2]);
    expect(() => fn({ x })).toThrow(
      "compile('captures'): the function reads a tensor [2] that is neither among its inputs nor in the state: " +
        'pass it in `inputs`, list it or its module in `state`, or, if it is constant, create it inside the function',
    );
    x.dispose();
    expect(surroundings()).toEqual(before);
    expect(numbers(tf.add(outside, 1))).toEqual([2, 3]);
  });

  test('an undeclared variable, read or returned', () => {
    const outside = tf.variable(tf.scalar(3), true, 'outside');
    const name = "(variable 'outside')";
    expect(() => compile(() => ({ y: tf.add(outside, 1) }), { name: 'f', state: [] })({})).toThrow(name);
    expect(() => compile(() => ({ y: outside as tf.Tensor }), { name: 'f', state: [] })({})).toThrow(name);
    expect(numbers(outside)).toEqual([3]);
  });

  test.each([
    ['an input', (x: tf.Tensor) => x.dataSync()],
    ['a result', (x: tf.Tensor) => tf.add(x, 1).arraySync()],
    ['an undeclared tensor', () => constant.dataSync()],
    ['a printed tensor', (x: tf.Tensor) => x.print()],
  ])('the values of %s', (_, read) => {
    const fn = compile(
      ({ x }: { x: tf.Tensor }) => {
        read(x);
        return { x };
      },
      { name: 'reader', state: [] },
    );
    expect(() => fn({ x: tf.tensor1d([1]) })).toThrow(/compile\('reader'\): the function reads the values of a tensor/);
    expect(numbers(constant)).toEqual([1, 2, 3]);
  });

  test('a constant made inside may be read', () => {
    const fn = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, tf.range(0, 5, 1).dataSync()[4]!) }), {
      name: 'constant',
      state: [],
    });
    expect(numbers(fn({ x: tf.tensor1d([2]) }).y)).toEqual([8]);
  });

  test('an operation without a kernel; eagerly it runs', async () => {
    const image = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
    const pool = compile(
      ({ x }: { x: tf.Tensor }) => ({ y: tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid') as tf.Tensor }),
      {
        name: 'pool',
        state: [],
      },
    );
    expect(() => pool({ x: image })).toThrow("compile('pool'): the operation 'MaxPool' cannot be traced");
    await selectEngine('eager');
    expect(pool({ x: image }).y.shape).toEqual([1, 2, 2, 1]);
    await selectEngine();
  });

  test('a tensor kept from the call before; a constant may be kept', () => {
    let kept: tf.Tensor | undefined;
    let mask: tf.Tensor | undefined;
    const keeper = compile(
      ({ x }: { x: tf.Tensor }) => {
        const y = kept === undefined ? x : tf.add(x, kept);
        kept = tf.keep(tf.mul(x, 2));
        return { y };
      },
      { name: 'keeper', state: [] },
    );
    keeper({ x: tf.tensor1d([1]) });
    expect(() => keeper({ x: tf.tensor1d([1]) })).toThrow(
      "compile('keeper'): the function uses a tensor [1] that it kept",
    );
    kept!.dispose();
    const masked = compile(
      ({ x }: { x: tf.Tensor }) => {
        mask ??= tf.keep(tf.tensor1d([0, 1]));
        return { y: tf.mul(x, mask) };
      },
      { name: 'masked', state: [] },
    );
    expect(numbers(masked({ x: tf.tensor1d([3, 4]) }).y)).toEqual([0, 4]);
    expect(numbers(masked({ x: tf.tensor2d([[5, 6]]) }).y)).toEqual([0, 6]);
    expect(numbers(tf.add(mask!, 1))).toEqual([1, 2]);
    mask!.dispose();
  });

  test('a disposed tensor', () => {
    const fn = compile(
      ({ x }: { x: tf.Tensor }) => {
        let inner: tf.Tensor;
        tf.tidy(() => {
          inner = tf.add(x, 1);
        });
        return { y: tf.add(inner!, 1) };
      },
      { name: 'tidied', state: [] },
    );
    expect(() => fn({ x: tf.tensor1d([1]) })).toThrow(
      "compile('tidied'): the function uses a tensor [1] that is disposed",
    );
  });
});

const constant = tf.tensor1d([1, 2, 3]);

describe('random numbers', () => {
  const both = compile(
    (_: Record<string, never>, rng) => {
      const a = rng.normalTensor([3]);
      const unused = rng.uniformTensor([5]);
      const b = rng.uniformTensor([2, 2]);
      return { sum: tf.add(tf.sum(a), tf.sum(b)), b, size: tf.scalar(unused.size) };
    },
    { name: 'draws', state: [] },
  );

  test('compiled and eager calls draw the same numbers, and leave the stream at the same place', async () => {
    const streams = [new Rng('seed'), new Rng('seed')];
    const compiled = [both({}, streams[0]), both({}, streams[0])];
    await selectEngine('eager');
    const eager = [both({}, streams[1]), both({}, streams[1])];
    await selectEngine();
    for (const i of [0, 1]) {
      expect(numbers(compiled[i]!.b)).toEqual(numbers(eager[i]!.b));
      expectClose(numbers(compiled[i]!.sum), numbers(eager[i]!.sum));
    }
    expect(numbers(compiled[0]!.b)).not.toEqual(numbers(compiled[1]!.b));
    expect(streams[0]!.uniform()).toBe(streams[1]!.uniform());
  });

  test('no rng passed', async () => {
    const message = "compile('draws'): the function draws random numbers (rng.normalTensor), but no rng was passed";
    expect(() => both({})).toThrow(message);
    await selectEngine('eager');
    expect(() => both({})).toThrow(message);
    await selectEngine();
  });

  test.each([
    ['uniform', (rng: Rng) => rng.uniform()],
    ['normal', (rng: Rng) => rng.normal()],
    ['integer', (rng: Rng) => rng.integer(0, 2)],
    ['permutation', (rng: Rng) => rng.permutation(2)],
    ['fillNormal', (rng: Rng) => rng.fillNormal(new Float32Array(2))],
    ['fillUniform', (rng: Rng) => rng.fillUniform(new Float32Array(2))],
    ['split', (rng: Rng) => rng.split('child')],
    ['state', (rng: Rng) => rng.state()],
  ])('rng.%s inside is an error that says why', (method, draw) => {
    const fn = compile(
      (_: Record<string, never>, rng) => {
        draw(rng);
        return {};
      },
      { name: 'host', state: [] },
    );
    expect(() => fn({}, new Rng(1))).toThrow(
      `compile('host'): rng.${method} gives the host a value, which would be frozen`,
    );
  });
});

describe('in line', () => {
  const net = new Net([3, 8, 2], 'in line');
  const apply = compile(({ x }: { x: tf.Tensor }) => ({ y: net.apply(x) }), { name: 'apply', state: [net] });

  test('inside another compiled function', () => {
    const outer = compile(
      ({ x }: { x: tf.Tensor }) => {
        const { loss, gradients } = valueAndGradients(() => ({ loss: tf.sum(apply({ x }).y) }), net.variables());
        return { loss, gradient: gradients[0]! };
      },
      { name: 'outer', state: [net] },
    );
    const x = new Rng(3).normalTensor([4, 3]);
    const eager = tf.tidy(() => valueAndGradients(() => ({ loss: tf.sum(net.apply(x)) }), net.variables()));
    const got = outer({ x });
    expectClose(numbers(got.loss), numbers(eager.loss));
    expectClose(numbers(got.gradient), numbers(eager.gradients[0]!));
    const forgetful = compile(({ x: input }: { x: tf.Tensor }) => apply({ x: input }), {
      name: 'forgetful',
      state: [],
    });
    expect(() => forgetful({ x })).toThrow("compile('forgetful'): the function reads a tensor [3,8] (variable");
  });

  test('while a gradient is taken', () => {
    const x = new Rng(4).normalTensor([4, 3]);
    const { grads } = tf.variableGrads(() => tf.sum(apply({ x }).y) as tf.Scalar);
    const direct = tf.variableGrads(() => tf.sum(net.apply(x)) as tf.Scalar);
    for (const { name } of net.variables()) expectClose(numbers(grads[name]!), numbers(direct.grads[name]!));
  });
});

describe('a function that throws', () => {
  test('leaves everything as it was, wherever it throws', () => {
    const net = new Net([2, 4, 1], 'throws');
    const counter = new Counter();
    const x = tf.ones([3, 2]);
    let stopAt = 0;
    let steps = 0;
    const step = <T>(value: T): T => {
      if (++steps === stopAt) throw new Error('stop');
      return value;
    };
    const fn = compile(
      (inputs: { x: tf.Tensor }) => {
        counter.count.assign(step(tf.add(counter.count, 1)));
        const { loss, gradients } = valueAndGradients(() => {
          const square = tf.customGrad(((y: tf.Tensor, save: tf.GradSaveFunc) => {
            save([y]);
            step(y);
            return {
              value: tf.square(y),
              gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => step(tf.mul(tf.mul(dy, 2), saved!)),
            };
          }) as Parameters<typeof tf.customGrad>[0]);
          return { loss: step(tf.sum(square(net.apply(inputs.x)))) };
        }, net.variables());
        net.kernel1.assign(step(tf.sub(net.kernel1, gradients[0]!)));
        step(0);
        return { loss };
      },
      { name: 'throws', state: [net, counter] },
    );
    const values = (): number[][] => [...net.variables(), counter.count].map(numbers);
    stopAt = 1;
    expect(() => fn({ x })).toThrow('stop');
    const [before, valuesBefore] = [surroundings(), values()];
    for (stopAt = 1; stopAt <= 6; stopAt++) {
      steps = 0;
      expect(() => fn({ x }), `step ${stopAt}`).toThrow('stop');
      expect(surroundings(), `step ${stopAt}`).toEqual(before);
      expect(values(), `step ${stopAt}`).toEqual(valuesBefore);
    }
    stopAt = 0;
    fn({ x }).loss.dispose();
    expect(numbers(counter.count)).toEqual([1]);
    expect(surroundings()).toEqual(before);
  });
});
