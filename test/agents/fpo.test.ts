import { expect, test } from 'vitest';
import { Fpo, type FpoOptions } from '../../agents/index.ts';
import { Box } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';
import { advantagesOf, expectClose, firstUpdate, gaussian, gradientBy, mean, spaces } from './firstUpdate.ts';
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

/** An agent whose minibatch is its rollout, with its steps, advantages and losses in plain numbers. */
function makeFpo(options: Partial<FpoOptions> = {}, policy = field()) {
  const env = new RecordingEnv(plane);
  const plain = { gamma: 0.9, lambda: 0.8, normalizeAdvantages: false, maxGradientNorm: 1e9 };
  const agent = new Fpo({ ...parts, policy, env, epochs: 1, ...plain, ...options });
  const before = { policy: variablesOf(policy), value: variablesOf(agent.value) };
  const value = (observation: ArrayLike<number>) =>
    mlp(under(before.value, 'network'), [...Array.from(observation)])[0]!;
  const advantages = () => advantagesOf(env.transitions, value);
  const lossesBy = (rng: Rng) => {
    const stream = rng.split('matching');
    const drawn = env.transitions.map(() => ({
      noise: [...stream.fillNormal(new Float32Array(2 * DRAWS))],
      times: [...stream.fillUniform(new Float32Array(DRAWS))],
    }));
    /** Of each action that of each draw, or their mean. */
    return (of: Variables): number[][] =>
      env.transitions.map(({ observation, action: u }, i) => {
        const each = drawn[i]!.times.map((t, k) => {
          const noise = drawn[i]!.noise.slice(2 * k, 2 * k + 2);
          const at = u.map((x, j) => (1 - t) * noise[j]! + t * x);
          const velocity = mlp(under(of, 'field.network'), [...at, t, ...observation]);
          return mean(noise.map((e, j) => (at[j]! - t * velocity[j]! - e) ** 2));
        });
        return options.ratio === 'draw' ? each : [mean(each)];
      });
  };
  return { agent, policy, env, before, advantages, lossesBy };
}

const CASES = (['action', 'draw'] as const).flatMap((ratio) =>
  (['clip', 'asymmetric'] as const).map((trustRegion) => ({ ratio, trustRegion })),
);

test.each(CASES)('at a ratio of 1 the gradient is E[A ∇L̂] of plain numbers: %o', async (options) => {
  const { agent, env, before, advantages, lossesBy } = makeFpo(options);
  const { report, state, rng } = await firstUpdate(agent, 12);
  const rows = env.transitions;
  expect(new Set(rows.map(({ terminated, truncated }) => `${terminated} ${truncated}`)).size).toBe(3);
  const losses = lossesBy(rng);
  expect(report).toMatchObject({ policyUpdates: 1, clipFraction: 0, largestRatio: expect.closeTo(1, 5) });
  expectClose([report.policyLoss, report.matchingLoss], [-mean(advantages()), mean(losses(before.policy).map(mean))]);
  expectClose(
    gradientOf(state, 'policyOptimizer'),
    gradientBy(before.policy, (of) => mean(losses(of).map((loss, i) => advantages()[i]! * mean(loss)))),
  );
  agent.dispose();
});

/** ψ(ρ, A), which is climbed, and its slope by ρ, with ε = 0.2. */
const TRUST_REGIONS = {
  clip: (ratio: number, a: number) => {
    const isHeld = a > 0 ? ratio > 1.2 : ratio < 0.8;
    return isHeld ? [(a > 0 ? 1.2 : 0.8) * a, 0] : [ratio * a, a];
  },
  asymmetric: (ratio: number, a: number) => {
    if (a >= 0) return ratio > 1.2 ? [1.2 * a, 0] : [ratio * a, a];
    return [ratio * a - (Math.abs(a) * (ratio - 1) ** 2) / 0.4, a - (Math.abs(a) * (ratio - 1)) / 0.2];
  },
};

test.each(CASES)('beyond the bound of ratios the update is that of plain numbers, too: %o', async (own) => {
  const options = { ...own, learningRate: 0.5, clip: 0.2, targetKl: null };
  const wide = () => perturb(field(), new Rng(5), 2);
  const one = makeFpo(options, wide());
  const { state: first, rng } = await firstUpdate(one.agent, 12);
  const between = variablesOf(one.policy);
  const two = makeFpo({ ...options, epochs: 2 }, wide());
  const reports = [];
  for await (const report of two.agent.train({ steps: 12, rng: new Rng('training') })) reports.push(report);
  expect(reports[0]).toMatchObject({ updates: 2, policyUpdates: 2, largestRatio: expect.closeTo(Math.exp(3), 3) });
  const losses = one.lossesBy(rng);
  const old = losses(one.before.policy);
  const advantages = one.advantages();
  const logRatios = losses(between).map((row, i) => row.map((loss, k) => old[i]![k]! - loss));
  const has = (is: (logRatio: number, advantage: number) => boolean) =>
    logRatios.some((row, i) => row.some((x) => is(x, advantages[i]!)));
  // Bad actions that became far likelier, and good ones that became far less so.
  expect(has((x, a) => x > 3 && a < 0)).toBe(true);
  expect(has((x, a) => x < -3 && a > 0)).toBe(true);
  const climbed = logRatios.map((row, i) =>
    row.map((x) => {
      const ratio = Math.exp(Math.min(x, 3));
      const [value, slope] = TRUST_REGIONS[own.trustRegion](ratio, advantages[i]!);
      return { value: value!, weight: ratio * slope! };
    }),
  );
  // The report has the mean of both updates; at the first all ratios are 1.
  const second = 2 * reports[0]!.policyLoss + mean(advantages);
  expectClose([second], [-mean(climbed.flat().map(({ value }) => value))], 4);
  // Constants but for the losses: −ψ′ ρ ∇ log ρ = ψ′ ρ ∇L̂.
  const gradient = gradientBy(between, (of) =>
    mean(losses(of).map((row, i) => mean(row.map((loss, k) => climbed[i]![k]!.weight * loss)))),
  );
  const [before, after] = [first, two.agent.state()].map((state) => gradientOf(state, 'policyOptimizer'));
  expectClose(
    after!.map((moment, i) => moment - 0.9 * before![i]!),
    gradient,
    4,
  );
  one.agent.dispose();
  two.agent.dispose();
});

test('what goes too far is undone', async () => {
  const options = { epochs: 8, learningRate: 1, targetKl: 0.01 };
  const agent = new Fpo({ ...parts, policy: field(), env: new RecordingEnv(plane), ...options });
  for await (const { largestKl, policyUpdates, updates } of agent.train({ steps: 12, rng: new Rng(1) })) {
    expect(policyUpdates).toBeLessThan(8);
    expect(updates).toBe(8);
    expect(largestKl).toBeLessThanOrEqual(0.015);
  }
  agent.dispose();
});

test('what it cannot take is one line', () => {
  const env = new RecordingEnv(box);
  expect(() => new Fpo({ ...parts, policy: gaussian(), env })).toThrow(/^Fpo: policy: got a GaussianPolicy/);
  const meanVelocities = makePolicy('flow-matching', { ...spaces, actionSpace: plane, solver: 'mean' });
  expect(() => new Fpo({ ...parts, policy: meanVelocities, env })).toThrow(
    /^Fpo: policy: got the solver 'mean', expected/,
  );
  expect(() => new Fpo({ ...parts, policy: field(), env, batchSize: 13 })).toThrow(/^Fpo: batchSize: got 13/);
});
