import { expect, test } from 'vitest';
import { CrossQ } from '../../agents/index.ts';
import { makePolicy, Rng, type StateDict } from '../../src/index.ts';
import { statistics } from '../oracle/batchNorm.ts';
import { under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';
import {
  BATCH,
  expectClose,
  expectPriorities,
  firstUpdate,
  firstUpdateFrom,
  gaussian,
  gradientBy,
  mean,
  minibatch,
  noiseOf,
  PRIORITIZED,
  scaled,
  spaces,
  tanhGaussian,
} from './firstUpdate.ts';
import { box, gradientOf, RecordingEnv, variablesOf } from './support.ts';

const EPSILON = 1e-3;
/** What no gradient moves. */
const STATISTICS = /running|batches/;
const options = {
  rng: new Rng('agent'),
  batchSize: BATCH,
  learningStarts: 40,
  reportEvery: 41,
  gamma: 0.9,
  criticHidden: [4],
  policyDelay: 1,
};

type Statistics = { readonly mean: readonly number[]; readonly variance: readonly number[] };

/** A critic of normalized input and hidden layer, of a whole batch; by its statistics, or by given ones. */
function critic(variables: Variables, rows: number[][], given?: readonly Statistics[]) {
  const used: Statistics[] = [];
  const normalize = (i: number, batch: number[][]) => {
    const { scale, shift } = under(variables, `batchRenorms.${i}`) as { scale: number[]; shift: number[] };
    const by = given?.[i] ?? statistics(batch);
    used.push(by);
    return batch.map((row) =>
      row.map((x, k) => (scale[k]! * (x - by.mean[k]!)) / Math.sqrt(by.variance[k]! + EPSILON) + shift[k]!),
    );
  };
  const dense = (layer: number, batch: number[][]) => {
    const { kernel, bias } = under(variables, `layers.${layer}`) as { kernel: number[]; bias: number[] };
    const of = (row: number[], unit: number) =>
      row.reduce((sum, x, i) => sum + x * kernel[i * bias.length + unit]!, bias[unit]!);
    return batch.map((row) => bias.map((_, unit) => of(row, unit)));
  };
  const hidden = dense(0, normalize(0, rows)).map((row) => row.map((x) => Math.max(x, 0)));
  const values = dense(1, normalize(1, hidden)).map(([q]) => q!);
  return { values, statistics: used };
}

const inputs = (observation: number[], action: number[]) => [...observation, ...scaled(action)];
const renormed = {
  ...spaces,
  actionSpace: box,
  hidden: [3],
  scale: 'state',
  squash: 'tanh',
  batchRenorm: true,
} as const;

test.each([
  ['uniform draws', {}],
  ['prioritized', PRIORITIZED],
])('the first update is that of the paper in float64, %s', async (_, replay) => {
  const policy = gaussian();
  const agent = new CrossQ({ ...options, ...replay, policy, env: new RecordingEnv(box), initialTemperature: 0.7 });
  const running = Object.entries(agent.critics.stateDict()).filter(([path]) => STATISTICS.test(path));
  perturb(agent.critics, new Rng('critics'), 0.2);
  agent.critics.loadStateDict({ ...agent.critics.stateDict(), ...Object.fromEntries(running) });
  const before = { policy: variablesOf(policy), critics: variablesOf(agent.critics) };
  const { report, state, rng } = await firstUpdateFrom(agent);
  expect(Object.keys(state.parts)).not.toContain('targets');
  const rows = minibatch(state, rng, 2);
  const stream = rng.split('updates');
  const [nextNoise, noise] = [noiseOf(stream), noiseOf(stream)];
  const next = rows.map((row, i) => tanhGaussian(before.policy, row.next, nextNoise[i]!));
  const both = [
    ...rows.map(({ observation, action }) => inputs(observation, action)),
    ...rows.map((row, i) => inputs(row.next, next[i]!.action)),
  ];
  const ofBoth = (critics: Variables) => [0, 1].map((i) => critic(under(critics, `networks.${i}`), both));
  const start = ofBoth(before.critics);
  const targets = rows.map(({ reward, goesOn }, i) => {
    const least = Math.min(...start.map(({ values }) => values[BATCH + i]!));
    return reward + 0.9 * goesOn * (least - 0.7 * next[i]!.logProb);
  });
  // ½ Σ over two critics of E: the mean over the values of both.
  const criticLoss = (critics: Variables) =>
    mean(ofBoth(critics).flatMap(({ values }) => targets.map((y, i) => rows[i]!.weight * (values[i]! - y) ** 2)));
  const after = variablesOf(state.parts.critics);
  const policyLoss = (of: Variables) => {
    const sampled = rows.map(({ observation }, i) => tanhGaussian(of, observation, noise[i]!));
    const batch = rows.map(({ observation }, i) => inputs(observation, sampled[i]!.action));
    const values = [0, 1].map((i) => critic(under(after, `networks.${i}`), batch, start[i]!.statistics).values);
    return mean(sampled.map(({ logProb }, i) => 0.7 * logProb - Math.min(values[0]![i]!, values[1]![i]!)));
  };
  expectClose([report.criticLoss!, report.policyLoss!], [criticLoss(before.critics), policyLoss(before.policy)]);
  expectPriorities(
    state,
    rows,
    targets.map((y, i) => start.map(({ values }) => values[i]! - y)),
  );
  const named = Object.keys(state.parts.critics as StateDict).filter((path) => !STATISTICS.test(path));
  const trained = Object.fromEntries(named.map((path) => [path, before.critics[path]!]));
  expectClose(
    gradientOf(state, 'criticOptimizer'),
    gradientBy(trained, (critics) => criticLoss({ ...before.critics, ...critics })),
  );
  expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
  // The first batch counts wholly.
  start.forEach((each, i) => {
    expectClose(after[`networks.${i}.batchRenorms.0.runningMean`]!, each.statistics[0]!.mean as number[], 4);
    expectClose(after[`networks.${i}.batchRenorms.1.runningVariance`]!, each.statistics[1]!.variance as number[], 4);
  });
  agent.dispose();
});

test('a policy with batch renormalization gets its statistics from its own updates, and acts by them', async () => {
  const policy = makePolicy('gaussian', renormed);
  const agent = new CrossQ({ ...options, policy, env: new RecordingEnv(box) });
  const { state, rng } = await firstUpdate(agent, 41);
  const rows = minibatch(state, rng, 2);
  const { mean: wanted } = statistics(rows.map(({ observation }) => observation));
  expectClose(variablesOf(policy)['network.batchRenorms.0.runningMean']!, wanted, 4);
  agent.dispose();
});

test('refuses minibatches of one transition, which have no moments, when it is made', () => {
  const wrong = { ...options, policy: gaussian(), env: new RecordingEnv(box), batchSize: 1 };
  expect(() => new CrossQ(wrong)).toThrow('CrossQ: batchSize: got 1');
});
