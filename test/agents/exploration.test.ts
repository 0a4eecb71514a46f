import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ExplorationNoise } from '../../agents/core/loops.ts';
import { type AgentState, Dqn, Sac, Td3 } from '../../agents/index.ts';
import { Box } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { box, discrete, RecordingEnv } from './support.ts';

const observationSpace = new RecordingEnv(box).observationSpace;

test('noise stays by ρ, is renewed by √(1 − ρ²) σ ε, and is in units of half the bounds’ width', () => {
  const noise = new ExplorationNoise(1, box, { explorationNoise: 0.5, noiseCorrelation: 0.8 });
  const [rng, same] = [new Rng(0), new Rng(0)];
  let held = [0, 0];
  for (let i = 0; i < 3; i++) {
    held = held.map((n) => 0.8 * n + 0.6 * 0.5 * same.normal());
    const noisy = noise.addedTo([1, -1], rng);
    // Both components are of width 4.
    expect(noisy[0]).toBeCloseTo(1 + 2 * held[0]!, 5);
    expect(noisy[1]).toBeCloseTo(-1 + 2 * held[1]!, 5);
  }
  noise.reset();
  expect([...noise.state()]).toEqual([0, 0]);
});

test('angles with noise go on round the circle, and do not pile up at ±π', async () => {
  const angles = new Box({ low: -Math.PI, high: Math.PI, shape: [2] });
  const policy = makePolicy('gaussian', {
    observationSpace,
    actionSpace: angles,
    hidden: [3],
    squash: 'wrap',
    rng: new Rng(0),
  });
  const env = new RecordingEnv(angles);
  const options = { learningStarts: 1, updatesPerStep: 1e-9, bufferSize: 200, explorationNoise: 1 };
  const agent = new Sac({ policy, env, rng: new Rng('agent'), criticHidden: [3], ...options });
  for await (const _ of agent.train({ steps: 200, rng: new Rng(0) }));
  const tried = env.transitions.flatMap(({ action }) => action);
  expect(Math.max(...tried)).toBeGreaterThan(3);
  expect(Math.min(...tried)).toBeLessThan(-3);
  expect(tried.filter((angle) => Math.abs(angle) > Math.PI - 1e-4)).toEqual([]);
  agent.dispose();
});

test.each([
  ['Sac', Sac],
  ['Td3', Td3],
] as const)('%s adds noise where it is asked for, and begins each training without any', async (_, Agent) => {
  const sizes = { observationSpace, actionSpace: box, hidden: [3], squash: 'tanh', initialScale: 1e-6 } as const;
  for (const explorationNoise of [0, 0.2]) {
    const policy = makePolicy('gaussian', { ...sizes, rng: new Rng('policy') });
    const env = new RecordingEnv(box);
    const options = { learningStarts: 5, updatesPerStep: 1e-9, bufferSize: 20, explorationNoise };
    const agent = new Agent({ policy, env, rng: new Rng('agent'), ...options });
    const noise = () => (agent.state() as AgentState).parts.noise as Float32Array;
    for await (const _ of agent.train({ steps: 10, rng: new Rng(0) }));
    expect(noise().every((n) => n === 0)).toBe(explorationNoise === 0);
    const moved = env.transitions.slice(5, 10).flatMap(({ observation, action }) => {
      const greedy = policy.greedy(tf.tensor2d(observation, [1, 2])).action.dataSync();
      return action.map((a, i) => Math.abs(a - greedy[i]!));
    });
    if (explorationNoise === 0) expect(Math.max(...moved)).toBeLessThan(1e-3);
    else expect(Math.max(...moved)).toBeGreaterThan(0.05);
    for await (const _ of agent.train({ steps: 5, rng: new Rng(0) }));
    expect([...noise()]).toEqual([0, 0]);
    agent.dispose();
  }
});

test('a DQN tries uniform actions until learningStarts, then one with probability ε, which falls from there in a straight line to the policy’s; its rate is that of the step’s begin', async () => {
  const policy = makePolicy('q-network', {
    ...{ observationSpace, actionSpace: discrete, hidden: [3], epsilon: 0.2, rng: new Rng('policy') },
  });
  const env = new RecordingEnv(discrete);
  const shares: number[] = [];
  const agent = new Dqn({
    policy,
    env,
    rng: new Rng('agent'),
    explorationFraction: 0.5,
    learningStarts: 5,
    updateEvery: 1,
    updatesPerStep: 1,
    reportEvery: 1,
    bufferSize: 50,
    learningRate: (share) => {
      shares.push(share);
      return 0;
    },
  });
  const reported: number[] = [];
  let early = agent.state();
  for await (const { step, exploration } of agent.train({ steps: 40, rng: new Rng(0) })) {
    reported.push(exploration);
    if (step === 2) early = structuredClone(agent.state());
  }
  const steps = Array.from({ length: 40 }, (_, t) => t);
  const epsilons = steps.map((t) => (t < 5 ? 1 : Math.max(1 - (0.8 * (t - 5)) / 20, 0.2)));
  reported.forEach((exploration, t) => expect(exploration).toBeCloseTo(epsilons[t]!, 12));
  const stream = new Rng(0).split('actions');
  const wanted = env.transitions.map(({ observation }, t) => {
    if (t < 5 || stream.uniform() < epsilons[t]!) return [stream.integer(1, 4)];
    return [...policy.greedy(tf.tensor2d(observation, [1, 2])).action.dataSync()];
  });
  expect(env.transitions.map(({ action }) => action)).toEqual(wanted);
  expect(shares).toEqual(steps.slice(5).map((t) => t / 40));
  // Set back to where actions are uniform.
  agent.setState(early);
  const again = await agent.train({ steps: 40, rng: new Rng(0) }).next();
  expect(again.value).toMatchObject({ step: 3, exploration: 1 });
  agent.dispose();
});
