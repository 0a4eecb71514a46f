import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type DemonstratedGoals, GoalDemonstrations } from '../../agents/core/goalDemonstrations.ts';
import {
  type AgentState,
  BehaviorCloning,
  type BehaviorCloningOptions,
  stateFromJson,
  stateToJson,
} from '../../agents/index.ts';
import { type Episode, EpisodesInMemory } from '../../datasets/index.ts';
import { Box, Dict, type GoalObservation, type Space } from '../../envs/index.ts';
import { GaussianPolicy, makePolicy, Rng } from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';

const box = (size: number) => new Box({ low: -Infinity, high: Infinity, shape: [size] });
const spaces = {
  observationSpace: new Dict<GoalObservation>({ observation: box(1), achieved_goal: box(2), desired_goal: box(2) }),
  actionSpace: box(1),
};
/** A row is achieved_goal, desired_goal, observation. */
const WIDTH = 5;
/** What was desired, and is far from all that was reached. */
const DESIRED = 1000;
const LENGTHS = [4, 1, 6];
const STEPS = 11;

/** Episodes of these lengths: reached at step t of episode e is (e, t); the observation is 10 e + t, the action −t. */
function episodesOf(lengths: readonly number[], observationSpace: Space = spaces.observationSpace): EpisodesInMemory {
  const episodes = lengths.map((length, e): Episode => {
    const rows = Array.from({ length: length + 1 }, (_, t) => [e, t, DESIRED, DESIRED, 10 * e + t]);
    return {
      observations: Float32Array.from(rows.flat()),
      actions: Float32Array.from({ length }, (_, t) => -t),
      rewards: new Float32Array(length),
      terminations: new Uint8Array(length),
      truncations: Uint8Array.from({ length }, (_, t) => Number(t === length - 1)),
    };
  });
  return new EpisodesInMemory({ ...spaces, observationSpace, episodes });
}

const gaussian = () =>
  new GaussianPolicy({ observationDim: WIDTH, actionDim: 1, hidden: [8], scale: 'state', rng: new Rng('policy') });
const demonstrated = (goals: DemonstratedGoals) =>
  new GoalDemonstrations('Test', gaussian(), episodesOf(LENGTHS), goals, new Rng(0));
const all = Int32Array.from({ length: STEPS }, (_, row) => row);

/** Of each row the episode, the step, and of its goal episode and step. */
const readRows = (observations: Float32Array) =>
  Array.from(
    all,
    (row) => Array.from(observations.subarray(row * WIDTH, row * WIDTH + 4)) as [number, number, number, number],
  );

/** The observations of all pairs, with the goals that were desired. */
function episodeRows(source: EpisodesInMemory): Float32Array {
  return Float32Array.from([...source.episodes()].flatMap(({ observations }) => [...observations.subarray(0, -WIDTH)]));
}

/** The weights after some updates. */
async function trained(options: Partial<BehaviorCloningOptions>, steps: number) {
  const policy = gaussian();
  const agent = new BehaviorCloning({ policy, learningRate: 0.01, ...options } as BehaviorCloningOptions);
  const losses: number[] = [];
  for await (const { loss } of agent.train({ steps, rng: new Rng(7) })) losses.push(loss);
  const weights = policy.stateDict();
  agent.dispose();
  return { weights, losses };
}

describe('GoalDemonstrations', () => {
  test('have as goals what the same episode reached by the step or after it, each as likely, and nothing else new', () => {
    const goals = demonstrated('future');
    const { pairs } = goals;
    const before = pairs.observations.slice();
    const rng = new Rng(1);
    const draws = 4000;
    const counts = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      goals.draw(all, pairs.observations, rng);
      for (const row of readRows(pairs.observations)) counts.set(String(row), (counts.get(String(row)) ?? 0) + 1);
    }
    const possible = LENGTHS.flatMap((length, e) =>
      Array.from({ length }, (_, t) => Array.from({ length: length - t }, (__, k) => String([e, t, e, t + 1 + k]))),
    );
    expect([...counts.keys()].sort()).toEqual(possible.flat().sort());
    for (const ofRow of possible) {
      const share = 1 / ofRow.length;
      const bound = 5 * Math.sqrt((share * (1 - share)) / draws);
      for (const key of ofRow) expect(Math.abs(counts.get(key)! / draws - share)).toBeLessThanOrEqual(bound);
    }
    const others = (rows: Float32Array) => rows.filter((_, i) => ![2, 3].includes(i % WIDTH));
    expect(others(pairs.observations)).toEqual(others(before));
    expect(pairs.episodes).toEqual(LENGTHS.map((length) => ({ length })));
    expect(Array.from(pairs.actions, (x) => Math.abs(x))).toEqual([0, 1, 2, 3, 0, 0, 1, 2, 3, 4, 5]);
  });

  test('or what it reached last', () => {
    expect(readRows(demonstrated('final').pairs.observations)).toEqual(
      LENGTHS.flatMap((length, e) => Array.from({ length }, (_, t) => [e, t, e, length])),
    );
  });

  test('draw for the rows that they get, in their order', () => {
    const goals = demonstrated('final');
    const batch = new Float32Array(2 * WIDTH);
    goals.draw(Int32Array.of(9, 2), batch, new Rng(0));
    expect([...batch]).toEqual([0, 0, 2, 6, 0, 0, 0, 0, 4, 0]);
  });
});

describe('BehaviorCloning with hindsight', () => {
  test('its updates are those on pairs with the goals of each draw', async () => {
    const batchSize = 4;
    const { losses, weights } = await trained(
      { dataset: episodesOf(LENGTHS), hindsight: 'future', batchSize, reportEvery: 1 },
      2,
    );
    // The stream that it draws from.
    const draws = new Rng(7).split('minibatches');
    const order = draws.permutation(STEPS);
    const plain = demonstrated('final');
    const last = [3, 3, 3, 3, 4, 10, 10, 10, 10, 10, 10];
    const ends = [0, 4, 5];
    const batches = [order.subarray(0, 4), order.subarray(4, 8)].map((rows) => {
      const observations: number[] = [];
      for (const row of rows) {
        const e = ends.filter((first) => first <= row).length - 1;
        const step = draws.integer(row, last[row]! + 1) - ends[e]! + 1;
        const t = row - ends[e]!;
        observations.push(e, t, e, step, 10 * e + t);
      }
      return {
        observations: Float32Array.from(observations),
        actions: Float32Array.from(rows, (row) => plain.pairs.actions[row]!),
      };
    });
    const [first, second] = batches;
    // In float64, from the network's outputs.
    const policy = gaussian();
    const outputs = policy.network.apply(tf.tensor2d(first!.observations, [4, WIDTH])).arraySync() as number[][];
    const logs = outputs.map(([mean, log], i) => normalLogPdf(first!.actions[i]!, mean!, Math.exp(log!)));
    expect(losses[0]).toBeCloseTo(-logs.reduce((sum, x) => sum + x, 0) / batchSize, 3);
    policy.dispose();
    // One minibatch of the two that were drawn is the data of each update; the optimizer goes on by a checkpoint.
    const step = async (agent: BehaviorCloning, steps: number) => {
      for await (const _ of agent.train({ steps, rng: new Rng(7) }));
    };
    const one = gaussian();
    const agent = new BehaviorCloning({ policy: one, demonstrations: first!, learningRate: 0.01 });
    await step(agent, 1);
    const state = agent.state();
    agent.dispose();
    const two = gaussian();
    const next = new BehaviorCloning({ policy: two, demonstrations: second!, learningRate: 0.01 });
    next.setState(state);
    await step(next, 2);
    for (const [name, { values }] of Object.entries(two.stateDict())) {
      const ours = weights[name]!.values;
      values.forEach((value, i) => {
        // Rows are in another order.
        expect(ours[i]).toBeCloseTo(value, 5);
      });
    }
    next.dispose();
  });

  test('a stopped training goes on to the same bytes', async () => {
    const options = { dataset: episodesOf(LENGTHS), hindsight: 'future', batchSize: 4 } as const;
    const whole = await trained(options, 20);
    const make = () => {
      const policy = gaussian();
      return { policy, agent: new BehaviorCloning({ policy, learningRate: 0.01, ...options, reportEvery: 1 }) };
    };
    const first = make();
    for await (const { step } of first.agent.train({ steps: 20, rng: new Rng(7) })) if (step === 9) break;
    const text = stateToJson(first.agent.state());
    const second = make();
    second.agent.setState(stateFromJson(text) as AgentState);
    for await (const _ of second.agent.train({ steps: 20, rng: new Rng(7) }));
    expect(second.policy.stateDict()).toEqual(whole.weights);
    for (const { agent } of [first, second]) agent.dispose();
  });

  test('observations are normalized with the goals that were reached', () => {
    const policy = gaussian();
    const options = { policy, normalizeObservations: true, batchSize: 4 };
    const agent = new BehaviorCloning({ ...options, dataset: episodesOf(LENGTHS), hindsight: 'final' });
    const { mean, variance } = policy.normalizer!.moments();
    // Of goals (e, T), T times each.
    expect(mean[2]).toBeCloseTo((4 * 0 + 1 * 1 + 6 * 2) / 11, 5);
    expect(mean[3]).toBeCloseTo((4 * 4 + 1 * 1 + 6 * 6) / 11, 5);
    expect(variance[3]).toBeCloseTo((4 * 16 + 1 * 1 + 6 * 36) / 11 - ((16 + 1 + 36) / 11) ** 2, 4);
    agent.dispose();
  });

  test('episodes that are held out get goals once', async () => {
    const held = episodesOf([5, 2]);
    const losses = async (validation: BehaviorCloningOptions['validation']) => {
      const options = { policy: gaussian(), dataset: episodesOf(LENGTHS), hindsight: 'final', batchSize: 4 } as const;
      const agent = new BehaviorCloning({ ...options, validation, reportEvery: 1 });
      const all: (number | undefined)[] = [];
      for await (const { validationLoss } of agent.train({ steps: 4, rng: new Rng(0) })) all.push(validationLoss);
      agent.dispose();
      return all;
    };
    const { pairs } = new GoalDemonstrations('Test', gaussian(), held, 'final', new Rng(0));
    expect(await losses(held)).toEqual(await losses(pairs));
    // Without hindsight they are pairs as they are.
    const plain = { policy: gaussian(), dataset: episodesOf(LENGTHS), batchSize: 4 };
    const agent = new BehaviorCloning({ ...plain, validation: held });
    expect(agent.evaluate(pairs)).not.toBe(agent.evaluate({ ...pairs, observations: episodeRows(held) }));
    agent.dispose();
  });

  test('learns the way to a goal from walks that had others', async () => {
    // A walker on a line takes ten steps of ±1 from 0, and wants to get to 1000 all the while.
    const rng = new Rng('walks');
    const line = {
      observationSpace: new Dict<GoalObservation>({ observation: box(1), achieved_goal: box(1), desired_goal: box(1) }),
      actionSpace: box(1),
    };
    const episodes = Array.from({ length: 100 }, (): Episode => {
      const way = rng.uniform() < 0.5 ? 1 : -1;
      const rows = Array.from({ length: 11 }, (_, t) => [way * t, DESIRED, way * t]);
      return {
        observations: Float32Array.from(rows.flat()),
        actions: new Float32Array(10).fill(way),
        rewards: new Float32Array(10),
        terminations: new Uint8Array(10),
        truncations: Uint8Array.from({ length: 10 }, (_, t) => Number(t === 9)),
      };
    });
    const policy = new GaussianPolicy({
      observationDim: 3,
      actionDim: 1,
      hidden: [16],
      scale: 'fixed',
      rng: new Rng(0),
    });
    const dataset = new EpisodesInMemory({ ...line, episodes });
    const agent = new BehaviorCloning({
      policy,
      dataset,
      hindsight: 'future',
      normalizeObservations: true,
      learningRate: 0.02,
      batchSize: 64,
    });
    for await (const _ of agent.train({ steps: 600, rng: new Rng(0) }));
    // From the start a goal to the right, one to the left.
    const act = (goal: number) => policy.actor({ greedy: true }).act(Float32Array.of(0, goal, 0)).action[0];
    expect(act(5)).toBeGreaterThan(0.9);
    expect(act(-5)).toBeLessThan(-0.9);
    agent.dispose();
  });

  test('refuses what has no goals, in one line', () => {
    const policy = gaussian();
    const make = (options: Partial<BehaviorCloningOptions>) =>
      new BehaviorCloning({ policy, hindsight: 'future', ...options } as BehaviorCloningOptions);
    expect(() => make({ demonstrations: demonstrated('final').pairs })).toThrow(
      "BehaviorCloning: hindsight: got 'future' with demonstrations, expected a dataset in their place",
    );
    expect(() => make({ dataset: episodesOf(LENGTHS, box(WIDTH)) })).toThrow(
      /^BehaviorCloning: hindsight: got 'future' for observations of Box.*, expected a dataset with goals: boxes of numbers or bits, achieved_goal and desired_goal$/,
    );
    const task = { observationSpace: box(WIDTH), actionSpace: box(1), rng: new Rng(0) };
    const remembering = makePolicy('gaussian', { ...task, memory: 'gru' });
    expect(() => make({ policy: remembering, dataset: episodesOf(LENGTHS) })).toThrow(
      "BehaviorCloning: hindsight: got 'future' for a policy with a memory, expected one without",
    );
    const ofChunks = makePolicy('gaussian', { ...task, chunk: 2 });
    expect(() => make({ policy: ofChunks, dataset: episodesOf(LENGTHS) })).toThrow(
      "BehaviorCloning: hindsight: got 'future' for a policy of chunks, expected one of single actions",
    );
    expect(() => make({ dataset: episodesOf(LENGTHS), hindsight: 'episode' as never })).toThrow(
      'BehaviorCloning: hindsight: got "episode", expected one of none, future, final',
    );
  });
});
