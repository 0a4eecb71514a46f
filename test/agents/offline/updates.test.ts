import { describe, expect, test } from 'vitest';
import { Fql, Iql, NfRlbc, Td3Bc } from '../../../agents/index.ts';
import { makePolicy, Rng } from '../../../src/index.ts';
import { mlp, under, type Variables } from '../../oracle/mlp.ts';
import {
  BATCH,
  expectAveraged,
  expectClose,
  gaussian,
  gradientBy,
  mean,
  noiseOf,
  relu,
  spaces,
  tanhGaussian,
  twinErrors,
  twins,
} from '../firstUpdate.ts';
import { box, gradientOf, variablesOf } from '../support.ts';
import {
  DriftEnv,
  datasetOf,
  GAMMA,
  logProb,
  matchingLoss,
  type PlainRow,
  plainRows,
  randomEpisodes,
  updateFrom,
} from './support.ts';

/*
 * An update of each agent that learns from data, losses and gradients, beside plain float64 numbers: the losses are written anew here, from the
 * papers, and differentiated by central differences.
 */

const episodes = randomEpisodes();
const dataset = datasetOf(episodes);
const SCALE = 0.5;
const common = {
  dataset,
  rng: new Rng('agent'),
  batchSize: BATCH,
  gamma: GAMMA,
  nSteps: 2,
  rewardScale: SCALE,
  tau: 0.25,
  criticHidden: [3],
  reportEvery: 1,
};
const rows = plainRows(episodes, 2, SCALE);

/** What the term of the data is multiplied by, and with which options: as a whole on the data, and in the last online step, with data alone. */
const factors: [where: string, factor: number, options: () => object][] = [
  ['on the data', 1, () => ({ onlineDataFactor: 0.3 })],
  [
    'at the end of the online steps',
    0.3,
    () => ({ env: new DriftEnv(), onlineSteps: 2, learningStarts: 0, offlineShare: 1, onlineDataFactor: 0.3 }),
  ],
];

const timesOf = (rng: Rng) => [...rng.fillUniform(new Float32Array(BATCH))];

/** Σᵢ E[(Qᵢ − y)²] */
const criticLoss = (drawn: readonly PlainRow[], targets: readonly number[]) => (critics: Variables) =>
  mean(twinErrors(drawn, targets)(critics).map(([e1, e2]) => e1! ** 2 + e2! ** 2));

test.each(factors)('TD3+BC %s', async (_, factor, more) => {
  const policy = gaussian();
  const [alpha, targetNoise, targetNoiseClip] = [1.7, 0.3, 0.25];
  const agent = new Td3Bc({
    ...{ ...common, policy, alpha, targetNoise, targetNoiseClip },
    ...{ policyDelay: 1, normalizeObservations: false, ...more() },
  });
  const found = await updateFrom(agent, ['targetPolicy', 'targetCritics'], rows);
  const { report, rows: drawn, earlier, state, noise } = found;
  noiseOf(noise);
  const epsilon = noiseOf(noise);
  const meanOf = (of: Variables, observation: number[]) => {
    const output = mlp(under(of, 'network'), observation);
    return [0, 1].map((i) => box.low[i]! + ((box.high[i]! - box.low[i]!) / 2) * (1 + Math.tanh(output[i]!)));
  };
  const targets = drawn.map(({ reward, next, discount }, i) => {
    const action = meanOf(earlier('targetPolicy'), next).map((a, j) => {
      const half = (box.high[j]! - box.low[j]!) / 2;
      const shift = Math.min(Math.max(targetNoise * epsilon[i]![j]!, -targetNoiseClip), targetNoiseClip);
      return Math.min(Math.max(a + half * shift, box.low[j]!), box.high[j]!);
    });
    return reward + discount * Math.min(...twins(earlier('targetCritics'), next, action));
  });
  const ofCritics = criticLoss(drawn, targets);
  const after = variablesOf(state.parts.critics);
  const values = (of: Variables) =>
    drawn.map(({ observation }) => twins(after, observation, meanOf(of, observation))[0]);
  const cloning = (of: Variables) =>
    mean(
      drawn.flatMap(({ observation, action }) =>
        meanOf(of, observation).map((a, j) => ((a - action[j]!) / ((box.high[j]! - box.low[j]!) / 2)) ** 2),
      ),
    );
  // A constant: no gradient flows through λ.
  const lambda = alpha / mean(values(earlier('policy')).map(Math.abs));
  const policyLoss = (of: Variables) => factor * cloning(of) - lambda * mean(values(of));
  expectClose(
    [report.criticLoss!, report.policyLoss!, report.cloningLoss!],
    [ofCritics(earlier('critics')), policyLoss(earlier('policy')), cloning(earlier('policy'))],
  );
  const taken = drawn.map(({ observation, action }) => twins(earlier('critics'), observation, action)[0]);
  expectClose([report.actionValue!], [mean(taken)]);
  expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(earlier('critics'), ofCritics));
  expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(earlier('policy'), policyLoss));
  expectAveraged(state.parts.targetCritics, earlier('targetCritics'), state.parts.critics);
  expectAveraged(state.parts.targetPolicy, earlier('targetPolicy'), state.parts.policy);
  agent.dispose();
});

test('the factor of the data goes in a straight line from where the agent goes online, also where a state is gone on from', async () => {
  // So small a part of values that the policy's loss is that of the data, times the factor.
  const made = () => {
    const options = { alpha: 1e-9, policyDelay: 1, onlineSteps: 4, learningStarts: 0, onlineDataFactor: 0.2 };
    return new Td3Bc({ ...common, ...options, policy: gaussian(), env: new DriftEnv() });
  };
  const run = async (agent: Td3Bc, until: number) => {
    const found: number[] = [];
    for await (const { step, policyLoss, cloningLoss } of agent.train({ steps: 6, rng: new Rng('training') })) {
      found.push(policyLoss! / cloningLoss!);
      if (step === until) break;
    }
    return found;
  };
  const agent = made();
  const first = await run(agent, 4);
  const next = made();
  next.setState(agent.state());
  expectClose([...first, ...(await run(next, 6))], [1, 1, 0.8, 0.6, 0.4, 0.2]);
  for (const each of [agent, next]) each.dispose();
});

test.each([
  ['some weights at the largest', 2.5, 1.5, 'gaussian'],
  ['no weights', 0, 100, 'gaussian'],
  ['some weights at the largest, of matching', 2.5, 1.5, 'flow-matching'],
  ['no weights, of matching', 0, 100, 'flow-matching'],
])('IQL, %s', async (_, beta, maxWeight, name) => {
  const matches = name === 'flow-matching';
  const policy = matches
    ? makePolicy(name, { ...spaces, actionSpace: box, hidden: [3], rng: new Rng('policy') })
    : gaussian();
  const expectile = 0.8;
  const agent = new Iql({ ...common, policy, expectile, beta, maxWeight });
  const { report, rows: drawn, earlier, state, noise } = await updateFrom(agent, ['targets', 'values'], rows, 'e');
  const value = (of: Variables, observation: number[]) => mlp(under(of, 'network'), observation, relu)[0]!;
  const best = drawn.map(({ observation, action }) => Math.min(...twins(earlier('targets'), observation, action)));
  const errors = (of: Variables) => drawn.map(({ observation }, i) => best[i]! - value(of, observation));
  const valueLoss = (of: Variables) => mean(errors(of).map((u) => (u < 0 ? 1 - expectile : expectile) * u ** 2));
  // Both sides of the expectile occur.
  expect(new Set(errors(earlier('values')).map((u) => u < 0)).size).toBe(2);
  const after = variablesOf(state.parts.values);
  const weights = errors(after).map((u) => Math.min(Math.exp(beta * u), maxWeight));
  if (beta > 0) expect(new Set(weights.map((weight) => weight === maxWeight)).size).toBe(2);
  // The first update's draws, then the second's.
  const [, draws] = [0, 1].map(() => (matches ? { noise: noiseOf(noise), times: timesOf(noise) } : undefined));
  const lossOf = (of: Variables, row: PlainRow, i: number) =>
    draws === undefined ? -logProb(of, row) : matchingLoss(of, row, draws.noise[i]!, draws.times[i]!);
  const policyLoss = (of: Variables) => mean(drawn.map((row, i) => weights[i]! * lossOf(of, row, i)));
  const targets = drawn.map(({ reward, next, discount }) => reward + discount * value(after, next));
  const ofCritics = criticLoss(drawn, targets);
  expectClose(
    [report.valueLoss!, report.policyLoss!, report.criticLoss!],
    [valueLoss(earlier('values')), policyLoss(earlier('policy')), ofCritics(earlier('critics'))],
  );
  expectClose([report.value!], [mean(drawn.map(({ observation }) => value(earlier('values'), observation)))]);
  expectClose(gradientOf(state, 'valueOptimizer'), gradientBy(earlier('values'), valueLoss));
  expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(earlier('policy'), policyLoss));
  expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(earlier('critics'), ofCritics));
  expectAveraged(state.parts.targets, earlier('targets'), state.parts.critics);
  agent.dispose();
});

describe('NF-RLBC', () => {
  const [offline, online] = [factors[0]!, factors[1]!];
  test.each([
    ['mean', 0.4, 0.4, ...offline],
    ['least', 'mixed', 0.03, ...offline],
    ['mean', 0.4, 0.4, ...online],
  ] as const)('with the %s of the critics, α = %s, %s %s', async (targetValue, alpha, weight, _, factor, more) => {
    const policy = gaussian();
    const agent = new NfRlbc({ ...common, policy, targetValue, alpha, ...more() });
    const { report, rows: drawn, earlier, state, noise } = await updateFrom(agent, ['targets'], rows);
    noiseOf(noise);
    noiseOf(noise);
    const [nextNoise, own] = [noiseOf(noise), noiseOf(noise)];
    const among = (values: readonly number[]) => (targetValue === 'least' ? Math.min(...values) : mean(values));
    const targets = drawn.map(({ reward, next, discount }, i) => {
      const { action } = tanhGaussian(earlier('policy'), next, nextNoise[i]!);
      return reward + discount * among(twins(earlier('targets'), next, action));
    });
    const ofCritics = criticLoss(drawn, targets);
    const after = variablesOf(state.parts.critics);
    const values = (of: Variables) =>
      drawn.map(({ observation }, i) =>
        among(twins(after, observation, tanhGaussian(of, observation, own[i]!).action)),
      );
    const cloning = (of: Variables) => -mean(drawn.map((row) => logProb(of, row)));
    const lambda = 1 / mean(values(earlier('policy')).map(Math.abs));
    const policyLoss = (of: Variables) => factor * weight * cloning(of) - lambda * mean(values(of));
    expectClose(
      [report.criticLoss!, report.policyLoss!, report.cloningLoss!],
      [ofCritics(earlier('critics')), policyLoss(earlier('policy')), cloning(earlier('policy'))],
    );
    expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(earlier('critics'), ofCritics));
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(earlier('policy'), policyLoss));
    expectAveraged(state.parts.targets, earlier('targets'), state.parts.critics);
    agent.dispose();
  });
});

test.each(factors)('FQL %s', async (_, factor, more) => {
  const policy = makePolicy('implicit', { ...spaces, actionSpace: box, hidden: [3], rng: new Rng('student') });
  const agent = new Fql({ ...common, policy, alpha: 0.7, behaviorHidden: [3], behaviorSteps: 2, ...more() });
  const { report, rows: drawn, earlier, state, noise } = await updateFrom(agent, ['targets'], rows);
  const draws = () => ({ next: noiseOf(noise), matching: noiseOf(noise), times: timesOf(noise), own: noiseOf(noise) });
  draws();
  const { next: nextNoise, matching, times: t, own } = draws();
  const half = [0, 1].map((i) => (box.high[i]! - box.low[i]!) / 2);
  const ofBox = (latent: number[]) => latent.map((u, i) => box.low[i]! + half[i]! * (1 + u));
  const clipped = (action: number[]) => action.map((a, i) => Math.min(Math.max(a, box.low[i]!), box.high[i]!));
  const student = (of: Variables, observation: number[], xi: number[]) =>
    ofBox(mlp(under(of, 'network'), [...observation, ...xi], relu));
  const field = (of: Variables, x: number[], time: number, observation: number[]) =>
    mlp(under(of, 'field.network'), [...x, time, ...observation], relu);
  const value = (of: Variables, observation: number[], action: number[]) =>
    mean(twins(of, observation, clipped(action)));

  const targets = drawn.map(
    ({ reward, next, discount }, i) =>
      reward + discount * value(earlier('targets'), next, student(earlier('policy'), next, nextNoise[i]!)),
  );
  const ofCritics = criticLoss(drawn, targets);
  const behaviorLoss = (of: Variables) => mean(drawn.map((row, i) => matchingLoss(of, row, matching[i]!, t[i]!)));
  // Two steps by the midpoint, of the field as its update has left it.
  const behavior = drawn.map(({ observation }, i) => {
    let x = own[i]!;
    for (const begin of [0, 0.5]) {
      const first = field(variablesOf(state.parts.behavior), x, begin, observation);
      const middle = x.map((each, j) => each + first[j]! / 4);
      const v = field(variablesOf(state.parts.behavior), middle, begin + 0.25, observation);
      x = x.map((each, j) => each + v[j]! / 2);
    }
    return clipped(ofBox(x));
  });
  const after = variablesOf(state.parts.critics);
  const actions = (of: Variables) => drawn.map(({ observation }, i) => student(of, observation, own[i]!));
  const distillation = (of: Variables) =>
    mean(actions(of).flatMap((action, i) => action.map((a, j) => ((a - behavior[i]![j]!) / half[j]!) ** 2)));
  const values = (of: Variables) => actions(of).map((action, i) => value(after, drawn[i]!.observation, action));
  const lambda = 1 / mean(values(earlier('policy')).map(Math.abs));
  const policyLoss = (of: Variables) => factor * 0.7 * distillation(of) - lambda * mean(values(of));
  expectClose(
    [report.criticLoss!, report.behaviorLoss!, report.policyLoss!, report.distillationLoss!],
    [
      ofCritics(earlier('critics')),
      behaviorLoss(earlier('behavior')),
      policyLoss(earlier('policy')),
      distillation(earlier('policy')),
    ],
  );
  expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(earlier('critics'), ofCritics));
  expectClose(gradientOf(state, 'behaviorOptimizer'), gradientBy(earlier('behavior'), behaviorLoss));
  expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(earlier('policy'), policyLoss));
  expectAveraged(state.parts.targets, earlier('targets'), state.parts.critics);
  agent.dispose();
});
