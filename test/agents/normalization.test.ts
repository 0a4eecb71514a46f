import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { ObservationStatistics, RewardScaler } from '../../agents/core/normalization.ts';
import {
  A2c,
  type Agent,
  BehaviorCloning,
  CrossQ,
  Dqn,
  Iql,
  Meow,
  Ppo,
  QrDqn,
  Reinforce,
  Sac,
  SoftQLearning,
  Td3,
  Td3Bc,
  Tqc,
  type TrainReport,
} from '../../agents/index.ts';
import { EpisodesInMemory } from '../../datasets/index.ts';
import { Box, Discrete, MultiBinary, TransformObservation, Tuple } from '../../envs/index.ts';
import { GaussianPolicy, makePolicy, type Policy, policyFromJson, policyToJson, Rng } from '../../src/index.ts';
import { box, discrete, RecordingEnv, wideBox } from './support.ts';

const spaces = { observationSpace: new RecordingEnv(box).observationSpace, rng: new Rng('policy') };
const gaussian = (options = {}, actionSpace = wideBox) =>
  makePolicy('gaussian', { ...spaces, actionSpace, hidden: [4], ...options });

const meanOf = (x: number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;
const OBSERVATIONS = [
  [3, -40],
  [5, 2],
  [4, 0.5],
];
const moments = { mean: [4, 1], variance: [0.25, 9], count: 10 };

describe('a policy that normalizes', () => {
  test('sees (o − mean) / √variance, clipped; before it is told moments the observations as they are', () => {
    const plain = gaussian();
    const policy = gaussian({ normalizeObservations: true, clipObservations: 3 });
    const action = (of: Policy, rows: number[][]) => [...of.greedy(tf.tensor2d(rows)).action.dataSync()];
    expect(action(policy, [[0.5, -2]])).toEqual(action(plain, [[0.5, -2]]));
    policy.normalizer!.setMoments(moments);
    const seen = OBSERVATIONS.map((row) =>
      row.map((o, i) => Math.min(Math.max((o - moments.mean[i]!) / Math.sqrt(moments.variance[i]!), -3), 3)),
    );
    action(policy, OBSERVATIONS).forEach((value, i) => expect(value).toBeCloseTo(action(plain, seen)[i]!, 5));
  });

  test('is saved, loaded and exported with its moments, which are no parameters; one made later is the first', () => {
    const policy = gaussian();
    policy.normalizeObservations({ clip: 5 });
    const { normalizer } = policy;
    policy.normalizeObservations({ clip: 7 });
    expect(policy.normalizer).toBe(normalizer);
    expect(policy.parameterCount()).toBe(gaussian().parameterCount());
    normalizer!.setMoments(moments);
    const { policy: loaded } = policyFromJson(policyToJson(policy));
    expect(loaded.normalizer!.moments()).toEqual(normalizer!.moments());
    expect(loaded.config!.options).toMatchObject({ normalizeObservations: true, clipObservations: 5 });
    const sizes = [gaussian(), policy].map((each) => each.toOnnx().model.length);
    expect(sizes[1]).toBeGreaterThan(sizes[0]! + 50);
  });
});

describe('agents', () => {
  test.each([
    // But for the last rollout.
    ['A2c', 95, () => ({}), A2c, { reportEvery: 1 }, 100],
    ['Sac', 60, () => ({ squash: 'tanh', scale: 'state' }), Sac, { learningStarts: 60 }, 60],
  ] as const)('%s tells the moments of all that it has acted on', async (_, seen, own, Agent, options, steps) => {
    const policy = gaussian(own(), box);
    const env = new RecordingEnv(box);
    const agent = new Agent({ policy, env, rng: new Rng(0), normalizeObservations: true, ...options } as never);
    for await (const _ of agent.train({ steps, rng: new Rng(1) }));
    const { mean, variance, count } = policy.normalizer!.moments();
    expect(count).toBeCloseTo(seen, 2);
    [0, 1].forEach((i) => {
      const column = env.transitions.slice(0, seen).map(({ observation }) => observation[i]!);
      expect(mean[i]).toBeCloseTo(meanOf(column), 4);
      expect(variance[i]).toBeCloseTo(meanOf(column.map((x) => (x - meanOf(column)) ** 2)), 4);
    });
    agent.dispose();
  });

  test.each([Sac, Td3])('%o goes on from moments, as its target does', async (Agent) => {
    const policy = gaussian({ squash: 'tanh' }, box);
    policy.normalizeObservations();
    policy.normalizer!.setMoments({ mean: [100, 100], variance: [1, 1], count: 60 });
    const sizes = { batchSize: 4, learningStarts: 10, criticHidden: [4] };
    const agent = new Agent({ policy, env: new RecordingEnv(box), rng: new Rng(0), ...sizes });
    for await (const _ of agent.train({ steps: 60, rng: new Rng(1) }));
    const { mean, count } = policy.normalizer!.moments();
    expect(count).toBeCloseTo(120, 3);
    expect(Math.abs(mean[0]! - 50)).toBeLessThan(1);
    const { policy: ours, targetPolicy } = agent.state().parts as Record<string, Record<string, unknown>>;
    if (targetPolicy) expect(targetPolicy['normalizer.mean']).toEqual(ours!['normalizer.mean']);
    agent.dispose();
  });

  const replay = { batchSize: 4, learningStarts: 10, updateEvery: 1, updatesPerStep: 1, reportEvery: 12 };
  const critics = { ...replay, criticHidden: [3] };
  test.each<[new (options: never) => Agent, string, object]>([
    [Sac, 'gaussian', critics],
    [Tqc, 'gaussian', { ...critics, quantiles: 4 }],
    [CrossQ, 'gaussian', { ...critics, policyDelay: 1 }],
    [Td3, 'gaussian', { ...critics, policyDelay: 1 }],
    [SoftQLearning, 'gaussian', critics],
    [Meow, 'gaussian', { ...replay, shiftHidden: [3] }],
    [Dqn, 'q-network', replay],
    [QrDqn, 'quantile-network', replay],
    [Ppo, 'gaussian', { horizon: 6, batchSize: 3, epochs: 1 }],
    [A2c, 'gaussian', { reportEvery: 1 }],
    [Reinforce, 'gaussian', { episodesPerEnv: 2 }],
  ])('all networks of %o see what the policy sees', async (Made, name, options) => {
    const [mean, variance] = [[0.5, -1] as const, [0.25, 4] as const];
    const seen = (observation: Float32Array) =>
      observation.map((o, i) => (o - mean[i]!) / Math.sqrt(variance[i]! + 1e-8));
    const metrics = async (normalizeObservations: boolean) => {
      const actionSpace = name === 'gaussian' ? box : discrete;
      const own = { ...(name === 'gaussian' && { squash: 'tanh', scale: 'state' }), normalizeObservations };
      const policy = makePolicy<string>(name, { ...spaces, actionSpace, hidden: [4], ...own });
      // So many that new ones change nothing.
      policy.normalizer?.setMoments({ mean, variance, count: 1e9 });
      const bare = new RecordingEnv(actionSpace);
      const env = normalizeObservations ? bare : new TransformObservation(bare, seen);
      const agent = new Made({ policy, env, rng: new Rng('agent'), ...options } as never);
      const reports: TrainReport[] = [];
      for await (const report of agent.train({ steps: 12, rng: new Rng('training') })) reports.push(report);
      agent.dispose();
      expect(reports.at(-1)!.updates).toBeGreaterThan(0);
      return reports.map((report) => Object.entries(report).filter(([, value]) => typeof value === 'number'));
    };
    // What normalizes is as good as an environment that does it.
    const [got, wanted] = [await metrics(true), await metrics(false)];
    expect(got).toEqual(wanted.map((report) => report.map(([metric, value]) => [metric, expect.closeTo(value, 4)])));
  });

  test('leave choices and bytes as they are, wherever they are', () => {
    const number = new Box({ low: -9, high: 9, shape: [1] });
    const observationSpace = new Tuple([number, new Discrete(3), number, new MultiBinary(1)]);
    const policy = makePolicy('gaussian', { observationSpace, actionSpace: wideBox, rng: new Rng(0), hidden: [4] });
    const statistics = ObservationStatistics.of(policy, { normalizeObservations: true, clipObservations: 10 })!;
    statistics.observe(Float32Array.of(2, 1, 0, 0, 30, 1, 4, 0, 0, 1, 50, 1));
    statistics.publish();
    const { mean, variance } = policy.normalizer!.moments();
    for (const i of [1, 2, 3, 5]) expect([mean[i], variance[i]]).toEqual([0, 1]);
    expect(mean[0]).toBeCloseTo(3, 3);
    expect(mean[4]).toBeCloseTo(40, 2);
    expect(variance[4]).toBeCloseTo(100, 0);
  });

  test('of a policy that does not say what they are are all normalized; of choices and bytes alone there is nothing', () => {
    const made = () => new GaussianPolicy({ observationDim: 2, actionDim: 1, hidden: [4], rng: new Rng(0) });
    const [policy, target] = [made(), made()];
    const asked = { normalizeObservations: true, clipObservations: 10 };
    const statistics = ObservationStatistics.of(policy, asked)!;
    target.normalizeObservations();
    statistics.share(target);
    statistics.observe(Float32Array.of(0, 30, 1, 50));
    statistics.publish();
    for (const { normalizer } of [policy, target]) expect(normalizer!.moments().mean[0]).toBeCloseTo(0.5, 3);
    const image = new Box({ low: 0, high: 255, shape: [4, 4, 3], dtype: 'uint8' });
    for (const observationSpace of [new Discrete(5), new MultiBinary(3), image]) {
      const plain = makePolicy('gaussian', { observationSpace, actionSpace: wideBox, rng: new Rng(0), hidden: [4] });
      expect(ObservationStatistics.of(plain, asked)).toBeUndefined();
      expect(plain.normalizer).toBeUndefined();
    }
  });
});

/** Observations of two numbers: the first 3, 5, 4, the second always the same. */
const dataWith = (constant: number, observations = [3, 5, 4].flatMap((x) => [x, constant])) =>
  new EpisodesInMemory({
    observationSpace: spaces.observationSpace,
    actionSpace: box,
    episodes: [
      {
        // The last observation is nobody's to act on.
        observations: Float32Array.from([...observations, 1000, 1000]),
        actions: Float32Array.from(Array(3 * box.size).fill(0.1)),
        rewards: Float32Array.of(1, 0, 1),
        terminations: Uint8Array.of(0, 0, 0),
        truncations: Uint8Array.of(0, 0, 1),
      },
    ],
  });

const learners: Record<string, (policy: Policy, dataset: EpisodesInMemory) => { dispose(): void }> = {
  'behavior-cloning': (policy, dataset) =>
    new BehaviorCloning({ policy, dataset, batchSize: 2, normalizeObservations: true }),
  iql: (policy, dataset) =>
    new Iql({ policy, dataset, rng: new Rng(0), batchSize: 2, criticHidden: [4], normalizeObservations: true }),
  'td3-bc': (policy, dataset) => new Td3Bc({ policy, dataset, rng: new Rng(0), batchSize: 2, criticHidden: [4] }),
};

describe.each(Object.entries(learners))('data of %s', (_, make) => {
  test.each([0, 12_345.678])('give exactly their moments; a number that is always %s is only centred', (x) => {
    const policy = gaussian({ squash: 'tanh' }, box);
    make(policy, dataWith(x)).dispose();
    const { mean, variance, count } = policy.normalizer!.moments();
    expect(count).toBe(3);
    expect(mean[0]).toBe(4);
    expect(variance[0]).toBeCloseTo(2 / 3, 6);
    expect([mean[1], variance[1]]).toEqual([Math.fround(x), 1]);
    const seen = [x, x + 0.5, x - 3, x + 400].map((value) => [
      ...policy.normalized(tf.tensor2d([[4, value]])).dataSync(),
    ]);
    seen.forEach(([first, second], i) => {
      expect(first).toBe(0);
      expect(second).toBeCloseTo([0, 0.5, -3, 10][i]!, 2);
    });
  });

  test('leave a number that varies by the rounding of float32 alone as if it did not', () => {
    const next = 0.1 + 2 ** -27;
    const policy = gaussian({ squash: 'tanh' }, box);
    make(policy, dataWith(0, [3, 0.1, 5, next, 4, 0.1])).dispose();
    expect(Math.fround(next)).toBeGreaterThan(Math.fround(0.1));
    expect(policy.normalizer!.moments().variance[1]).toBe(1);
  });
});

/** The steps of two environments, with both kinds of ends. */
function outcomes(count: number, ends: number) {
  const rng = new Rng('outcomes');
  return Array.from({ length: count }, () => {
    const draws = [rng.uniform(), rng.uniform()];
    return {
      rewards: Float64Array.from(draws, () => rng.normal(1, 3)),
      terminations: Uint8Array.from(draws, (draw) => Number(draw < ends / 2)),
      truncations: Uint8Array.from(draws, (draw) => Number(draw > 1 - ends / 2)),
    };
  });
}

describe('RewardScaler', () => {
  test('divides by the deviation of the discounted returns of all episodes, clipped at ±10', () => {
    const scaler = new RewardScaler(2, 0.9);
    const returns: number[] = [];
    const running = [0, 0];
    for (const step of outcomes(2000, 0.2)) {
      const scaled = [...scaler.scaled(step)];
      running.forEach((before, i) => {
        const now = 0.9 * before + step.rewards[i]!;
        returns.push(now);
        running[i] = step.terminations[i] || step.truncations[i] ? 0 : now;
      });
      if (returns.length < 1000 || returns.length % 400 > 0) continue;
      const mean = meanOf(returns);
      const std = Math.sqrt(meanOf(returns.map((x) => (x - mean) ** 2)));
      scaled.forEach((reward, i) => expect(reward).toBeCloseTo(step.rewards[i]! / std, 3));
    }
    expect([scaler.scale(1e9), scaler.scale(-1e9)]).toEqual([10, -10]);
  });

  test('does not see in an episode what the one before it ended with', () => {
    const end = (reward: number, terminated: number, truncated: number) => ({
      rewards: Float64Array.of(reward),
      terminations: Uint8Array.of(terminated),
      truncations: Uint8Array.of(truncated),
    });
    for (const terminated of [1, 0]) {
      const scaler = new RewardScaler(1, 0.5);
      scaler.observe(end(4, 0, 0));
      scaler.observe(end(100, terminated, 1 - terminated));
      scaler.observe(end(8, 0, 0));
      expect(scaler.state().discounted).toEqual(Float64Array.of(8));
      // Returns of 4, 2 + 100 and 8, to within the pseudo-count.
      expect(scaler.state().moments.mean[0]).toBeCloseTo((4 + 102 + 8) / 3, 2);
    }
  });

  test('goes on from a state', () => {
    const [scaler, other] = [new RewardScaler(2, 0.9), new RewardScaler(2, 0.9)];
    const steps = outcomes(20, 0.2);
    for (const step of steps.slice(0, 10)) scaler.observe(step);
    other.observe(steps[19]!);
    other.setState(structuredClone(scaler.state()));
    for (const step of steps.slice(10)) expect([...other.scaled(step)]).toEqual([...scaler.scaled(step)]);
  });
});
