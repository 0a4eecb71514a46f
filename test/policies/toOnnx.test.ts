import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, expect, test } from 'vitest';
import {
  boxSquash,
  circularSplineFlow,
  FlowMatchingPolicy,
  FlowPolicy,
  FullCovarianceGaussianPolicy,
  GaussianPolicy,
  MixturePolicy,
  neuralSplineFlow,
  type Policy,
  Rng,
  realNvp,
  sampleAction,
  TruncatedNormalPolicy,
} from '../../src/index.ts';
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

test.each(Object.keys(policies))('%s: onnxruntime alone gives the numbers of the policy', async (name) => {
  const policy = perturb(policies[name]!(), new Rng('weights'));
  const batch = 5;
  const file = join(folder, `${name}.onnx`);
  const { model, inputs } = policy.toOnnx(file, { batch });
  expect(readFileSync(file).equals(model)).toBe(true);
  expect(readdirSync(folder).filter((entry) => !entry.endsWith('.onnx'))).toEqual([]);

  const session = await ort.InferenceSession.create(file);
  const observations = new Rng('observations').normalTensor([batch, OBSERVATION]);
  const noise = new Rng('noise');
  const feeds: Record<string, ort.Tensor> = {
    observations: new ort.Tensor('float32', observations.dataSync<'float32'>(), [batch, OBSERVATION]),
  };
  const kinds = inputs.filter(({ name }) => name !== 'observations').map(({ noise }) => noise);
  const isUniform = ['circular', 'truncated normal'].includes(name);
  expect(kinds).toEqual(name === 'mixture' ? ['normal', 'uniform'] : [isUniform ? 'uniform' : 'normal']);
  for (const { name: input, shape, noise: kind } of inputs.slice(1)) {
    const sizes = shape.map(Number);
    const values = new Float32Array(sizes.reduce((product, size) => product * size, 1));
    feeds[input] = new ort.Tensor(
      'float32',
      kind === 'uniform' ? noise.fillUniform(values) : noise.fillNormal(values),
      sizes,
    );
  }
  const outputs = await session.run(feeds);
  const expected = sampleAction(policy.given(observations), new Rng('noise'));
  const close = (got: ort.Tensor, wanted: Float32Array) =>
    wanted.forEach((value, i) => expect((got.data as Float32Array)[i]).toBeCloseTo(value, 4));
  close(outputs.action!, expected.action.dataSync<'float32'>());
  expect('logProb' in outputs).toBe(policy.hasDensity);
  if (policy.hasDensity) close(outputs.logProb!, expected.logProb!.dataSync<'float32'>());
});

test('the model itself says which noise each input is: as its documentation, and as metadata of the model', () => {
  for (const [name, expected] of [
    ['mixture', { noise0: 'N(0, 1)', noise1: 'U(0, 1)' }],
    ['circular', { noise0: 'U(0, 1)' }],
  ] as const) {
    const fields = decode(policies[name]!().toOnnx().model);
    // ModelProto.metadata_props: StringStringEntryProto; GraphProto.input: ValueInfoProto with name 1 and doc_string 3.
    const entries = all(fields, 14).map((entry) => decode(entry as Uint8Array).map(({ value }) => text(value)));
    expect(Object.fromEntries(entries)).toEqual(expected);
    const inputs = all(decode(all(fields, 7)[0] as Uint8Array), 11).map((input) => {
      const [label, doc] = [1, 3].map((number) => all(decode(input as Uint8Array), number).map(text)[0]);
      return [label, doc];
    });
    expect(Object.fromEntries(inputs)).toEqual({ observations: undefined, ...expected });
  }
});

test('a folder that is not there is an error, and leaves nothing', () => {
  const file = join(folder, 'none', 'policy.onnx');
  expect(() => policies.gaussian!().toOnnx(file)).toThrow(/no such file or directory/);
  expect(existsSync(file)).toBe(false);
});

test.each([
  [0, 'an integer > 0'],
  [-1, 'an integer > 0'],
  [1.5, 'an integer'],
  [Number.NaN, 'a number'],
])('a batch of %s is refused in one line, and nothing is written', (batch, expected) => {
  const file = join(folder, 'batch.onnx');
  expect(() => policies.gaussian!().toOnnx(file, { batch })).toThrow(
    `GaussianPolicy.toOnnx: batch: got ${batch}, expected ${expected}`,
  );
  expect(existsSync(file)).toBe(false);
});

test('an option with a typing error is refused by name, and nothing is written', () => {
  const file = join(folder, 'typo.onnx');
  expect(() => policies.gaussian!().toOnnx(file, { bach: 4 } as object)).toThrow(
    'GaussianPolicy.toOnnx: bach: unknown option, expected one of batch (did you mean batch?)',
  );
  expect(existsSync(file)).toBe(false);
});
