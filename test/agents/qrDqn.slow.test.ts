import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { QrDqn } from '../../agents/index.ts';
import { BaseEnv, Box, Discrete, type ResetResult, type StepResult } from '../../envs/index.ts';
import { makePolicy, type QuantileNetworkPolicy, Rng } from '../../src/index.ts';
import { erf } from '../oracle/erf.ts';

/** One step, of rewards so wide that the loss is linear for most: action 0 is paid by ½ N(−40, 10²) + ½ N(40, 10²), action 1 by N(5, 20²). */
class MixtureBandit extends BaseEnv<Float32Array, number> {
  readonly observationSpace = new Box({ low: 0, high: 1, shape: [1] });
  readonly actionSpace = new Discrete(2);

  protected begin(): ResetResult {
    return [Float32Array.of(1), {}];
  }

  step(action: number): StepResult {
    const [mean, std] = action === 1 ? [5, 20] : [this.rng.uniform() < 0.5 ? -40 : 40, 10];
    return [Float32Array.of(1), mean + std * this.rng.normal(), true, false, {}];
  }

  state(): unknown {
    return { rng: this.rng.state() };
  }

  setState(): void {}
}

const normalCdf = (x: number, mean: number, std: number) => (1 + erf((x - mean) / std / Math.SQRT2)) / 2;
const cdfs = [(x: number) => (normalCdf(x, -40, 10) + normalCdf(x, 40, 10)) / 2, (x: number) => normalCdf(x, 5, 20)];

/** By bisection. */
function quantile(cdf: (x: number) => number, p: number): number {
  let [low, high] = [-200, 200];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    [low, high] = cdf(middle) < p ? [middle, high] : [low, middle];
  }
  return low;
}

test.each(['free', 'spline'] as const)(
  '%s quantiles of a reward of two modes are recovered',
  async (quantileFunction) => {
    const quantiles = 16;
    const env = new MixtureBandit();
    const { observationSpace, actionSpace } = env;
    const sizes = { hidden: [], quantiles, quantileFunction, epsilon: 0.5 };
    const policy = makePolicy('quantile-network', { observationSpace, actionSpace, rng: new Rng(1), ...sizes });
    const agent = new QrDqn({
      policy,
      env,
      rng: new Rng(2),
      learningStarts: 2000,
      updateEvery: 1,
      updatesPerStep: 1,
      batchSize: 128,
      learningRate: { linear: [0.3, 0] },
    });
    for await (const _ of agent.train({ steps: 6000, rng: new Rng(3) }));
    const [learned] = (policy as QuantileNetworkPolicy).quantiles(tf.ones([1, 1])).arraySync() as [number[][]];
    const errors = learned.map((row, k) => row.map((z, i) => z - quantile(cdfs[k]!, (i + 0.5) / quantiles)));
    const size = (row: readonly number[]) => row.reduce((sum, x) => sum + Math.abs(x), 0) / row.length;
    // Wasserstein's distance, of laws with a standard deviation of 41 and 20; a Gaussian in the place of the modes is 12 off.
    expect(size(errors[0]!)).toBeLessThan(quantileFunction === 'free' ? 2 : 7);
    expect(size(errors[1]!)).toBeLessThan(2);
    if (quantileFunction === 'spline') {
      for (const row of learned) expect(row).toEqual(row.toSorted((a, b) => a - b));
    }
    agent.dispose();
  },
);
