import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  boundedAbove,
  clippedSurrogate,
  estimatedEntropy,
  KlStep,
  PolicyOptimizer,
  standardized,
} from '../../agents/core/policyGradient.ts';
import { generalizedAdvantages, soften } from '../../agents/core/rollout.ts';
import { clippedValueLoss } from '../../agents/core/valueFunction.ts';
import {
  Adam,
  boxSquash,
  type Distribution,
  MixtureSameFamily,
  MultivariateNormalDiag,
  makePolicy,
  Rng,
  SquashedDistribution,
} from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';
import { mean } from './firstUpdate.ts';

describe('generalized advantages', () => {
  const golden = JSON.parse(readFileSync(new URL('../golden/gae.json', import.meta.url), 'utf8'));
  const compute = (rewards: number[]) =>
    generalizedAdvantages(
      {
        horizon: golden.rewards.length,
        envs: 1,
        rewards: Float32Array.from(rewards),
        values: Float32Array.from(golden.values),
        dones: Uint8Array.from(golden.episode_end_after),
        lastValues: Float32Array.of(golden.next_value),
      },
      { gamma: golden.gamma, lambda: golden.lam },
    );

  test('are the golden ones where an episode terminates, and where it is truncated and the last value is in the reward', () => {
    const { advantages, returns } = compute(golden.rewards);
    advantages.forEach((value, t) => {
      expect(value).toBeCloseTo(golden.adv_terminated[t], 5);
      expect(returns[t]).toBeCloseTo(golden.adv_terminated[t] + golden.values[t], 5);
    });
    const rewards = [...golden.rewards];
    rewards[golden.episode_end_after.indexOf(1)] += golden.gamma * golden.terminal_value;
    compute(rewards).advantages.forEach((value, t) => expect(value).toBeCloseTo(golden.adv_truncated[t], 5));
  });

  test('with λ = 1 give discounted returns, with λ = 0 one-step errors; environments do not mix', () => {
    const rollout = {
      horizon: 3,
      envs: 2,
      rewards: Float32Array.of(1, 10, 2, 20, 3, 30),
      values: Float32Array.of(0.5, -1, 0.25, -2, 0.125, -3),
      dones: Uint8Array.of(0, 0, 0, 1, 0, 0),
      lastValues: Float32Array.of(4, 5),
    };
    const { returns } = generalizedAdvantages(rollout, { gamma: 0.5, lambda: 1 });
    expect([...returns]).toEqual([1 + 1 + 0.75 + 0.5, 10 + 10, 2 + 1.5 + 1, 20, 3 + 2, 30 + 2.5]);
    const { advantages } = generalizedAdvantages(rollout, { gamma: 0.5, lambda: 0 });
    const errors = [1 + 0.125 - 0.5, 10 - 1 + 1, 2 + 0.0625 - 0.25, 20 + 2, 3 + 2 - 0.125, 30 + 2.5 + 3];
    expect([...advantages]).toEqual(errors);
  });

  test('soft rewards: r − τ (log π + H₀)', () => {
    const rewards = Float32Array.of(1, -2, 0);
    soften({ rewards, logProbs: Float32Array.of(-1, 2, 0.5) }, 0.5, 2);
    expect([...rewards]).toEqual([0.5, -4, -1.25]);
  });
});

describe('the clipped surrogate', () => {
  const logProb = [-1, -2.2, 0.3, -1, -0.9, 2];
  const oldLogProb = [-1.1, -1.9, 0.3, -1.5, -0.2, 2.05];
  const advantages = [0.5, -1.2, 2, 1.5, -0.7, -3];
  const clip = 0.2;

  /** The clipped objective of ratios, one sample at a time. */
  const lossOf = (ratios: number[], gains: number[], bound: number): number =>
    -mean(
      ratios.map((ratio, i) =>
        Math.min(ratio * gains[i]!, Math.min(Math.max(ratio, 1 - bound), 1 + bound) * gains[i]!),
      ),
    );
  const klOf = (logRatios: number[]) => mean(logRatios.map((r) => Math.exp(r) - 1 - r));
  const run = (logs: tf.Tensor, old = oldLogProb, gains = advantages) =>
    clippedSurrogate({
      logProb: logs,
      oldLogProb: tf.tensor1d(old),
      advantages: tf.tensor1d(gains),
      clip: tf.scalar(clip),
    });

  test('has the loss, approximate KL, clipped share and largest ratio of plain numbers', () => {
    const { policyLoss, approxKl, clipFraction, largestRatio } = run(tf.tensor1d(logProb));
    const logRatios = logProb.map((log, i) => log - oldLogProb[i]!);
    const ratios = logRatios.map(Math.exp);
    expect(policyLoss.dataSync()[0]).toBeCloseTo(lossOf(ratios, advantages, clip), 5);
    expect(approxKl.dataSync()[0]).toBeCloseTo(klOf(logRatios), 5);
    expect(clipFraction.dataSync()[0]).toBeCloseTo(3 / 6, 6);
    expect(largestRatio.dataSync()[0]).toBeCloseTo(Math.max(...ratios), 5);
  });

  test('has the gradients of central differences: none where the clip binds', () => {
    const found = tf
      .grad((logs: tf.Tensor) => run(logs).policyLoss)(tf.tensor1d(logProb))
      .dataSync();
    const loss = (logs: number[]) =>
      lossOf(
        logs.map((log, i) => Math.exp(log - oldLogProb[i]!)),
        advantages,
        clip,
      );
    gradient(loss, logProb, 1e-5).forEach((wanted, i) => expect(found[i]).toBeCloseTo(wanted, 4));
    expect([found[3], found[4]].map((x) => Math.abs(x!))).toEqual([0, 0]);
  });

  test('has no gradient where all has left the clip, and its KL one that brings each sample back', () => {
    // Ratios from e⁻⁹ to 0.5 of bad actions, and of 3 and 20 of good ones.
    const moved = [-10, -3.2, -1.7, 0.1, 2];
    const fixed = [-1, -1.2, -1, -1, -1];
    const of = (metric: 'policyLoss' | 'approxKl') =>
      tf
        .grad((logs: tf.Tensor) => run(logs, fixed, [-8, -3, -1, 2, 5])[metric])(tf.tensor1d(moved))
        .dataSync();
    expect([...of('policyLoss')].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
    const wanted = gradient((logs) => klOf(logs.map((log, i) => log - fixed[i]!)), moved, 1e-4);
    of('approxKl').forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
  });

  const MOST = 3;
  const values = [-1e6, -200, -20, -3, -0.05, 0, 0.05, 2.999, 3, 3.001, 20, 200, 1e6];

  test('a bound above leaves what is below to the bit, and a gradient of 1 everywhere', () => {
    const x = tf.tensor1d(values);
    const { value, grad } = tf.valueAndGrad((each: tf.Tensor) => boundedAbove(each, MOST))(x);
    expect([...value.dataSync()]).toEqual([...x.dataSync()].map((each) => Math.min(each, MOST)));
    expect([...grad.dataSync()]).toEqual(values.map(() => 1));
  });

  test.each([-2, 1.5])('of bounded log-ratios keeps what brings a ratio back: advantage %d', (advantage) => {
    const n = values.length;
    const gains = Array<number>(n).fill(advantage);
    const of = (metric: 'policyLoss' | 'approxKl') =>
      tf.valueAndGrad((logRatio: tf.Tensor) => run(boundedAbove(logRatio, MOST), Array(n).fill(0), gains)[metric])(
        tf.tensor1d(values),
      );
    const bounded = values.map((x) => Math.min(x, MOST));
    const ratios = bounded.map(Math.exp);
    const loss = of('policyLoss');
    expect(loss.value.dataSync()[0]).toBeCloseTo(lossOf(ratios, gains, clip), 4);
    // Where the clip has not taken it, the gradient is −ρ A / n, with the bounded ratio: a bad action that became likely is made less so.
    const gradients = ratios.map((ratio) => {
      const isClipped = advantage > 0 ? ratio > 1 + clip : ratio < 1 - clip;
      return isClipped ? 0 : (-ratio * advantage) / n;
    });
    loss.grad.dataSync().forEach((each, i) => expect(each, `at ${values[i]}`).toBeCloseTo(gradients[i]!, 4));
    if (advantage < 0) expect(loss.grad.dataSync().at(-1)).toBeGreaterThan(1);
    expect(of('approxKl').value.dataSync()[0]! / klOf(bounded)).toBeCloseTo(1, 5);
  });

  test('standardized advantages have mean 0, sample deviation 1; equal ones are 0, a single one stays: no NaN', () => {
    const centre = mean(advantages);
    const std = Math.sqrt(advantages.reduce((sum, x) => sum + (x - centre) ** 2, 0) / 5);
    standardized(tf.tensor1d(advantages))
      .dataSync()
      .forEach((value, i) => expect(value).toBeCloseTo((advantages[i]! - centre) / std, 5));
    expect([...standardized(tf.fill([4], 2)).dataSync()]).toEqual([0, 0, 0, 0]);
    expect([...standardized(tf.tensor1d([3])).dataSync()]).toEqual([3]);
  });
});

describe('the value loss', () => {
  const value = [1, 2, -1, 0.3, 5, -2];
  const oldValue = [0.9, 1, 0, 0.3, 4, 0.5];
  const returns = [2, 0, 3, 1, 9, -6];

  test.each([undefined, 0.5])('and its gradient are those of plain numbers, clip %s', (clip) => {
    const loss = (values: number[]): number =>
      mean(
        values.map((v, i) => {
          const squared = (x: number) => (x - returns[i]!) ** 2;
          const clipped = oldValue[i]! + Math.min(Math.max(v - oldValue[i]!, -clip!), clip!);
          return clip === undefined ? squared(v) : Math.max(squared(v), squared(clipped));
        }),
      );
    const { value: found, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      clippedValueLoss(x, { oldValues: tf.tensor1d(oldValue), returns: tf.tensor1d(returns), clip }),
    )(tf.tensor1d(value));
    expect(found.dataSync()[0]).toBeCloseTo(loss(value), 5);
    const expected = gradient(loss, value);
    grad.dataSync().forEach((entry, i) => expect(entry).toBeCloseTo(expected[i]!, 4));
  });
});

describe('an entropy that is estimated', () => {
  const ROWS = 10_000;
  /** About three standard errors of the estimates. */
  const TOLERANCE = 0.03;
  const squash = boxSquash({ low: [-1], high: [1] });

  /** H of tanh(u) for u of a mixture of two by logits, means and log deviations, by the trapezoidal rule: H[u] + E[log (1 − tanh²u)]. */
  function squashedEntropy([l0, l1, m0, m1, s0, s1]: number[]): number {
    const total = Math.exp(l0!) + Math.exp(l1!);
    const normal = (u: number, logit: number, mean: number, logScale: number) => {
      const z = (u - mean) / Math.exp(logScale);
      return (Math.exp(logit) / total) * (Math.exp(-0.5 * z * z) / (Math.exp(logScale) * Math.sqrt(2 * Math.PI)));
    };
    const step = 0.01;
    let entropy = 0;
    for (let u = -9; u <= 9; u += step) {
      const p = normal(u, l0!, m0!, s0!) + normal(u, l1!, m1!, s1!);
      if (p > 0) entropy += step * p * (2 * (Math.LN2 - u - Math.log1p(Math.exp(-2 * u))) - Math.log(p));
    }
    return entropy;
  }

  const rows = (x?: tf.Tensor): tf.Tensor => tf.tile(tf.reshape(x!, [1, 1]), [ROWS, 1]);
  const pair = (a?: tf.Tensor, b?: tf.Tensor): tf.Tensor => tf.concat([rows(a), rows(b)], 1);
  const mixture = (logits: tf.Tensor, loc: tf.Tensor, logScale: tf.Tensor) =>
    new MixtureSameFamily({
      logits,
      components: new MultivariateNormalDiag({ loc: tf.expandDims(loc, 2), logScale: tf.expandDims(logScale, 2) }),
    });

  test.each<[string, number[], (parameters: tf.Tensor[]) => Distribution, (parameters: number[]) => number]>([
    [
      'not reparameterized, also by the weights',
      [0.4, -0.5, -1, 0.7, -0.6, -0.2],
      ([l0, l1, m0, m1, s0, s1]) => mixture(pair(l0, l1), pair(m0, m1), pair(s0, s1)),
      squashedEntropy,
    ],
    [
      'reparameterized',
      [0.3, -0.4],
      ([loc, logScale]) => new MultivariateNormalDiag({ loc: rows(loc), logScale: rows(logScale) }),
      ([loc, logScale]) => squashedEntropy([0, -40, loc!, 0, logScale!, 0]),
    ],
  ])('of samples that are %s has value and gradient of quadrature', (_, parameters, latent, exact) => {
    const { value, grads } = tf.valueAndGrads((...variables: tf.Tensor[]) =>
      estimatedEntropy(new SquashedDistribution(latent(variables), squash), new Rng('samples')),
    )(parameters.map((parameter) => tf.scalar(parameter)));
    expect(Math.abs(value.dataSync()[0]! - exact(parameters))).toBeLessThan(TOLERANCE);
    const expected = gradient(exact, parameters);
    // Through the samples alone the gradient by the logits would be about 0.
    expect(Math.abs(expected[0]!)).toBeGreaterThan(0.1);
    grads.forEach((entry, i) => expect(Math.abs(entry.dataSync()[0]! - expected[i]!)).toBeLessThan(TOLERANCE));
  });

  test('has the gradient of the score function, each row compared with the mean of the others', () => {
    const [x, theta] = [[0.3, 1.1], 2];
    const distribution = (parameter: tf.Tensor) => ({
      sampleWithLogProb: () => ({ latent: tf.tensor1d(x) }),
      logProb: (latent: tf.Tensor) => tf.mul(parameter, latent),
    });
    const { grad } = tf.valueAndGrad((parameter) => estimatedEntropy(distribution(parameter) as never, new Rng(0)))(
      tf.scalar(theta),
    );
    // −½ Σ (θ xᵢ − θ xⱼ) xᵢ
    expect(grad.dataSync()[0]).toBeCloseTo(-0.5 * theta * (x[0]! - x[1]!) ** 2, 6);
  });

  test('by shares is that of the rows that have one', () => {
    const x = [0.3, 1.1, 5, -2];
    const distribution = (parameter: tf.Tensor, rows: number) => ({
      sampleWithLogProb: () => ({ latent: tf.tensor1d(x.slice(0, rows)) }),
      logProb: (latent: tf.Tensor) => tf.mul(parameter, latent),
    });
    const [by, plain] = [tf.tensor1d([0.5, 0.5, 0, 0]), undefined].map((shares) =>
      tf.valueAndGrad((parameter) =>
        estimatedEntropy(distribution(parameter, shares ? 4 : 2) as never, new Rng(0), shares),
      )(tf.scalar(2)),
    );
    expect(by!.value.dataSync()[0]).toBeCloseTo(plain!.value.dataSync()[0]!, 6);
    expect(by!.grad.dataSync()[0]).toBeCloseTo(plain!.grad.dataSync()[0]!, 6);
  });

  test('of a single row, which has no other to be compared with, is no NaN', () => {
    const zeros = tf.zeros([1, 2]);
    const distribution = new SquashedDistribution(mixture(zeros, zeros, zeros), squash);
    expect(Number.isFinite(estimatedEntropy(distribution, new Rng(0)).dataSync()[0])).toBe(true);
  });
});

describe('the optimizer of a policy', () => {
  /** Adam in plain numbers, from 0: where the gradients lead. */
  function adam(gradients: readonly number[], rate: number, epsilon: number): number {
    let [m, v, x] = [0, 0, 0];
    gradients.forEach((g, i) => {
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      x -= (rate * m) / (1 - 0.9 ** (i + 1)) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + epsilon);
    });
    return x;
  }

  test('takes shape variables down the gradient at a share of the rate, all others by Adam, and bounds their gradients apart', () => {
    const policy = makePolicy('spline', {
      observationSpace: { low: [-1], high: [1], shape: [1] },
      actionSpace: { low: [-1, -1], high: [1, 1], shape: [2] },
      hidden: [3],
      rng: new Rng(0),
    });
    const other = tf.variable(tf.zeros([5]));
    const optimizer = new PolicyOptimizer(policy, {
      shapeRate: 0.3,
      maxGradientNorm: 0.5,
      optimizer: (parameters) => new Adam(parameters, { epsilon: 1e-2 }),
      others: [other],
    });
    const shape = policy.shapeVariables();
    const isShape = (parameter: tf.Tensor) => shape.includes(parameter as tf.Variable);
    const count = (variables: readonly tf.Variable[]) => variables.reduce((sum, { size }) => sum + size, 0);
    const mainCount = policy.parameterCount() + other.size - count(shape);
    expect(count(optimizer.parameters)).toBe(mainCount + count(shape));
    for (const parameter of optimizer.parameters) parameter.assign(tf.zerosLike(parameter));
    // All entries of one kind are equal: small ones pass as they are, large ones are scaled to a norm of 0.5.
    const steps = [
      { main: 1e-3, shape: 100 },
      { main: 50, shape: -1e-3 },
      { main: -2e-3, shape: 3 },
    ];
    const bounded = (g: number, n: number): number => g * Math.min(1, 0.5 / (Math.abs(g) * Math.sqrt(n) + 1e-6));
    for (const step of steps) {
      const gradients = optimizer.parameters.map((each) => tf.fill(each.shape, isShape(each) ? step.shape : step.main));
      const norm = optimizer.update(gradients, tf.scalar(0.02)).dataSync()[0]!;
      expect(norm / (Math.abs(step.main) * Math.sqrt(mainCount))).toBeCloseTo(1, 4);
    }
    const mains = steps.map(({ main }) => bounded(main, mainCount));
    const ofMain = adam(mains, 0.02, 1e-2);
    const ofShape = steps.reduce((x, step) => x - 0.3 * 0.02 * bounded(step.shape, count(shape)), 0);
    for (const parameter of optimizer.parameters) {
      const wanted = isShape(parameter) ? ofShape : ofMain;
      for (const value of parameter.dataSync()) expect(value / wanted).toBeCloseTo(1, 3);
    }
    optimizer.dispose();
    other.dispose();
    policy.dispose();
  });
});

test('the factor of a rate falls after twice the desired KL, rises after half of it, and keeps within 1 / 100 and 100', () => {
  const step = new KlStep();
  const after = (kl: number) => {
    step.follow(kl, 0.01);
    return step.factor;
  };
  const factors = [0.0201, 0.02, 0.005, 0.0049, 0.0049, Number.POSITIVE_INFINITY].map(after);
  [2 / 3, 2 / 3, 2 / 3, 1, 3 / 2, 1].forEach((factor, i) => expect(factors[i]).toBeCloseTo(factor, 12));
  for (let i = 0; i < 20; i++) after(0);
  expect(step.factor).toBe(100);
  for (let i = 0; i < 40; i++) after(1);
  expect(step.factor).toBe(1 / 100);
});
