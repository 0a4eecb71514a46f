import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { checkAgent, Meow, type MeowOptions, Td3 } from '../../agents/index.ts';
import { Box, makeVec } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';
import {
  BATCH,
  expectAveraged,
  expectPriorities,
  gradientBy,
  mean,
  minibatch,
  PRIORITIZED,
  relu,
  scaled,
  spaces,
  withOtherTargets,
} from './firstUpdate.ts';
import { box, discrete, gradientOf, RecordingEnv, variablesOf } from './support.ts';

const SCALE = 0.7;
const parts = {
  rng: new Rng('agent'),
  batchSize: BATCH,
  learningStarts: 40,
  reportEvery: 41,
  gamma: 0.9,
  shiftHidden: [3],
};
const nice = (actionSpace: Box, seed = 'weights') =>
  perturb(
    makePolicy('nice', {
      ...{ ...spaces, actionSpace, hidden: [3], layers: 2, squash: 'tanh', scale: 'state', initialScale: SCALE },
    }),
    new Rng(seed),
  );

/** Noise and Σ log σ of a flow of two numbers: σ of the head and a factor of each number, then two additive couplings, undone from the outermost. */
function noiseOf(of: Variables, observation: number[], latent: number[]) {
  const [first, second, ...raw] = mlp(under(of, 'head.network'), observation);
  const factors = of['flow.bijector.bijectors.0.logScale']!;
  const logWidths = raw.map((x, i) => Math.log(SCALE) + 10 * Math.tanh(x / 10) + factors[i]!);
  const shift = (layer: number, passed: number) =>
    mlp(under(of, `flow.bijector.bijectors.1.bijectors.${layer}.network`), [passed, ...observation])[0]!;
  let [x, y] = latent.map((u, i) => (u - [first!, second!][i]!) / Math.exp(logWidths[i]!)) as [number, number];
  y -= shift(0, x);
  x -= shift(1, y);
  return { noise: [x, y], logWidth: logWidths[0]! + logWidths[1]! };
}

function expectNear(got: readonly number[], wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(got[i]! - value)).toBeLessThan(1e-5 * (1 + Math.abs(value))));
}

/** bᵢ. */
const shiftsOf = (of: Variables, observation: number[]) =>
  [0, 1].map((i) => mlp(under(of, `shifts.${i}.network`), observation, relu)[0]!);

describe('the first update', () => {
  test.each([
    ['uniform draws', {}, 1.3],
    ['prioritized', PRIORITIZED, 1.3],
    ['prioritized, H₀ by default', PRIORITIZED, undefined],
  ])('is that of the paper in float64, %s', async (_, replay, baseEntropy) => {
    const alpha = 0.6;
    const policy = nice(box);
    const agent = new Meow({
      ...{ ...parts, ...replay, ...(baseEntropy !== undefined && { baseEntropy }) },
      policy,
      env: new RecordingEnv(box),
      temperature: { linear: [3, alpha] },
      tau: 0.25,
      maxGradientNorm: 1e9,
    });
    perturb(agent.values, new Rng('values'));
    const before = { policy: variablesOf(policy), values: variablesOf(agent.values) };
    const { report, state, rng, others } = await withOtherTargets(agent, ['targetPolicy', 'targetValues']);
    const rows = minibatch(state, rng, 2);
    const targets = rows.map(({ reward, next, goesOn }) => {
      const { logWidth } = noiseOf(others[0]!, next, [0, 0]);
      const value = Math.min(...shiftsOf(others[1]!, next)) + alpha * (logWidth + Math.log(2 * Math.PI));
      return { value, y: reward + 0.9 * goesOn * value };
    });
    const actionValues = (of: Variables, values: Variables) =>
      rows.map(({ observation, action }) => {
        const inUnits = scaled(action);
        const { noise } = noiseOf(of, observation, inUnits.map(Math.atanh));
        // The halves of the bounds are 2 and 2.
        const logDet = inUnits.reduce((sum, a) => sum + Math.log(2 * (1 - a * a)), 0);
        const energy = noise.reduce((sum, x) => sum + (x * x) / 2, 0) + logDet;
        return shiftsOf(values, observation).map((b) => b + alpha * ((baseEntropy ?? 0) - energy));
      });
    const errors = (of: Variables, values: Variables) =>
      actionValues(of, values).map((each, i) => each.map((q) => q - targets[i]!.y));
    const loss = (of: Variables, values: Variables) =>
      mean(errors(of, values).map(([e1, e2], i) => (rows[i]!.weight * (e1! ** 2 + e2! ** 2)) / 2));
    expectNear(
      [report.criticLoss!, report.actionValue!, report.stateValue!],
      [
        loss(before.policy, before.values),
        mean(actionValues(before.policy, before.values).map(([q]) => q!)),
        mean(targets.map(({ value }) => value)),
      ],
    );
    expectPriorities(state, rows, errors(before.policy, before.values));
    // σ and the factors are in Q by way of the noise alone.
    const gradient = [
      ...gradientBy(before.policy, (of) => loss(of, before.values)),
      ...gradientBy(before.values, (values) => loss(before.policy, values)),
    ];
    expect(Math.min(...gradient.map(Math.abs))).toBeGreaterThan(1e-7);
    expectNear(gradientOf(state, 'optimizer'), gradient);
    expectAveraged(state.parts.targetPolicy, others[0]!, state.parts.policy);
    expectAveraged(state.parts.targetValues, others[1]!, state.parts.values);
    agent.dispose();
  });

  test('the norm of the whole gradient is bounded', async () => {
    const agent = new Meow({ ...parts, policy: nice(box), env: new RecordingEnv(box), maxGradientNorm: 0.1 });
    const { state } = await withOtherTargets(agent, ['targetPolicy']);
    const gradient = gradientOf(state, 'optimizer');
    expect(Math.hypot(...gradient)).toBeCloseTo(0.1, 5);
    agent.dispose();
  });
});

const line = new Box({ low: [-3], high: [1] });

/** The middles of cells of equal size between the bounds, and log of the size of one. */
function cells({ low, high }: Box, each: number) {
  const axes = Array.from(low, (bound, i) => {
    const width = (high[i]! - bound) / each;
    return { width, middles: Array.from({ length: each }, (__, k) => bound + (k + 0.5) * width) };
  });
  const actions = axes.reduce<number[][]>(
    (rows, { middles }) => rows.flatMap((row) => middles.map((a) => [...row, a])),
    [[]],
  );
  return { actions, logSize: axes.reduce((sum, { width }) => sum + Math.log(width), 0) };
}

describe.each([
  ['one number', line, 1000],
  ['two numbers', box, 120],
] as const)('of %s', (_, space, each) => {
  const policy = nice(space);
  const agent = new Meow({ ...parts, policy, env: new RecordingEnv(space), baseEntropy: 0.8 });
  perturb(agent.values, new Rng('values'));
  const { actions, logSize } = cells(space, each);
  const log = (sums: readonly number[]) => {
    const most = Math.max(...sums.filter((__, i) => i % 97 === 0));
    return most + Math.log(sums.reduce((sum, x) => sum + Math.exp(x - most), 0)) + logSize;
  };

  test.each([
    [0.3, [0.4, -1.1]],
    [2.5, [-0.7, 0.2]],
  ])('with α = %f the density integrates to 1, and V = α (log ∫ exp(Q / α) da − H₀)', (alpha, observation) => {
    tf.tidy(() => {
      const observations = tf.tile(tf.tensor2d([observation]), [actions.length, 1]);
      const tried = tf.tensor2d(actions);
      const given = policy.given(observations);
      const logProbs = [...given.logProb(given.unsquash(tried)).dataSync()];
      expect(Math.abs(log(logProbs))).toBeLessThan(1e-4);
      const q = agent.values.ofActions(observations, tried, tf.scalar(alpha)).map((values) => [...values.dataSync()]);
      const v = agent.values
        .ofStates(tf.tensor2d([observation]), tf.scalar(alpha))
        .map((value) => value.dataSync()[0]!);
      expect(q.length).toBe(2);
      q.forEach((values, i) => {
        const soft = alpha * (log(values.map((x) => x / alpha)) - 0.8);
        expect(Math.abs(soft - v[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(soft)));
      });
      // So that it has something to integrate.
      expect(Math.max(...q[0]!) - Math.min(...q[0]!)).toBeGreaterThan(alpha);
      expect(Math.abs(v[0]! - v[1]!)).toBeGreaterThan(1e-3);
    });
  });

  test('the greedy action is where the noise is 0, the densest latent value', () => {
    tf.tidy(() => {
      const observation = [0.4, -1.1];
      const rows = 256;
      const given = policy.given(tf.tile(tf.tensor2d([observation]), [rows, 1]));
      const mode = given.mode!();
      const { latent } = given.sampleWithLogProb(new Rng('draws'));
      const [most, others] = [mode, latent].map((u) => [
        ...tf.add(given.logProb(u), given.squashLogDet!(u)).dataSync(),
      ]);
      for (const other of others!) expect(other).toBeLessThan(most![0]! + 1e-5);
      if (space === box) {
        const [at] = mode.arraySync() as number[][];
        const { noise, logWidth } = noiseOf(variablesOf(policy), observation, at!);
        for (const x of noise) expect(Math.abs(x)).toBeLessThan(1e-5);
        expect(most![0]!).toBeCloseTo(-logWidth - Math.log(2 * Math.PI), 4);
      }
      const greedy = policy.greedy(tf.tensor2d([observation]));
      expect(greedy.action.arraySync()).toEqual(given.squash(tf.slice(mode, [0], [1])).arraySync());
    });
  });
});

test.each([
  ['nice', {}],
  ['gaussian', {}],
  ['nice', { prioritizedAlpha: 0.6, nSteps: 3, temperature: { linear: [1, 0.1] }, normalizeObservations: true }],
] as const)(
  'keeps the contract of agents with the policy %s and %o: resumed to the bit, and frees all',
  async (name, own) => {
    const env = makeVec('Multigoal-v0', { numEnvs: 2, autoresetMode: 'sameStep' });
    const policy = makePolicy<string>(name, { env, for: 'meow', hidden: [4], rng: new Rng('policy') });
    const agent = new Meow({ ...parts, ...own, reportEvery: 40, policy, env });
    expect(await checkAgent(agent, { steps: 160 })).toEqual([]);
    policy.dispose();
    env.close();
  },
);

describe('what does not fit is one line', () => {
  const env = new RecordingEnv(box);
  const make = (own: Partial<Record<keyof MeowOptions, unknown>>) => () =>
    new Meow({ ...parts, policy: nice(box), env, ...own } as MeowOptions);
  test.each<[object, RegExp]>([
    [{ temperature: 0 }, /^Meow: temperature: got 0, expected more than 0/],
    [{ temperature: { linear: [1, 0] } }, /^Meow: temperature: got /],
    [{ temperature: 'auto' }, /^Meow: temperature: got "auto"/],
    [{ shifts: 0 }, /^Meow: shifts: got 0/],
    [{ shiftHidden: [0] }, /^Meow: shiftHidden/],
    [{ maxGradientNorm: -1 }, /^Meow: maxGradientNorm: got -1/],
    [{ critics: 2 }, /^Meow: critics: unknown option/],
  ])('%o', (own, expected) => {
    expect(make(own)).toThrow(expected);
  });

  test('a policy whose mode is not known, that has no density, or of discrete actions', () => {
    const made = (name: string) => makePolicy<string>(name, { ...spaces, actionSpace: box, hidden: [3] });
    expect(make({ policy: made('spline') })).toThrow(
      /^Meow: policy: got a FlowPolicy, whose modeLogProb is not known, expected one with an exact mode/,
    );
    const listed = {
      policy: makePolicy('categorical', { ...spaces, actionSpace: discrete }),
      env: new RecordingEnv(discrete),
    };
    expect(make(listed)).toThrow(/^Meow: policy: wanted continuous actions/);
    expect(make({ policy: made('implicit') })).toThrow(/^Meow: policy: got an ImplicitPolicy, which has samples/);
  });
});

test('TD3 takes a flow whose mode is known', () => {
  new Td3({ rng: new Rng(0), criticHidden: [3], policy: nice(box), env: new RecordingEnv(box) }).dispose();
});
