import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { afterAll, expect, test, vi } from 'vitest';
import type { OnnxModel } from '../../src/engine/traceToOnnx.ts';
import {
  type ActionSample,
  type BoxSpace,
  boxSquash,
  circularSplineFlow,
  FlowMatchingPolicy,
  FlowPolicy,
  FullCovarianceGaussianPolicy,
  GaussianPolicy,
  MixturePolicy,
  makePolicy,
  neuralSplineFlow,
  type Policy,
  Rng,
  realNvp,
  sampleAction,
  TruncatedNormalPolicy,
} from '../../src/index.ts';
import { hasDensity } from '../../src/policies/actionDistributions.ts';
import { clippedActions } from '../../src/policies/actor.ts';
import { perturb } from '../support/perturb.ts';
import { all, decode, text } from '../support/protobuf.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OBSERVATION = 3;
const DIMS = { observationDim: OBSERVATION, actionDim: 2, hidden: [8] };
const FLOW = { dim: 2, contextDim: OBSERVATION, layers: 2, hidden: [8] };
const policies: Record<string, () => Policy> = {
  gaussian: () => new GaussianPolicy({ ...DIMS, scale: 'state', rng: new Rng(0) }),
  'full covariance': () => new FullCovarianceGaussianPolicy({ ...DIMS, rng: new Rng(0) }),
  mixture: () => new MixturePolicy({ ...DIMS, rng: new Rng(0) }),
  'truncated normal': () =>
    new TruncatedNormalPolicy({ ...DIMS, actionSpace: { low: [-1, 0], high: [1, 3], shape: [2] }, rng: new Rng(0) }),
  realnvp: () => new FlowPolicy({ flow: realNvp({ ...FLOW, rng: new Rng(0) }) }),
  circular: () => new FlowPolicy({ flow: circularSplineFlow({ ...FLOW, rng: new Rng(0) }) }),
  'flow matching': () =>
    new FlowMatchingPolicy({ ...DIMS, actionSpace: { low: [-1, 0], high: [1, 3], shape: [2] }, rng: new Rng(0) }),
  'squashed spline': () =>
    new FlowPolicy({
      flow: neuralSplineFlow({ ...FLOW, rng: new Rng(0) }),
      squash: boxSquash({ low: [-1, 0], high: [1, 3] }),
    }),
};

/** What onnxruntime makes of observations, and of noise where a model has some. */
async function run(
  { model, inputs }: OnnxModel,
  observations: tf.Tensor,
  noise = new Rng('noise'),
): Promise<Record<string, ort.Tensor>> {
  const [batch, size] = observations.shape as [number, number];
  const feeds = { observations: new ort.Tensor('float32', observations.dataSync<'float32'>(), [batch, size]) };
  for (const { name, shape, noise: kind } of inputs.slice(1)) {
    const sizes = shape.map((each) => (each === 'batch' ? batch : Number(each)));
    const values = new Float32Array(sizes.reduce((product, each) => product * each, 1));
    const data = kind === 'uniform' ? noise.fillUniform(values) : noise.fillNormal(values);
    Object.assign(feeds, { [name]: new ort.Tensor('float32', data, sizes) });
  }
  const session = await ort.InferenceSession.create(model);
  return (await session.run(feeds)) as Record<string, ort.Tensor>;
}

function expectOutputs(got: Record<string, ort.Tensor>, wanted: ActionSample, bounds?: BoxSpace): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
  const action = bounds === undefined ? wanted.action : clippedActions(wanted.action, bounds);
  for (const [name, tensor] of Object.entries({ ...wanted, action })) {
    expect(got[name]!.dims).toEqual(tensor.shape);
    const numbers = Array.from(tensor.dataSync(), (value) => expect.closeTo(value, 4));
    expect(Array.from(got[name]!.data as Float32Array)).toEqual(numbers);
  }
}

const rowsOf = (policy: Policy, batch: number) =>
  new Rng('observations').normalTensor([batch, policy.observationDim]) as tf.Tensor;

test.each(Object.keys(policies))(
  '%s: onnxruntime alone gives the numbers of the policy, in any batch',
  async (name) => {
    const policy = perturb(policies[name]!(), new Rng('weights'));
    const file = join(folder, `${name}.onnx`);
    const exported = policy.toOnnx(file);
    expect(readFileSync(file).equals(exported.model)).toBe(true);
    expect(readdirSync(folder).filter((entry) => !entry.endsWith('.onnx'))).toEqual([]);
    const kinds = exported.inputs.slice(1).map(({ noise }) => noise);
    const isUniform = ['circular', 'truncated normal'].includes(name);
    expect(kinds).toEqual(name === 'mixture' ? ['normal', 'uniform'] : [isUniform ? 'uniform' : 'normal']);
    for (const { shape } of [...exported.inputs, ...exported.outputs]) expect(shape[0]).toBe('batch');
    const bounds = policy.config?.actionSpace ?? policy.boundedActions;
    for (const batch of [5, 1]) {
      const observations = rowsOf(policy, batch);
      const wanted = sampleAction(policy.given(observations), new Rng('noise'));
      expect('logProb' in wanted).toBe(hasDensity(policy));
      expectOutputs(await run(exported, observations), wanted, bounds as BoxSpace | undefined);
    }
    const fixed = policy.toOnnx(undefined, { batch: 5 });
    expect([...fixed.inputs, ...fixed.outputs].map(({ shape }) => shape[0])).toEqual(
      [...exported.inputs, ...exported.outputs].map(() => 5),
    );
    const observations = rowsOf(policy, 5);
    const wanted = sampleAction(policy.given(observations), new Rng('noise'));
    expectOutputs(await run(fixed, observations), wanted, bounds as BoxSpace | undefined);
  },
);

test.each(['gaussian', 'mixture', 'squashed spline', 'flow matching'])(
  '%s: greedy actions have no noise, and are those of the policy',
  async (name) => {
    const policy = perturb(policies[name]!(), new Rng('weights'));
    const exported = policy.toOnnx(undefined, { greedy: true });
    expect(exported.inputs.map((input) => input.name)).toEqual(['observations']);
    const observations = rowsOf(policy, 3);
    expectOutputs(await run(exported, observations), policy.greedy(observations), policy.boundedActions);
  },
);

test.each(['gaussian', 'mixture', 'squashed spline', 'flow matching'])(
  '%s: a temperature takes the noise of its candidates, the densest action none',
  async (name) => {
    const policy = perturb(policies[name]!(), new Rng('weights'));
    const observations = rowsOf(policy, 3);
    const densest = policy.toOnnx(undefined, { acting: { rule: 'densest', candidates: 8 } });
    expect(densest.inputs.map((input) => input.name)).toEqual(['observations']);
    expectOutputs(
      await run(densest, observations),
      policy.tempered(observations, 0, { candidates: 8 }),
      policy.boundedActions,
    );
    const tempered = policy.toOnnx(undefined, { acting: { temperature: 0.5, candidates: 8 }, batch: 3 });
    const wanted = policy.tempered(observations, 0.5, { candidates: 8, rng: new Rng('noise') });
    expectOutputs(await run(tempered, observations), wanted, policy.boundedActions);
  },
);

test.each(['gru', 'lstm', 'min-gru'] as const)(
  '%s: the state that comes out is the next one that goes in',
  async (memory) => {
    const options = { observationSpace: { low: [-1, -1, -1], high: [1, 1, 1], shape: [3] }, hidden: [8], memory };
    const policy = perturb(
      makePolicy('spline', { ...options, actionSpace: { low: [-1], high: [1], shape: [1] }, rng: new Rng(0) }),
      new Rng('weights'),
    );
    const { model, inputs, outputs } = policy.toOnnx(undefined, { greedy: true });
    expect(inputs.map(({ name }) => name)).toEqual(['observations', 'state']);
    expect(outputs.map(({ name }) => name)).toContain('nextState');
    const session = await ort.InferenceSession.create(model);
    using actor = policy.actor({ batch: 2, greedy: true });
    let state: ort.Tensor = new ort.Tensor('float32', new Float32Array(2 * policy.stateDim), [2, policy.stateDim]);
    for (let step = 0; step < 4; step++) {
      const row = new Rng(step).fillNormal(new Float32Array(6));
      const got = await session.run({ observations: new ort.Tensor('float32', row, [2, 3]), state });
      const { action } = actor.act(row);
      action.forEach((value, i) =>
        expect((got.action!.data as Float32Array)[i]).toBeCloseTo(Math.min(Math.max(value, -1), 1), 3),
      );
      state = got.nextState as ort.Tensor;
      actor.state.forEach((value, i) => expect((state.data as Float32Array)[i]).toBeCloseTo(value, 4));
    }
  },
);

const actionSpace = { low: [-0.8, -1e9], high: [0.8, Infinity], shape: [2] };
const named = (options: object = {}) =>
  makePolicy('spline', {
    observationSpace: { low: [-1, -1, -Infinity], high: [1, 1, 1], shape: [3] },
    ...{ actionSpace, rng: new Rng(0), hidden: [8], initialScale: 3, ...options },
  });

test('the action is clipped to its bounds, the latent value is not; the model says its spaces', async () => {
  const exported = named().toOnnx();
  const { action, latent } = await run(exported, rowsOf(named(), 50));
  const [first, second] = [0, 1].map(
    (k) => (of: ort.Tensor | undefined) => (of!.data as Float32Array).filter((_, i) => i % 2 === k),
  ) as [(of: ort.Tensor | undefined) => Float32Array, (of: ort.Tensor | undefined) => Float32Array];
  expect(Math.max(...first(latent).map(Math.abs))).toBeGreaterThan(2);
  expect(Math.max(...first(action).map(Math.abs))).toBe(Math.fround(0.8));
  expect(second(action)).toEqual(second(latent));
  const { observationSpace, actionSpace: said } = metadata(exported.model);
  expect(JSON.parse(said!)).toEqual({ low: [-0.8, -1e9], high: [0.8, 'Infinity'], shape: [2] });
  expect(JSON.parse(observationSpace!)).toEqual({ low: [-1, -1, '-Infinity'], high: [1, 1, 1], shape: [3] });
});

test('normalized observations and images', async () => {
  const policy = named({ normalizeObservations: true });
  policy.normalizer!.setMoments({ mean: [1, -2, 0.5], variance: [4, 0.1, 9], count: 10 });
  const images = makePolicy('gaussian', {
    observationSpace: { low: Array(192).fill(0), high: Array(192).fill(255), shape: [8, 8, 3], dtype: 'uint8' },
    ...{ actionSpace, rng: new Rng(0), hidden: [8], encoder: 'small' },
  });
  for (const each of [policy, images]) {
    const observations = tf.abs(tf.mul(rowsOf(each, 4), each === images ? 50 : 1));
    const wanted = sampleAction(each.given(observations), new Rng('noise'));
    expectOutputs(await run(each.toOnnx(), observations), wanted, actionSpace);
  }
});

test('a policy whose functions depend on the size of the batch is written for one observation, and says so', async () => {
  class Crowded extends GaussianPolicy {
    protected override distribution(features: tf.Tensor) {
      return super.distribution(tf.add(features, tf.expandDims(tf.range(0, features.shape[0]!), 1)));
    }
  }
  const said = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const policy = new Crowded({ ...DIMS, rng: new Rng(0) });
  const exported = policy.toOnnx();
  expect(said.mock.calls).toEqual([[expect.stringMatching(/Crowded.toOnnx.*'batch' cannot be a free size/)]]);
  said.mockRestore();
  expect(exported.inputs[0]!.shape).toEqual([1, 3]);
  const observations = rowsOf(policy, 1);
  expectOutputs(await run(exported, observations), sampleAction(policy.given(observations), new Rng('noise')));
});

/** ModelProto.metadata_props: StringStringEntryProto. */
const metadata = (model: Uint8Array): Record<string, string> =>
  Object.fromEntries(
    all(decode(model), 14).map((entry) => decode(entry as Uint8Array).map(({ value }) => text(value))),
  );

test('the model itself says which noise each input is: as its documentation, and as metadata of the model', () => {
  for (const [name, expected] of [
    ['mixture', { noise0: 'N(0, 1)', noise1: 'U(0, 1)' }],
    ['circular', { noise0: 'U(0, 1)' }],
  ] as const) {
    const { model } = policies[name]!().toOnnx();
    const fields = decode(model);
    expect(metadata(model)).toEqual(expected);
    // GraphProto.input: ValueInfoProto with name 1 and doc_string 3.
    const inputs = all(decode(all(fields, 7)[0] as Uint8Array), 11).map((input) => {
      const [label, doc] = [1, 3].map((number) => all(decode(input as Uint8Array), number).map(text)[0]);
      return [label, doc];
    });
    expect(Object.fromEntries(inputs)).toEqual({ observations: undefined, ...expected });
  }
});
