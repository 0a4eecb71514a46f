import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type AgentState, BehaviorCloning, DivergedError, stateFromJson, stateToJson } from '../../agents/index.ts';
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

/** An agent with held-out pairs whose learning rate is `late` in the second half of the training. */
function agentWithLateRate(late: number, reportEvery: number) {
  const policy = makePolicy();
  const validation = linearData(200, new Rng('validation'));
  const agent = new BehaviorCloning({
    policy,
    demonstrations: linearData(500, new Rng(0)),
    validation,
    batchSize: 64,
    reportEvery,
    learningRate: (share) => (share < 0.5 ? 0.01 : late),
  });
  return { policy, validation, agent };
}

async function train(steps: number, options = {}, seed = 0): Promise<number[]> {
  const policy = makePolicy();
  const agent = new BehaviorCloning({
    policy,
    demonstrations: linearData(2000, new Rng('data')),
    validation: linearData(1000, new Rng('validation')),
    batchSize: 64,
    learningRate: 0.01,
    reportEvery: 10,
    ...options,
  });
  const losses: number[] = [];
  for await (const report of agent.train({ steps, rng: new Rng(seed) }))
    losses.push(report.loss, report.validationLoss!);
  agent.dispose();
  policy.dispose();
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

  test('reaches the entropy of the noise on held-out data', async () => {
    const losses = await train(600);
    expect(losses.at(-1)).toBeGreaterThan(ENTROPY - 0.05);
    expect(losses.at(-1)).toBeLessThan(ENTROPY + 0.05);
  });

  test('the same seed gives the same numbers, to the bit; another does not', async () => {
    const first = await train(50);
    expect(await train(50)).toEqual(first);
    expect(await train(50, {}, 1)).not.toEqual(first);
  });

  test('reports the mean loss of the updates since the last report, and the last one', async () => {
    expect(await train(25)).toHaveLength(6);
  });

  test('a schedule sees the share that is done', async () => {
    const seen: number[] = [];
    await train(5, { learningRate: (share: number) => seen.push(share) * 0 + 0.01 });
    expect(seen).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  });

  test('leaving the stream stops the training and keeps what was learned', async () => {
    const policy = makePolicy();
    const agent = new BehaviorCloning({
      policy,
      demonstrations: linearData(500, new Rng(0)),
      batchSize: 64,
      reportEvery: 5,
    });
    const before = policy.stateDict();
    let steps = 0;
    for await (const { step } of agent.train({ steps: 1000, rng: new Rng(0) })) {
      steps = step;
      break;
    }
    expect(steps).toBe(5);
    expect(policy.stateDict()).not.toEqual(before);
    agent.dispose();
  });

  test('no tensor leaks over 200 updates, and dispose gives back all of the rest', async () => {
    const start = tf.memory().numTensors;
    const policy = makePolicy();
    const agent = new BehaviorCloning({
      policy,
      demonstrations: linearData(500, new Rng(0)),
      batchSize: 64,
      reportEvery: 1,
    });
    const counts: number[] = [];
    for await (const _ of agent.train({ steps: 200, rng: new Rng(0) })) counts.push(tf.memory().numTensors);
    expect(counts.at(-1)).toBe(counts[2]);
    agent.dispose();
    policy.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });

  test('a loss that is no number stops it, with the step; the weights of the best held-out step are kept', async () => {
    const { validation, agent } = agentWithLateRate(1e30, 1);
    let best = Number.NaN;
    const run = async () => {
      for await (const report of agent.train({ steps: 10, rng: new Rng(0) })) {
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
      for await (const report of agent.train({ steps: 30, rng: new Rng(0) })) {
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
    for await (const _ of whole.agent.train({ steps: 30, rng: new Rng(0) }));
    const left = agentWithLateRate(0.3, 2);
    for await (const { step, best } of left.agent.train({ steps: 30, rng: new Rng(0) })) {
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
      for await (const _ of agent.train({ steps: 30, rng: new Rng(0) }));
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
    const training = agent.train({ steps: 30, rng: new Rng(0) });
    await expect(training.next()).rejects.toThrow(
      /BehaviorCloning: the loss on the validation pairs is NaN at step \d+/,
    );
  });

  test('an entropy bonus keeps the policy wider, by the exact gradient: σ² = noise / (1 − c)', async () => {
    // For a Gaussian at the right mean, E[−log π] − c H is least at log σ with σ² (1 − c) = noise².
    const losses = await train(1500, { entropyCoefficient: 0.5, learningRate: linearSchedule(0.02) });
    const variance = 0.3 ** 2 / (1 - 0.5);
    const expected = 0.5 * (Math.log(2 * Math.PI * variance) + 0.3 ** 2 / variance);
    expect(Math.abs(losses.at(-1)! - expected)).toBeLessThan(0.04);
    expect(expected).toBeGreaterThan(ENTROPY + 0.09);
  });

  test('weight decay makes the weights smaller', async () => {
    const norms = [0, 5].map((weightDecay) => {
      const policy = makePolicy();
      return {
        policy,
        agent: new BehaviorCloning({ policy, demonstrations: linearData(500, new Rng(0)), weightDecay }),
      };
    });
    const sizes: number[] = [];
    for (const { policy, agent } of norms) {
      for await (const _ of agent.train({ steps: 100, rng: new Rng(0) }));
      const { values } = policy.stateDict()['network.layers.0.kernel']!;
      sizes.push(values.reduce((sum, x) => sum + x * x, 0));
      agent.dispose();
    }
    expect(sizes[1]).toBeLessThan(0.6 * sizes[0]!);
  });

  test('patience ends the training some reports after the best one', async () => {
    const policy = makePolicy();
    const agent = new BehaviorCloning({
      policy,
      demonstrations: linearData(500, new Rng(0)),
      validation: linearData(200, new Rng('validation')),
      batchSize: 64,
      reportEvery: 2,
      patience: 3,
      learningRate: (share) => (share < 0.1 ? 0.01 : 0.3), // gets worse then
    });
    const reports = [];
    for await (const report of agent.train({ steps: 200, rng: new Rng(0) })) reports.push(report);
    const { step, best } = reports.at(-1)!;
    expect(step).toBeLessThan(200);
    expect(step).toBe(best!.step + 6);
    agent.dispose();
  });

  test('normalized observations: the moments are those of the demonstrations', async () => {
    const policy = makePolicy();
    const demonstrations = linearData(500, new Rng(0));
    const far = { ...demonstrations, observations: demonstrations.observations.map((o) => 1000 + 50 * o) };
    const agent = new BehaviorCloning({
      policy,
      demonstrations: far,
      batchSize: 64,
      learningRate: 0.01,
      normalizeObservations: true,
    });
    for await (const _ of agent.train({ steps: 600, rng: new Rng(0) }));
    expect(policy.normalizer!.moments().mean[0]).toBeCloseTo(
      far.observations.reduce((sum, o) => sum + o / 500, 0),
      1,
    );
    expect(agent.evaluate(far)).toBeLessThan(ENTROPY + 0.1);
    agent.dispose();
  });

  test.each([
    [{ patience: 3 }, 'BehaviorCloning: patience: wanted validation pairs beside it, got none'],
    [{ weightDecay: -1 }, 'BehaviorCloning: weightDecay: got -1, expected a number ≥ 0: λ of AdamW'],
    [{ batchSize: 0 }, 'BehaviorCloning: batchSize: got 0, expected an integer > 0: size of a minibatch'],
    [{ batchSize: 501 }, 'BehaviorCloning: batchSize: got 501, expected at most the 500 demonstrated pairs'],
    [
      { reportEvery: 0 },
      'BehaviorCloning: reportEvery: got 0, expected an integer > 0: updates from one report to the next',
    ],
    [
      { maxGradientNorm: Number.NaN },
      'BehaviorCloning: maxGradientNorm: got NaN, expected a number: largest global norm of the gradient',
    ],
    [
      { learningRate: -1 },
      'BehaviorCloning: learningRate: got -1, expected a number ≥ 0, { linear: [first, last] }, or a function of the share of the training that is done',
    ],
    [
      { demonstrations: [] },
      'BehaviorCloning: demonstrations: got [], expected Float32Arrays of observations and of actions',
    ],
    [{ validate: true }, /^BehaviorCloning: validate: unknown option, .* \(did you mean validation\?\)$/],
  ])('refuses %o in one line', (wrong, message) => {
    const given = { policy: makePolicy(), demonstrations: linearData(500, new Rng(0)), ...wrong };
    expect(() => new BehaviorCloning(given as never)).toThrow(
      typeof message === 'string' ? new Error(message) : message,
    );
  });

  test('data that does not fit is an error that says what was wanted', async () => {
    const policy = makePolicy();
    const make = (observations: number, actions: number) =>
      new BehaviorCloning({
        policy,
        demonstrations: { observations: new Float32Array(observations), actions: new Float32Array(actions) },
        batchSize: 4,
      });
    expect(() => make(8, 7)).toThrow(/n × 1 observations and n × 1 actions, got 8 and 7 numbers/);
    const broken = linearData(500, new Rng(0));
    broken.actions[7] = Number.NaN;
    expect(() => new BehaviorCloning({ policy, demonstrations: broken })).toThrow(
      'BehaviorCloning: demonstrations.actions[7] is NaN, expected a finite number',
    );
    await expect(
      make(8, 8)
        .train({ steps: -3, rng: new Rng(0) })
        .next(),
    ).rejects.toThrow(/positive integer of steps, got -3/);
  });

  const observationSpace = new Box({ low: -1, high: 1, shape: [1] });
  const clones = (policy: Policy, actions: readonly number[], what: 'demonstrations' | 'validation') => {
    const pairs = (values: readonly number[]) => ({
      observations: new Float32Array(values.length / policy.actionDim),
      actions: Float32Array.from(values),
    });
    const good = pairs(actions.slice(0, policy.actionDim));
    const agent = new BehaviorCloning({
      policy,
      demonstrations: what === 'demonstrations' ? pairs(actions) : good,
      validation: what === 'validation' ? pairs(actions) : good,
      batchSize: 1,
    });
    agent.dispose();
  };

  test.each([
    [2, 'is 2,'],
    [6, 'is 6,'],
    [4.5, 'is 4.5,'],
  ])('an action that is no category of the policy is refused, %d', (action, text) => {
    const policy = makeNamedPolicy('categorical', {
      observationSpace,
      actionSpace: new Discrete(3, 3),
      rng: new Rng(0),
      hidden: [4],
    });
    for (const what of ['demonstrations', 'validation'] as const) {
      clones(policy, [3, 4, 5], what);
      expect(() => clones(policy, [3, 5, action], what)).toThrow(
        new Error(
          `BehaviorCloning: ${what}.actions[2], of pair 2, ${text} expected one of the policy's 3 actions, an integer from 3 to 5`,
        ),
      );
    }
  });

  test.each([
    ['autoregressive-categorical', { bins: 4 }],
    ['truncated-normal', {}],
  ])('an action outside of the bounds of the policy %s is refused; at them, in float32, it is not', (name, options) => {
    const policy = makeNamedPolicy<string>(name, {
      ...options,
      observationSpace,
      actionSpace: { low: [-0.1, -2], high: [0.1, 3], shape: [2] },
      rng: new Rng(0),
      hidden: [4],
    });
    for (const what of ['demonstrations', 'validation'] as const) {
      clones(policy, [0, 0, -0.1, -2, 0.1, 3], what);
      const wrong: [number, string][] = [
        [-2.5, '-2.5'],
        [3.25, '3.25'],
      ];
      for (const [value, text] of wrong) {
        expect(() => clones(policy, [0, 0, 0.1, value, 7, 7], what)).toThrow(
          new Error(
            `BehaviorCloning: ${what}.actions[3], of pair 1, is ${text}, expected a number within the policy's bounds, from -2 to 3, or outside: 'clip' or 'keep'`,
          ),
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
  const policyOf = (squash?: string) =>
    makeNamedPolicy('gaussian', {
      observationSpace: space,
      actionSpace: space,
      hidden: [4],
      scale: 'state',
      rng: new Rng(0),
      ...(squash && { squash }),
    } as never);

  test.each([undefined, 'tanh'])('are refused, with or without a squash: %s', (squash) => {
    const make = () => new BehaviorCloning({ policy: policyOf(squash), demonstrations: pairs([0.5, 1, -1, 1.5]) });
    expect(make).toThrow(
      "BehaviorCloning: demonstrations.actions[3], of pair 3, is 1.5, expected a number within the policy's bounds, from -1 to 1, or outside: 'clip' or 'keep'",
    );
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

test('a minibatch has 256 pairs, or all where they are fewer', async () => {
  for (const [count, updates] of [
    [100, 1],
    [600, 2],
  ] as const) {
    const agent = new BehaviorCloning({ policy: makePolicy(), demonstrations: linearData(count, new Rng(0)) });
    for await (const report of agent.train({ steps: updates, rng: new Rng(0) })) {
      expect(Number.isFinite(report.loss)).toBe(true);
    }
    agent.dispose();
  }
});
