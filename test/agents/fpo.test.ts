import { expect, test } from 'vitest';
import { Fpo } from '../../agents/index.ts';
import { Box } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';
import { expectClose, firstUpdate, gaussian, gradientBy, mean, spaces } from './firstUpdate.ts';
import { box, gradientOf, RecordingEnv, variablesOf } from './support.ts';

/** Without bounds an action is its latent value, and never clipped. */
const plane = new Box({ low: -Infinity, high: Infinity, shape: [2] });
const DRAWS = 3;
const field = () =>
  perturb(
    makePolicy('flow-matching', { ...spaces, actionSpace: plane, hidden: [3], activation: 'tanh' }),
    new Rng('weights'),
  );
const parts = { rng: new Rng('agent'), horizon: 12, batchSize: 12, draws: DRAWS, valueHidden: [3] };

test('the first update is that of plain numbers: at a ratio of 1 the gradient is E[A ∇L̂]', async () => {
  const policy = field();
  const env = new RecordingEnv(plane);
  const agent = new Fpo({
    ...parts,
    policy,
    env,
    epochs: 1,
    gamma: 0.9,
    lambda: 0.8,
    normalizeAdvantages: false,
    maxGradientNorm: 1e9,
  });
  const before = { policy: variablesOf(policy), value: variablesOf(agent.value) };
  const value = (observation: ArrayLike<number>) =>
    mlp(under(before.value, 'network'), [...Array.from(observation)])[0]!;
  const { report, state, rng } = await firstUpdate(agent, 12);
  const rows = env.transitions;
  expect(new Set(rows.map(({ terminated, truncated }) => `${terminated} ${truncated}`)).size).toBe(3);
  const advantages: number[] = [];
  for (let t = rows.length - 1; t >= 0; t--) {
    const { observation, reward, next, terminated, truncated } = rows[t]!;
    const delta = reward + (terminated ? 0 : 0.9 * value(next)) - value(observation);
    advantages[t] = delta + (terminated || truncated ? 0 : 0.9 * 0.8 * (advantages[t + 1] ?? 0));
  }
  const stream = rng.split('matching');
  const drawn = rows.map(() => ({
    noise: [...stream.fillNormal(new Float32Array(2 * DRAWS))],
    times: [...stream.fillUniform(new Float32Array(DRAWS))],
  }));
  const losses = (of: Variables) =>
    rows.map(({ observation, action: u }, i) => {
      return mean(
        drawn[i]!.times.map((t, k) => {
          const noise = drawn[i]!.noise.slice(2 * k, 2 * k + 2);
          const at = u.map((x, j) => (1 - t) * noise[j]! + t * x);
          const velocity = mlp(under(of, 'field.network'), [...at, t, ...observation]);
          return mean(noise.map((e, j) => (at[j]! - t * velocity[j]! - e) ** 2));
        }),
      );
    });
  expect(report).toMatchObject({ policyUpdates: 1, clipFraction: 0, largestRatio: expect.closeTo(1, 5) });
  expectClose([report.policyLoss, report.matchingLoss], [-mean(advantages), mean(losses(before.policy))]);
  expectClose(
    gradientOf(state, 'policyOptimizer'),
    gradientBy(before.policy, (of) => mean(losses(of).map((loss, i) => advantages[i]! * loss))),
  );
  agent.dispose();
});

test('ratios stay within e^±3, and what goes too far is undone', async () => {
  const far = new Fpo({
    ...parts,
    policy: field(),
    env: new RecordingEnv(plane),
    epochs: 8,
    learningRate: 1,
    targetKl: null,
  });
  for await (const { largestRatio, policyUpdates } of far.train({ steps: 12, rng: new Rng(1) })) {
    expect(largestRatio).toBeGreaterThan(2);
    expect(largestRatio).toBeLessThanOrEqual(Math.exp(3) * (1 + 1e-6));
    expect(policyUpdates).toBe(8);
  }
  const held = new Fpo({
    ...parts,
    policy: field(),
    env: new RecordingEnv(plane),
    epochs: 8,
    learningRate: 1,
    targetKl: 0.01,
  });
  for await (const { largestKl, policyUpdates, updates } of held.train({ steps: 12, rng: new Rng(1) })) {
    expect(policyUpdates).toBeLessThan(8);
    expect(updates).toBe(8);
    expect(largestKl).toBeLessThanOrEqual(0.015);
  }
  far.dispose();
  held.dispose();
});

test('what it cannot take is one line', () => {
  const env = new RecordingEnv(box);
  expect(() => new Fpo({ ...parts, policy: gaussian(), env })).toThrow(
    'Fpo: policy: got a GaussianPolicy, expected a FlowMatchingPolicy, whose matching losses are in the place of probabilities',
  );
  expect(() => new Fpo({ ...parts, policy: field(), env, batchSize: 13 })).toThrow(
    'Fpo: batchSize: got 13, expected at most the 12 × 1 = 12 steps of a rollout (horizon × environments)',
  );
});
