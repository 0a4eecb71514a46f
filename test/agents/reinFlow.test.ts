import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ReinFlow, type ReinFlowOptions } from '../../agents/index.ts';
import { Box } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';
import { advantagesOf, expectClose, firstUpdate, gaussian, gradientBy, mean, spaces } from './firstUpdate.ts';
import { box, gradientOf, RecordingEnv, variablesOf } from './support.ts';

/** Without bounds an action is its latent value, and never clipped. */
const plane = new Box({ low: -Infinity, high: Infinity, shape: [2] });
const field = (options: object = {}) =>
  perturb(
    makePolicy('flow-matching', { ...spaces, actionSpace: plane, hidden: [3], activation: 'tanh', ...options }),
    new Rng('weights'),
  );
const parts = { rng: new Rng('agent'), horizon: 12, batchSize: 12, valueHidden: [3], noiseHidden: [4] };
const [MIN, MAX] = [0.3, 0.8];

interface Made {
  readonly options?: Partial<ReinFlowOptions>;
  readonly steps?: number;
  readonly solver?: 'euler' | 'midpoint';
}

/** An agent whose minibatch is its rollout, with its steps and the densities of its paths in plain numbers. */
function makeReinFlow({ options = {}, steps = 3, solver = 'euler' }: Made = {}) {
  const env = new RecordingEnv(plane);
  const policy = field({ steps, solver });
  const plain = { gamma: 0.9, lambda: 0.8, normalizeAdvantages: false, maxGradientNorm: 1e9, epochs: 1 };
  const noises = { minNoise: MIN, maxNoise: MAX };
  const agent = new ReinFlow({ ...parts, policy, env, ...plain, ...noises, ...options });
  perturb(agent.noise, new Rng('noise'), 0.5);
  const [least, most] = [options.minNoise ?? MIN, options.maxNoise ?? MAX];
  const before = { policy: variablesOf(policy), noise: variablesOf(agent.noise), value: variablesOf(agent.value) };
  const value = (observation: ArrayLike<number>) => mlp(under(before.value, 'network'), Array.from(observation))[0]!;
  const advantages = () => advantagesOf(env.transitions, value);
  const variables = { ...before.policy, ...prefixed(before.noise) };

  /** Where a step from x at t goes to, and the logarithms of the noise. */
  const step = (of: Variables, x: number[], t: number, observation: ArrayLike<number>) => {
    const seen = Array.from(observation);
    const v = (at: number[], time: number) => mlp(under(of, 'field.network'), [...at, time, ...seen]);
    const first = v(x, t);
    const halfway = x.map((entry, i) => entry + first[i]! / (2 * steps));
    const rate = solver === 'euler' ? first : v(halfway, t + 1 / (2 * steps));
    const z = mlp(under(of, 'noise'), [...seen, t]);
    return {
      mean: x.map((entry, i) => entry + rate[i]! / steps),
      logScale: z.map((entry) => Math.log(least) + 0.5 * (1 + Math.tanh(entry)) * Math.log(most / least)),
    };
  };

  /** The paths by the draws of the rollout: noise for the beginning, and then for each step. */
  const paths = (rng: Rng) => {
    const stream = rng.split('actions');
    return env.transitions.map(({ observation }) => {
      const normal = () => [...stream.fillNormal(new Float32Array(2))];
      const path = [normal()];
      for (let k = 0; k < steps; k++) {
        const { mean, logScale } = step(variables, path[k]!, k / steps, observation);
        path.push(normal().map((epsilon, i) => mean[i]! + Math.exp(logScale[i]!) * epsilon));
      }
      return path;
    });
  };
  /** log-probabilities of paths, and the mean entropy of their noise. */
  const densities = (of: Variables, taken: readonly number[][][]) => {
    const scales: number[] = [];
    const logProbs = taken.map((path, row) => {
      let sum = 0;
      for (let k = 0; k < steps; k++) {
        const { mean, logScale } = step(of, path[k]!, k / steps, env.transitions[row]!.observation);
        scales.push(...logScale);
        path[k + 1]!.forEach((x, i) => {
          sum += normalLogPdf(x, mean[i]!, Math.exp(logScale[i]!));
        });
      }
      return sum;
    });
    return { logProbs, entropy: mean(scales) + 0.5 * Math.log(2 * Math.PI * Math.E) };
  };
  return { agent, policy, env, variables, advantages, paths, densities };
}

const prefixed = (variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).map(([path, values]) => [`noise.${path}`, values]));

const CASES: [string, Made][] = [
  ['three steps of Euler', {}],
  ['three steps by the midpoint', { solver: 'midpoint' }],
  ['one step', { steps: 1 }],
  ['noise of one size', { options: { minNoise: 0.5, maxNoise: 0.5 } }],
];

test.each(CASES)('the first update is that of plain numbers: %s', async (_, made) => {
  const c = 0.7;
  const options = { ...made.options, entropyCoefficient: c };
  const { agent, env, variables, advantages, paths, densities } = makeReinFlow({ ...made, options });
  const { report, state, rng } = await firstUpdate(agent, 12);
  const taken = paths(rng);
  expectClose(
    taken.flatMap((path) => path.at(-1)!),
    env.transitions.flatMap(({ action }) => action),
    5,
  );
  const old = densities(variables, taken);
  expect(report).toMatchObject({ policyUpdates: 1, clipFraction: 0, largestRatio: expect.closeTo(1, 5) });
  expectClose([report.policyLoss, report.entropy], [-mean(advantages()), old.entropy], 5);
  const loss = (of: Variables) => {
    const { logProbs, entropy } = densities(of, taken);
    return -mean(logProbs.map((logProb, i) => Math.exp(logProb - old.logProbs[i]!) * advantages()[i]!)) - c * entropy;
  };
  const gradient = gradientBy(variables, loss);
  expectClose(gradientOf(state, 'policyOptimizer'), gradient, 5);
  // The noise network learns, unless its bounds leave it nothing to choose.
  const ofNoise = gradient.slice(-10).map(Math.abs);
  if (options.minNoise === undefined) expect(Math.max(...ofNoise)).toBeGreaterThan(1e-2);
  else expect(Math.max(...ofNoise)).toBeLessThan(1e-9);
  agent.dispose();
});

test('the second update is that of plain numbers, beyond the clip too', async () => {
  const options = { learningRate: 0.05, clip: 0.2, targetKl: null };
  const one = makeReinFlow({ options });
  const { state: first, rng } = await firstUpdate(one.agent, 12);
  const between = { ...variablesOf(one.policy), ...prefixed(variablesOf(one.agent.noise)) };
  const two = makeReinFlow({ options: { ...options, epochs: 2 } });
  const reports = [];
  for await (const report of two.agent.train({ steps: 12, rng: new Rng('training') })) reports.push(report);
  const taken = one.paths(rng);
  const old = one.densities(one.variables, taken).logProbs;
  const advantages = one.advantages();
  const ratios = one.densities(between, taken).logProbs.map((logProb, i) => Math.exp(logProb - old[i]!));
  const has = (is: (ratio: number, advantage: number) => boolean) => ratios.some((x, i) => is(x, advantages[i]!));
  expect(has((x, a) => x > 1.2 && a > 0) || has((x, a) => x < 0.8 && a < 0)).toBe(true);
  expect(has((x, a) => x > 0.8 && x < 1.2 && a !== 0)).toBe(true);
  const largest = Math.max(...ratios);
  expect(reports[0]!.largestRatio / largest).toBeCloseTo(1, 4);
  const weights = ratios.map((ratio, i) => {
    const a = advantages[i]!;
    return (a > 0 ? ratio > 1.2 : ratio < 0.8) ? 0 : ratio * a;
  });
  const gradient = gradientBy(between, (of) =>
    mean(one.densities(of, taken).logProbs.map((logProb, i) => -weights[i]! * logProb)),
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

test('noise stays within its bounds, whatever the network says, and is their geometric mean at first', async () => {
  const far = { minNoise: 0.1, maxNoise: 0.4 };
  for (const [bias, entropyOf] of [
    [-50, 0.1],
    [0, 0.2],
    [50, 0.4],
  ] as const) {
    const policy = field();
    const agent = new ReinFlow({ ...parts, policy, env: new RecordingEnv(plane), epochs: 1, ...far });
    const last = agent.noise.layers.at(-1)!.bias!;
    last.assign(tf.fill(last.shape, bias));
    const { report } = await firstUpdate(agent, 12);
    expect(report.entropy).toBeCloseTo(Math.log(entropyOf) + 0.5 * Math.log(2 * Math.PI * Math.E), 5);
    agent.dispose();
  }
});

test('what goes too far is undone, in the noise network too', async () => {
  const options = { epochs: 8, learningRate: 1, targetKl: 0.01 };
  const agent = new ReinFlow({ ...parts, policy: field(), env: new RecordingEnv(plane), ...options });
  for await (const { largestKl, policyUpdates, updates } of agent.train({ steps: 12, rng: new Rng(1) })) {
    expect(policyUpdates).toBeLessThan(8);
    expect(updates).toBe(8);
    expect(largestKl).toBeLessThanOrEqual(0.015);
    const most = Math.max(...Object.values(variablesOf(agent.noise)).flat().map(Math.abs));
    expect(most).toBeLessThan(5);
  }
  agent.dispose();
});

test('what it cannot take is one line', () => {
  const env = new RecordingEnv(box);
  expect(() => new ReinFlow({ ...parts, policy: gaussian(), env })).toThrow(/^ReinFlow: policy: got a GaussianPolicy/);
  const policy = field();
  expect(() => new ReinFlow({ ...parts, policy, env, batchSize: 13 })).toThrow(/^ReinFlow: batchSize: got 13/);
  expect(() => new ReinFlow({ ...parts, policy, env, batchSize: 0 })).toThrow(/^ReinFlow: batchSize: got 0/);
  expect(() => new ReinFlow({ ...parts, policy, env, minNoise: 0 })).toThrow(/^ReinFlow: minNoise: got 0/);
  const crossed = { minNoise: 0.5, maxNoise: 0.4 };
  expect(() => new ReinFlow({ ...parts, policy, env, ...crossed })).toThrow(
    'ReinFlow: maxNoise: got 0.4, expected at least minNoise, 0.5',
  );
});
