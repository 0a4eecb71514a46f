import * as tf from '@tensorflow/tfjs-core';
import { clippedSurrogate } from '../agents/common/clippedSurrogate.ts';
import {
  Adam,
  type Compiled,
  compile,
  FlowPolicy,
  GaussianPolicy,
  neuralSplineFlow,
  type Policy,
  Rng,
  realNvp,
  valueAndGradients,
} from '../src/index.ts';

/** Shapes that the twin in `peers/` shares. */
const OBSERVATION = 4;
const ACTION = 2;
const NETWORK = { hidden: [64, 64], activation: 'tanh' } as const;
const FLOW = { dim: ACTION, contextDim: OBSERVATION, layers: 4, ...NETWORK };

export const POLICIES: Record<string, (rng: Rng) => Policy> = {
  gaussian: (rng) =>
    new GaussianPolicy({ observationDim: OBSERVATION, actionDim: ACTION, scale: 'state', ...NETWORK, rng }),
  realnvp: (rng) => new FlowPolicy({ flow: realNvp({ ...FLOW, rng }) }),
  spline: (rng) => new FlowPolicy({ flow: neuralSplineFlow({ ...FLOW, bins: 8, bound: 5, rng }) }),
};

/** Something to time: `run` does it once and gives a number that depends on all of it. */
export interface Subject {
  run(): number;
  /** Nodes and floating-point operations of matrix products of one run, where a graph runs it. */
  cost(): { nodes: number; productFlops: number } | undefined;
  dispose(): void;
}

function subject(compiled: Compiled<never, never>, run: () => number, policy: Policy): Subject {
  return {
    run: () => tf.tidy(run),
    cost: () => compiled.cost(),
    dispose() {
      compiled.dispose();
      policy.dispose();
    },
  };
}

/** One update of PPO's policy loss: log-probabilities, gradients, Adam. */
export function ppoStep(name: string, batch: number): Subject {
  const rng = new Rng('bench');
  const policy = POLICIES[name]!(rng.split('policy'));
  const parameters = policy.trainableVariables();
  const optimizer = new Adam(parameters, { epsilon: 1e-5 });
  const data = rng.split('data');
  const inputs = {
    observations: data.normalTensor([batch, OBSERVATION]),
    latents: data.normalTensor([batch, ACTION]),
    advantages: data.normalTensor([batch]),
    oldLogProb: tf.tidy(() => tf.add(tf.mul(data.normalTensor([batch]), 0.5), -3)),
    clip: 0.2,
    learningRate: 3e-4,
  };
  const step = compile(
    ({ observations, latents, advantages, oldLogProb, clip, learningRate }: Record<keyof typeof inputs, tf.Tensor>) => {
      const { loss, gradients } = valueAndGradients(() => {
        const logProb = policy.given(observations).logProb(latents);
        return { loss: clippedSurrogate({ logProb, oldLogProb, advantages, clip }).policyLoss };
      }, parameters);
      optimizer.update(gradients, learningRate);
      return { loss };
    },
    { name: `bench/ppo-step/${name}`, state: [policy, optimizer] },
  );
  return subject(step as unknown as Compiled<never, never>, () => step(inputs).loss.dataSync()[0]!, policy);
}

/** One batch of sampled actions with their log-probabilities, noise and all. */
export function act(name: string, batch: number): Subject {
  const rng = new Rng('bench');
  const policy = POLICIES[name]!(rng.split('policy'));
  const noise = rng.split('noise');
  const observations = rng.split('data').normalTensor([batch, OBSERVATION]);
  const sample = compile(
    (inputs: { observations: tf.Tensor }, stream) => {
      const { action, logProb } = policy.given(inputs.observations).sampleWithLogProb(stream);
      return { action, logProb };
    },
    { name: `bench/act/${name}`, state: [policy] },
  );
  const run = (): number => {
    const { action, logProb } = sample({ observations }, noise);
    return action.dataSync()[0]! + logProb.dataSync()[0]!;
  };
  return subject(sample as unknown as Compiled<never, never>, run, policy);
}

/** The product of an [m, k] and a [k, n] matrix. */
export function product(m: number, k: number, n: number): { run(): number; flops: number; dispose(): void } {
  const rng = new Rng('product');
  const a = rng.normalTensor([m, k]);
  const b = rng.normalTensor([k, n]);
  const multiply = compile((inputs: { a: tf.Tensor; b: tf.Tensor }) => ({ c: tf.matMul(inputs.a, inputs.b) }), {
    name: 'bench/product',
    state: [],
  });
  return {
    run: () => tf.tidy(() => multiply({ a, b }).c.dataSync()[0]!),
    flops: 2 * m * k * n,
    dispose: () => multiply.dispose(),
  };
}
