import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { BehaviorCloning } from '../../agents/index.ts';
import {
  compile,
  cosineSchedule,
  FlowMatchingPolicy,
  type FlowMatchingPolicyOptions,
  makePolicy,
  policyFromJson,
  policyToJson,
  Rng,
  sampleAction,
  valueAndGradients,
} from '../../src/index.ts';
import { derivative, gradient } from '../oracle/calculus.ts';
import { under, type Variables } from '../oracle/mlp.ts';
import { flowOf, velocity } from '../oracle/neuralOde.ts';
import { perturb } from '../support/perturb.ts';

const plane = { low: [-1, -1], high: [1, 1], shape: [2] };
const activations = {
  relu: (x: number) => Math.max(x, 0),
  tanh: Math.tanh,
  silu: (x: number) => x / (1 + Math.exp(-x)),
};
type Activation = keyof typeof activations;

function make(options: Partial<FlowMatchingPolicyOptions> = {}): FlowMatchingPolicy {
  const sizes = { observationDim: 2, actionSpace: plane, hidden: [7, 5], rng: new Rng('weights') };
  return perturb(new FlowMatchingPolicy({ ...sizes, solver: 'mean', steps: 1, ...options }), new Rng('moved'), 0.2);
}

const variablesOf = (policy: FlowMatchingPolicy): Variables =>
  Object.fromEntries(Object.entries(policy.stateDict()).map(([path, { values }]) => [path, Array.from(values)]));

/** m(x, t, h | o) in float64. */
const meanOf =
  (variables: Variables, activation: Activation) =>
  (x: number[], t: number, h: number, observation: number[]): number[] =>
    velocity(under(variables, 'field.network'), [...observation, h], activations[activation])(x, t);

const OBSERVATIONS = [
  [0.3, -1],
  [2, 0.5],
  [-0.7, 0.1],
];
const ACTIONS = [
  [0.5, 0.9],
  [-0.9, 0.2],
  [0, -0.4],
];
const observations = () => tf.tensor2d(OBSERVATIONS);
const rowsOf = (tensor: tf.Tensor) => tensor.arraySync() as number[][];

test.each([1, 3])('a sample is noise carried by as many mean velocities as there are steps: %i', (steps) => {
  const policy = make({ steps });
  const mean = meanOf(variablesOf(policy), 'relu');
  const noise = rowsOf(new Rng('noise').normalTensor([3, 2]));
  const wanted = OBSERVATIONS.map((observation, i) => {
    let x = noise[i]!;
    for (let step = 0; step < steps; step++) {
      const u = mean(x, step / steps, 1 / steps, observation);
      x = x.map((value, k) => value + u[k]! / steps);
    }
    return x;
  });
  const { latent, action } = sampleAction(policy.given(observations()), new Rng('noise'));
  const close = wanted.map((row) => row.map((value) => expect.closeTo(value, 5)));
  expect(latent.arraySync()).toEqual(close);
  expect(policy.carried(observations(), tf.tensor2d(noise)).arraySync()).toEqual(close);
  rowsOf(action).forEach((row, i) =>
    row.forEach((value, k) => expect(value).toBeCloseTo(Math.min(Math.max(wanted[i]![k]!, -1), 1), 5)),
  );
});

/** The draws of a loss, with rows of a length and without one, at the ends of time too. */
const DRAWS = {
  noise: [
    [0.4, -1.2],
    [1.5, 0.3],
    [-0.2, 0.8],
  ],
  times: [0, 0.35, 0.6],
  lengths: [1, 0.45, 0],
};
const tensors = () => ({
  noise: tf.tensor2d(DRAWS.noise),
  times: tf.tensor2d(DRAWS.times, [3, 1]),
  lengths: tf.tensor2d(DRAWS.lengths, [3, 1]),
});

/** x_t, and where the loss takes m to: of a step, to the velocity at its end less h ∂m/∂h, by a difference of float64. */
const targets = (mean: ReturnType<typeof meanOf>) =>
  OBSERVATIONS.map((observation, i) => {
    const [noise, t, h] = [DRAWS.noise[i]!, DRAWS.times[i]!, DRAWS.lengths[i]!];
    const x = ACTIONS[i]!.map((u, k) => (1 - t) * noise[k]! + t * u);
    const u = mean(x, t, h, observation);
    const end = mean(
      x.map((value, k) => value + h * u[k]!),
      t + h,
      0,
      observation,
    );
    const ofStep = end.map((v, k) => v - h * derivative((by) => mean(x, t, h + by, observation)[k]!, 1e-6));
    const target = h > 0 ? ofStep : ACTIONS[i]!.map((value, k) => value - noise[k]!);
    return { x, t, h, observation, target };
  });

test.each(Object.keys(activations) as Activation[])(
  'the loss is that of float64, and so is its gradient, to which the target is a constant: %s',
  (activation) => {
    const policy = make({ activation });
    const variables = variablesOf(policy);
    const rows = targets(meanOf(variables, activation));
    const lossesOf = (of: Variables) =>
      rows.map(({ x, t, h, observation, target }) => {
        const u = meanOf(of, activation)(x, t, h, observation);
        return u.reduce((sum, value, k) => sum + (value - target[k]!) ** 2, 0) / 2;
      });
    const { loss, losses, gradients } = valueAndGradients(() => {
      const losses = policy.matchingLosses(observations(), tf.tensor2d(ACTIONS), tensors());
      return { loss: tf.mean(losses), losses };
    }, policy.trainableVariables());
    const near = (value: number) => 1e-5 * (1 + Math.abs(value));
    const expectNear = (got: number, wanted: number) => expect(Math.abs(got - wanted)).toBeLessThan(near(wanted));
    const wanted = lossesOf(variables);
    losses.dataSync().forEach((value, i) => expectNear(value, wanted[i]!));
    const meanLoss = (of: Variables) => lossesOf(of).reduce((sum, value) => sum + value, 0) / 3;
    expectNear(loss.dataSync()[0]!, meanLoss(variables));
    [...policy.namedVariables().keys()].forEach((path, i) => {
      const slopes = gradient((values) => meanLoss({ ...variables, [path]: values }), variables[path]!, 1e-5);
      gradients[i]!.dataSync().forEach((value, j) => expectNear(value, slopes[j]!));
    });
  },
);

/** The same field as a policy of velocities of a moment: without the weights of h. */
function momentary(policy: FlowMatchingPolicy, options: Partial<FlowMatchingPolicyOptions>): FlowMatchingPolicy {
  const plain = make({ solver: 'euler', ...options });
  const { 'field.network.layers.0.kernel': first, ...others } = policy.stateDict();
  const [rows, width] = first!.shape as [number, number];
  const kernel = { shape: [rows - 1, width], values: first!.values.slice(0, (rows - 1) * width) };
  plain.loadStateDict({ ...others, 'field.network.layers.0.kernel': kernel });
  return plain;
}

test('without a length the loss is the one of flow matching, gradient included, and the exact density that of its field', () => {
  const policy = make({ activation: 'tanh' });
  const plain = momentary(policy, { activation: 'tanh' });
  const { lengths: _, ...draws } = tensors();
  const [mean, usual] = [policy, plain].map((of) =>
    valueAndGradients(
      () => ({ loss: tf.mean(of.matchingLosses(observations(), tf.tensor2d(ACTIONS), draws)) }),
      of.trainableVariables(),
    ),
  );
  expect(mean!.loss.dataSync()).toEqual(usual!.loss.dataSync());
  const [first, ...others] = mean!.gradients.map((gradient) => [...gradient.dataSync()]);
  const [usualFirst, ...usualOthers] = usual!.gradients.map((gradient) => [...gradient.dataSync()]);
  const close = (values: number[]) => values.map((value) => expect.closeTo(value, 6));
  expect(first).toEqual(close([...usualFirst!, ...new Array<number>(7).fill(0)]));
  expect(others).toEqual(usualOthers.map(close));

  const latents = tf.tensor2d(ACTIONS);
  const logProbs = [policy, plain].map((of) => [...of.exact().given(observations()).logProb(latents).dataSync()]);
  expect(logProbs[0]).toEqual(close(logProbs[1]!));
  const { latent } = policy.exact().given(observations()).sampleWithLogProb(new Rng('noise'));
  const noise = rowsOf(new Rng('noise').normalTensor([3, 2]));
  const variables = variablesOf(policy);
  rowsOf(latent).forEach((row, i) => {
    const field = velocity(under(variables, 'field.network'), [...OBSERVATIONS[i]!, 0]);
    flowOf(field, 50)(noise[i]!).forEach((value, k) => expect(row[k]).toBeCloseTo(value, 4));
  });
});

test('a compiled loss has the value and the gradient that it has without', () => {
  const policy = make({ activation: 'tanh' });
  const loss = ({ seen, actions }: { seen: tf.Tensor; actions: tf.Tensor }, rng: Rng) => {
    const losses = () => ({ loss: policy.matchingLoss(seen, actions, rng) });
    const { loss, gradients } = valueAndGradients(losses, policy.trainableVariables());
    return { loss, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient${i}`, gradient])) };
  };
  const inputs = { seen: observations(), actions: tf.tensor2d(ACTIONS) };
  const compiled = compile(loss as (of: typeof inputs, rng?: Rng) => Record<string, tf.Tensor>, {
    name: 'loss',
    state: [policy],
  });
  const [got, wanted] = [compiled(inputs, new Rng('draws')), loss(inputs, new Rng('draws'))];
  expect(Object.keys(got)).toEqual(Object.keys(wanted));
  for (const [name, tensor] of Object.entries(wanted)) {
    expect([...got[name]!.dataSync()]).toEqual([...tensor.dataSync()].map((value) => expect.closeTo(value, 5)));
  }
});

test('no rows have no losses, and one number is as well', () => {
  const line = { low: [-1], high: [1], shape: [1] };
  const policy = make({ actionSpace: line, activation: 'tanh' });
  const none = policy.matchingDraws(0, new Rng('draws'));
  expect(policy.matchingLosses(tf.zeros([0, 2]), tf.zeros([0, 1]), none).shape).toEqual([0]);
  const [x, t, h, u] = [-0.3, 0.2, 0.5, 0.9];
  const draws = {
    noise: tf.tensor2d([[(x - t * u) / (1 - t)]]),
    times: tf.tensor2d([[t]]),
    lengths: tf.tensor2d([[h]]),
  };
  const mean = (length: number, at = x, time = t) =>
    meanOf(variablesOf(policy), 'tanh')([at], time, length, [2, 1])[0]!;
  const target = mean(0, x + h * mean(h), t + h) - h * derivative((by) => mean(h + by), 1e-5);
  const losses = policy.matchingLosses(tf.tensor2d([[2, 1]]), tf.tensor2d([[u]]), draws);
  expect(losses.dataSync()[0]).toBeCloseTo((mean(h) - target) ** 2, 5);
});

test.each([1, 3])('its model of %i steps has the actions of the policy', async (steps) => {
  const policy = make({ steps });
  const { model } = policy.toOnnx();
  const noise = new Rng('noise').normalTensor([3, 2]);
  const session = await ort.InferenceSession.create(model);
  const feeds = {
    observations: new ort.Tensor('float32', observations().dataSync<'float32'>(), [3, 2]),
    noise0: new ort.Tensor('float32', noise.dataSync<'float32'>(), [3, 2]),
  };
  const { latent } = await session.run(feeds);
  const close = [...policy.carried(observations(), noise).dataSync()].map((value) => expect.closeTo(value, 5));
  expect([...(latent!.data as Float32Array)]).toEqual(close);
});

test('half of the rows have a length, and then t and t + h are two uniform numbers in their order', () => {
  const { times, lengths } = make().matchingDraws(40_000, new Rng('draws'));
  const [t, h] = [times.dataSync(), lengths!.dataSync()];
  const long = [...h.keys()].filter((i) => h[i]! > 0);
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  // Five standard errors.
  expect(Math.abs(long.length / t.length - 0.5)).toBeLessThan(0.0125);
  const ofLong = long.map((i) => [t[i]!, t[i]! + h[i]!] as const);
  for (const [first, end] of ofLong) expect(first >= 0 && first < end && end <= 1).toBe(true);
  expect(Math.abs(average(ofLong.map(([first]) => first)) - 1 / 3)).toBeLessThan(0.0085);
  expect(Math.abs(average(ofLong.map(([, end]) => end)) - 2 / 3)).toBeLessThan(0.0085);
  const short = [...t.keys()].filter((i) => h[i] === 0).map((i) => t[i]!);
  expect(Math.abs(average(short) - 1 / 2)).toBeLessThan(0.011);
  const { lengths: none } = make({ solver: 'euler' }).matchingDraws(3, new Rng('draws'));
  expect(none).toBeUndefined();
});

test('one step draws the law that was cloned, also from a file; one of a velocity of the moment draws its mean', async () => {
  const box = { low: [-2], high: [2], shape: [1] };
  const draw = new Rng('data');
  const data = Float32Array.from({ length: 2000 }, () => draw.normal(0.8, 0.3));
  const spread = async (solver: 'mean' | 'euler') => {
    const made = { observationSpace: box, actionSpace: box, hidden: [32, 32], rng: new Rng(0), steps: 1 };
    const policy = makePolicy('flow-matching', { ...made, solver });
    const demonstrations = { observations: new Float32Array(2000), actions: data };
    const agent = new BehaviorCloning({ policy, demonstrations, outside: 'clip', learningRate: cosineSchedule(1e-2) });
    for await (const _ of agent.train({ steps: 800, rng: new Rng(1) }));
    const read = policyFromJson(policyToJson(policy)).policy;
    const actions = tf.tidy(() => [
      ...sampleAction(read.given(tf.zeros([4000, 1])), new Rng(2)).action.dataSync(),
    ]) as number[];
    agent.dispose();
    for (const each of [policy, read]) each.dispose();
    const mean = actions.reduce((sum, action) => sum + action, 0) / actions.length;
    return [mean, Math.sqrt(actions.reduce((sum, action) => sum + (action - mean) ** 2, 0) / actions.length)];
  };
  const [mean, deviation] = await spread('mean');
  expect(mean).toBeCloseTo(0.8, 1);
  expect(Math.abs(deviation! - 0.3)).toBeLessThan(0.03);
  const [same, none] = await spread('euler');
  expect(same).toBeCloseTo(0.8, 1);
  expect(none).toBeLessThan(0.15);
});
