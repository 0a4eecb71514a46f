import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import {
  compile,
  FlowMatchingPolicy,
  type FlowMatchingPolicyOptions,
  Rng,
  sampleAction,
  selectEngine,
} from '../../src/index.ts';
import { velocity } from '../oracle/neuralOde.ts';
import { perturb } from '../support/perturb.ts';

afterEach(() => selectEngine());

const BOX = { low: [-1, 0], high: [1, 6], shape: [2] };
/** Half the widths and the middles. */
const [HALF, MIDDLE] = [
  [1, 3],
  [0, 3],
];

function make(options: Partial<FlowMatchingPolicyOptions> = {}, std = 0.3): FlowMatchingPolicy {
  const policy = new FlowMatchingPolicy({
    observationDim: 2,
    actionSpace: BOX,
    hidden: [7, 5],
    rng: new Rng('weights'),
    ...options,
  });
  return perturb(policy, new Rng('moved'), std);
}

const relu = (x: number) => Math.max(x, 0);

/** The field in float64, given an observation. */
function plain({ field }: FlowMatchingPolicy, observation: number[]) {
  const variables = Object.entries(field.network.stateDict()).map(([path, { values }]) => [path, Array.from(values)]);
  return velocity(Object.fromEntries(variables), observation, relu);
}

const OBSERVATIONS = [
  [0.3, -1],
  [2, 0.5],
  [-0.7, 0.1],
];
const observations = () => tf.tensor2d(OBSERVATIONS);
const row = (values: ArrayLike<number>, i: number, width: number) =>
  Array.from(values).slice(i * width, (i + 1) * width);

test.each(['midpoint', 'euler'] as const)(
  'a sample is noise carried by the steps of plain numbers: %s',
  async (solver) => {
    await selectEngine('wasm');
    const policy = make({ solver, steps: 3 });
    const sample = compile(({ seen }: { seen: tf.Tensor }, rng) => ({ ...sampleAction(policy.given(seen), rng) }), {
      name: 'sample',
      state: [policy],
    });
    const { action, latent } = sample({ seen: observations() }, new Rng('noise'));
    const noise = new Rng('noise').normalTensor([3, 2]);
    const carried = policy.carried(observations(), noise).dataSync();
    const features = policy.features(observations());
    const stepped = [0, 1, 2].reduce<tf.Tensor>(
      (x, step) => policy.stepped(x, tf.fill([3, 1], step / 3), features),
      noise,
    );
    OBSERVATIONS.forEach((observation, i) => {
      const v = plain(policy, observation);
      let x = row(noise.dataSync(), i, 2);
      for (let step = 0; step < 3; step++) {
        const [h, t] = [1 / 3, step / 3];
        const first = v(x, t);
        const rate =
          solver === 'euler'
            ? first
            : v(
                x.map((value, k) => value + (h / 2) * first[k]!),
                t + h / 2,
              );
        x = x.map((value, k) => value + h * rate[k]!);
      }
      x.forEach((value, k) => {
        expect(row(latent!.dataSync(), i, 2)[k]).toBeCloseTo(value, 4);
        expect(row(carried, i, 2)[k]).toBeCloseTo(value, 4);
        expect(row(stepped.dataSync(), i, 2)[k]).toBeCloseTo(value, 4);
        const inBox = Math.min(Math.max(MIDDLE[k]! + HALF[k]! * value, BOX.low[k]!), BOX.high[k]!);
        expect(row(action!.dataSync(), i, 2)[k]).toBeCloseTo(inBox, 4);
      });
    });
  },
);

test.each([
  ['as they are', undefined],
  ['with weights', [0.2, 3, 1.5]],
])('its loss is that of plain numbers, and so is its gradient: rows %s', (_, weights) => {
  const policy = make({}, 0.1);
  const actions = [
    [0.5, 1],
    [-0.9, 5.5],
    [0, 3],
  ];
  const draws = policy.matchingDraws(3, new Rng('draws'));
  const [noise, times] = [draws.noise.dataSync(), draws.times.dataSync()];
  const lossesOf = () =>
    actions.map((action, i) => {
      const u = action.map((a, k) => (a - MIDDLE[k]!) / HALF[k]!);
      const [eps, t] = [row(noise, i, 2), times[i]!];
      const v = plain(policy, OBSERVATIONS[i]!)(
        u.map((value, k) => (1 - t) * eps[k]! + t * value),
        t,
      );
      return v.reduce((sum, value, k) => sum + (value - (u[k]! - eps[k]!)) ** 2, 0) / 2;
    });
  const latents = policy.given(observations()).unsquash(tf.tensor2d(actions));
  const losses = policy.matchingLosses(observations(), latents, draws).dataSync();
  lossesOf().forEach((loss, i) => expect(losses[i]).toBeCloseTo(loss, 4));
  const mean = () => lossesOf().reduce((sum, loss, i) => sum + (weights?.[i] ?? 1) * loss, 0) / 3;
  const weighted = weights && tf.tensor1d(weights);
  const loss = () => policy.matchingLoss(observations(), tf.tensor2d(actions), new Rng('draws'), weighted) as tf.Scalar;
  expect(loss().dataSync()[0]).toBeCloseTo(mean(), 4);
  const { grads } = tf.variableGrads(loss, policy.trainableVariables());
  for (const { kernel } of policy.field.network.layers) {
    const values = kernel.dataSync().slice();
    const at = (value: number) => {
      kernel.assign(
        tf.tensor(
          Array.from(values, (entry, i) => (i === 1 ? value : entry)),
          kernel.shape,
        ),
      );
      return mean();
    };
    const slope = (at(values[1]! + 1e-3) - at(values[1]! - 1e-3)) / 2e-3;
    kernel.assign(tf.tensor(Array.from(values), kernel.shape));
    expect(Math.abs(grads[kernel.name]!.dataSync()[1]! - slope)).toBeLessThan(2e-3 * (1 + Math.abs(slope)));
  }
});

test('a number without two bounds is learned as it is, and nothing is clipped where there is no bound', () => {
  const actionSpace = { low: [-Infinity, 0], high: [Infinity, Infinity], shape: [2] };
  const policy = make({ actionSpace });
  const distribution = policy.given(observations());
  const latent = tf.tensor2d([
    [40, -3],
    [-7, 2],
    [0, 0],
  ]);
  expect(distribution.squash(latent).arraySync()).toEqual([
    [40, 0],
    [-7, 2],
    [0, 0],
  ]);
  expect(distribution.unsquash(latent).arraySync()).toEqual(latent.arraySync());
});
