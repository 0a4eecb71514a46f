import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, expect, test } from 'vitest';
import {
  boxSquash,
  FlowPolicy,
  FullCovarianceGaussianPolicy,
  GaussianPolicy,
  MixturePolicy,
  neuralSplineFlow,
  type Policy,
  Rng,
  realNvp,
} from '../../src/index.ts';
import { perturb } from '../support/perturb.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OBSERVATION = 3;
const DIMS = { observationDim: OBSERVATION, actionDim: 2, hidden: [8] };
const FLOW = { dim: 2, contextDim: OBSERVATION, layers: 2, hidden: [8] };
const policies: Record<string, () => Policy> = {
  gaussian: () => new GaussianPolicy({ ...DIMS, scale: 'state', rng: new Rng(0) }),
  'full covariance': () => new FullCovarianceGaussianPolicy({ ...DIMS, rng: new Rng(0) }),
  mixture: () => new MixturePolicy({ ...DIMS, rng: new Rng(0) }),
  realnvp: () => new FlowPolicy({ flow: realNvp({ ...FLOW, rng: new Rng(0) }) }),
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
  policy.toOnnx(file, { batch });
  expect(readdirSync(folder).filter((entry) => entry.endsWith('.part'))).toEqual([]);

  const session = await ort.InferenceSession.create(file);
  const observations = new Rng('observations').normalTensor([batch, OBSERVATION]);
  const noise = new Rng('noise');
  const feeds: Record<string, ort.Tensor> = {
    observations: new ort.Tensor('float32', observations.dataSync<'float32'>(), [batch, OBSERVATION]),
  };
  for (const input of session.inputMetadata) {
    if (!input.name.startsWith('noise') || !input.isTensor) continue;
    const shape = input.shape.map(Number);
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    // The mixture's second draw picks the component.
    feeds[input.name] = new ort.Tensor(
      'float32',
      name === 'mixture' && input.name === 'noise1' ? noise.fillUniform(values) : noise.fillNormal(values),
      shape,
    );
  }
  const outputs = await session.run(feeds);
  const expected = policy.given(observations).sampleWithLogProb(new Rng('noise'));
  const close = (got: ort.Tensor, wanted: Float32Array) =>
    wanted.forEach((value, i) => expect((got.data as Float32Array)[i]).toBeCloseTo(value, 4));
  close(outputs.action!, expected.action.dataSync<'float32'>());
  close(outputs.logProb!, expected.logProb.dataSync<'float32'>());
});

test('a folder that is not there is an error, and leaves nothing', () => {
  const file = join(folder, 'none', 'policy.onnx');
  expect(() => policies.gaussian!().toOnnx(file)).toThrow(/no such file or directory/);
  expect(existsSync(file)).toBe(false);
});
