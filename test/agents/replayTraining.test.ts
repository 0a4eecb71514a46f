import { describe, expect, test } from 'vitest';
import { Dqn, type DqnOptions, Sac } from '../../agents/index.ts';
import { Box, SyncVectorEnv } from '../../envs/index.ts';
import { makePolicy, type QNetworkPolicy, Rng } from '../../src/index.ts';
import { box, discrete, RecordingEnv } from './support.ts';

/** A training of DQN in so many environments: its reports, and the steps of the environments. */
async function trained(steps: number, options: Partial<DqnOptions>, numEnvs = 1) {
  const envs = Array.from({ length: numEnvs }, () => new RecordingEnv(discrete));
  const env = new SyncVectorEnv(
    envs.map((each) => () => each),
    { autoresetMode: 'sameStep' },
  );
  const policy = makePolicy('q-network', { env, hidden: [2], rng: new Rng('policy') }) as QNetworkPolicy;
  const sizes = { bufferSize: 50, batchSize: 4, reportEvery: 1, updateEvery: 1, updatesPerStep: 1 };
  const agent = new Dqn({ policy, env, rng: new Rng('agent'), ...sizes, ...options });
  const reports = [];
  for await (const report of agent.train({ steps, rng: new Rng('training') })) reports.push(report);
  agent.dispose();
  return { reports, envs };
}

test.each([
  [{ learningStarts: 4, updatesPerStep: 0.5 }, 1, [0, 0, 0, 0, 0, 1, 1, 2]],
  // Two environments: steps 2, 4, 6, 8.
  [{ learningStarts: 3, updatesPerStep: 3 }, 2, [0, 3, 9, 15]],
  // Blocks, the first one updateEvery steps after learningStarts.
  [{ learningStarts: 1, updateEvery: 3 }, 1, [0, 0, 0, 3, 3, 3, 6, 6]],
  [{ learningStarts: 2, updateEvery: 3, updatesPerStep: 0.5 }, 1, [0, 0, 0, 0, 1, 1, 1, 3]],
  [{ learningStarts: 1, updateEvery: 3, updatesPerStep: 2 }, 2, [0, 6, 6, 12]],
])('updates are due by the steps that were made: %o, environments: %i', async (options, numEnvs, wanted) => {
  const { reports } = await trained(8, options, numEnvs);
  expect(reports.map(({ updates }) => updates)).toEqual(wanted);
});

describe('reports', () => {
  test('come when as many steps have been made, also where the environments pass it by, with all episodes', async () => {
    const { reports, envs } = await trained(13, { reportEvery: 4, learningStarts: 4 }, 3);
    expect(reports.map(({ step }) => step)).toEqual([6, 9, 12, 15]);
    const ended = envs.flatMap((env) => env.transitions.filter(({ terminated, truncated }) => terminated || truncated));
    expect(reports.flatMap(({ episodes }) => episodes)).toHaveLength(ended.length);
  });

  test('have means since the last one, and none where there was no update', async () => {
    const each = (await trained(9, { learningStarts: 4 })).reports;
    const [first, second, third] = (await trained(9, { learningStarts: 4, reportEvery: 3 })).reports;
    expect(first).not.toHaveProperty('loss');
    const meanOf = (from: number, to: number) =>
      each.slice(from, to).reduce((sum, { loss }) => sum + loss! / (to - from), 0);
    expect(second!.loss).toBeCloseTo(meanOf(4, 6), 6);
    expect(third!.loss).toBeCloseTo(meanOf(6, 9), 6);
    const bad = trained(8, { learningStarts: 4, learningRate: (share) => (share < 0.5 ? 0 : -1) });
    await expect(bad).rejects.toThrow('Dqn: learningRate: the schedule gave -1 at 0.5');
  });
});

test('actions are uniform at first where the space is a bounded box, and the policy’s from the first step in an unbounded one', async () => {
  for (const space of [box, new Box({ low: -Infinity, high: Infinity, shape: [2] })]) {
    const env = new RecordingEnv(space);
    const policy = makePolicy('gaussian', { env, hidden: [2], rng: new Rng('policy'), initialScale: 1e-6 });
    const agent = new Sac({ policy, env, rng: new Rng('agent'), learningStarts: 4, criticHidden: [2], bufferSize: 9 });
    for await (const _ of agent.train({ steps: 4, rng: new Rng('training') }));
    const stream = new Rng('training').split('actions');
    const uniform = () => [0, 1].map((i) => Math.fround(stream.uniform(box.low[i], box.high[i])));
    const actions = env.transitions.map(({ action }) => action);
    if (space === box) expect(actions).toEqual([0, 1, 2, 3].map(uniform));
    else expect(Math.max(...actions.flat().map(Math.abs))).toBeLessThan(0.9);
    agent.dispose();
  }
});
