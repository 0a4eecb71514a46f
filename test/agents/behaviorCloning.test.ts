import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  type AgentState,
  BehaviorCloning,
  type BehaviorCloningOptions,
  DivergedError,
  stateFromJson,
  stateToJson,
} from '../../agents/index.ts';
import { Box, Discrete } from '../../envs/index.ts';
import { GaussianPolicy, linearSchedule, makePolicy as makeNamedPolicy, type Policy, Rng } from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';

/** a = 2 o − 0.5 + N(0, 0.3²): the least loss is the entropy of the noise. */
function linearData(count: number, rng: Rng) {
  const observations = new Float32Array(count);
  const actions = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    observations[i] = rng.uniform(-1, 1);
    actions[i] = 2 * observations[i]! - 0.5 + rng.normal(0, 0.3);
  }
  return { observations, actions };
}
const ENTROPY = 0.5 * Math.log(2 * Math.PI * Math.E * 0.3 ** 2);

const makePolicy = (): Policy =>
  new GaussianPolicy({ observationDim: 1, actionDim: 1, hidden: [16], scale: 'state', rng: new Rng('policy') });

/** An agent of 500 pairs for that policy. */
function cloning(options: Partial<BehaviorCloningOptions> = {}) {
  const policy = makePolicy();
  const validation = linearData(200, new Rng('validation'));
  const demonstrations = linearData(500, new Rng(0));
  const agent = new BehaviorCloning({ policy, demonstrations, batchSize: 64, learningRate: 0.01, ...options });
  return { policy, validation, agent };
}

function agentWithLateRate(late: number, reportEvery: number) {
  const validation = linearData(200, new Rng('validation'));
  return cloning({ validation, reportEvery, learningRate: (share) => (share < 0.5 ? 0.01 : late) });
}

const training = (steps: number) => ({ steps, rng: new Rng(0) });

async function train(steps: number, options = {}, seed = 0): Promise<number[]> {
  const validation = linearData(1000, new Rng('validation'));
  const { agent } = cloning({
    ...{ validation, reportEvery: 10, demonstrations: linearData(2000, new Rng('data')) },
    ...options,
  });
  const losses: number[] = [];
  for await (const report of agent.train({ steps, rng: new Rng(seed) })) {
    losses.push(report.loss, report.validationLoss!);
  }
  agent.dispose();
  return losses;
}

describe('BehaviorCloning', () => {
  test('its loss is the mean negative log-likelihood', () => {
    const policy = makePolicy();
    const data = linearData(64, new Rng(3));
    const agent = new BehaviorCloning({ policy, demonstrations: data, batchSize: 64 });
    const output = (policy as GaussianPolicy).network.apply(tf.tensor2d(data.observations, [64, 1])).arraySync();
    const logs = (output as number[][]).map(([mean, log], i) => normalLogPdf(data.actions[i]!, mean!, Math.exp(log!)));
    expect(agent.evaluate(data)).toBeCloseTo(-logs.reduce((sum, x) => sum + x, 0) / 64, 5);
    agent.dispose();
  });

  test('a schedule sees the share that is done', async () => {
    const seen: number[] = [];
    await train(5, { learningRate: (share: number) => seen.push(share) * 0 + 0.01 });
    expect(seen).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  });

  test('no tensor leaks over 100 updates, and dispose gives back all of the rest; weight decay makes weights smaller', async () => {
    const start = tf.memory().numTensors;
    const sizes: number[] = [];
    for (const weightDecay of [0, 5]) {
      const { policy, agent } = cloning({ reportEvery: 1, weightDecay });
      const counts: number[] = [];
      for await (const _ of agent.train(training(100))) counts.push(tf.memory().numTensors);
      expect(counts.at(-1)).toBe(counts[2]);
      sizes.push(policy.stateDict()['network.layers.0.kernel']!.values.reduce((sum, x) => sum + x * x, 0));
      agent.dispose();
      policy.dispose();
    }
    expect(tf.memory().numTensors).toBe(start);
    expect(sizes[1]).toBeLessThan(0.6 * sizes[0]!);
  });

  test('a loss that is no number stops it, with the step; the weights of the best held-out step are kept', async () => {
    const { validation, agent } = agentWithLateRate(1e30, 1);
    let best = Number.NaN;
    const run = async () => {
      for await (const report of agent.train(training(10))) {
        if (report.step <= 5) best = report.best!.validationLoss;
      }
    };
    await expect(run()).rejects.toThrow(DivergedError);
    expect(agent.evaluate(validation)).toBe(best);
    agent.dispose();
  });

  test('with held-out pairs the policy ends with the weights of their best step, also when the stream is left', async () => {
    for (const leaveAt of [30, 22]) {
      const { policy, validation, agent } = agentWithLateRate(0.3, 2); // gets worse then
      const reports = [];
      for await (const report of agent.train(training(30))) {
        reports.push(report);
        if (report.step === leaveAt) break;
      }
      const least = Math.min(...reports.map(({ validationLoss }) => validationLoss!));
      const last = reports.at(-1)!;
      expect(last.validationLoss).toBeGreaterThan(least + 0.1);
      expect(last.best).toEqual({
        step: reports.find(({ validationLoss }) => validationLoss === least)!.step,
        validationLoss: least,
      });
      expect(agent.evaluate(validation)).toBe(least);
      agent.dispose();
      policy.dispose();
    }
  });

  test('what was left goes on from its last weights, not from the best, to the same bytes', async () => {
    const whole = agentWithLateRate(0.3, 2);
    for await (const _ of whole.agent.train(training(30)));
    const left = agentWithLateRate(0.3, 2);
    for await (const { step, best } of left.agent.train(training(30))) {
      if (step < 22) continue;
      expect(best!.step).toBeLessThan(22);
      break;
    }
    const kept = left.policy.stateDict();
    const state = stateToJson(left.agent.state());
    expect(left.policy.stateDict()).toEqual(kept);
    const resumed = agentWithLateRate(0.3, 2);
    for (const { agent, policy } of [resumed, left]) {
      agent.setState(stateFromJson(state) as AgentState);
      for await (const _ of agent.train(training(30)));
      expect(stateToJson(agent.state())).toBe(stateToJson(whole.agent.state()));
      expect(policy.stateDict()).toEqual(whole.policy.stateDict());
    }
  });

  test('an infinite loss on the held-out pairs is no best one, and stops nothing', async () => {
    const validation = { observations: new Float32Array(1), actions: Float32Array.of(3e38) };
    const losses = await train(50, { validation });
    expect(losses.filter((_, i) => i % 2 === 1)).toEqual(Array(5).fill(Number.POSITIVE_INFINITY));
  });

  test('a loss on the held-out pairs that is no number stops it', async () => {
    const { agent } = agentWithLateRate(0.3, 2);
    agent.evaluate = () => Number.NaN;
    const run = agent.train(training(30));
    await expect(run.next()).rejects.toThrow(/validation pairs is NaN at step \d+/);
  });

  test('an entropy bonus keeps the policy wider, by the exact gradient: σ² = noise / (1 − c)', async () => {
    // For a Gaussian at the right mean, E[−log π] − c H is least at log σ with σ² (1 − c) = noise².
    const policy = makePolicy();
    const options = { policy, entropyCoefficient: 0.5, learningRate: linearSchedule(0.02) };
    const losses = await train(1500, options);
    const variance = 0.3 ** 2 / (1 - 0.5);
    const expected = 0.5 * (Math.log(2 * Math.PI * variance) + 0.3 ** 2 / variance);
    expect(Math.abs(losses.at(-1)! - expected)).toBeLessThan(0.04);
    expect(expected).toBeGreaterThan(ENTROPY + 0.09);
    // A policy that is too narrow has nearly the same loss.
    const output = (policy as GaussianPolicy).network.apply(tf.tensor2d([-0.5, 0, 0.5], [3, 1])).arraySync();
    const logScale = (output as number[][]).reduce((sum, [, scale]) => sum + scale! / 3, 0);
    expect(Math.abs(logScale - 0.5 * Math.log(variance))).toBeLessThan(0.1);
  });

  test('patience ends the training some reports after the best one', async () => {
    const { agent, validation } = cloning();
    agent.dispose();
    // Gets worse then.
    const learningRate = (share: number) => (share < 0.1 ? 0.01 : 0.3);
    const patient = cloning({ validation, reportEvery: 1, patience: 3, learningRate }).agent;
    const reports = [];
    for await (const report of patient.train(training(200))) reports.push(report);
    const { step, best } = reports.at(-1)!;
    expect(step).toBeLessThan(200);
    expect(step).toBe(best!.step + 3);
    patient.dispose();
  });

  const pairs = (observations: number, actions: number) => ({
    demonstrations: { observations: new Float32Array(observations), actions: new Float32Array(actions) },
  });
  const broken = linearData(500, new Rng(0));
  broken.actions[7] = Number.NaN;

  test.each<[object, string | RegExp]>([
    [{ patience: 3 }, 'patience: '],
    [{ weightDecay: -1 }, 'weightDecay: got -1'],
    [{ batchSize: 501 }, 'batchSize: got 501'],
    [{ demonstrations: [] }, 'demonstrations: got []'],
    [pairs(8, 7), /got 8 and 7 numbers/],
    [{ demonstrations: broken }, 'demonstrations.actions[7] is NaN'],
    [{ demonstrations: undefined }, 'wanted demonstrations or a dataset, got neither'],
    [{ validate: true }, /^BehaviorCloning: validate: unknown option/],
  ])('refuses case %#', (wrong, message) => {
    const text = typeof message === 'string' ? `BehaviorCloning: ${message}` : message;
    expect(() => cloning(wrong)).toThrow(text);
  });

  const observationSpace = new Box({ low: -1, high: 1, shape: [1] });
  const clones = (policy: Policy, actions: readonly number[], what: 'demonstrations' | 'validation') => {
    const pairs = (values: readonly number[]) => ({
      observations: new Float32Array(values.length / policy.actionDim),
      actions: Float32Array.from(values),
    });
    const good = pairs(actions.slice(0, policy.actionDim));
    const data = { demonstrations: good, validation: good, [what]: pairs(actions) };
    new BehaviorCloning({ policy, ...data, batchSize: 1 }).dispose();
  };
  const bounds = { low: [-0.1, -2], high: [0.1, 3], shape: [2] };

  test.each<[string, object, number[], number[]]>([
    ['categorical', { actionSpace: new Discrete(3, 3) }, [3, 4, 5], [2, 6, 4.5]],
    ['autoregressive-categorical', { actionSpace: bounds, bins: 4 }, [0, 0, -0.1, -2, 0.1, 3], [-2.5, 3.25]],
    ['truncated-normal', { actionSpace: bounds }, [0, 0, -0.1, -2, 0.1, 3], [-2.5, 3.25]],
  ])('%s: an action that the policy lacks is refused', (name, options, right, wrong) => {
    const policy = makeNamedPolicy(name, {
      ...options,
      observationSpace,
      rng: new Rng(0),
      hidden: [4],
    } as never) as Policy;
    for (const what of ['demonstrations', 'validation'] as const) {
      clones(policy, right, what);
      for (const action of wrong) {
        const at = policy.actionDim + (policy.actionDim === 1 ? 0 : 1);
        expect(() => clones(policy, right.with(at, action), what)).toThrow(
          `BehaviorCloning: ${what}.actions[${at}], of pair 1, is ${action}, expected`,
        );
      }
    }
  });
});

describe('actions beyond the bounds of the space', () => {
  const space = new Box({ low: [-1], high: [1] });
  const pairs = (actions: number[]) => ({
    observations: Float32Array.from(actions, (_, i) => i / 8),
    actions: Float32Array.from(actions),
  });
  const task = { observationSpace: space, actionSpace: space, hidden: [4], scale: 'state', rng: new Rng(0) };
  const policyOf = (squash?: string) => makeNamedPolicy('gaussian', { ...task, ...(squash && { squash }) } as never);

  test.each([undefined, 'tanh'])('are refused, with or without a squash: %s', (squash) => {
    const make = () => new BehaviorCloning({ policy: policyOf(squash), demonstrations: pairs([0.5, 1, -1, 1.5]) });
    expect(make).toThrow('BehaviorCloning: demonstrations.actions[3], of pair 3, is 1.5');
  });

  test('or clipped, if asked: the training is that of the clipped ones, and the data are left as they were', async () => {
    const losses = async (actions: number[], outside: 'clip' | 'keep' = 'clip') => {
      const data = pairs(actions);
      const options = { demonstrations: data, validation: data, outside, reportEvery: 1 };
      const agent = new BehaviorCloning({ policy: policyOf(), ...options });
      const seen: unknown[] = [];
      for await (const { loss, validationLoss } of agent.train({ steps: 3, rng: new Rng(0) })) {
        seen.push([loss, validationLoss]);
      }
      agent.dispose();
      expect([...data.actions]).toEqual(actions);
      return seen;
    };
    const clipped = await losses([0.5, 1, -3, 1.5]);
    expect(clipped).toEqual(await losses([0.5, 1, -1, 1]));
    expect(clipped).not.toEqual(await losses([0.5, 1, -1, 0.5]));
    expect(clipped).not.toEqual(await losses([0.5, 1, -3, 1.5], 'keep'));
  });
});
