import type * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  type AgentState,
  BehaviorCloning,
  evaluate,
  Iql,
  type IqlOptions,
  stateFromJson,
  stateToJson,
} from '../../../agents/index.ts';
import { type Episode, EpisodesInMemory } from '../../../datasets/index.ts';
import { type AnyEnv, BaseEnv, Box, type ResetResult, type StepResult } from '../../../envs/index.ts';
import { FlowMatchingPolicy, makePolicy, type Policy, Rng } from '../../../src/index.ts';
import { mlp, under, type Variables } from '../../oracle/mlp.ts';
import { recurrent } from '../../oracle/recurrent.ts';
import { perturb } from '../../support/perturb.ts';
import { expectAveraged, expectClose, gradientBy, mean, relu, scaled, spaces } from '../firstUpdate.ts';
import { box, gradientOf, variablesOf } from '../support.ts';
import {
  common,
  DriftEnv,
  datasetOf,
  finish,
  GAMMA,
  logProb,
  matchingLoss,
  plainRows,
  randomEpisodes,
  updateFrom,
} from './support.ts';

const UNITS = 3;

const policyOf = (name = 'gaussian', options: object = {}): Policy => {
  const own = name === 'gaussian' ? { scale: 'state', squash: 'tanh' } : {};
  const made = { ...spaces, actionSpace: box, hidden: [3], memory: 'gru', memoryUnits: UNITS, ...own, ...options };
  return perturb(makePolicy<string>(name, made) as Policy, new Rng('weights'));
};

describe('an update of IQL with a memory', () => {
  const [LENGTH, SEQUENCES] = [4, 3];
  const episodes = randomEpisodes();
  const rows = plainRows(episodes, 1, 1);
  const firsts = episodes.map((_, e) => plainRows(episodes.slice(0, e), 1, 1).length);
  /** The last one goes on in the first rows. */
  const count = Math.ceil(rows.length / LENGTH);

  test.each([
    ['gru', 'Gru', 'gaussian', 2.5, 1.5],
    ['lstm', 'Lstm', 'gaussian', 2.5, 1.5],
    ['min-gru', 'MinGru', 'gaussian', 2.5, 1.5],
    ['gru', 'Gru', 'flow-matching', 2.5, 1.5],
    ['gru', 'Gru', 'flow-matching', 0, 100],
  ] as const)('%s, as float64 has it: %s, %s, β = %s', async (memory, kind, name, beta, maxWeight) => {
    const policy = policyOf(name, { memory });
    const { stateDim } = policy;
    const expectile = 0.8;
    const agent = new Iql({
      ...{ dataset: datasetOf(episodes), rng: new Rng('agent'), policy, expectile, beta, maxWeight, tau: 0.25 },
      // So that it shows which values are taken, those of before an update or after it.
      learningRate: 0.03,
      ...{ batchSize: LENGTH * SEQUENCES, sequenceLength: LENGTH, gamma: GAMMA, criticHidden: [3], reportEvery: 1 },
    });
    const stored = new Rng('states').fillNormal(new Float32Array(count * 3 * stateDim));
    // Both sides of the expectile occur, of which each is expected below.
    const seed = memory === 'min-gru' ? 'g' : 'b';
    const { report, earlier, state, noise } = await updateFrom(agent, ['targets', 'values'], rows, seed, (replay) => ({
      ...(replay as object),
      remembered: stored,
    }));

    const draws = new Rng('training').split('replay');
    const drawn = Array.from({ length: 2 * SEQUENCES }, () => draws.integer(0, count)).slice(SEQUENCES);
    // One of the first rows again, and an episode that begins within a sequence.
    expect(drawn).toContain(count - 1);
    const batch = Array.from({ length: LENGTH * SEQUENCES }, (_, k) => {
      const at = (drawn[k % SEQUENCES]! * LENGTH + Math.floor(k / SEQUENCES)) % rows.length;
      return { ...rows[at]!, begins: k >= SEQUENCES && firsts.includes(at) };
    });
    expect(batch.some(({ begins }) => begins)).toBe(true);

    /** What a network with a memory makes of the rows and of what they led to, and the state after each sequence. */
    const seenBy = (of: Variables, part: 0 | 1 | 2) => {
      const states = drawn.map((piece) => {
        const at = (3 * piece + part) * stateDim;
        return [...stored.subarray(at, at + stateDim)];
      });
      const features = batch.map(({ observation, next, begins }, k) => {
        const step = (x: number[], before: number[]) =>
          recurrent(kind, under(of, 'memory'), [[x]], [before], [[Number(begins && x === observation)]]);
        const { outputs: now, states: after } = step(observation, states[k % SEQUENCES]!);
        states[k % SEQUENCES] = after;
        return { now, next: step(next, after).outputs };
      });
      return { features, states };
    };
    const twins = (of: Variables, feature: number[], action: number[]) =>
      [0, 1].map((i) => mlp(under(of, `networks.${i}`), [...feature, ...scaled(action)], relu)[0]!);
    const value = (of: Variables, feature: number[]) => mlp(under(of, 'network'), feature, relu)[0]!;
    const [ofPolicy, ofCritics, ofValues] = [0, 1, 2] as const;

    const byTargets = seenBy(earlier('targets'), ofCritics).features;
    const best = batch.map(({ action }, i) => Math.min(...twins(earlier('targets'), byTargets[i]!.now, action)));
    const errors = (of: Variables) => seenBy(of, ofValues).features.map(({ now }, i) => best[i]! - value(of, now));
    const valueLoss = (of: Variables) => mean(errors(of).map((u) => (u < 0 ? 1 - expectile : expectile) * u ** 2));
    expect(new Set(errors(earlier('values')).map((u) => u < 0)).size).toBe(2);
    const after = variablesOf(state.parts.values);
    const weights = errors(after).map((u) => Math.min(Math.exp(beta * u), maxWeight));
    if (beta > 0) expect(new Set(weights.map((weight) => weight === maxWeight)).size).toBe(2);

    // The draws of the first update, then those of the second.
    const [, matching] = [0, 1].map(() => ({
      noise: noise.fillNormal(new Float32Array(2 * batch.length)),
      times: noise.fillUniform(new Float32Array(batch.length)),
    }));
    const policyLoss = (of: Variables) =>
      mean(
        seenBy(of, ofPolicy).features.map(({ now: observation }, i) => {
          const row = { observation, action: batch[i]!.action };
          const { noise, times } = matching!;
          if (name === 'gaussian') return -weights[i]! * logProb(of, row);
          return weights[i]! * matchingLoss(of, row, [...noise.subarray(2 * i, 2 * i + 2)], times[i]!);
        }),
      );

    const nexts = seenBy(after, ofValues).features;
    const targets = batch.map(({ reward, discount }, i) => reward + discount * value(after, nexts[i]!.next));
    const criticLoss = (of: Variables) =>
      mean(
        seenBy(of, ofCritics).features.map(({ now }, i) =>
          twins(of, now, batch[i]!.action).reduce((sum, q) => sum + (q - targets[i]!) ** 2, 0),
        ),
      );
    expectClose(
      [report.valueLoss!, report.policyLoss!, report.criticLoss!],
      [valueLoss(earlier('values')), policyLoss(earlier('policy')), criticLoss(earlier('critics'))],
    );
    expectClose(gradientOf(state, 'valueOptimizer'), gradientBy(earlier('values'), valueLoss));
    expectClose(gradientOf(state, 'policyOptimizer'), gradientBy(earlier('policy'), policyLoss));
    expectClose(gradientOf(state, 'criticOptimizer'), gradientBy(earlier('critics'), criticLoss));
    expectAveraged(state.parts.targets, earlier('targets'), state.parts.critics);

    // The next sequence of an episode that goes on begins with what is known now.
    const known = [
      seenBy(earlier('policy'), ofPolicy),
      seenBy(earlier('critics'), ofCritics),
      seenBy(after, ofValues),
    ].map(({ states }) => states);
    const wanted = [...stored];
    drawn.forEach((piece, i) => {
      if (piece === count - 1 || firsts.includes((piece + 1) * LENGTH)) return;
      wanted.splice((piece + 1) * 3 * stateDim, 3 * stateDim, ...known.flatMap((states) => states[i]!));
    });
    expectClose((state.parts.replay as { remembered: Float32Array }).remembered, wanted, 4);
    expect(wanted).not.toEqual([...stored]);
    agent.dispose();
  });
});

const agentOf = (options: Partial<IqlOptions> = {}) =>
  new Iql({ ...common, policy: policyOf(), dataset: datasetOf(), sequenceLength: 4, ...options });

test('cut at any report, another agent ends with the same bytes', async () => {
  const { reports, states, end } = await finish(agentOf(), 24);
  const known = states.map(({ parts }) => (parts.replay as { remembered: Float32Array }).remembered);
  expect(known[1]).not.toEqual(known[0]);
  // New at the first cut, and trained to the end before each other one.
  const agent = agentOf();
  for (const [i, state] of states.entries()) {
    agent.setState(stateFromJson(stateToJson(state)) as AgentState);
    const rest = await finish(agent, 24);
    expect(rest.reports).toEqual(reports.slice(i + 1));
    expect(rest.end).toBe(end);
  }
  agent.dispose();
});

test('a training begins with nothing remembered', async () => {
  const agent = agentOf();
  const { states } = await finish(agent, 24);
  const forgetful = agentOf();
  const { replay, training } = forgetful.state().parts;
  forgetful.setState({ ...states.at(-1)!, parts: { ...states.at(-1)!.parts, replay, training } });
  const reports = (await finish(forgetful, 5)).reports;
  expect((await finish(agent, 5)).reports).toEqual(reports);
});

test.each<[string, () => Iql, string]>([
  ['nSteps', () => agentOf({ nSteps: 2 }), 'Iql: nSteps: got 2 for a policy with a memory, expected 1'],
  [
    'online steps',
    () => agentOf({ env: new DriftEnv(), onlineSteps: 5 }),
    'Iql: onlineSteps: got 5 for a policy with a memory, expected 0',
  ],
  ['the best of samples', () => agentOf({ bestOf: 4 }), 'Iql: bestOf: got 4 for a policy with a memory, expected none'],
  [
    'a length that does not divide',
    () => agentOf({ sequenceLength: 3 }),
    'Iql: sequenceLength: got 3, expected a divisor of batchSize, 8',
  ],
  [
    'sequences without a memory',
    () => agentOf({ policy: policyOf('gaussian', { memory: 'none', memoryUnits: undefined }) }),
    'Iql: sequenceLength: got 4 for a policy without a memory',
  ],
  [
    'a loss of matching that knows no past',
    () => {
      const policy = policyOf('flow-matching') as FlowMatchingPolicy;
      policy.matchingLoss = (o: tf.Tensor, a: tf.Tensor, rng: Rng, weights?: tf.Tensor) =>
        FlowMatchingPolicy.prototype.matchingLoss.call(policy, o, a, rng, weights);
      return agentOf({ policy });
    },
    'Iql: policy: got a FlowMatchingPolicy with a memory, whose matchingLoss takes no past',
  ],
])('refuses %s', (_, make, message) => {
  expect(make).toThrow(message);
});

/** A corridor with a sign at its begin, −1 or 1, that pays at its end for an action of that sign. */
class Corridor extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -1, high: 1, shape: [2] });
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [1] });
  #sign = 0;
  #t = 0;

  protected begin(): ResetResult {
    this.#sign = this.rng.uniform() < 0.5 ? -1 : 1;
    this.#t = 0;
    return [Float32Array.of(this.#sign, 0), {}];
  }

  step(action: Float32Array): StepResult {
    this.#t += 1;
    const isEnd = this.#t === 4;
    return [Float32Array.of(0, Number(this.#t === 3)), isEnd ? this.#sign * action[0]! : 0, isEnd, false, {}];
  }
}

describe('in a corridor whose sign is seen only at its begin', () => {
  const rng = new Rng('aimless');
  const env = new Corridor();
  const episodes = Array.from({ length: 250 }, (_, i): Episode => {
    const observations = [...env.reset(i === 0 ? { seed: 0 } : undefined)[0]];
    const actions = Float32Array.from({ length: 4 }, () => rng.uniform(-1, 1));
    const rewards = actions.map((action) => {
      const [observation, reward] = env.step(Float32Array.of(action));
      observations.push(...observation);
      return reward;
    });
    const ends = { terminations: Uint8Array.of(0, 0, 0, 1), truncations: new Uint8Array(4) };
    return { observations: Float32Array.from(observations), actions, rewards, ...ends };
  });
  const { observationSpace, actionSpace } = env;
  const dataset = new EpisodesInMemory({ observationSpace, actionSpace, episodes });
  const learned = async (make: (policy: Policy) => Iql | BehaviorCloning, options: object) => {
    const made = { observationSpace, actionSpace, rng: new Rng('policy'), hidden: [16] };
    const policy: Policy = makePolicy('gaussian', { ...made, scale: 'state', ...options });
    const agent = make(policy);
    for await (const _ of agent.train({ steps: 400, rng: new Rng('training') }));
    const { meanReturn } = evaluate({
      policy,
      env: () => new Corridor() as AnyEnv,
      episodes: 100,
      greedy: true,
      seed: 1,
    });
    agent.dispose();
    return meanReturn;
  };
  const settings = { batchSize: 128, learningRate: 0.01, expectile: 0.9, beta: 10, tau: 0.05, criticHidden: [16] };
  const iql = (policy: Policy) => new Iql({ ...settings, policy, dataset, rng: new Rng('agent') });
  const memory = { memory: 'gru', memoryUnits: 8 };

  // Those of 2 steps begin where the sign is not seen any more: what the one before has seen must come with them.
  test.each([32, 4, 2])('IQL learns from aimless episodes, in sequences of %s steps', async (sequenceLength) => {
    const make = (policy: Policy) => new Iql({ ...settings, sequenceLength, policy, dataset, rng: new Rng('agent') });
    expect(await learned(make, memory)).toBeGreaterThan(0.6);
  });

  test('neither IQL without a memory nor cloning with one does', async () => {
    expect(Math.abs(await learned(iql, {}))).toBeLessThan(0.3);
    expect(Math.abs(await learned((policy) => new BehaviorCloning({ policy, dataset }), memory))).toBeLessThan(0.3);
  });
});
