import { expect, test } from 'vitest';
import { type Agent, Fql, Iql, Sac, Td3Bc, type TrainReport } from '../../agents/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import {
  BATCH,
  expectClose,
  firstUpdate,
  gaussian,
  gradientBy,
  mean,
  noiseOf,
  relu,
  spaces,
  tanhGaussian,
  twinErrors,
  twins,
} from './firstUpdate.ts';
import {
  datasetOf,
  GAMMA,
  logProb,
  matchingLoss,
  type PlainRow,
  randomEpisodes,
  updateFrom,
} from './offline/support.ts';
import { box, gradientOf, heldBy, RecordingEnv, variablesOf } from './support.ts';

/*
 * Updates of agents with a replay by chunks of actions, losses and gradients, beside plain float64 numbers.
 */

const LENGTH = 3;
const chunked = () => gaussian(box, { chunk: LENGTH });

/** What a row of a replay stands for as a chunk; what is behind an end is drawn. */
function chunkFrom<R extends { action: number[]; reward: number; next: number[]; goesOn: number; ended: boolean }>(
  rows: readonly R[],
  first: number,
  draws: Rng,
) {
  let [at, reward, count] = [first, rows[first]!.reward, 1];
  const action = [...rows[first]!.action];
  while (count < LENGTH && !rows[at]!.ended && at + 1 < rows.length) {
    at += 1;
    reward += GAMMA ** count * rows[at]!.reward;
    action.push(...rows[at]!.action);
    count += 1;
  }
  for (let k = count; k < LENGTH; k++) action.push(...rows[draws.integer(0, rows.length)]!.action);
  const { next, goesOn } = rows[at]!;
  return { ...rows[first]!, action, reward, next, discount: goesOn * GAMMA ** count, count };
}

test('the first update of SAC: critics of chunks, targets of three rewards and γ³, fewer at an end', async () => {
  const policy = chunked();
  const env = new RecordingEnv(box);
  const agent = new Sac({
    ...{ policy, env, rng: new Rng('agent'), batchSize: BATCH, learningStarts: 40, reportEvery: 41, gamma: GAMMA },
    ...{ initialTemperature: 0.3, tau: 0.25, criticHidden: [3] },
  });
  const before = { policy: variablesOf(policy), critics: variablesOf(agent.critics) };
  const { report, state, rng } = await firstUpdate(agent, 41);
  const held = heldBy(state, 2);
  const draws = rng.split('replay');
  const firsts = Array.from({ length: BATCH }, () => draws.integer(0, held.length));
  const rows = firsts.map((first) => chunkFrom(held, first, draws));
  expect(new Set(rows.map(({ count }) => count)).size).toBeGreaterThan(1);
  const stream = rng.split('updates');
  const [nextNoise, noise] = [noiseOf(stream, 2 * LENGTH), noiseOf(stream, 2 * LENGTH)];
  const targets = rows.map(({ reward, next, discount }, i) => {
    const { action, logProb } = tanhGaussian(before.policy, next, nextNoise[i]!);
    return reward + discount * (Math.min(...twins(before.critics, next, action)) - 0.3 * logProb);
  });
  const errors = twinErrors(rows, targets);
  const criticLoss = (critics: Variables) => mean(errors(critics).map(([e1, e2]) => (e1! ** 2 + e2! ** 2) / 2));
  const after = variablesOf(state.parts.critics);
  const policyLoss = (of: Variables) =>
    mean(
      rows.map(({ observation }, i) => {
        const { action, logProb } = tanhGaussian(of, observation, noise[i]!);
        return 0.3 * logProb - Math.min(...twins(after, observation, action));
      }),
    );
  expectClose([report.criticLoss!, report.policyLoss!], [criticLoss(before.critics), policyLoss(before.policy)]);
  expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(before.critics, criticLoss));
  expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(before.policy, policyLoss));
  // The entropy that is aimed at is of a chunk, too: the sum of log h − 1 over all of its numbers.
  const entropy = -mean(rows.map(({ observation }, i) => tanhGaussian(before.policy, observation, noise[i]!).logProb));
  const aim = LENGTH * [0, 1].reduce((sum, j) => sum + Math.log((box.high[j]! - box.low[j]!) / 2) - 1, 0);
  expectClose(gradientOf(state, 'temperatureOptimizer'), [entropy - aim]);
  agent.dispose();
});

const episodes = randomEpisodes();

/** The steps of these episodes. */
const steps = episodes.flatMap(({ observations, actions, rewards, terminations }) =>
  Array.from(rewards, (reward, t) => {
    const row = (values: Float32Array, at: number) => [...values.subarray(2 * at, 2 * at + 2)];
    const [observation, action, next] = [row(observations, t), row(actions, t), row(observations, t + 1)];
    const [goesOn, ended] = [1 - terminations[t]!, t === rewards.length - 1];
    return { observation, action, reward: 0.5 * reward, next, goesOn, ended };
  }),
);

const ofData = {
  ...{ dataset: datasetOf(episodes), rng: new Rng('agent'), batchSize: BATCH, gamma: GAMMA, rewardScale: 0.5 },
  ...{ tau: 0.25, criticHidden: [3], reportEvery: 1 },
};

/** {@link updateFrom}, with how many actions of each chunk were made. */
async function updateOfChunks<R extends TrainReport>(agent: Agent<R>, targets: readonly string[], seed: string) {
  const counts: number[] = [];
  const draw = (draws: Rng): PlainRow => {
    const row = chunkFrom(steps, draws.integer(0, steps.length), draws);
    counts.push(row.count);
    return row;
  };
  const found = await updateFrom(agent, targets, [], seed, undefined, draw);
  expect(new Set(counts.slice(BATCH)).size).toBeGreaterThan(1);
  return { ...found, counts: counts.slice(BATCH) };
}

test.each([
  ['a Gaussian, whose likelihood is of whole chunks', 'gaussian', 2.5],
  ['flow matching, of what was made of them', 'flow-matching', 2.5],
  ['flow matching without weights', 'flow-matching', 0],
] as const)('an update of IQL has the same targets; of %s', async (_, name, beta) => {
  const isMatched = name === 'flow-matching';
  const policy = isMatched
    ? makePolicy(name, { ...spaces, actionSpace: box, hidden: [3], chunk: LENGTH, rng: new Rng('policy') })
    : chunked();
  const expectile = 0.8;
  const agent = new Iql({ ...ofData, policy, expectile, beta, maxWeight: 1.5 });
  const found = await updateOfChunks(agent, ['targets', 'values'], 'e');
  const { report, rows: drawn, earlier, state, noise, counts } = found;
  const value = (of: Variables, observation: number[]) => mlp(under(of, 'network'), observation, relu)[0]!;
  const best = drawn.map(({ observation, action }) => Math.min(...twins(earlier('targets'), observation, action)));
  const errors = (of: Variables) => drawn.map(({ observation }, i) => best[i]! - value(of, observation));
  const valueLoss = (of: Variables) => mean(errors(of).map((u) => (u < 0 ? 1 - expectile : expectile) * u ** 2));
  const after = variablesOf(state.parts.values);
  const weights = errors(after).map((u) => Math.min(Math.exp(beta * u), 1.5));
  // The first update's draws, then the second's.
  const [, draws] = [0, 1].map(() =>
    isMatched
      ? { noise: noiseOf(noise, 2 * LENGTH), times: [...noise.fillUniform(new Float32Array(BATCH))] }
      : undefined,
  );
  const lossOf = (of: Variables, row: PlainRow, i: number) =>
    draws === undefined ? -logProb(of, row) : matchingLoss(of, row, draws.noise[i]!, draws.times[i]!, 2 * counts[i]!);
  const policyLoss = (of: Variables) => mean(drawn.map((row, i) => weights[i]! * lossOf(of, row, i)));
  const targets = drawn.map(({ reward, next, discount }) => reward + discount * value(after, next));
  const criticLoss = (critics: Variables) =>
    mean(twinErrors(drawn, targets)(critics).map(([e1, e2]) => e1! ** 2 + e2! ** 2));
  expectClose(
    [report.valueLoss!, report.policyLoss!, report.criticLoss!],
    [valueLoss(earlier('values')), policyLoss(earlier('policy')), criticLoss(earlier('critics'))],
  );
  expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(earlier('policy'), policyLoss));
  expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(earlier('critics'), criticLoss));
  agent.dispose();
});

test('TD3+BC and FQL keep near what was made of a chunk alone', async () => {
  const policy = chunked();
  const agent = new Td3Bc({ ...ofData, policy, policyDelay: 1, normalizeObservations: false });
  const { report, rows: drawn, earlier, counts } = await updateOfChunks(agent, ['targetPolicy'], 'others');
  const half = (j: number) => (box.high[j % 2]! - box.low[j % 2]!) / 2;
  const cloning = drawn.map(({ observation, action }, i) => {
    const output = mlp(under(earlier('policy'), 'network'), observation);
    const squares = action.map((a, j) => (box.low[j % 2]! + half(j) * (1 + Math.tanh(output[j]!)) - a) / half(j));
    return mean(squares.map((distance, j) => (j < 2 * counts[i]! ? distance ** 2 : 0)));
  });
  expectClose([report.cloningLoss!], [mean(cloning)]);
  agent.dispose();

  const student = makePolicy('implicit', {
    ...spaces,
    actionSpace: box,
    hidden: [3],
    chunk: LENGTH,
    rng: new Rng('student'),
  });
  const fql = new Fql({ ...ofData, policy: student, behaviorHidden: [3] });
  const found = await updateOfChunks(fql, ['targets'], 'others');
  // Of each update the noise of the next actions, and of the behaviour.
  const draws = () => {
    noiseOf(found.noise, 2 * LENGTH);
    const own = noiseOf(found.noise, 2 * LENGTH);
    return { noise: own, times: [...found.noise.fillUniform(new Float32Array(BATCH))] };
  };
  draws();
  noiseOf(found.noise, 2 * LENGTH);
  const { noise, times } = draws();
  const behavior = found.earlier('behavior');
  const losses = found.rows.map((row, i) => matchingLoss(behavior, row, noise[i]!, times[i]!, 2 * found.counts[i]!));
  expectClose([found.report.behaviorLoss!], [mean(losses)]);
  fql.dispose();
});
