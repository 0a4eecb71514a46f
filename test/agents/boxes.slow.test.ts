import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import {
  A2c,
  type Agent,
  BehaviorCloning,
  CrossQ,
  Dsrl,
  Fpo,
  Fql,
  Iql,
  Meow,
  NfRlbc,
  Ppo,
  ReinFlow,
  Reinforce,
  Sac,
  SoftQLearning,
  Td3,
  Td3Bc,
  Tqc,
} from '../../agents/index.ts';
import { type Episode, EpisodesInMemory } from '../../datasets/index.ts';
import { BaseEnv, Box, type ResetResult, type StepResult } from '../../envs/index.ts';
import { type LearnerName, makePolicy, type Policy, policyFromJson, policyToJson, Rng } from '../../src/index.ts';
import { mean } from './firstUpdate.ts';

const observationSpace = new Box({ low: -9, high: 9, shape: [2] });
const usual = new Box({ low: [-1, -1], high: [1, 1] });
const other = new Box({ low: [0, -1e-3], high: [1000, 1e-3] });

const middle = (box: Box, i: number) => (box.low[i]! + box.high[i]!) / 2;
const half = (box: Box, i: number) => (box.high[i]! - box.low[i]!) / 2;

/** Goes where actions push it, in units of their box: the same task in every box. */
class Push extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = observationSpace;
  readonly actionSpace: Box;
  #at = [0, 0];

  constructor(box: Box) {
    super();
    this.actionSpace = box;
  }

  protected begin(): ResetResult {
    this.#at = [this.rng.normal(), this.rng.normal()];
    return [Float32Array.from(this.#at), {}];
  }

  step(action: Float32Array): StepResult {
    const box = this.actionSpace;
    this.#at = this.#at.map((x, i) => 0.8 * x + (0.3 * (action[i]! - middle(box, i))) / half(box, i));
    const end = this.rng.uniform();
    return [Float32Array.from(this.#at), -Math.hypot(...this.#at), end < 0.1, end > 0.9, {}];
  }
}

/** The same episodes in every box. */
function datasetOf(box: Box): EpisodesInMemory {
  const rng = new Rng('data');
  const episodes = Array.from({ length: 6 }, (): Episode => {
    const last = (is: number) => Uint8Array.from({ length: 5 }, (_, t) => Number(t === 4) * is);
    return {
      observations: rng.fillNormal(new Float32Array(12)),
      actions: Float32Array.from(
        { length: 10 },
        (_, i) => middle(box, i % 2) + half(box, i % 2) * rng.uniform(-0.9, 0.9),
      ),
      rewards: rng.fillNormal(new Float32Array(5)),
      terminations: last(1),
      truncations: last(0),
    };
  });
  return new EpisodesInMemory({ observationSpace, actionSpace: box, episodes });
}

const rollout = { horizon: 16, batchSize: 8, epochs: 2, valueHidden: [4] };
const replay = { batchSize: 8, learningStarts: 10, criticHidden: [4], reportEvery: 20 };
const data = { batchSize: 8, criticHidden: [4], reportEvery: 6 };

type Make = new (options: never) => Agent;
const ofEnv = (box: Box) => ({ env: new Push(box), rng: new Rng('agent') });
const ofData = (box: Box) => ({ dataset: datasetOf(box), rng: new Rng('agent') });
type Case = readonly [LearnerName, Make, steps: number, options: object, policy?: string, policyOptions?: object];
const CASES: Case[] = [
  ['reinforce', Reinforce, 40, { valueHidden: [4] }],
  ['a2c', A2c, 40, { valueHidden: [4], entropyCoefficient: 0.1 }],
  ['ppo', Ppo, 32, { ...rollout, temperature: 0.2 }],
  ['fpo', Fpo, 32, rollout, 'flow-matching'],
  ['reinflow', ReinFlow, 32, { ...rollout, noiseHidden: [4] }, 'flow-matching'],
  ['sac', Sac, 40, replay],
  ['sac', Sac, 40, replay, 'gaussian', { squash: undefined }],
  ['tqc', Tqc, 40, replay],
  ['crossq', CrossQ, 40, replay],
  ['soft-q-learning', SoftQLearning, 40, { ...replay, particles: 4, valueSamples: 8 }],
  ['meow', Meow, 40, { batchSize: 8, learningStarts: 10, shiftHidden: [4], reportEvery: 20 }, 'nice'],
  ['dsrl', Dsrl, 40, { ...replay, steeringHidden: [4] }, 'flow-matching'],
  ['td3', Td3, 40, replay],
  ['behavior-cloning', BehaviorCloning, 12, { batchSize: 8, reportEvery: 6 }],
  ['iql', Iql, 12, data],
  ['td3-bc', Td3Bc, 12, data],
  ['nf-rlbc', NfRlbc, 12, { ...data, alpha: 1 }, 'spline'],
  ['fql', Fql, 12, { ...data, alpha: 1, behaviorHidden: [4] }, 'implicit'],
];

/** Metrics in nats of the action's own units: what a density is has the unit that actions are measured in. */
const IN_NATS = ['entropy', 'loss', 'policyLoss', 'cloningLoss'];

const made: { dispose(): void }[] = [];
afterEach(() => {
  for (const each of made.splice(0)) each.dispose();
});

/** What greedy actions have become, in units of the box, and the last report. */
async function learned([learner, Made, steps, options, name = 'gaussian', own]: Case, box: Box) {
  const policy = makePolicy<string>(name, {
    ...{ observationSpace, actionSpace: box, for: learner, hidden: [4], rng: new Rng('policy') },
    ...own,
  });
  const from = learner === 'behavior-cloning' ? { dataset: datasetOf(box) } : steps === 12 ? ofData(box) : ofEnv(box);
  const agent = new Made({ policy, ...from, ...options } as never);
  made.push(agent);
  let last = {};
  for await (const report of agent.train({ steps, rng: new Rng('training') })) last = report;
  const actions = [
    [0.5, -1],
    [2, 0.3],
  ].flatMap((observation) => [
    ...((agent.actingPolicy ?? policy) as Policy<Float32Array>).act(observation, { greedy: true, rng: new Rng('act') }),
  ]);
  const metrics = Object.entries(last).filter(([key, value]) => typeof value === 'number' && !IN_NATS.includes(key));
  return {
    actions: actions.map((a, i) => (a - middle(box, i % 2)) / half(box, i % 2)),
    metrics: Object.fromEntries(metrics) as Record<string, number>,
  };
}

test.each(CASES.map((which) => [which[0], which] as const))('%s learns in any box: %#', async (_, which) => {
  const [there, here] = [await learned(which, usual), await learned(which, other)];
  here.actions.forEach((action, i) => expect(action).toBeCloseTo(there.actions[i]!, 2));
  for (const [key, value] of Object.entries(there.metrics)) {
    expect(Math.abs(here.metrics[key]! - value) / (1 + Math.abs(value)), key).toBeLessThan(0.02);
  }
});

/** The same data where actions and observations have no bounds, in these units. */
function unboundedData(unit: number): EpisodesInMemory {
  const space = new Box({ low: -Infinity, high: Infinity, shape: [2] });
  const episodes = [...datasetOf(usual).episodes()].map(({ observations, actions, ...others }) => ({
    ...others,
    observations: observations.map((x) => 50 + unit * x),
    actions: actions.map((x, i) => (i % 2) * 7 * unit + unit * x),
  }));
  return new EpisodesInMemory({ observationSpace: space, actionSpace: space, episodes });
}

describe('data without bounds', () => {
  const learners: [LearnerName, string, Make, object][] = [
    ['behavior-cloning', 'flow-matching', BehaviorCloning, { batchSize: 8 }],
    ['iql', 'spline', Iql, data],
    ['td3-bc', 'gaussian', Td3Bc, data],
    ['nf-rlbc', 'realnvp', NfRlbc, { ...data, alpha: 1 }],
    ['fql', 'implicit', Fql, { ...data, alpha: 1, behaviorHidden: [4] }],
  ];
  const policyFor = ({ observationSpace, actionSpace }: EpisodesInMemory, name = 'gaussian', options: object = {}) =>
    makePolicy<string>(name, {
      ...{ observationSpace, actionSpace: actionSpace as Box, hidden: [4], rng: new Rng('policy') },
      ...options,
    });
  const run = async (learner: LearnerName, name: string, Made: Make, options: object, unit: number) => {
    const dataset = unboundedData(unit);
    const policy = policyFor(dataset, name, { for: learner });
    const rng = learner !== 'behavior-cloning' && { rng: new Rng('agent') };
    const agent = new Made({ policy, dataset, ...rng, ...options } as never);
    made.push(agent);
    for await (const _ of agent.train({ steps: 12, rng: new Rng('training') }));
    const act = (of: Policy) =>
      [...(of as Policy<Float32Array>).act([50 + 0.5 * unit, 50 - unit], { greedy: true, rng: new Rng('act') })].map(
        (x, i) => x / unit - 7 * i,
      );
    return { policy, act, acts: act(policy) };
  };

  test.each(learners)('%s learns with %s whatever the units are, and a file has them', async (...which) => {
    const [there, here] = [await run(...which, 1), await run(...which, 1000)];
    for (const [i, action] of here.acts.entries()) expect(action).toBeCloseTo(there.acts[i]!, 2);
    expect(here.policy.config!.options).toMatchObject({ squash: 'standardize', normalizeObservations: true });
    const { policy } = policyFromJson(policyToJson(here.policy));
    expect(here.act(policy)).toEqual(here.acts);
    policy.dispose();
    // It frees the units, too.
    const before = tf.memory().numTensors;
    policyFromJson(policyToJson(here.policy)).policy.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('units are mean and deviation of the data, and reports stay in those of the actions', async () => {
    const dataset = unboundedData(1000);
    const policy = policyFor(dataset);
    const [actions, observations] = [[], []] as [number[], number[]];
    for (const episode of dataset.episodes()) {
      actions.push(...episode.actions);
      observations.push(...episode.observations.subarray(0, -2));
    }
    const agent = new BehaviorCloning({ policy, dataset });
    made.push(agent);
    const { shift, scale } = policy.actionScale!.units();
    let wanted = 0;
    for (const c of [0, 1]) {
      const x = actions.filter((_, i) => i % 2 === c);
      const std = Math.sqrt(mean(x.map((value) => (value - mean(x)) ** 2)));
      expect(shift[c]! / mean(x)).toBeCloseTo(1, 5);
      expect(scale[c]! / std).toBeCloseTo(1, 5);
      wanted += 0.5 * Math.log(2 * Math.PI * std * std) + 0.5;
    }
    // A Gaussian about the mean, whose network gives nearly 0, by the formula in data units.
    const pairs = { observations: Float32Array.from(observations), actions: Float32Array.from(actions) };
    expect(Math.abs(agent.evaluate(pairs) - wanted)).toBeLessThan(0.05);
  });

  test('it is an option, and what has bounds is not touched', () => {
    const dataset = unboundedData(1000);
    const clone = (policy: Policy, options: object = {}) => {
      made.push(new BehaviorCloning({ policy, dataset, ...options }));
      return policy.config!.options;
    };
    const asItIs = { normalizeObservations: false };
    expect(clone(policyFor(dataset), { standardize: false })).toMatchObject({ ...asItIs, squash: 'rescale' });
    expect(clone(policyFor(dataset, 'gaussian', { squash: 'none' }))).toMatchObject(asItIs);
    const standardized = policyFor(dataset);
    clone(standardized);
    const units = standardized.actionScale!.units();
    standardized.standardizeActions({ mean: [1, 1], deviation: [2, 2] });
    expect(standardized.actionScale!.units()).toEqual(units);
    expect(policyFor(dataset, 'gaussian', { actionSpace: usual }).actionScale).toBeUndefined();
    const wrong = () => policyFor(dataset, 'gaussian', { actionSpace: usual, squash: 'standardize' });
    expect(wrong).toThrow(/squash: got "standardize"/);
  });
});
