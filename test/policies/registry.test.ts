import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { Box, make, makeVec } from '../../envs/index.ts';
import {
  Adam,
  type FlowPolicy,
  FullCovarianceGaussianPolicy,
  GaussianPolicy,
  type MixturePolicy,
  makePolicy,
  Policy,
  type PolicyName,
  policies,
  Rng,
  registerPolicy,
  valueAndGradients,
} from '../../src/index.ts';
import { policyOptionsFor } from '../../src/policies/builtinPolicies.ts';

const task = {
  observationSpace: new Box({ low: -Infinity, high: Infinity, shape: [3] }),
  actionSpace: new Box({ low: [-2, -1], high: [2, 1] }),
  rng: new Rng(0),
};
const angles = new Box({ low: -Math.PI, high: Math.PI, shape: [2] });
const names: PolicyName[] = ['gaussian', 'gaussian-full', 'mixture', 'realnvp', 'spline', 'circular-spline'];
const taskOf = (name: PolicyName) => (name === 'circular-spline' ? { ...task, actionSpace: angles } : task);

describe.each(names)('%s', (name) => {
  test('is made for its spaces, knows its config, and is a function of the stream alone', () => {
    const policy = makePolicy(name, { ...taskOf(name), hidden: [5, 4] });
    expect([policy.observationDim, policy.actionDim]).toEqual([3, 2]);
    expect(policy.config).toMatchObject({ name, options: { hidden: [5, 4], activation: 'tanh', squash: 'none' } });
    expect(policy.config!.actionSpace).toEqual({
      low: [...taskOf(name).actionSpace.low],
      high: [...taskOf(name).actionSpace.high],
      shape: [2],
    });
    const stream = new Rng(0);
    stream.uniform();
    expect(makePolicy(name, { ...taskOf(name), rng: stream, hidden: [5, 4] }).stateDict()).toEqual(policy.stateDict());
    const other = makePolicy(name, { ...taskOf(name), rng: new Rng(1), hidden: [5, 4] });
    expect(other.stateDict()).not.toEqual(policy.stateDict());
  });

  test.each([1000, 18_000])('as near to %d parameters as widths in proportion come', (parameters) => {
    const policy = makePolicy(name, { ...taskOf(name), hidden: [10, 5], parameters });
    const hidden = policy.config!.options.hidden as number[];
    expect(policy.config!.options).not.toHaveProperty('parameters');
    const count = (wide: number): number =>
      makePolicy(name, { ...taskOf(name), hidden: [wide, Math.round(wide / 2)] }).parameterCount();
    expect(hidden[1]).toBe(Math.round(hidden[0]! / 2));
    expect(count(hidden[0]!)).toBe(policy.parameterCount());
    const miss = Math.abs(policy.parameterCount() - parameters);
    for (const step of [-1, 1]) expect(Math.abs(count(hidden[0]! + step) - parameters)).toBeGreaterThanOrEqual(miss);
  });
});

test.each(['gaussian', 'gaussian-full', 'mixture', 'realnvp', 'spline'] as const)(
  '%s: initialScale is the standard deviation before training',
  (name) => {
    const policy = makePolicy(name, { ...task, hidden: [4], initialScale: 0.2 });
    const { action } = policy.given(tf.zeros([2000, 3])).sampleWithLogProb(new Rng('samples'));
    const std = tf.sqrt(tf.moments(action, 0).variance).dataSync();
    for (const component of std) expect(Math.abs(component / 0.2 - 1)).toBeLessThan(0.05);
    expect(() => makePolicy(name, { ...task, initialScale: 0 })).toThrow('initialScale: got 0, expected a number > 0');
  },
);

test('options reach what they name', () => {
  expect(makePolicy('gaussian', task)).toBeInstanceOf(GaussianPolicy);
  expect((makePolicy('gaussian', task) as GaussianPolicy).logScale).toBeDefined();
  expect((makePolicy('gaussian', { ...task, scale: 'state' }) as GaussianPolicy).logScale).toBeUndefined();
  expect(makePolicy('gaussian-full', task)).toBeInstanceOf(FullCovarianceGaussianPolicy);
  const mixture = makePolicy('mixture', { ...task, components: 5 }) as MixturePolicy;
  expect(mixture.components).toBe(5);
  const [small, large] = [0.1, 1].map((hiddenGain) => makePolicy('mixture', { ...task, hiddenGain }).stateDict());
  const kernel = 'network.layers.0.kernel';
  expect(large![kernel]!.values[0]! / small![kernel]!.values[0]!).toBeCloseTo(10, 4);
  const count = (layers: number, bins: number) =>
    makePolicy('spline', { ...task, head: false, layers, bins }).parameterCount();
  expect(count(4, 8)).toBe(2 * count(2, 8));
  // A bin more is a width, a height and a derivative more: each has 64 weights and a bias in each layer.
  expect(count(2, 9) - count(2, 8)).toBe(2 * 3 * 65);
  for (const name of ['spline', 'realnvp'] as const) {
    const heads = [{}, { scale: 'state' as const }, { head: false }].map(
      (options) => (makePolicy(name, { ...task, ...options }) as FlowPolicy).head,
    );
    expect(heads.map((head) => head?.logScale?.shape)).toEqual([[2], undefined, undefined]);
    expect(heads.map((head) => head === undefined)).toEqual([false, false, true]);
  }
});

test('a fixed scale stays at initialScale: it is no parameter, and training leaves it', () => {
  const observations = tf.zeros([500, 3]) as tf.Tensor;
  const far = tf.fill([500, 2], 5) as tf.Tensor;
  for (const name of ['gaussian', 'spline'] as const) {
    const [free, fixed] = (['free', 'fixed'] as const).map((scale) =>
      makePolicy(name, { ...task, hidden: [4], initialScale: 0.2, scale }),
    ) as [Policy, Policy];
    expect(fixed.parameterCount()).toBe(free.parameterCount() - 2);
    expect(Object.keys(fixed.stateDict())).toEqual(Object.keys(free.stateDict()));
    const scalesAfterTraining = (policy: Policy): number[] => {
      const { gradients } = valueAndGradients(
        () => ({ loss: tf.neg(tf.mean(policy.given(observations).logProb(far))) as tf.Scalar }),
        policy.trainableVariables(),
      );
      new Adam(policy.trainableVariables()).update(gradients, 0.1);
      const [, { values }] = Object.entries(policy.stateDict()).find(([path]) => path.endsWith('logScale'))!;
      return Array.from(values, Math.exp);
    };
    for (const scale of scalesAfterTraining(fixed)) expect(scale).toBeCloseTo(0.2, 6);
    for (const scale of scalesAfterTraining(free)) expect(scale).toBeGreaterThan(0.21);
  }
});

test('wrong options do not compile', () => {
  type Spline = Parameters<typeof makePolicy<'spline'>>[1];
  expectTypeOf({ ...task, bins: 4, layers: 2 }).toExtend<Spline>();
  expectTypeOf({ ...task, bins: '4' }).not.toExtend<Spline>();
  const wrong = [
    // @ts-expect-error a misspelt option
    () => makePolicy('spline', { ...task, bin: 4 }),
    // @ts-expect-error another policy's option
    () => makePolicy('spline', { ...task, components: 4 }),
    // @ts-expect-error no such activation
    () => makePolicy('gaussian', { ...task, activation: 'tan' }),
  ];
  for (const call of wrong) expect(call).toThrow(/^makePolicy/);
});

test('the type of an action follows from the name of the policy', () => {
  const acted = <N extends string>(_: N) => undefined as unknown as ReturnType<ReturnType<typeof makePolicy<N>>['act']>;
  expectTypeOf(acted('spline')).toEqualTypeOf<Float32Array>();
  expectTypeOf(acted('autoregressive-categorical')).toEqualTypeOf<Float32Array>();
  expectTypeOf(acted('q-network')).toEqualTypeOf<number>();
  expectTypeOf(acted('multi-categorical')).toEqualTypeOf<Int32Array | Uint8Array>();
  expectTypeOf(acted('spline' as string)).toEqualTypeOf<Float32Array | number>();
  const policy = makePolicy('gaussian', { ...task, rng: new Rng(0) });
  expectTypeOf(policy.act([0, 0, 0])).toEqualTypeOf<Float32Array>();
  expectTypeOf(policy).toExtend<Policy>();
  // @ts-expect-error it acts by arrays
  const wrong: Policy<number> = policy;
  wrong.dispose();
});

test('what is refused once a policy has been made leaves no variables', () => {
  class Raw extends Policy {
    readonly featureDim = 2;
    readonly actionDim: number;
    readonly inner: GaussianPolicy;

    constructor(options: { observationDim: number; actionDim: number; rng: Rng }) {
      super();
      this.actionDim = options.actionDim;
      this.inner = new GaussianPolicy(options);
    }

    protected distribution(features: tf.Tensor) {
      return this.inner.given(features);
    }
  }
  registerPolicy('raw', { description: 'of another size than its features', make: (options) => new Raw(options) });
  const before = tf.memory().numTensors;
  const image = new Box({ low: 0, high: 255, shape: [5, 5, 3], dtype: 'uint8' });
  for (const [name, options] of [
    ['gaussian', { squash: 'wrap' }],
    ['spline', { actionSpace: angles, squash: 'wrap' }],
    ['raw', { observationSpace: image }],
  ] as const) {
    expect(() => makePolicy<string>(name, { ...task, ...options })).toThrow();
    expect(tf.memory().numTensors).toBe(before);
  }
});

test('a policy of one’s own: made by its name, typed, listed, its name taken once', () => {
  class Wide extends GaussianPolicy {}
  const makeWide = registerPolicy('wide', {
    description: 'a wide Gaussian',
    options: { width: z.number().positive().default(3).describe('its standard deviation') },
    make: ({ width, ...options }) => new Wide({ ...options, initialScale: width }),
  });
  const policy = makeWide({ ...task, width: 5, hidden: [3] });
  expect(policy).toBeInstanceOf(Wide);
  expect((policy as Wide).logScale!.dataSync()[0]).toBeCloseTo(Math.log(5), 6);
  expect(policy.config).toMatchObject({ name: 'wide', options: { width: 5, hidden: [3] } });
  expect(makePolicy('wide', { ...task, parameters: 200 })).toBeInstanceOf(Policy);
  // @ts-expect-error the option is a number
  expect(() => makeWide({ ...task, width: 'five' })).toThrow(/width: got "five"/);
  expect(policies().find(({ name }) => name === 'wide')).toMatchObject({
    description: 'a wide Gaussian',
    options: { properties: { width: { default: 3, description: 'its standard deviation', type: 'number' } } },
  });
  expect(() => registerPolicy('wide', { description: '', make: (options) => new Wide(options) })).toThrow(
    /'wide' already/,
  );
});

test('parameters: a policy whose size does not depend on `hidden` is refused', () => {
  const made: number[] = [];
  const makeFixed = registerPolicy('fixed-width', {
    description: 'a Gaussian of one width',
    make: (options) => {
      made.push(options.hidden[0]!);
      if (made.length > 100) throw new Error('made too often');
      return new GaussianPolicy({ ...options, hidden: [3] });
    },
  });
  const count = makeFixed(task).parameterCount();
  const tensors = tf.memory().numTensors;
  expect(() => makeFixed({ ...task, parameters: count + 1 })).toThrow(/'fixed-width'\): parameters: got/);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(makeFixed({ ...task, parameters: count }).parameterCount()).toBe(count);
});

describe('an environment and a learner', () => {
  const pendulum = make('Pendulum-v1');
  const options = (name: PolicyName, more: object) =>
    makePolicy(name, { env: pendulum, rng: new Rng(0), ...more } as never).config!.options;

  test('the spaces are those of the environment, alone or of several', () => {
    const { observationSpace, actionSpace } = pendulum;
    const wanted = makePolicy('gaussian', { observationSpace, actionSpace, rng: new Rng(0) });
    const envs = [pendulum, makeVec('Pendulum-v1', { numEnvs: 2 })];
    for (const env of envs) {
      const policy = makePolicy('gaussian', { env, rng: new Rng(0) });
      expect([policy.config, policy.stateDict()]).toEqual([wanted.config, wanted.stateDict()]);
    }
  });

  test('what suits the learner comes before the defaults, what is given before that, and what the policy has not is left out', () => {
    const replaying = { squash: 'tanh', hidden: [256, 256], activation: 'relu' };
    expect(options('gaussian', { for: 'sac' })).toMatchObject({ ...replaying, scale: 'state' });
    expect(options('gaussian', { for: 'crossq' })).toMatchObject({ ...replaying, scale: 'state', batchRenorm: true });
    expect(options('mixture', { for: 'sac', hidden: [8] })).toMatchObject({ hidden: [8], reparameterize: true });
    expect(options('spline', { for: 'soft-q-learning' })).toMatchObject({ ...replaying, scale: 'state' });
    expect(options('gaussian', { for: 'td3', scale: 'fixed' })).toMatchObject({ ...replaying, scale: 'fixed' });
    expect(options('gaussian', { for: 'ppo' })).toEqual(options('gaussian', {}));
    expect(options('gaussian', { for: 'behavior-cloning' })).toEqual(options('gaussian', { scale: 'state' }));
    expect(options('truncated-normal', { for: 'sac' })).toMatchObject({ squash: 'none', scale: 'state' });
  });

  test('no squash where there are no bounds', () => {
    const endless = { ...task, actionSpace: new Box({ low: -Infinity, high: Infinity, shape: [2] }) };
    const { squash, scale } = makePolicy('gaussian', { ...endless, for: 'sac', hidden: [4] }).config!.options;
    expect([squash, scale]).toEqual(['rescale', 'state']);
  });

  test('every learner has what makePolicy takes', () => {
    for (const learner of Object.keys(policyOptionsFor)) {
      for (const name of names) {
        if (name !== 'circular-spline') expect(() => options(name, { for: learner, hidden: [4] })).not.toThrow();
      }
    }
  });
});
