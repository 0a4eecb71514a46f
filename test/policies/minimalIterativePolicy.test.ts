import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { BehaviorCloning } from '../../agents/index.ts';
import { MinimalIterativePolicy, Rng, sampleAction, valueAndGradients } from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';

/** Half the widths 1 and 3, the middles 0 and 3. */
const actionSpace = { low: [-1, 0], high: [1, 6], shape: [2] };
const [HALF, MIDDLE] = [
  [1, 3],
  [0, 3],
];

function make(options: Partial<ConstructorParameters<typeof MinimalIterativePolicy>[0]> = {}): MinimalIterativePolicy {
  const policy = new MinimalIterativePolicy({
    ...{ observationDim: 2, actionSpace, hidden: [5], activation: 'tanh', rng: new Rng('weights') },
    ...options,
  });
  return perturb(policy, new Rng('moved'));
}

const variablesOf = (policy: MinimalIterativePolicy): Variables =>
  Object.fromEntries([...policy.namedVariables()].map(([path, variable]) => [path, Array.from(variable.dataSync())]));

/** f(x, t | o) in float64. */
const f = (variables: Variables, x: number[], t: number, o: number[]) =>
  mlp(under(variables, 'field.network'), [...x, t, ...o]);

const OBSERVATIONS = [
  [0.3, -1],
  [2, 0.5],
  [-0.7, 0.1],
];

test('an action is the network of its own first answer, without noise', () => {
  const policy = make({ time: 0.7 });
  const variables = variablesOf(policy);
  const distribution = policy.given(tf.tensor2d(OBSERVATIONS));
  const drawn = ['a', 'b'].map((seed) => sampleAction(distribution, new Rng(seed)));
  const greedy = policy.greedy(tf.tensor2d(OBSERVATIONS));
  OBSERVATIONS.forEach((o, row) => {
    const wanted = f(variables, f(variables, [0, 0], 0, o), 0.7, o);
    for (const { action, latent } of [...drawn, greedy]) {
      wanted.forEach((u, i) => {
        expect((latent.arraySync() as number[][])[row]![i]).toBeCloseTo(u, 5);
        const inBox = Math.min(Math.max(MIDDLE[i]! + HALF[i]! * u, actionSpace.low[i]!), actionSpace.high[i]!);
        expect((action.arraySync() as number[][])[row]![i]).toBeCloseTo(inBox, 5);
      });
    }
  });
});

test.each([
  ['rows as they are', undefined],
  ['rows with weights', [0.2, 3, 1.5]],
  [
    'numbers with weights',
    [
      [1, 1],
      [1, 0],
      [0.5, 2],
    ],
  ],
])('its loss is that of plain numbers, and so is its gradient: %s', (_, weights) => {
  const policy = make({ time: 0.8 });
  const actions = [
    [0.5, 1],
    [-0.9, 5.5],
    [0, 3],
  ];
  const noise = new Rng('draws').normalTensor([3, 2]).arraySync() as number[][];
  const lossOf = (variables: Variables) =>
    actions.reduce((sum, action, row) => {
      const u = action.map((a, i) => (a - MIDDLE[i]!) / HALF[i]!);
      const o = OBSERVATIONS[row]!;
      const own = weights?.[row] ?? 1;
      const weightOf = (i: number) => (typeof own === 'number' ? own : own[i]!);
      const mean = (got: number[]) =>
        got.reduce((total, value, i) => total + weightOf(i) * (value - u[i]!) ** 2, 0) / 2;
      const first = mean(f(variables, [0, 0], 0, o)) / 0.8 ** 2;
      const near = u.map((value, i) => value + 0.2 * noise[row]![i]!);
      const second = mean(f(variables, near, 0.8, o)) / 0.2 ** 2;
      return sum + (first + second) / 3;
    }, 0);
  const named = [...policy.namedVariables()];
  const { loss, gradients } = valueAndGradients(
    () => ({
      loss: policy.matchingLoss(
        tf.tensor2d(OBSERVATIONS),
        tf.tensor2d(actions),
        new Rng('draws'),
        weights && tf.tensor(weights),
      ) as tf.Scalar,
    }),
    named.map(([, variable]) => variable),
  );
  const variables = variablesOf(policy);
  const wanted = lossOf(variables);
  expect(Math.abs(loss.dataSync()[0]! - wanted)).toBeLessThan(1e-5 * wanted);
  named.forEach(([path], i) => {
    const slopes = gradient((values) => lossOf({ ...variables, [path]: values }), variables[path]!);
    const got = gradients[i]!.dataSync();
    const size = Math.hypot(...slopes);
    slopes.forEach((slope, entry) => expect(Math.abs(got[entry]! - slope), path).toBeLessThan(1e-4 * (1 + size)));
  });
});

test('of two actions its first step learns the mean, and its second what an action near one of them is', async () => {
  const rng = new Rng('pairs');
  const rows = 512;
  const actions = Float32Array.from({ length: rows }, () => (rng.uniform() < 0.5 ? -0.8 : 0.8));
  const policy = new MinimalIterativePolicy({
    ...{ observationDim: 1, actionSpace: { low: [-1], high: [1], shape: [1] }, hidden: [32] },
    rng: new Rng(0),
  });
  const agent = new BehaviorCloning({
    policy,
    demonstrations: { observations: new Float32Array(rows), actions },
    learningRate: 5e-3,
  });
  for await (const _ of agent.train({ steps: 1500, rng: new Rng(1) }));
  const at = (x: number, t: number) => policy.field.at(tf.tensor2d([[x]]), t, tf.zeros([1, 1])).dataSync()[0]!;
  const mean = actions.reduce((sum, value) => sum + value, 0) / rows;
  expect(Math.abs(at(0, 0) - mean)).toBeLessThan(0.05);
  expect(at(0.75, 0.9)).toBeCloseTo(0.8, 1);
  expect(at(-0.9, 0.9)).toBeCloseTo(-0.8, 1);
  agent.dispose();
  policy.dispose();
});
