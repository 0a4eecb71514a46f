import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BehaviorCloning, Dqn, Fql, QrDqn } from '../agents/index.ts';
import type { FqlReport } from '../agents/offline/fql.ts';
import { EpisodesInMemory } from '../datasets/index.ts';
import { fingerprints } from '../e2e/everywhere/runs.ts';
import { Discrete, LakeEnv, MultiDiscrete, make } from '../envs/index.ts';
import {
  builtinFlows,
  compile,
  type FlowDefinition,
  makePolicy,
  type Policy,
  policies,
  Rng,
  sampleAction,
  selectEngine,
} from '../src/index.ts';

/** The host's functions that are random, or may round differently from one JavaScript engine to the next. */
const INEXACT = [
  ...([
    'sin',
    'cos',
    'tan',
    'asin',
    'acos',
    'atan',
    'atan2',
    'sinh',
    'cosh',
    'tanh',
    'asinh',
    'acosh',
    'atanh',
  ] as const),
  ...(['exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'pow', 'cbrt', 'hypot', 'random'] as const),
];

/** What looks at a policy eagerly when an agent is made, and leaves nothing: what it calls does not count. */
const check = vi.hoisted(() => ({
  isOn: false,
  aside<Parameters extends unknown[], Result>(looks: (...parameters: Parameters) => Result) {
    return (...parameters: Parameters): Result => {
      check.isOn = true;
      try {
        return looks(...parameters);
      } finally {
        check.isOn = false;
      }
    };
  },
}));
vi.mock(import('../src/policies/checkPolicy.ts'), async (original) => ({
  checkPolicy: check.aside((await original()).checkPolicy),
}));
vi.mock(import('../agents/core/checks.ts'), async (original) => {
  const checks = await original();
  return {
    ...checks,
    checkDensity: check.aside(checks.checkDensity),
    leavesBounds: check.aside(checks.leavesBounds),
  };
});

/** Spies would keep every call. */
const originals = Object.fromEntries(INEXACT.map((name) => [name, Math[name]]));
let seen: Set<string>;
const called = () => [...seen];

beforeEach(async () => {
  await selectEngine('wasm');
  seen = new Set();
  for (const name of INEXACT) {
    const original = Math[name as 'pow'];
    Math[name as 'pow'] = (...numbers) => {
      if (!check.isOn) seen.add(name);
      return original(...numbers);
    };
  }
});
afterEach(() => {
  Object.assign(Math, originals);
});

test('small runs have the fingerprints that they have everywhere, and do without the host’s functions', async () => {
  const printed = `${JSON.stringify(await fingerprints(), null, 2)}\n`;
  expect(called()).toEqual([]);
  // After a change of the engine's rounding: `npx vitest run test/everywhere.slow.test.ts -u`, then `npm run check:everywhere`.
  await expect(printed).toMatchFileSnapshot('../e2e/everywhere/fingerprints.json');
});

test.each(policies())(
  'a $name policy learns and acts without the host’s functions',
  async ({ name, actions: kind, options }) => {
    const rng = new Rng(name);
    const isCircular = (builtinFlows as Record<string, FlowDefinition>)[name]?.angles === true;
    const lake = new LakeEnv({ action: isCircular ? 'heading' : 'velocity' });
    const { observationSpace } = lake;
    const choices = { discrete: new Discrete(3), 'multi-discrete': new MultiDiscrete([3, 2]) };
    const actionSpace = kind === 'box' ? lake.actionSpace : choices[kind];
    const squash = JSON.stringify(options.properties!.squash).includes('tanh') ? { squash: 'tanh' } : {};
    const policy = makePolicy<string>(name, {
      ...{ observationSpace, actionSpace, rng: rng.split('policy') },
      hidden: [8],
      ...squash,
    });
    const act = compile(
      ({ observations }: { observations: tf.Tensor }, stream) => ({
        ...sampleAction(policy.given(observations), stream),
      }),
      { name: 'act', state: [policy] },
    );
    for (let i = 0; i < 3; i++) tf.dispose(act({ observations: tf.zeros([1, 2]) }, rng));
    const agent = learnerOf(name, policy, rng);
    for await (const report of agent.train({ steps: 4, rng })) {
      if (report.step === 4)
        expect('loss' in report ? report.loss : (report as FqlReport).criticLoss).toBeTypeOf('number');
    }
    expect(called()).toEqual([]);
    agent.dispose();
    policy.dispose();
  },
);

/** What trains the policy: from values one that acts by values, from data one that has neither a density nor a loss, by demonstrations any other. */
function learnerOf(name: string, policy: Policy, rng: Rng): Dqn | QrDqn | Fql | BehaviorCloning {
  const Learner = { 'q-network': Dqn, 'quantile-network': QrDqn }[name];
  // Two observations and three actions.
  const task = { policy, env: make('MountainCar-v0'), rng: rng.split('agent'), learningStarts: 2, updateEvery: 1 };
  if (Learner !== undefined) return new Learner({ ...task, updatesPerStep: 1, batchSize: 8, reportEvery: 1 });
  const isDiscrete = policy.discreteActions !== undefined;
  if (name === 'implicit') {
    const { observationSpace, actionSpace } = new LakeEnv({ action: 'velocity' });
    const episode = {
      observations: rng.fillNormal(new Float32Array(34)),
      actions: rng.fillNormal(new Float32Array(32)).map((x) => x / 8),
      rewards: rng.fillNormal(new Float32Array(16)),
      terminations: new Uint8Array(16),
      truncations: Uint8Array.from({ length: 16 }, (_, t) => Number(t === 15)),
    };
    const dataset = new EpisodesInMemory({ observationSpace, actionSpace, episodes: [episode] });
    return new Fql({ policy, dataset, rng: rng.split('agent'), batchSize: 8, reportEvery: 1 });
  }
  const demonstrations = {
    observations: rng.fillNormal(new Float32Array(32)),
    actions: rng.fillNormal(new Float32Array(16 * policy.actionDim)).map((x) => (isDiscrete ? 1 : x / 8)),
  };
  return new BehaviorCloning({ policy, demonstrations, outside: 'keep', batchSize: 8 });
}
