import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { clippedSurrogate, standardized } from '../../agents/core/policyGradient.ts';
import {
  boxSquash,
  circularSplineFlow,
  compile,
  FlowPolicy,
  FullCovarianceGaussianPolicy,
  GaussianPolicy,
  MixturePolicy,
  Mlp,
  type Module,
  neuralSplineFlow,
  type Policy,
  Rng,
  realNvp,
  selectEngine,
  valueAndGradients,
} from '../../src/index.ts';
import { perturb } from '../support/perturb.ts';
import { perturbedBackend, seedPerturbations } from './fuzz/perturbedBackend.ts';

const BATCH = 256;
const DIMS = { observationDim: 3, actionDim: 2, hidden: [16] };
const FLOW = { dim: 2, contextDim: 3, layers: 2, hidden: [16] };
const squash = () => boxSquash({ low: [-2, -1], high: [2, 3] });

const policies: Record<string, () => Policy> = {
  gaussian: () => new GaussianPolicy({ ...DIMS, scale: 'state', rng: new Rng(0) }),
  'gaussian of free scale': () => new GaussianPolicy({ ...DIMS, scale: 'free', rng: new Rng(0) }),
  'tanh-gaussian': () => new GaussianPolicy({ ...DIMS, scale: 'state', squash: squash(), rng: new Rng(0) }),
  'full covariance': () => new FullCovarianceGaussianPolicy({ ...DIMS, rng: new Rng(0) }),
  mixture: () => new MixturePolicy({ ...DIMS, components: 3, rng: new Rng(0) }),
  realnvp: () => new FlowPolicy({ flow: realNvp({ ...FLOW, rng: new Rng(0) }) }),
  spline: () => new FlowPolicy({ flow: neuralSplineFlow({ ...FLOW, rng: new Rng(0) }) }),
  'squashed spline': () => new FlowPolicy({ flow: neuralSplineFlow({ ...FLOW, rng: new Rng(0) }), squash: squash() }),
  circular: () => new FlowPolicy({ flow: circularSplineFlow({ ...FLOW, rng: new Rng(0) }) }),
};

type Loss = (policy: Policy, data: Record<string, tf.Tensor>, rng: Rng) => tf.Tensor;

const losses: Record<string, Loss> = {
  'behaviour cloning': (policy, { observations, latents }) =>
    tf.neg(tf.mean(policy.given(observations!).logProb(latents!))),
  'clipped surrogate': (policy, { observations, latents, oldLogProb, advantages }) =>
    clippedSurrogate({
      logProb: policy.given(observations!).logProb(latents!),
      oldLogProb: oldLogProb!,
      advantages: standardized(advantages!),
      clip: tf.scalar(0.2),
    }).policyLoss,
  'entropy by fresh samples': (policy, { observations }, rng) =>
    tf.mean(policy.given(observations!).sampleWithLogProb(rng).logProb),
};

function data(): Record<string, tf.Tensor> {
  const rng = new Rng('data');
  return {
    observations: rng.normalTensor([BATCH, 3]),
    latents: rng.normalTensor([BATCH, 2]),
    oldLogProb: tf.sub(tf.mul(rng.normalTensor([BATCH]), 0.5), 3),
    advantages: rng.normalTensor([BATCH]),
    returns: rng.normalTensor([BATCH]),
  };
}

/** Loss and gradients by an engine, as plain numbers. */
async function evaluate(
  engine: string,
  module: Module,
  loss: (inputs: Record<string, tf.Tensor>, rng: Rng) => tf.Tensor,
) {
  await selectEngine(engine);
  const parameters = module.trainableVariables();
  const compiled = compile(
    (inputs: Record<string, tf.Tensor>, rng) => {
      const result = valueAndGradients(() => ({ loss: loss(inputs, rng) }), parameters, { allowUnused: true });
      return { loss: result.loss, ...Object.fromEntries(result.gradients.map((gradient, i) => [`g${i}`, gradient])) };
    },
    { name: 'losses', state: [module] },
  );
  const outputs: Record<string, tf.Tensor> = compiled(data(), new Rng('noise'));
  const numbers = Object.entries(outputs).map(([name, tensor]) => [name, tensor.dataSync() as Float32Array] as const);
  compiled.dispose();
  return new Map(numbers);
}

/** Runs with other roundings that show how far rounding carries. */
const PERTURBED_RUNS = 8;

async function compare(module: Module, loss: (inputs: Record<string, tf.Tensor>, rng: Rng) => tf.Tensor) {
  const eager = await evaluate('eager', module, loss);
  const perturbed: Map<string, Float32Array>[] = [];
  const backend = tf.getBackend();
  tf.setBackend(perturbedBackend());
  for (let seed = 0; seed < PERTURBED_RUNS; seed++) {
    seedPerturbations(seed);
    perturbed.push(await evaluate('eager', module, loss));
  }
  tf.setBackend(backend);
  for (const engine of ['onnxruntime-node', 'wasm'])
    compareWith(eager, perturbed, await evaluate(engine, module, loss));
}

/** Where rounding carries further than 1e-5, a gradient may be twice as far from eager code as the farthest of the perturbed runs. */
function compareWith(
  eager: Map<string, Float32Array>,
  perturbed: readonly Map<string, Float32Array>[],
  compiled: Map<string, Float32Array>,
): void {
  const value = eager.get('loss')![0]!;
  expect(Math.abs(compiled.get('loss')![0]! - value)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)));
  const gradients = [...eager].filter(([name]) => name !== 'loss');
  const largest = Math.max(...gradients.flatMap(([, numbers]) => [...numbers].map(Math.abs)));
  expect(largest).toBeGreaterThan(0);
  for (const [name, numbers] of gradients) {
    numbers.forEach((number, i) => {
      const carried = Math.max(...perturbed.map((run) => Math.abs(run.get(name)![i]! - number)));
      const allowed = Math.max(1e-5 * largest, 2 * carried);
      expect(Math.abs(compiled.get(name)![i]! - number), name).toBeLessThanOrEqual(allowed);
    });
  }
}

afterEach(() => selectEngine());

describe('every loss agrees compiled and eager: value to 1e-5, gradients to 1e-5 of the largest entry or as far as rounding carries', () => {
  for (const [lossName, loss] of Object.entries(losses)) {
    test.each(Object.keys(policies))(`${lossName}: %s`, async (name) => {
      const policy = perturb(policies[name]!(), new Rng('weights'), 0.2);
      await compare(policy, (inputs, rng) => loss(policy, inputs, rng));
    });
  }

  test('value regression', async () => {
    const value = perturb(new Mlp({ inputDim: 3, hidden: [16], outputDim: 1, rng: new Rng(0) }), new Rng('weights'));
    await compare(value, ({ observations, returns }) =>
      tf.mean(tf.squaredDifference(tf.squeeze(value.apply(observations!), [1]), returns!)),
    );
  });
});
