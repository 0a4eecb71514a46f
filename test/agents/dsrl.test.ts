import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type AgentState, checkAgent, Dsrl, type DsrlOptions, train } from '../../agents/index.ts';
import { type Episode, EpisodesInMemory } from '../../datasets/index.ts';
import { Box, makeVec, SyncVectorEnv } from '../../envs/index.ts';
import { makePolicy, type Policy, policyFromJson, policyToJson, Rng, SteeredPolicy } from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';
import {
  BATCH,
  expectAveraged,
  expectPriorities,
  gradientBy,
  mean,
  minibatch,
  noiseOf,
  PRIORITIZED,
  relu,
  spaces,
  twins,
  withOtherTargets,
} from './firstUpdate.ts';
import { box, discrete, gradientOf, heldBy, RecordingEnv, variablesOf } from './support.ts';

const BOUND = 1.5;
const STEPS = 3;
const parts = {
  ...{ rng: new Rng('agent'), batchSize: BATCH, learningStarts: 40, reportEvery: 41, gamma: 0.9 },
  ...{ criticHidden: [3], steeringHidden: [3] },
};

const frozen = {
  'flow-matching': () =>
    perturb(
      makePolicy('flow-matching', {
        ...{ ...spaces, actionSpace: box, hidden: [3], activation: 'tanh', solver: 'euler', steps: STEPS },
      }),
      new Rng('weights'),
    ),
  gaussian: () =>
    perturb(makePolicy('gaussian', { ...spaces, actionSpace: box, hidden: [3], initialScale: 3 }), new Rng('weights')),
};
type Kind = keyof typeof frozen;

/** f(s, z), clipped to the bounds. */
const carriers: Readonly<Record<Kind, (of: Variables, observation: number[], noise: number[]) => number[]>> = {
  'flow-matching': (of, observation, noise) => {
    let x = noise;
    for (let k = 0; k < STEPS; k++) {
      const velocity = mlp(under(of, 'field.network'), [...x, k / STEPS, ...observation]);
      x = x.map((entry, i) => entry + velocity[i]! / STEPS);
    }
    return clipped(x.map((u, i) => (box.low[i]! + box.high[i]!) / 2 + ((box.high[i]! - box.low[i]!) / 2) * u));
  },
  gaussian: (of, observation, noise) => {
    const location = mlp(under(of, 'network'), observation);
    return clipped(noise.map((z, i) => location[i]! + Math.exp(of.logScale![i]!) * z));
  },
};
const clipped = (action: number[]) => action.map((a, i) => Math.min(Math.max(a, box.low[i]!), box.high[i]!));

/** z of ρ for a draw of N(0, I), and log ρ(z). */
function steered(of: Variables, observation: number[], draw: number[]) {
  const output = mlp(under(of, 'network'), observation, relu);
  let logProb = 0;
  const noise = draw.map((epsilon, i) => {
    const std = Math.exp(10 * Math.tanh(output[2 + i]! / 10));
    const u = output[i]! + std * epsilon;
    logProb += normalLogPdf(u, output[i]!, std) - Math.log(BOUND * (1 - Math.tanh(u) ** 2));
    return BOUND * Math.tanh(u);
  });
  return { noise, logProb };
}

/** W₁ and W₂. */
const noiseValues = (of: Variables, observation: number[], noise: number[]) =>
  [0, 1].map((i) => mlp(under(of, `networks.${i}`), [...observation, ...noise.map((z) => z / BOUND)], relu)[0]!);

const squares = (errors: readonly number[]) => errors.reduce((sum, e) => sum + (e * e) / 2, 0);

function expectNear(got: readonly number[], wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(got[i]! - value)).toBeLessThan(1e-5 * (1 + Math.abs(value))));
}

/** An agent at its first update, with its variables before it. */
async function updated(kind: Kind, options: Partial<DsrlOptions>) {
  const policy = frozen[kind]();
  const env = new RecordingEnv(box);
  const agent = new Dsrl({ ...parts, policy, env, tau: 0.25, noiseBound: BOUND, ...options });
  const { steering } = agent.actingPolicy;
  perturb(steering, new Rng('steering'));
  const modules = { policy, steering, critics: agent.critics, noiseCritics: agent.noiseCritics };
  const before = Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, variablesOf(module)]));
  const made = await withOtherTargets(agent, ['targets']);
  const stream = made.rng.split('updates');
  return { agent, env, policy, before: before as Record<keyof typeof modules, Variables>, stream, ...made };
}

const LEARNED = { initialTemperature: 0.7 };

describe('the first update is that of the paper in float64', () => {
  test.each<[Kind, string, number, Partial<DsrlOptions>]>([
    ['flow-matching', 'a learned temperature', 0.7, LEARNED],
    [
      'flow-matching',
      'a temperature that falls, prioritized',
      0.3,
      { temperature: { linear: [5, 0.3] }, ...PRIORITIZED },
    ],
    ['gaussian', 'a learned temperature, prioritized', 0.7, { ...LEARNED, targetEntropy: -0.5, ...PRIORITIZED }],
  ])('with noise aliasing, of %s, %s', async (kind, _, alpha, options) => {
    const { agent, policy, before, report, state, stream, rng, others } = await updated(kind, options);
    const carried = (observation: number[], noise: number[]) => carriers[kind](before.policy, observation, noise);
    const rows = minibatch(state, rng, 2);
    const [nextDraws, usual, draws] = [noiseOf(stream), noiseOf(stream), noiseOf(stream)];

    const targets = rows.map(({ reward, next, goesOn }, i) => {
      const { noise, logProb } = steered(before.steering, next, nextDraws[i]!);
      return reward + 0.9 * goesOn * (Math.min(...twins(others[0]!, next, carried(next, noise))) - alpha * logProb);
    });
    const errors = (of: Variables) =>
      rows.map(({ observation, action }, i) => twins(of, observation, action).map((q) => q - targets[i]!));
    const criticLoss = (of: Variables) => mean(errors(of).map((each, i) => rows[i]!.weight * squares(each)));

    const critics = variablesOf(state.parts.critics);
    const values = rows.map(({ observation }, i) =>
      Math.min(...twins(critics, observation, carried(observation, usual[i]!))),
    );
    const distillationLoss = (of: Variables) =>
      mean(
        rows.map(({ observation }, i) => squares(noiseValues(of, observation, usual[i]!).map((w) => w - values[i]!))),
      );

    const noiseCritics = variablesOf(state.parts.noiseCritics);
    const sampled = (of: Variables) => rows.map(({ observation }, i) => steered(of, observation, draws[i]!));
    const policyLoss = (of: Variables) =>
      mean(
        sampled(of).map(
          ({ noise, logProb }, i) =>
            alpha * logProb - Math.min(...noiseValues(noiseCritics, rows[i]!.observation, noise)),
        ),
      );
    const entropy = -mean(sampled(before.steering).map(({ logProb }) => logProb));

    expectNear(
      [
        report.criticLoss!,
        report.distillationLoss!,
        report.policyLoss!,
        report.entropy!,
        report.temperature!,
        report.actionValue!,
      ],
      [
        ...[
          criticLoss(before.critics),
          distillationLoss(before.noiseCritics),
          policyLoss(before.steering),
          entropy,
          alpha,
        ],
        mean(rows.map(({ observation, action }) => twins(before.critics, observation, action)[0])),
      ],
    );
    expectPriorities(state, rows, errors(before.critics));
    expectNear(gradientOf(state, 'criticOptimizer'), gradientBy(before.critics, criticLoss));
    expectNear(gradientOf(state, 'noiseCriticOptimizer'), gradientBy(before.noiseCritics, distillationLoss));
    expectNear(gradientOf(state, 'policyOptimizer'), gradientBy(before.steering, policyLoss));
    const target = options.targetEntropy ?? 2 * Math.log(BOUND);
    expectNear(gradientOf(state, 'temperatureOptimizer'), [options.temperature === undefined ? entropy - target : 0]);
    expectAveraged(state.parts.targets, others[0]!, state.parts.critics);
    // Some noise leads beyond the bounds, so that it shows that critics see what the environment gets.
    const isAtBound = (action: number[]) => action.some((a, i) => a === box.low[i] || a === box.high[i]);
    expect(rows.some(({ observation }, i) => isAtBound(carried(observation, usual[i]!)))).toBe(true);
    expect(variablesOf(policy)).toEqual(before.policy);
    agent.dispose();
  });

  test.each<[string, Partial<DsrlOptions>]>([
    ['uniform draws', {}],
    ['prioritized', PRIORITIZED],
  ])('without, %s', async (_, replay) => {
    const alpha = 0.7;
    const options = { ...LEARNED, noiseAliasing: false, ...replay };
    const { agent, env, before, report, state, stream, rng, others } = await updated('flow-matching', options);
    const rows = minibatch(state, rng, 2);
    const [nextDraws, draws] = [noiseOf(stream), noiseOf(stream)];
    // The replay has noise, and the environment got what it leads to.
    rows.forEach(({ row, observation, action: noise }) => {
      expectNear(env.transitions[row]!.action, carriers['flow-matching'](before.policy, observation, noise));
    });
    const targets = rows.map(({ reward, next, goesOn }, i) => {
      const { noise, logProb } = steered(before.steering, next, nextDraws[i]!);
      return reward + 0.9 * goesOn * (Math.min(...noiseValues(others[0]!, next, noise)) - alpha * logProb);
    });
    const errors = (of: Variables) =>
      rows.map(({ observation, action }, i) => noiseValues(of, observation, action).map((w) => w - targets[i]!));
    const criticLoss = (of: Variables) => mean(errors(of).map((each, i) => rows[i]!.weight * squares(each)));
    const after = variablesOf(state.parts.critics);
    const sampled = (of: Variables) => rows.map(({ observation }, i) => steered(of, observation, draws[i]!));
    const policyLoss = (of: Variables) =>
      mean(
        sampled(of).map(
          ({ noise, logProb }, i) => alpha * logProb - Math.min(...noiseValues(after, rows[i]!.observation, noise)),
        ),
      );
    expect([report.distillationLoss, state.parts.noiseCritics]).toEqual([undefined, undefined]);
    expectNear([report.criticLoss!, report.policyLoss!], [criticLoss(before.critics), policyLoss(before.steering)]);
    expectPriorities(state, rows, errors(before.critics));
    expectNear(gradientOf(state, 'criticOptimizer'), gradientBy(before.critics, criticLoss));
    expectNear(gradientOf(state, 'policyOptimizer'), gradientBy(before.steering, policyLoss));
    expectAveraged(state.parts.targets, others[0]!, state.parts.critics);
    agent.dispose();
  });
});

test.each([true, false])('acts by usual noise until the first update, noise aliasing: %s', async (noiseAliasing) => {
  const policy = frozen['flow-matching']();
  const env = new RecordingEnv(box);
  const agent = new Dsrl({
    ...parts,
    policy,
    env,
    noiseAliasing,
    noiseBound: 0.6,
    learningStarts: 30,
    reportEvery: 40,
  });
  for await (const _ of agent.train({ steps: 40, rng: new Rng('training') }));
  const stream = new Rng('training').split('actions');
  const draws = env.transitions.slice(0, 30).map(() => [...stream.fillNormal(new Float32Array(2))]);
  // Only noise that a bounded critic judges is bounded.
  const noise = noiseAliasing ? draws : draws.map((z) => z.map((x) => Math.min(Math.max(x, -0.6), 0.6)));
  expect(draws.flat().some((x) => Math.abs(x) > 0.6)).toBe(true);
  env.transitions.slice(0, 30).forEach(({ observation, action }, i) => {
    expectNear(action, carriers['flow-matching'](variablesOf(policy), [...observation], noise[i]!));
  });
  agent.dispose();
});

describe('demonstrations', () => {
  const dataset = () => {
    const rng = new Rng('data');
    const episodes = [3, 5].map(
      (length): Episode => ({
        observations: rng.fillNormal(new Float32Array(2 * (length + 1))),
        // Some are beyond the bounds, which no environment gets.
        actions: Float32Array.from({ length: 2 * length }, (_, i) =>
          rng.uniform(box.low[i % 2]! - 0.5, box.high[i % 2]!),
        ),
        rewards: rng.fillNormal(new Float32Array(length)),
        terminations: Uint8Array.from({ length }, (_, t) => Number(t === length - 1)),
        truncations: new Uint8Array(length),
      }),
    );
    return new EpisodesInMemory({ observationSpace: spaces.observationSpace, actionSpace: box, episodes });
  };
  const rowsOf = async (kind: Kind, options: Partial<DsrlOptions>) => {
    const env = new RecordingEnv(box);
    const agent = new Dsrl({
      ...parts,
      policy: frozen[kind](),
      env,
      demonstrations: dataset(),
      reportEvery: 10,
      ...options,
    });
    let state: AgentState | undefined;
    for await (const _ of agent.train({ steps: 10, rng: new Rng('training') })) state = agent.state();
    agent.dispose();
    return { rows: heldBy(state!, 2), env };
  };
  const flat = [...dataset().episodes()].flatMap(({ observations, actions, rewards }) =>
    Array.from(rewards, (reward, t) => ({
      observation: [...observations.subarray(2 * t, 2 * t + 2)],
      action: clipped([...actions.subarray(2 * t, 2 * t + 2)]),
      reward,
      next: [...observations.subarray(2 * t + 2, 2 * t + 4)],
    })),
  );

  test('are the first of the replay, as the environment got them', async () => {
    const { rows, env } = await rowsOf('flow-matching', {});
    expect(rows).toHaveLength(18);
    flat.forEach((step, i) => expect(rows[i]).toMatchObject(step));
    expect(rows.slice(0, 8).map(({ goesOn }) => goesOn)).toEqual([1, 1, 0, 1, 1, 1, 1, 0]);
    env.transitions.forEach(({ observation, reward }, i) =>
      expect(rows[8 + i]).toMatchObject({ observation: [...observation], reward }),
    );
  });

  test('have the noise that leads to their actions, where the replay keeps noise', async () => {
    const noiseBound = 0.4;
    const { rows } = await rowsOf('gaussian', { noiseAliasing: false, noiseBound });
    const variables = variablesOf(frozen.gaussian());
    const noise = flat.map(({ observation, action }) =>
      mlp(under(variables, 'network'), observation).map(
        (mean, i) => (action[i]! - mean) / Math.exp(variables.logScale![i]!),
      ),
    );
    expect(noise.flat().filter((z) => Math.abs(z) > noiseBound).length).toBeGreaterThan(2);
    noise.forEach((z, i) => {
      expectNear(
        rows[i]!.action,
        z.map((x) => Math.min(Math.max(x, -noiseBound), noiseBound)),
      );
    });
  });

  test('that the replay cannot take are refused', () => {
    const made = (kind: Kind, more: object) => () =>
      new Dsrl({ ...parts, policy: frozen[kind](), env: new RecordingEnv(box), demonstrations: dataset(), ...more });
    expect(made('flow-matching', { noiseAliasing: false })).toThrow(
      'Dsrl: demonstrations: got them without noise aliasing for a FlowMatchingPolicy, expected a flow or a Gaussian, whose actions tell their noise',
    );
    expect(made('gaussian', { bufferSize: 7 })).toThrow(
      'Dsrl: demonstrations: got 8 steps, expected at most the 7 of bufferSize',
    );
    const env = new SyncVectorEnv([() => new RecordingEnv(box), () => new RecordingEnv(box)], {
      autoresetMode: 'sameStep',
    });
    expect(made('gaussian', { env })).toThrow(/^Dsrl: demonstrations: got them for 2 environments, expected one/);
    const { episodes } = { episodes: [...dataset().episodes()] };
    const other = new EpisodesInMemory({
      observationSpace: new Box({ low: -9, high: 9, shape: [3] }),
      actionSpace: box,
      episodes: episodes.map((each) => ({ ...each, observations: new Float32Array(3 * (each.rewards.length + 1)) })),
    });
    expect(made('gaussian', { demonstrations: other })).toThrow(
      /^Dsrl: demonstrations: got 3 observations and actions Box/,
    );
  });
});

const pendulum = () => makeVec('Pendulum-v1', { numEnvs: 2, autoresetMode: 'sameStep' });
const policyFor = (env: ReturnType<typeof pendulum>, name = 'flow-matching', more: object = {}): Policy =>
  makePolicy(name, { env, rng: new Rng('policy'), hidden: [4], ...more } as never);
const short = {
  batchSize: 8,
  bufferSize: 50,
  learningStarts: 20,
  reportEvery: 24,
  criticHidden: [4],
  steeringHidden: [4],
};

describe('a training', () => {
  test.each<[string, object, Partial<DsrlOptions>]>([
    ['flow-matching', {}, {}],
    ['flow-matching', {}, { noiseAliasing: false }],
    ['spline', { squash: 'tanh' }, { steering: 'spline', nSteps: 3 }],
    ['gaussian', { normalizeObservations: true }, { steering: 'mixture', normalizeRewards: true }],
    ['implicit', { chunk: 3 }, { steering: 'realnvp' }],
  ])(
    'of %s, %o, with %o keeps the contract of agents: it goes on from a state to the bit',
    async (name, more, options) => {
      const env = pendulum();
      const agent = new Dsrl({ ...short, policy: policyFor(env, name, more), env, rng: new Rng('agent'), ...options });
      expect(await checkAgent(agent, { steps: 100 })).toEqual([]);
    },
  );

  test('leaves the policy as it is, and the policy that acts is saved and loaded with both', async () => {
    const before = tf.memory().numTensors;
    const env = pendulum();
    const given = perturb(policyFor(env), new Rng(1));
    const frozenBefore = variablesOf(given);
    const settings = { env: 'Pendulum-v1', agent: 'dsrl', policy: given, steps: 60, agentOptions: short } as const;
    const { policy } = await train(settings);
    expect(policy).toBeInstanceOf(SteeredPolicy);
    expect(variablesOf(given)).toEqual(frozenBefore);
    const loaded = policyFromJson(policyToJson(policy)).policy;
    for (const greedy of [true, false]) {
      const acted = [policy, loaded].map((each) => each.act([1, 0, 0.5], { greedy, rng: new Rng(2) }));
      expect(acted[1]).toEqual(acted[0]);
    }
    loaded.dispose();
    policy.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('what it cannot take is one line', () => {
  const env = new RecordingEnv(box);
  const made =
    (policy: Policy, more: object = {}) =>
    () =>
      new Dsrl({ ...parts, policy, env, ...more });
  const of = (name: string, options: object = {}) =>
    makePolicy(name, { ...spaces, actionSpace: box, hidden: [3], ...options } as never);
  expect(made(of('mixture'))).toThrow(
    /^Dsrl: policy: got a MixturePolicy, expected one that takes noise of N\(0, I\) to actions/,
  );
  expect(made(of('flow-matching', { memory: 'gru' }))).toThrow(/^Dsrl: policy: got one with a memory/);
  expect(made(of('flow-matching', { chunk: 2 }), { noiseAliasing: false })).toThrow(
    /^Dsrl: noiseAliasing: got false for a policy of chunks/,
  );
  expect(made(of('flow-matching'), { noiseBound: 0 })).toThrow(/^Dsrl: noiseBound: got 0/);
  expect(made(of('flow-matching'), { normalizeObservations: true })).toThrow(
    /^Dsrl: normalizeObservations: unknown option/,
  );
  const policy = makePolicy('categorical', { ...spaces, actionSpace: discrete, hidden: [3] });
  expect(() => new Dsrl({ ...parts, policy, env: new RecordingEnv(discrete) })).toThrow(
    /^Dsrl: policy: wanted continuous actions/,
  );
});
