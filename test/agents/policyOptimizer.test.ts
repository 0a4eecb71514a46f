import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { PolicyOptimizer } from '../../agents/core/policyGradient.ts';
import { Adam, GaussianPolicy, makePolicy, Rng } from '../../src/index.ts';

const task = {
  observationSpace: { low: [-1], high: [1], shape: [1] },
  actionSpace: { low: [-1, -1], high: [1, 1], shape: [2] },
  hidden: [3],
};

/** Adam in plain numbers, from 0: where the gradients lead. */
function adam(gradients: readonly number[], rate: number, epsilon: number): number {
  let [m, v, x] = [0, 0, 0];
  gradients.forEach((g, i) => {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    x -= (rate * m) / (1 - 0.9 ** (i + 1)) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + epsilon);
  });
  return x;
}

test('shape variables go down the gradient at a share of the rate, all others by Adam, and their gradients are bounded apart', () => {
  const policy = makePolicy('spline', { ...task, rng: new Rng(0) });
  const other = tf.variable(tf.zeros([5]));
  const optimizer = new PolicyOptimizer(policy, {
    shapeRate: 0.3,
    maxGradientNorm: 0.5,
    optimizer: (parameters) => new Adam(parameters, { epsilon: 1e-2 }),
    others: [other],
  });
  const shape = policy.shapeVariables();
  const count = (variables: readonly tf.Variable[]) => variables.reduce((sum, { size }) => sum + size, 0);
  const mainCount = policy.parameterCount() + other.size - count(shape);
  expect(count(optimizer.parameters)).toBe(mainCount + count(shape));
  for (const parameter of optimizer.parameters) parameter.assign(tf.zerosLike(parameter));
  // All entries of one kind are equal: small ones pass as they are, large ones are scaled to a norm of 0.5.
  const steps = [
    { main: 1e-3, shape: 100 },
    { main: 50, shape: -1e-3 },
    { main: -2e-3, shape: 3 },
  ];
  const bounded = (g: number, n: number): number => g * Math.min(1, 0.5 / (Math.abs(g) * Math.sqrt(n) + 1e-6));
  for (const step of steps) {
    const gradients = optimizer.parameters.map((parameter) =>
      tf.fill(parameter.shape, shape.includes(parameter as tf.Variable) ? step.shape : step.main),
    );
    const norm = optimizer.update(gradients, tf.scalar(0.02)).dataSync()[0]!;
    expect(norm / (Math.abs(step.main) * Math.sqrt(mainCount))).toBeCloseTo(1, 4);
  }
  const expected = {
    main: adam(
      steps.map(({ main }) => bounded(main, mainCount)),
      0.02,
      1e-2,
    ),
    shape: steps.reduce((x, step) => x - 0.3 * 0.02 * bounded(step.shape, count(shape)), 0),
  };
  for (const parameter of optimizer.parameters) {
    const wanted = expected[shape.includes(parameter as tf.Variable) ? 'shape' : 'main'];
    for (const value of parameter.dataSync()) expect(value / wanted).toBeCloseTo(1, 3);
  }
  optimizer.dispose();
  other.dispose();
  policy.dispose();
});

test('a policy without such variables has one optimizer, a subclass of Policy or not', () => {
  const policy = new GaussianPolicy({ observationDim: 1, actionDim: 1, hidden: [3], rng: new Rng(0) });
  const options = { shapeRate: 1, maxGradientNorm: 1, optimizer: (all: readonly tf.Variable[]) => new Adam(all) };
  const alike = { trainableVariables: () => policy.trainableVariables() } as unknown as GaussianPolicy;
  for (const each of [policy, alike]) {
    const optimizer = new PolicyOptimizer(each, options);
    expect(optimizer.shape).toBeUndefined();
    expect(optimizer.parameters).toEqual(policy.trainableVariables());
    optimizer.dispose();
  }
  policy.dispose();
});
