import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { BehaviorCloning, Ppo, SoftQLearning } from '../../agents/index.ts';
import { makeVec } from '../../envs/index.ts';
import {
  actionDensity,
  compile,
  cosineSchedule,
  FlowMatchingPolicy,
  type FlowMatchingPolicyOptions,
  makePolicy,
  modes,
  type Policy,
  Rng,
  sampleAction,
  selectEngine,
} from '../../src/index.ts';
import { velocity } from '../oracle/neuralOde.ts';
import { perturb } from '../support/perturb.ts';

afterEach(() => selectEngine());

const BOX = { low: [-1, 0], high: [1, 6], shape: [2] };
/** Half the widths and the middles. */
const [HALF, MIDDLE] = [
  [1, 3],
  [0, 3],
];

function make(options: Partial<FlowMatchingPolicyOptions> = {}, std = 0.3): FlowMatchingPolicy {
  const policy = new FlowMatchingPolicy({
    observationDim: 2,
    actionSpace: BOX,
    hidden: [7, 5],
    rng: new Rng('weights'),
    ...options,
  });
  return perturb(policy, new Rng('moved'), std);
}

const relu = (x: number) => Math.max(x, 0);

/** The field in float64, given an observation. */
function plain({ field }: FlowMatchingPolicy, observation: number[]) {
  const variables = Object.entries(field.network.stateDict()).map(([path, { values }]) => [path, Array.from(values)]);
  return velocity(Object.fromEntries(variables), observation, relu);
}

const OBSERVATIONS = [
  [0.3, -1],
  [2, 0.5],
  [-0.7, 0.1],
];
const observations = () => tf.tensor2d(OBSERVATIONS);
const row = (values: ArrayLike<number>, i: number, width: number) =>
  Array.from(values).slice(i * width, (i + 1) * width);

test.each(['midpoint', 'euler'] as const)(
  'a sample is noise carried by the steps of plain numbers: %s',
  async (solver) => {
    await selectEngine('wasm');
    const policy = make({ solver, steps: 3 });
    const sample = compile(({ seen }: { seen: tf.Tensor }, rng) => ({ ...sampleAction(policy.given(seen), rng) }), {
      name: 'sample',
      state: [policy],
    });
    const { action, latent } = sample({ seen: observations() }, new Rng('noise'));
    const noise = new Rng('noise').normalTensor([3, 2]);
    const carried = policy.carried(observations(), noise).dataSync();
    OBSERVATIONS.forEach((observation, i) => {
      const v = plain(policy, observation);
      let x = row(noise.dataSync(), i, 2);
      for (let step = 0; step < 3; step++) {
        const [h, t] = [1 / 3, step / 3];
        const first = v(x, t);
        const rate =
          solver === 'euler'
            ? first
            : v(
                x.map((value, k) => value + (h / 2) * first[k]!),
                t + h / 2,
              );
        x = x.map((value, k) => value + h * rate[k]!);
      }
      x.forEach((value, k) => {
        expect(row(latent!.dataSync(), i, 2)[k]).toBeCloseTo(value, 4);
        expect(row(carried, i, 2)[k]).toBeCloseTo(value, 4);
        const inBox = Math.min(Math.max(MIDDLE[k]! + HALF[k]! * value, BOX.low[k]!), BOX.high[k]!);
        expect(row(action!.dataSync(), i, 2)[k]).toBeCloseTo(inBox, 4);
      });
    });
  },
);

test.each([
  ['as they are', undefined],
  ['with weights', [0.2, 3, 1.5]],
])('its loss is that of plain numbers, and so is its gradient: rows %s', (_, weights) => {
  const policy = make({}, 0.1);
  const actions = [
    [0.5, 1],
    [-0.9, 5.5],
    [0, 3],
  ];
  const draws = policy.matchingDraws(3, new Rng('draws'));
  const [noise, times] = [draws.noise.dataSync(), draws.times.dataSync()];
  const lossesOf = () =>
    actions.map((action, i) => {
      const u = action.map((a, k) => (a - MIDDLE[k]!) / HALF[k]!);
      const [eps, t] = [row(noise, i, 2), times[i]!];
      const v = plain(policy, OBSERVATIONS[i]!)(
        u.map((value, k) => (1 - t) * eps[k]! + t * value),
        t,
      );
      return v.reduce((sum, value, k) => sum + (value - (u[k]! - eps[k]!)) ** 2, 0) / 2;
    });
  const latents = policy.given(observations()).unsquash(tf.tensor2d(actions));
  const losses = policy.matchingLosses(observations(), latents, draws).dataSync();
  lossesOf().forEach((loss, i) => expect(losses[i]).toBeCloseTo(loss, 4));
  const mean = () => lossesOf().reduce((sum, loss, i) => sum + (weights?.[i] ?? 1) * loss, 0) / 3;
  const weighted = weights && tf.tensor1d(weights);
  const loss = () => policy.matchingLoss(observations(), tf.tensor2d(actions), new Rng('draws'), weighted) as tf.Scalar;
  expect(loss().dataSync()[0]).toBeCloseTo(mean(), 4);
  const { grads } = tf.variableGrads(loss, policy.trainableVariables());
  for (const { kernel } of policy.field.network.layers) {
    const values = kernel.dataSync().slice();
    const at = (value: number) => {
      kernel.assign(
        tf.tensor(
          Array.from(values, (entry, i) => (i === 1 ? value : entry)),
          kernel.shape,
        ),
      );
      return mean();
    };
    const slope = (at(values[1]! + 1e-3) - at(values[1]! - 1e-3)) / 2e-3;
    kernel.assign(tf.tensor(Array.from(values), kernel.shape));
    expect(Math.abs(grads[kernel.name]!.dataSync()[1]! - slope)).toBeLessThan(2e-3 * (1 + Math.abs(slope)));
  }
});

test.each<[string, number[], number[], number[] | undefined, string]>([
  ['a weight as a row would count for all rows', [3, 2], [3, 2], [3, 1], 'weights: got shape [3,1], expected [3]'],
  ['too few weights', [3, 2], [3, 2], [2], 'weights: got shape [2], expected [3]'],
  ['other rows', [2, 2], [4, 2], undefined, 'observations: got shape [2,2], expected [4,2]'],
  ['another action', [3, 2], [3, 1], undefined, 'actions: got shape [3,1], expected [3,2]'],
])('its loss refuses shapes that do not fit: %s', (_, observations, actions, weights, problem) => {
  const loss = () =>
    make().matchingLoss(tf.zeros(observations), tf.zeros(actions), new Rng(0), weights && tf.ones(weights));
  expect(loss).toThrow(`FlowMatchingPolicy.matchingLoss: ${problem}`);
});

test.each([1, 2])('the exact density integrates to 1 and is that of samples: %i numbers', async (dim) => {
  await selectEngine('wasm');
  const actionSpace = { low: new Array(dim).fill(-4), high: new Array(dim).fill(4), shape: [dim] };
  // Steps enough for the samples' own error to be no part of it.
  const policy = make({ actionSpace, steps: 16 }, 0.2);
  const density = policy.exact();
  const cells = dim === 1 ? 400 : 80;
  const width = 48 / cells;
  const middles = Array.from({ length: cells }, (_, i) => -24 + (i + 0.5) * width);
  const points = dim === 1 ? middles.map((x) => [x]) : middles.flatMap((x) => middles.map((y) => [x, y]));
  const rows = (count: number) => tf.tile(tf.tensor2d([OBSERVATIONS[0]!]), [count, 1]);
  const logProbs = compile(
    ({ seen, at }: Record<'seen' | 'at', tf.Tensor>) => {
      const given = density.given(seen);
      return { logProb: given.logProb(given.unsquash(at)) };
    },
    { name: 'density', state: [density] },
  )({ seen: rows(points.length), at: tf.tensor2d(points) });
  const masses = Array.from(logProbs.logProb.dataSync(), (value) => Math.exp(value) * width ** dim);
  expect(masses.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 2);
  const count = 6000;
  const draw = compile(
    ({ seen }: { seen: tf.Tensor }, rng) => ({ latent: sampleAction(policy.given(seen), rng).latent }),
    { name: 'draws', state: [policy] },
  );
  const drawn = draw({ seen: rows(count) }, new Rng('draws')).latent.dataSync();
  // Bins are whole cells; an action is four times its latent value.
  const bin = (x: number[]) => x.map((value) => Math.min(Math.max(Math.floor((value + 24) / 2.4), 0), 19)).join();
  const [shares, expected] = [new Map<string, number>(), new Map<string, number>()];
  const add = (to: Map<string, number>, key: string, amount: number) => to.set(key, (to.get(key) ?? 0) + amount);
  points.forEach((point, i) => add(expected, bin(point), masses[i]!));
  for (let i = 0; i < count; i++)
    add(shares, bin(row(drawn.subarray(i * dim, (i + 1) * dim), 0, dim).map((u) => 4 * u)), 1 / count);
  for (const [key, mass] of expected) {
    const error = Math.sqrt((mass * (1 - mass)) / count);
    expect(Math.abs((shares.get(key) ?? 0) - mass), key).toBeLessThan(5 * error + 0.002);
  }
  expect(Math.max(...expected.values())).toBeLessThan(0.6);
});

test('a number without two bounds is learned as it is, and nothing is clipped where there is no bound', () => {
  const actionSpace = { low: [-Infinity, 0], high: [Infinity, Infinity], shape: [2] };
  const policy = make({ actionSpace });
  const distribution = policy.given(observations());
  const latent = tf.tensor2d([
    [40, -3],
    [-7, 2],
    [0, 0],
  ]);
  expect(distribution.squash(latent).arraySync()).toEqual([
    [40, 0],
    [-7, 2],
    [0, 0],
  ]);
  expect(distribution.unsquash(latent).arraySync()).toEqual(latent.arraySync());
});

test('log-probabilities follow the variables and what is normalized', () => {
  const [normalizing, policy] = [make(), make()];
  normalizing.normalizeObservations();
  const density = normalizing.exact();
  normalizing.normalizer!.setMoments({ mean: [1, -2], variance: [4, 0.25], count: 10 });
  const raw = tf.tensor2d([[2, -1.5]]);
  const seen = tf.tensor2d([[0.5, 1]]);
  const at = tf.tensor2d([[0.2, -0.4]]);
  const wanted = policy.exact().given(seen).logProb(at).dataSync()[0]!;
  expect(density.given(raw).logProb(at).dataSync()[0]).toBeCloseTo(wanted, 4);
  perturb(normalizing.field, new Rng('again'));
  expect(density.given(raw).logProb(at).dataSync()[0]).not.toBeCloseTo(wanted, 2);
  expect(
    actionDensity(policy, [0.5, 1])
      .logProb(tf.tensor1d([0.2, 3 - 1.2]))
      .dataSync()[0],
  ).toBeCloseTo(wanted, 4);
});

test('cloning by its loss keeps two ways, and keeps the weights of the least loss on held-out pairs', async () => {
  await selectEngine('wasm');
  const space = { low: [-2], high: [2], shape: [1] };
  const rng = new Rng('two ways');
  const policy = makePolicy('flow-matching', {
    observationSpace: space,
    actionSpace: space,
    hidden: [24, 24],
    rng: rng.split('policy'),
  });
  const pairs = (count: number, stream: Rng) => {
    const observations = stream.fillUniform(new Float32Array(count)).map((o) => 2 * o);
    // Two ways, 1 + o and −1, each with noise.
    const actions = observations.map((o, i) => (i % 2 === 0 ? 1 + o / 2 : -1) + stream.normal(0, 0.25));
    return { observations, actions };
  };
  const [demonstrations, validation] = [pairs(2000, rng.split('pairs')), pairs(200, rng.split('validation'))];
  const agent = new BehaviorCloning({
    policy,
    demonstrations,
    validation,
    outside: 'keep',
    batchSize: 128,
    learningRate: cosineSchedule(1e-2),
  });
  expect(agent.evaluate(validation)).toBe(agent.evaluate(validation));
  let best: { validationLoss: number } | undefined;
  for await (const report of agent.train({ steps: 600, rng: rng.split('training') })) best = report.best;
  expect(agent.evaluate(validation)).toBe(best!.validationLoss);
  const count = 1000;
  const { action } = sampleAction(policy.given(tf.fill([count, 1], 1)), rng.split('samples'));
  const samples = Array.from(action.dataSync());
  const [up, down] = [1.5, -1].map((way) => samples.filter((a) => Math.abs(a - way) < 0.75).length / count);
  expect(up! + down!).toBeGreaterThan(0.9);
  expect(Math.abs(up! - 0.5)).toBeLessThan(0.08);
  const found = modes(actionDensity(policy, [1]), { rng: rng.split('modes') });
  const ends = found.filter(({ share }) => share > 0.2).map(({ x }) => x[0]!);
  expect(ends.toSorted((a, b) => a - b).map((x) => Math.round(2 * x) / 2)).toEqual([-1, 1.5]);
});

test('what needs a density or a smooth squash refuses it by name', () => {
  const env = makeVec('Pendulum-v1', { numEnvs: 2, autoresetMode: 'sameStep' });
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  const policy: Policy = makePolicy('flow-matching', { observationSpace, actionSpace, hidden: [4], rng: new Rng(0) });
  const parts = { policy, env, rng: new Rng(0) };
  expect(() => new Ppo(parts)).toThrow('Ppo: policy: got a FlowMatchingPolicy, which has samples and no density');
  expect(() => new SoftQLearning(parts)).toThrow(
    "SoftQLearning: policy: got a FlowMatchingPolicy, whose squash has no log-determinant, expected one with squash: 'tanh'",
  );
  const demonstrations = { observations: new Float32Array(3), actions: new Float32Array(1) };
  expect(() => new BehaviorCloning({ policy, demonstrations, entropyCoefficient: 0.1 })).toThrow(
    'BehaviorCloning: entropyCoefficient: got 0.1, expected 0: a FlowMatchingPolicy has no density, and its entropy is not known',
  );
  expect(() => makePolicy('flow-matching', { env, rng: new Rng(0), squash: 'tanh' as never })).toThrow(
    /squash: got "tanh"/,
  );
});
