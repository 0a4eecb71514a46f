import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Adam } from '../../src/engine/optimizers.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Module } from '../../src/module.ts';
import { Rng } from '../../src/random.ts';
import { Counter, expectClose, Net, numbers } from './support.ts';

beforeAll(async () => {
  await selectEngine();
});

function increment(counter: Counter) {
  return compile(
    () => {
      counter.count.assign(tf.add(counter.count, tf.scalar(1, counter.count.dtype as 'float32')));
      return {};
    },
    { name: 'increment', state: [counter] },
  );
}

describe('what the host sees', () => {
  test('the values after each call, at once; values read before stay', () => {
    const counter = new Counter();
    const step = increment(counter);
    const seen: tf.TypedArray[] = [];
    for (let i = 0; i < 4; i++) {
      step({});
      seen.push(counter.count.dataSync());
      expect(numbers(tf.mul(counter.count, 10))).toEqual([10 * (i + 1)]);
    }
    expect(seen.map((values) => values[0])).toEqual([1, 2, 3, 4]);
  });

  test('a clone, and a variable that was assigned from it, keep the values of their time', () => {
    const counter = new Counter();
    const step = increment(counter);
    step({});
    const clone = tf.clone(counter.count);
    const target: tf.Variable = tf.variable(tf.scalar(0));
    target.assign(counter.count);
    step({});
    step({});
    expect([numbers(clone), numbers(target), numbers(counter.count)]).toEqual([[1], [1], [3]]);
    clone.dispose();
    target.dispose();
    step({});
    expect(numbers(counter.count)).toEqual([4]);
  });

  test('a clone keeps its values when the variable is assigned eagerly, too', () => {
    const counter = new Counter();
    const step = increment(counter);
    step({});
    const clone = tf.clone(counter.count);
    counter.count.assign(tf.scalar(10));
    step({});
    expect([numbers(clone), numbers(counter.count)]).toEqual([[1], [11]]);
  });

  test('eager assignments and loadStateDict are taken in by the next call', () => {
    const net = new Net([2, 3, 1], 'load');
    const apply = compile(({ x }: { x: tf.Tensor }) => ({ y: net.apply(x) }), { name: 'apply', state: [net] });
    const x = new Rng(0).normalTensor([4, 2]);
    expectClose(numbers(apply({ x }).y), numbers(net.apply(x)));
    net.bias2.assign(tf.tensor1d([5]));
    expectClose(numbers(apply({ x }).y), numbers(net.apply(x)));
    net.loadStateDict(new Net([2, 3, 1], 'other').stateDict());
    expectClose(numbers(apply({ x }).y), numbers(net.apply(x)));
    expect(numbers(net.apply(x))).not.toEqual([0, 0, 0, 0]);
  });

  test('a state dict is a copy', () => {
    const counter = new Counter();
    const step = increment(counter);
    step({});
    const saved = counter.stateDict();
    step({});
    counter.loadStateDict(saved);
    step({});
    expect(numbers(counter.count)).toEqual([2]);
  });
});

describe('several functions on the same variables', () => {
  /** Acts with one net, trains two, and tracks one by a third, in any order of first calls. */
  function agent() {
    const [policy, value, target] = ['policy', 'value', 'target'].map((name) => new Net([3, 5, 2], name)) as [
      Net,
      Net,
      Net,
    ];
    const x = new Rng('x').normalTensor([6, 3]);
    const parameters = [...policy.variables(), ...value.variables()];
    const fns = {
      act: () => compile((i: { x: tf.Tensor }) => ({ y: policy.apply(i.x) }), { name: 'act', state: [policy] }),
      judge: () => compile((i: { x: tf.Tensor }) => ({ y: value.apply(i.x) }), { name: 'judge', state: [value] }),
      train: () => {
        const optimizer = new Adam(parameters);
        return compile(
          (i: { x: tf.Tensor }) => {
            const { loss, gradients } = valueAndGradients(
              () => ({ loss: tf.mean(tf.square(tf.sub(policy.apply(i.x), value.apply(i.x)))) }),
              parameters,
            );
            optimizer.update(gradients, 0.01);
            return { y: loss };
          },
          { name: 'train', state: [policy, value, optimizer] },
        );
      },
      track: () =>
        compile(
          (_: { x: tf.Tensor }) => {
            const from = value.variables();
            target.variables().forEach((variable, i) => {
              variable.assign(tf.add(tf.mul(variable, 0.9), tf.mul(from[i]!, 0.1)));
            });
            return { y: tf.sum(target.kernel1) };
          },
          { name: 'track', state: [target, value] },
        ),
      swap: () =>
        compile(
          (i: { x: tf.Tensor }) => {
            const kept = tf.clone(policy.bias2);
            policy.bias2.assign(target.bias2);
            target.bias2.assign(kept);
            return { y: tf.sum(policy.apply(i.x)) };
          },
          { name: 'swap', state: [target, policy] },
        ),
    };
    return { fns, x, all: [policy, value, target] };
  }

  const order = ['act', 'judge', 'train', 'track', 'swap'] as const;
  const orders = [
    order,
    [...order].reverse(),
    ['train', 'swap', 'act', 'track', 'judge'],
    ['track', 'act', 'swap', 'train', 'judge'],
  ] as const;

  test.each(orders.map((names) => [names.join(', '), names] as const))('%s', async (_, names) => {
    const results = { eager: [] as number[][], wasm: [] as number[][], 'onnxruntime-node': [] as number[][] };
    for (const engine of ['eager', 'wasm', 'onnxruntime-node'] as const) {
      await selectEngine(engine);
      const { fns, x, all } = agent();
      const made = names.map((name) => fns[name]());
      for (let round = 0; round < 3; round++) for (const fn of made) results[engine].push(numbers(fn({ x }).y));
      for (const net of all) for (const variable of net.variables()) results[engine].push(numbers(variable));
    }
    results.eager.forEach((values, i) => {
      for (const engine of ['wasm', 'onnxruntime-node'] as const) expectClose(results[engine][i]!, values, 2e-5);
    });
  });
});

describe('kinds of variables', () => {
  test('int32 and bool', () => {
    class Flags extends Module {
      readonly steps = tf.variable(tf.scalar(0, 'int32'), false);
      readonly done = tf.variable(tf.tensor1d([false, false], 'bool'), false);
      readonly weight = tf.variable(tf.scalar(1));
    }
    const flags = new Flags();
    const step = compile(
      () => {
        flags.steps.assign(tf.add(flags.steps, tf.scalar(1, 'int32')));
        flags.done.assign(tf.logicalOr(flags.done, tf.tensor1d([true, false], 'bool')));
        flags.weight.assign(tf.mul(flags.weight, 2));
        return {};
      },
      { name: 'flags', state: [flags] },
    );
    step({});
    step({});
    expect([numbers(flags.steps), numbers(flags.done), numbers(flags.weight)]).toEqual([[2], [1, 0], [4]]);
    expect([flags.steps.dtype, flags.done.dtype]).toEqual(['int32', 'bool']);
  });

  test('a disposed variable is an error; one that the function does not use is none', () => {
    const [a, b] = [new Counter(), new Counter()];
    const sum = compile(() => ({ y: tf.add(a.count, b.count) }), { name: 'sum', state: [a, b] });
    const only = compile(() => ({ y: tf.add(a.count, 1) }), { name: 'only', state: [a] });
    sum({});
    only({});
    const { name } = b.count;
    b.dispose();
    expect(() => sum({})).toThrow(`compile('sum'): the variable '${name}' in the state is disposed`);
    expect(numbers(only({}).y)).toEqual([1]);
    const late = compile(() => ({ y: tf.add(b.count, 1) }), { name: 'late', state: [b] });
    expect(() => late({})).toThrow(`compile('late'): the variable '${name}' in the state is disposed`);
  });

  test('a module listed twice, and one inside another', () => {
    class Outer extends Module {
      readonly inner: Counter;
      constructor(inner: Counter) {
        super();
        this.inner = inner;
      }
    }
    const counter = new Counter();
    const outer = new Outer(counter);
    const step = compile(
      () => {
        counter.count.assign(tf.add(outer.inner.count, 1));
        return { y: counter.count as tf.Tensor };
      },
      { name: 'twice', state: [outer, counter, outer] },
    );
    step({});
    expect(numbers(step({}).y)).toEqual([2]);
  });
});

test('another tfjs backend may be active', async () => {
  tf.copyRegisteredKernels('cpu', 'cpu2');
  const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu');
  tf.registerBackend('cpu2', () => Object.assign(new MathBackendCPU(), { firstUse: false }));
  try {
    await tf.setBackend('cpu2');
    const net = new Net([2, 3, 1], 'cpu2');
    const x = new Rng(0).normalTensor([4, 2]);
    const step = compile(
      (inputs: { x: tf.Tensor }) => {
        net.bias2.assign(tf.add(net.bias2, 1));
        return { y: net.apply(inputs.x) };
      },
      { name: 'step', state: [net] },
    );
    for (let i = 0; i < 3; i++) {
      const { y } = step({ x });
      expect(tf.getBackend()).toBe('cpu2');
      expectClose(numbers(y), numbers(net.apply(x)));
      const clone = tf.clone(net.bias2);
      const before = numbers(clone);
      step({ x });
      expect(numbers(clone)).toEqual(before);
      expect(numbers(net.bias2)[0]! - before[0]!).toBeCloseTo(1, 5);
    }
    net.bias2.assign(tf.tensor1d([0]));
    step({ x });
    expect(numbers(net.bias2)).toEqual([1]);
    await tf.setBackend('cpu');
    step({ x });
    expect(numbers(tf.mul(net.bias2, 1))).toEqual([2]);
    // Away and back between two steps.
    await tf.setBackend('cpu2');
    tf.mul(net.bias2, 1);
    await tf.setBackend('cpu');
    expect(numbers(tf.mul(net.bias2, 1))).toEqual([2]);
    step({ x });
    step({ x });
    expect(numbers(tf.mul(net.bias2, 1))).toEqual([4]);
    const { numTensors } = tf.memory();
    net.dispose();
    expect(tf.memory().numTensors).toBe(numTensors - 4);
  } finally {
    await tf.setBackend('cpu');
    tf.removeBackend('cpu2');
  }
});

describe('memory', () => {
  test('is flat over 10,000 updates', () => {
    const net = new Net([3, 4, 1], 'memory');
    const optimizer = new Adam(net.variables());
    const step = compile(
      ({ x, learningRate }: { x: tf.Tensor; learningRate: tf.Tensor }, rng) => {
        const { loss, gradients } = valueAndGradients(
          () => ({ loss: tf.mean(tf.square(tf.sub(net.apply(x), rng.normalTensor([4, 1])))) }),
          net.variables(),
        );
        optimizer.update(gradients, learningRate);
        return { loss };
      },
      { name: 'update', state: [net, optimizer] },
    );
    const rng = new Rng(5);
    const x = rng.normalTensor([4, 3]);
    const run = (times: number): void => {
      for (let i = 0; i < times; i++) {
        const { loss } = step({ x, learningRate: 1e-3 }, rng);
        if (i % 100 === 0) numbers(net.kernel1);
        loss.dispose();
      }
    };
    run(2000);
    const { numTensors, numBytes, numDataBuffers } = tf.memory();
    run(10_000);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes, numDataBuffers });
  });

  test('dispose gives everything back', () => {
    const before = tf.memory().numTensors;
    const net = new Net([3, 4, 1], 'disposed');
    const optimizer = new Adam(net.variables());
    const apply = compile(({ x }: { x: tf.Tensor }) => ({ y: net.apply(x) }), {
      name: 'apply',
      state: [net, optimizer],
    });
    const x = tf.ones([2, 3]);
    tf.dispose([apply({ x }), x]);
    apply.dispose();
    optimizer.dispose();
    expect(net.variables().some((variable) => variable.isDisposed)).toBe(false);
    net.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
