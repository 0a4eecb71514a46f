import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { measureHeadings } from '../../../common/headings.ts';
import { type HeadingPolicy, headingPolicies, makeHeadingPolicy } from '../../../common/lake.ts';
import { SoftOptimum } from '../../../common/softOptimum.ts';
import { lakeMap } from '../../../envs/index.ts';
import { lakeSchema } from '../../../experiments/lake/config.ts';
import { sacPolicies, softSacTraining, trainOnSoftLake } from '../../../experiments/lake/softTrainings.ts';
import { softPpoSettings } from '../../../experiments/lake/tuned.ts';
import { GaussianPolicy, type Policy, Rng, selectEngine, WrappedPolicy } from '../../../src/index.ts';

const { start } = lakeMap;

afterEach(() => selectEngine());

/** WN(mean, scale²) at every state. */
function constantPolicy(mean: number, scale: number): WrappedPolicy {
  const gaussian = new GaussianPolicy({ observationDim: 2, actionDim: 1, initialScale: scale, rng: new Rng(0) });
  for (const { kernel } of gaussian.network.layers) kernel.assign(tf.zerosLike(kernel));
  gaussian.network.layers.at(-1)!.bias!.assign(tf.tensor1d([mean]));
  return new WrappedPolicy(gaussian);
}

test('the KL of a Gaussian that is wound round the circle is that of plain numbers, and half of the quadrature certifies it', () => {
  const [mean, scale] = [0.8, 0.4];
  const optimum = new SoftOptimum({ temperature: 0.1 });
  const { actions, logDensity, cell } = optimum.policyAt(start, 4096);
  const exact = actions.reduce((sum, angle, i) => {
    const turns = [-1, 0, 1].map((turn) => Math.exp(-0.5 * ((angle - mean + 2 * Math.PI * turn) / scale) ** 2));
    const density = turns.reduce((a, b) => a + b) / (scale * Math.sqrt(2 * Math.PI));
    return sum + density * (Math.log(density) - logDensity[i]!) * cell;
  }, 0);
  const policy = constantPolicy(mean, scale);
  const [fine, coarse] = [4096, 2048].map(
    (points) => measureHeadings(policy, { optimum, states: [start], points })[0]!,
  );
  expect(fine!.kl).toBeCloseTo(exact, 3);
  expect(Math.abs(fine!.kl - coarse!.kl)).toBeLessThan(0.005);
  policy.dispose();
});

test('the first step of a uniform policy drowns as often as the lake is wide; its KL to a flat optimum is 0', () => {
  const policy = constantPolicy(0, 20);
  const optimum = new SoftOptimum({ temperature: 0.1 });
  const [measure] = measureHeadings(policy, { optimum, states: [start], points: 4096 });
  // A stride of 1.3 gets to the shore in all directions that meet the lake, from 1.5 away.
  expect(measure!.water).toBeCloseTo(Math.asin(0.7 / 1.5) / Math.PI, 2);
  for (const density of measure!.density) expect(density).toBeCloseTo(1 / (2 * Math.PI), 5);
  const hot = new SoftOptimum({ temperature: 1e4 });
  expect(measureHeadings(policy, { optimum: hot, states: [start], points: 256 })[0]!.kl).toBeLessThan(1e-5);
  policy.dispose();
});

test('policies over headings are of one size, as tuned, and their actions are angles', () => {
  const config = lakeSchema.parse({});
  for (const name of headingPolicies) {
    const policy = makeHeadingPolicy(name, softPpoSettings(config.tuned, name).policy, new Rng(0));
    expect(Math.abs(policy.parameterCount() / 18_000 - 1)).toBeLessThan(0.1);
    const { action } = policy.given(tf.zeros([50, 2])).sampleWithLogProb(new Rng(1));
    for (const angle of action.dataSync()) expect(Math.abs(angle)).toBeLessThanOrEqual(Math.PI);
    policy.dispose();
  }
});

const bySac = Object.keys(sacPolicies) as HeadingPolicy[];

test("SAC learns the optimum's own values: no entropy counts but what is missing to a uniform policy's, and τ falls to the task's", async () => {
  await selectEngine('wasm');
  const task = { stride: 1.3, temperature: 0.1 };
  const rng = new Rng('values');
  const policy = makeHeadingPolicy('gaussian', sacPolicies.gaussian!, rng.split('policy'));
  const training = softSacTraining(policy, { task, steps: 2000, rng });
  const [values, temperatures]: number[][] = [[], []];
  for await (const { actionValue, temperature } of training.reports) {
    if (actionValue === undefined) continue;
    values!.push(actionValue);
    temperatures!.push(temperature!);
  }
  training.dispose();
  policy.dispose();
  expect(values!.length).toBeGreaterThan(10);
  // The best return is that of a walk home, 1.
  expect(Math.max(...values!)).toBeLessThan(1);
  expect(temperatures![0]).toBeGreaterThan(0.2);
  expect(temperatures!.at(-1)).toBeCloseTo(task.temperature, 6);
});

test.each(bySac)(
  'SAC brings %s, of about 18,000 parameters, nearer to the soft optimum than a flat one',
  async (name) => {
    await selectEngine('wasm');
    const task = { stride: 1.3, temperature: 0.1 };
    const optimum = new SoftOptimum(task);
    const kl = (of: Policy) => measureHeadings(of, { optimum, states: [start], points: 720 })[0]!.kl;
    const flat = constantPolicy(0, 20);
    // Not of every seed: some Gaussians get wider until they are flat, where no gradient leads back.
    const rng = new Rng('seed-1000');
    const policy = makeHeadingPolicy(name, sacPolicies[name]!, rng.split('policy'));
    expect(Math.abs(policy.parameterCount() / 18_000 - 1)).toBeLessThan(0.1);
    await trainOnSoftLake(softSacTraining(policy, { task, steps: 3000, rng }), () => {});
    expect(kl(policy)).toBeLessThan(0.7 * kl(flat));
    policy.dispose();
    flat.dispose();
  },
  120_000,
);
