/** Modules as the state of compiled functions: what the host sees of it, and what changes between calls. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Adam } from '../../src/engine/optimizers.ts';
import { currentRuntime, selectEngine } from '../../src/engine/runtime/engine.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Module } from '../../src/module.ts';
import { Rng } from '../../src/random.ts';
import { Counter, expectClose, Net, numbers, onAllEngines } from './support.ts';

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
  onAllEngines('the values after each call, at once; what was read, cloned or saved before stays', () => {
    const counter = new Counter();
    const step = increment(counter);
    const seen: tf.TypedArray[] = [];
    for (let i = 1; i <= 4; i++) {
      step({});
      seen.push(counter.count.dataSync());
      expect(numbers(tf.mul(counter.count, 10))).toEqual([10 * i]);
    }
    expect(seen.map((values) => values[0])).toEqual([1, 2, 3, 4]);
    const [clone, target, saved] = [tf.clone(counter.count), new Counter().count, counter.stateDict()];
    target.assign(counter.count);
    step({});
    expect([clone, target, counter.count].map(numbers)).toEqual([[4], [4], [5]]);
    const later = tf.clone(counter.count);
    counter.count.assign(tf.scalar(10));
    step({});
    expect([later, counter.count].map(numbers)).toEqual([[5], [11]]);
    tf.dispose([clone, target]);
    counter.loadStateDict(saved);
    step({});
    expect(numbers(counter.count)).toEqual([5]);
  });

  onAllEngines('eager assignments and loadStateDict are taken in by the next call', () => {
    const net = new Net([2, 3, 1], 'load');
    const apply = compile(({ x }: { x: tf.Tensor }) => ({ y: net.apply(x) }), { name: 'apply', state: [net] });
    const x = new Rng(0).normalTensor([4, 2]);
    const check = () => expectClose(numbers(apply({ x }).y), numbers(net.apply(x)));
    check();
    net.bias2.assign(tf.tensor1d([5]));
    check();
    net.loadStateDict(new Net([2, 3, 1], 'other').stateDict());
    check();
  });

  onAllEngines('a state variable that is passed as an input is not changed by an assignment', () => {
    const counter = new Counter();
    const fn = compile(
      ({ before }: { before: tf.Tensor }) => {
        counter.count.assign(tf.add(counter.count, 1));
        return { before, twice: tf.mul(before, 2), after: counter.count as tf.Tensor };
      },
      { name: 'aliases', state: [counter] },
    );
    for (const start of [0, 1, 2]) {
      const { before, twice, after } = fn({ before: counter.count });
      expect([before, twice, after].map(numbers)).toEqual([[start], [2 * start], [start + 1]]);
      tf.dispose([before, twice, after]);
    }
    expect(numbers(counter.count)).toEqual([3]);
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
    const parameters = [...policy.variables(), ...value.variables()];
    const optimizer = new Adam(parameters);
    const state = {
      act: [policy],
      judge: [value],
      train: [policy, value, optimizer],
      track: [target, value],
      swap: [target, policy],
    };
    const fns: Record<keyof typeof state, (x: tf.Tensor) => tf.Tensor> = {
      act: (x) => policy.apply(x),
      judge: (x) => value.apply(x),
      train: (x) => {
        const lossOf = () => ({ loss: tf.mean(tf.square(tf.sub(policy.apply(x), value.apply(x)))) });
        const { loss, gradients } = valueAndGradients(lossOf, parameters);
        optimizer.update(gradients, 0.01);
        return loss;
      },
      track: () => {
        const from = value.variables();
        target.variables().forEach((variable, i) => {
          variable.assign(tf.add(tf.mul(variable, 0.9), tf.mul(from[i]!, 0.1)));
        });
        return tf.sum(target.kernel1);
      },
      swap: (x) => {
        const kept = tf.clone(policy.bias2);
        policy.bias2.assign(target.bias2);
        target.bias2.assign(kept);
        return tf.sum(policy.apply(x));
      },
    };
    const make = (name: keyof typeof state) =>
      compile(({ x }: { x: tf.Tensor }) => ({ y: fns[name](x) }), { name, state: state[name] });
    return { make, all: [policy, value, target] };
  }

  test.each(['act judge train track swap', 'swap track train judge act', 'track act swap train judge'])(
    '%s',
    async (order) => {
      const x = new Rng('x').normalTensor([6, 3]);
      const results: number[][][] = [];
      for (const engine of ['eager', 'wasm', 'native']) {
        await selectEngine(engine);
        const { make, all } = agent();
        const made = order.split(' ').map((name) => make(name as 'act'));
        const given = [0, 1, 2].flatMap(() => made.map((fn) => numbers(fn({ x }).y)));
        results.push([...given, ...all.flatMap((net) => net.variables().map(numbers))]);
      }
      const [eager, ...compiled] = results;
      for (const each of compiled) each.forEach((values, i) => expectClose(values, eager![i]!, 2e-5));
      await selectEngine();
    },
  );
});

class Scale extends Module {
  factor: tf.Variable;

  constructor(factor: number) {
    super();
    this.factor = tf.tidy(() => tf.variable(tf.scalar(factor)));
  }
}

/** Factors, and a tensor that is no variable. */
class Scales extends Module {
  layers: Scale[];
  extra: Scale | null = null;
  shift = tf.scalar(0);
  /** Nothing to do with variables. */
  calls = 0;

  constructor(factors: readonly number[]) {
    super();
    this.layers = factors.map((factor) => new Scale(factor));
  }

  apply(x: tf.Tensor): tf.Tensor {
    const all = this.extra ? [...this.layers, this.extra] : this.layers;
    return tf.add(
      all.reduce((y: tf.Tensor, { factor }) => tf.mul(y, factor), x),
      this.shift,
    );
  }
}

function scaling(net: Scales) {
  let traces = 0;
  const fn = compile(
    ({ x }: { x: tf.Tensor }) => {
      traces++;
      for (const { factor } of net.layers) factor.assign(tf.add(factor, 0));
      return { y: net.apply(x) };
    },
    { name: 'scaling', state: [[net], net] },
  );
  return { apply: (x: number) => numbers(fn({ x }).y)[0], traces: () => traces };
}

describe('a module that changes', () => {
  onAllEngines('variables, modules and tensors that are replaced, added or removed are seen', () => {
    const net = new Scales([2, 3]);
    const { apply, traces } = scaling(net);
    const becomes = (wanted: number) => expect([apply(1), apply(1)]).toEqual([wanted, wanted]);
    becomes(6);
    const changes: [() => unknown, number][] = [
      [() => Object.assign(net.layers[0]!, { factor: tf.variable(tf.scalar(5)) }), 15],
      [() => Object.assign(net.layers, { 1: new Scale(7) }), 35],
      [() => Object.assign(net, { layers: [new Scale(11)] }), 11],
      [() => net.layers.push(new Scale(3)), 33],
      [() => Object.assign(net, { extra: new Scale(5) }), 165],
      [() => net.layers.shift(), 15],
      [() => Object.assign(net, { extra: null }), 3],
      [() => Object.assign(net, { shift: tf.scalar(10) }), 13],
    ];
    for (const [change, wanted] of changes) {
      change();
      becomes(wanted);
    }
    const before = traces();
    for (net.calls = 1; net.calls < 4; net.calls++) expect(apply(net.calls)).toBe(3 * net.calls + 10);
    if (currentRuntime() !== undefined) expect(traces()).toBe(before);
    net.shift.dispose();
    expect(() => apply(1)).toThrow("compile('scaling'): a tensor [] in the state is disposed");
  });

  onAllEngines(
    'a variable of a type that is none, and a disposed one, are errors; not where no function uses it',
    () => {
      const net = new Scales([2]);
      const { apply } = scaling(net);
      net.layers[0]!.factor = tf.variable(tf.tensor1d(['a']), false);
      const { name } = net.layers[0]!.factor;
      expect(() => apply(1)).toThrow(`compile('scaling'): the variable '${name}' in the state is string`);
      const [a, b] = [new Counter(), new Counter()];
      const using = (...counters: Counter[]) =>
        compile(() => ({ y: tf.addN(counters.map(({ count }) => count)) }), { name: 'sum', state: counters });
      const [sum, only] = [using(a, b), using(a)];
      sum({});
      only({});
      b.dispose();
      for (const fn of [sum, using(b)])
        expect(() => fn({})).toThrow(`compile('sum'): the variable '${b.count.name}' in the state is disposed`);
      expect(numbers(only({}).y)).toEqual([0]);
    },
  );

  onAllEngines('variables of integers and bools, in a module that is listed twice', () => {
    class Flags extends Module {
      readonly steps = tf.variable(tf.scalar(0, 'int32'), false);
      readonly done = tf.variable(tf.tensor1d([false, false], 'bool'), false);
      readonly weight = new Scale(1);
    }
    const flags = new Flags();
    const step = compile(
      () => {
        flags.steps.assign(tf.add(flags.steps, tf.scalar(1, 'int32')));
        flags.done.assign(tf.logicalOr(flags.done, tf.tensor1d([true, false], 'bool')));
        flags.weight.factor.assign(tf.mul(flags.weight.factor, 2));
        return {};
      },
      { name: 'flags', state: [flags, flags.weight, flags] },
    );
    step({});
    step({});
    expect([flags.steps, flags.done, flags.weight.factor].map(numbers)).toEqual([[2], [1, 0], [4]]);
    expect([flags.steps.dtype, flags.done.dtype]).toEqual(['int32', 'bool']);
  });
});

test('another tfjs backend may be active', async () => {
  tf.copyRegisteredKernels('cpu', 'cpu2');
  const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu');
  tf.registerBackend('cpu2', () => Object.assign(new MathBackendCPU(), { firstUse: false }));
  const net = new Net([2, 3, 1], 'cpu2');
  const x = new Rng(0).normalTensor([4, 2]);
  const step = compile(
    (inputs: { x: tf.Tensor }) => {
      net.bias2.assign(tf.add(net.bias2, 1));
      return { y: net.apply(inputs.x) };
    },
    { name: 'step', state: [net] },
  );
  try {
    for (const backend of ['cpu2', 'cpu', 'cpu2', 'cpu']) {
      await tf.setBackend(backend);
      const before = tf.clone(net.bias2);
      for (const added of [1, 2]) {
        const { y } = step({ x });
        expect(tf.getBackend()).toBe(backend);
        expectClose(numbers(y), numbers(net.apply(x)));
        expectClose(numbers(net.bias2), [numbers(before)[0]! + added]);
      }
      net.bias2.assign(tf.tensor1d([0]));
      step({ x });
      expect(numbers(tf.mul(net.bias2, 1))).toEqual([1]);
    }
    const { numTensors } = tf.memory();
    net.dispose();
    expect(tf.memory().numTensors).toBe(numTensors - 4);
  } finally {
    await tf.setBackend('cpu');
    tf.removeBackend('cpu2');
  }
});

describe('memory', () => {
  const training = () => {
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
    return { net, optimizer, step };
  };

  test('tensors are as many after thousands of updates, by tensors and by arrays', () => {
    const { net, step } = training();
    const onArrays = step.onArrays({ x: { shape: [4, 3] }, learningRate: { shape: [] } });
    const rng = new Rng(5);
    const [x, array] = [rng.normalTensor([4, 3]), new Float32Array(12)];
    const run = (times: number): void => {
      for (let i = 0; i < times; i++) {
        step({ x, learningRate: 1e-3 }, rng).loss.dispose();
        onArrays({ x: array, learningRate: 1e-3 }, rng);
        if (i % 100 === 0) numbers(net.kernel1);
      }
    };
    run(200);
    const { numTensors, numBytes, numDataBuffers } = tf.memory();
    run(2000);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes, numDataBuffers });
  });

  onAllEngines('dispose gives everything back', () => {
    const before = tf.memory().numTensors;
    const { net, optimizer, step } = training();
    const x = tf.ones([4, 3]);
    tf.dispose([step({ x, learningRate: 1 }, new Rng(0)), x]);
    step.dispose();
    optimizer.dispose();
    expect(net.variables().some((variable) => variable.isDisposed)).toBe(false);
    net.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
