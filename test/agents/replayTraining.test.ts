import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { vectorEnvFor } from '../../agents/core/envs.ts';
import { ReplayTraining } from '../../agents/core/loops.ts';
import { offPolicyOptions } from '../../agents/core/options.ts';
import type { Transitions } from '../../agents/core/replay.ts';
import { CheckpointedAgent, ScalarParameter } from '../../agents/core/state.ts';
import type { TrainReport } from '../../agents/index.ts';
import { Box, type Discrete, SyncVectorEnv } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { box, RecordingEnv } from './support.ts';

const ACTIONS = [0.25, 0.75];

const testOptions = z.strictObject(offPolicyOptions);

interface Update extends Transitions {
  readonly learningRate: number;
  readonly count: number;
  readonly draw: number | undefined;
}

interface Report extends TrainReport {
  readonly rate?: number;
  readonly count?: number;
}

interface Loop {
  readonly streams?: readonly ('actions' | 'replay' | 'updates')[];
  readonly ratesAt?: 'begin' | 'end';
  readonly periodic?: { readonly every: number; readonly call: () => void };
  readonly begin?: () => void;
  readonly update?: (
    batch: Transitions & { readonly learningRate: number },
    rng: Rng | undefined,
    count: number,
  ) => { rate: number[]; count: number[]; errors?: Float32Array };
}

/** An agent whose updates learn nothing: what they were called with, and the steps of its environments. */
function recorded({
  space = box,
  numEnvs = 1,
  agent = {},
  training = {},
}: {
  space?: Box | Discrete;
  numEnvs?: number;
  agent?: object;
  training?: Loop;
} = {}) {
  const envs = Array.from({ length: numEnvs }, () => new RecordingEnv(space));
  const vector = new SyncVectorEnv(
    envs.map((env) => () => env),
    { autoresetMode: 'sameStep' },
  );
  const policy = makePolicy(space instanceof Box ? 'gaussian' : 'categorical', {
    observationSpace: vector.singleObservationSpace,
    actionSpace: space,
    hidden: [2],
    rng: new Rng('policy'),
  });
  const options = { policy, env: vector, rng: new Rng('agent'), bufferSize: 50, batchSize: 4, learningRate: 0.1 };
  const config = parseOptions('Test', testOptions, { ...options, learningStarts: 4, reportEvery: 1, ...agent });
  const other = new ScalarParameter(3);
  const disposed: string[] = [];
  const updates: Update[] = [];
  const shares: number[] = [];
  const { env, actionSpace } = vectorEnvFor('Test', policy, vector);
  const { streams, ratesAt, periodic } = training;
  const loop = new ReplayTraining<Report, 'learningRate'>({
    ...{ owner: 'Test', config, env, actionSpace, rates: { learningRate: config.learningRate } },
    ...(streams && { streams }),
  });
  const update: NonNullable<Loop['update']> = (batch, rng, count) => {
    updates.push({ ...structuredClone(batch), count, draw: rng?.uniform() });
    return { rate: [batch.learningRate], count: [count] };
  };
  class Recorded extends CheckpointedAgent<Report> {
    constructor() {
      super('Test');
      this.parts = loop.parts({ policy, other });
      this.compiled = [{ dispose: () => disposed.push('compiled') }];
    }
    async *train(options: { steps: number; rng: Rng }) {
      if (loop.begin(options)) training.begin?.();
      while (loop.goesOn) {
        const { share } = loop;
        let actions: ArrayLike<number> | undefined = loop.uniformActions();
        if (actions === undefined) {
          shares.push(share);
          actions = Array(numEnvs)
            .fill(space instanceof Box ? ACTIONS : 2)
            .flat();
        }
        loop.collect(actions);
        if (periodic && loop.passes(periodic.every)) periodic.call();
        while (loop.isUpdateDue) {
          const batch = ratesAt === 'begin' ? loop.sample(share) : loop.sample();
          loop.record((training.update ?? update)(batch, loop.streams.updates, loop.updates));
        }
        if (loop.isReportDue) yield loop.report();
      }
    }
  }
  const made = new Recorded();
  const run = async (steps: number) => {
    const reports = [];
    for await (const report of made.train({ steps, rng: new Rng('training') })) reports.push(report);
    return reports;
  };
  return { training: made, run, updates, shares, disposed, policy, other, envs };
}

const seed = new Rng('training');

describe('updates', () => {
  test.each([
    [{ learningStarts: 4, updatesPerStep: 0.5 }, 1, [0, 0, 0, 0, 0, 1, 1, 2]],
    // Two environments: steps 2, 4, 6, 8.
    [{ learningStarts: 3, updatesPerStep: 3 }, 2, [0, 3, 9, 15]],
    // Blocks, the first one updateEvery steps after learningStarts.
    [{ learningStarts: 1, updateEvery: 3, updatesPerStep: 1 }, 1, [0, 0, 0, 3, 3, 3, 6, 6]],
    [{ learningStarts: 2, updateEvery: 3, updatesPerStep: 0.5 }, 1, [0, 0, 0, 0, 1, 1, 1, 3]],
    [{ learningStarts: 1, updateEvery: 3, updatesPerStep: 2 }, 2, [0, 6, 6, 12]],
  ] as const)('are due by the steps that were made: %o, environments: %i', async (agent, numEnvs, wanted) => {
    const { run, updates } = recorded({ numEnvs, agent });
    const reports = await run(8);
    expect(reports.map((report) => report.updates)).toEqual(wanted);
    expect(updates.map(({ count }) => count)).toEqual(updates.map((_, i) => i + 1));
  });

  test.each([
    [1, 3, [3, 6]],
    [2, 3, [4, 6]],
    // Every step of the environments passes a point, or several.
    [3, 2, [3, 6, 9]],
  ])('come after what is to be done every so many steps: environments %i, every %i', async (numEnvs, every, wanted) => {
    const order: (string | number)[] = [];
    const { run, envs } = recorded({
      numEnvs,
      agent: { learningStarts: 5 },
      training: {
        periodic: { every, call: () => order.push(envs.reduce((sum, env) => sum + env.transitions.length, 0)) },
        update: () => {
          order.push('update');
          return { rate: [0], count: [0] };
        },
      },
    });
    await run(8);
    expect(order.filter((entry) => entry !== 'update')).toEqual(wanted);
    const at6 = order.indexOf(6);
    expect([order.slice(0, at6).includes('update'), order[at6 + 1]]).toEqual([false, 'update']);
  });

  test.each([
    ['end', [5 / 8, 6 / 8, 7 / 8, 1]],
    ['begin', [4 / 8, 5 / 8, 6 / 8, 7 / 8]],
  ] as const)('get the rates of the share at the %s of the step', async (ratesAt, wanted) => {
    const { run, updates } = recorded({ agent: { learningRate: (share: number) => share }, training: { ratesAt } });
    await run(8);
    expect(updates.map(({ learningRate }) => learningRate)).toEqual(wanted);
  });

  test('get rewards that are scaled as they are now, where it is asked for', async () => {
    const { run, updates, envs } = recorded({ agent: { normalizeRewards: true, gamma: 0 } });
    await run(30);
    const raw = envs[0]!.transitions.map(({ reward }) => reward);
    // With γ = 0 returns are rewards.
    const mean = raw.reduce((sum, reward) => sum + reward, 0) / raw.length;
    const std = Math.sqrt(raw.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / raw.length);
    for (const reward of updates.at(-1)!.rewards) {
      expect(Math.min(...raw.map((other) => Math.abs(other / std - reward)))).toBeLessThan(1e-3);
    }
    expect(Math.abs(std - 1)).toBeGreaterThan(0.02);
  });
});

describe('actions', () => {
  test('are uniform at first where the space is a bounded box, then those of the agent', async () => {
    const { run, shares, envs } = recorded({ numEnvs: 2 });
    await run(8);
    const stream = seed.split('actions');
    const uniform = () => [0, 1].map((i) => Math.fround(stream.uniform(box.low[i], box.high[i])));
    const [first, second] = envs.map(({ transitions }) => transitions.map(({ action }) => action));
    for (const t of [0, 1]) expect([first![t], second![t]]).toEqual([uniform(), uniform()]);
    expect([...first!.slice(2), ...second!.slice(2)]).toEqual([ACTIONS, ACTIONS, ACTIONS, ACTIONS]);
    expect(shares).toEqual([4 / 8, 6 / 8]);
  });
});

describe('reports', () => {
  test('hold the means since the last one, in the order of the names, and none where there was no update', async () => {
    const { run } = recorded({ agent: { reportEvery: 3, learningRate: (share: number) => share } });
    const reports = await run(10);
    const figures = reports.map(({ episodes: _, ...report }) => report);
    expect(figures).toEqual([
      { step: 3, updates: 0 },
      { step: 6, updates: 2, rate: expect.closeTo(0.55, 12), count: 1.5 },
      { step: 9, updates: 5, rate: expect.closeTo(0.8, 12), count: 4 },
      { step: 10, updates: 6, rate: 1, count: 6 },
    ]);
    expect(Object.keys(figures[1]!)).toEqual(['step', 'updates', 'rate', 'count']);
  });

  test('of a metric, or of a rate, that is no number end the training, by its name', async () => {
    const { run } = recorded({ training: { update: () => ({ rate: [0], count: [Number.NaN] }) } });
    await expect(run(8)).rejects.toThrow('Test: count is NaN at step 5');
    const other = recorded({ agent: { learningRate: (share: number) => (share < 0.5 ? 0 : -1) } });
    await expect(other.run(8)).rejects.toThrow('Test: learningRate: the schedule gave -1 at 0.625');
  });
});

test('the state has the parts of the agent, and of the training, which begins once; dispose leaves the policy alone', async () => {
  const calls: number[] = [];
  const begin = () => calls.push(envs[0]!.transitions.length);
  const { training, run, disposed, policy, other, envs } = recorded({
    agent: { normalizeRewards: true },
    training: { begin, streams: ['actions', 'replay'] },
  });
  await run(8);
  const state = training.state();
  expect(state.agent).toBe('Test');
  const parts = ['policy', 'other', 'replay', 'scaler', 'env', 'collector', 'training'];
  expect(Object.keys(state.parts)).toEqual(parts);
  expect(Object.keys((state.parts.training as { streams: object }).streams)).toEqual(['actions', 'replay']);
  await run(8);
  training.setState(state);
  await run(9);
  // Not where it goes on from a state.
  expect(calls).toEqual([0, 8]);
  expect(envs[0]!.transitions).toHaveLength(17);
  training.dispose();
  expect(disposed).toEqual(['compiled']);
  expect(other.value.isDisposed).toBe(true);
  expect(policy.variables().some(({ isDisposed }) => isDisposed)).toBe(false);
});
