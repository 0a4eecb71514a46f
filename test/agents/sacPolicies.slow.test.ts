import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Sac } from '../../agents/index.ts';
import { makeVec, type VectorEnv } from '../../envs/index.ts';
import { builtinFlows, type FlowDefinition, makePolicy, type Policy, policies, Rng } from '../../src/index.ts';

const families: Readonly<Record<string, FlowDefinition>> = builtinFlows;

const reparameterized: [string, object][] = [
  ['gaussian', {}],
  ['gaussian-full', {}],
  ['truncated-normal', { squash: 'none', scale: 'state' }],
  ['mixture', { reparameterize: true, components: 3 }],
  ['autoregressive-mixture', { reparameterize: true, components: 3 }],
  ['relaxed-mixture', { components: 3 }],
  ...Object.keys(families)
    .filter((name) => !families[name]!.angles)
    .map((name): [string, object] => [name, {}]),
];

/** Trains for a few steps; every variable moves, and every number stays finite. */
async function train(policy: Policy, env: VectorEnv, learningRate: number): Promise<Sac> {
  const before = policy.stateDict();
  const sizes = { learningStarts: 8, batchSize: 8, criticHidden: [8], reportEvery: 4 };
  const agent = new Sac({ policy, env, rng: new Rng('agent'), learningRate, ...sizes });
  for await (const report of agent.train({ steps: 16, rng: new Rng('train') })) {
    const { policyLoss = 0, criticLoss = 0, entropy = 0 } = report;
    for (const value of [policyLoss, criticLoss, entropy]) expect(Number.isFinite(value)).toBe(true);
  }
  const after = policy.stateDict();
  for (const [path, variable] of policy.namedVariables()) {
    expect([...after[path]!.values].every(Number.isFinite), path).toBe(true);
    if (variable.trainable) expect([...after[path]!.values], path).not.toEqual([...before[path]!.values]);
  }
  return agent;
}

test.each(reparameterized)('SAC trains the policy %s, every variable of it', async (name, options) => {
  const env = makeVec('Multigoal-v0', { numEnvs: 1, autoresetMode: 'sameStep' });
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  const task = { observationSpace, actionSpace, rng: new Rng(name) };
  const policy = makePolicy<string>(name, { ...task, hidden: [4], squash: 'tanh', ...options });
  const agent = await train(policy, env, 3e-4);
  agent.dispose();
  policy.dispose();
});

test('every box policy that is not reparameterized by itself is known', () => {
  const names = reparameterized.map(([name]) => name);
  const others = policies()
    .filter(({ name, actions }) => actions === 'box' && !names.includes(name) && !families[name]?.angles)
    .map(({ name }) => name);
  expect(others).toEqual(['flow-matching', 'minimal-iterative', 'implicit', 'autoregressive-categorical']);
});

test.each([
  ['gaussian', { squash: 'wrap' }],
  ['mixture', { squash: 'wrap', components: 2, head: false, reparameterize: true }],
  ['circular-spline', {}],
] as [string, object][])(
  'SAC trains the policy over angles %s, with critics that see no seam',
  async (name, options) => {
    const env = makeVec('LakeStride-v0', { action: 'heading', numEnvs: 1, autoresetMode: 'sameStep' });
    const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
    const task = { observationSpace, actionSpace, rng: new Rng(name) };
    const policy = makePolicy<string>(name, { ...task, hidden: [4], ...options });
    const agent = await train(policy, env, 1e-2);
    const valuesAt = (angles: number[]) =>
      tf.tidy(() =>
        agent.critics.least(tf.zeros([angles.length, 2]), tf.tensor2d(angles, [angles.length, 1])).dataSync(),
      );
    const [one, same, other] = valuesAt([-3, 2 * Math.PI - 3, 1]);
    expect(same).toBeCloseTo(one!, 5);
    expect(other).not.toBeCloseTo(one!, 5);
    agent.dispose();
    policy.dispose();
  },
);
