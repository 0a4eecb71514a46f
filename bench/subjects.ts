import * as tf from '@tensorflow/tfjs-core';
import { clippedSurrogate } from '../agents/core/policyGradient.ts';
import {
  Adam,
  autoregressiveSplineFlow,
  compile,
  FlowPolicy,
  GaussianPolicy,
  maf,
  neuralSplineFlow,
  type Policy,
  Rng,
  realNvp,
  valueAndGradients,
} from '../src/index.ts';
import type { Run } from './timing.ts';

/** What a row is made from, on both sides: a policy's variables in their order, and the batch. */
export interface PeerInputs {
  readonly parameters: readonly (readonly number[])[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** Shapes that the twins in `peers/` share, in `serve.py`. */
const OBSERVATION = 4;
const ACTION = 2;
const NETWORK = { hidden: [64, 64], activation: 'tanh' } as const;
const FLOW = { dim: ACTION, contextDim: OBSERVATION, layers: 4, ...NETWORK };

export const POLICIES: Record<string, (rng: Rng) => Policy> = {
  gaussian: (rng) =>
    new GaussianPolicy({ observationDim: OBSERVATION, actionDim: ACTION, scale: 'state', ...NETWORK, rng }),
  realnvp: (rng) => new FlowPolicy({ flow: realNvp({ ...FLOW, rng }) }),
  spline: (rng) => new FlowPolicy({ flow: neuralSplineFlow({ ...FLOW, bins: 8, bound: 5, rng }) }),
  maf: (rng) => new FlowPolicy({ flow: maf({ ...FLOW, rng }) }),
  'autoregressive-spline': (rng) =>
    new FlowPolicy({ flow: autoregressiveSplineFlow({ ...FLOW, bins: 8, bound: 5, rng }) }),
};

export interface SubjectOptions {
  /** In plain tfjs by its active backend, from tensors that are there; false: compiled, from arrays, as agents do it. */
  readonly isPlain?: boolean;
}

export type Shown = Readonly<Record<string, readonly number[]>>;

/** Something to time: `run` does it once and gives a number that depends on all of it. */
export interface Subject {
  readonly run: Run;
  /** What a peer makes the same from. */
  readonly inputs: PeerInputs;
  /** What a peer shows: the losses of the next eight steps, or a batch of actions, with their log-probabilities if they have them. */
  show(): Shown | Promise<Shown>;
  /** How far a peer's first results are from ours. To be called before the first run. */
  difference(shown: Shown): number | Promise<number>;
  /** Nodes and floating-point operations of matrix products of one run, where a graph runs it. */
  cost(): { engine: string; nodes: number; productFlops: number } | undefined;
  dispose(): void;
}

/** A policy whose variables are moved a little, so that no network starts at zero. */
function makePolicy(name: string, rng: Rng): Policy {
  const policy = POLICIES[name]!(rng.split('policy'));
  const moves = rng.split('moves');
  for (const variable of policy.variables()) {
    tf.tidy(() => variable.assign(tf.add(variable, tf.mul(moves.normalTensor(variable.shape), 0.1))));
  }
  return policy;
}

function peerInputs(policy: Policy, data: Readonly<Record<string, tf.Tensor>>): PeerInputs {
  return {
    parameters: policy.variables().map((variable) => [...variable.dataSync()]),
    data: Object.fromEntries(Object.entries(data).map(([name, tensor]) => [name, tensor.arraySync()])),
  };
}

/** One update of PPO's policy loss: log-probabilities, gradients, Adam. */
export function ppoStep(name: string, batch: number, { isPlain = false }: SubjectOptions = {}): Subject {
  const rng = new Rng('bench');
  const policy = makePolicy(name, rng);
  const parameters = policy.trainableVariables();
  const optimizer = new Adam(parameters, { epsilon: 1e-5 });
  const stream = rng.split('data');
  const data = {
    observations: stream.normalTensor([batch, OBSERVATION]),
    latents: stream.normalTensor([batch, ACTION]),
    advantages: stream.normalTensor([batch]),
    oldLogProb: tf.tidy(() => tf.add(tf.mul(stream.normalTensor([batch]), 0.5), -3)),
  };
  const values = {
    observations: data.observations.dataSync(),
    latents: data.latents.dataSync(),
    advantages: data.advantages.dataSync(),
    oldLogProb: data.oldLogProb.dataSync(),
  };
  const settings = { clip: 0.2, learningRate: 3e-4 };
  const inputs = { ...values, ...settings };
  const update = (tensors: Record<keyof typeof inputs, tf.Tensor>) => {
    const { observations, latents, advantages, oldLogProb, clip, learningRate } = tensors;
    const { loss, gradients } = valueAndGradients(() => {
      const logProb = policy.given(observations).logProb(latents);
      return { loss: clippedSurrogate({ logProb, oldLogProb, advantages, clip }).policyLoss };
    }, parameters);
    optimizer.update(gradients, learningRate);
    return { loss };
  };
  const step = compile(update, { name: `bench/ppo-step/${name}`, state: [policy, optimizer] });
  const onArrays = step.onArrays({
    observations: { shape: [batch, OBSERVATION] },
    latents: { shape: [batch, ACTION] },
    advantages: { shape: [batch] },
    oldLogProb: { shape: [batch] },
    clip: { shape: [] },
    learningRate: { shape: [] },
  });
  const tensors = { ...data, clip: tf.scalar(settings.clip), learningRate: tf.scalar(settings.learningRate) };
  const run = isPlain ? () => tf.tidy(() => update(tensors).loss.dataSync()[0]!) : () => onArrays(inputs).loss[0]!;
  return {
    run,
    inputs: peerInputs(policy, data),
    show: () => ({ losses: Array.from({ length: 8 }, run) }),
    difference: ({ losses }) => Math.max(...losses!.map((loss) => Math.abs(loss - run()))),
    cost: step.cost,
    dispose() {
      step.dispose();
      optimizer.dispose();
      policy.dispose();
      tf.dispose(tensors);
    },
  };
}

/** One batch of sampled actions with their log-probabilities, noise and all; to arrays. */
export function act(name: string, batch: number, { isPlain = false }: SubjectOptions = {}): Subject {
  const rng = new Rng('bench');
  const policy = makePolicy(name, rng);
  const noise = rng.split('noise');
  const observations = rng.split('data').normalTensor([batch, OBSERVATION]);
  const values = observations.dataSync() as Float32Array;
  const draw = (inputs: { observations: tf.Tensor }, stream: Rng) => {
    const { action, logProb } = policy.given(inputs.observations).sampleWithLogProb(stream);
    return { action, logProb };
  };
  const sample = compile(draw, { name: `bench/act/${name}`, state: [policy] });
  const onArrays = sample.onArrays({ observations: { shape: [batch, OBSERVATION] } });
  const arrays = isPlain
    ? () =>
        tf.tidy(() => {
          const { action, logProb } = draw({ observations }, noise);
          return { action: action.dataSync(), logProb: logProb.dataSync() };
        })
    : () => onArrays({ observations: values }, noise);
  return {
    run() {
      const { action, logProb } = arrays();
      return action[0]! + logProb[0]!;
    },
    show() {
      const { action, logProb } = arrays();
      return { action: [...action], logProb: [...logProb] };
    },
    inputs: peerInputs(policy, { observations }),
    // Draws differ from framework to framework; the density of what was drawn does not. The mean, as in a loss: where a spline is
    // steep, going back from an action costs digits.
    difference: ({ action, logProb }) =>
      tf.tidy(() => {
        const own = policy.given(observations).logProb(tf.tensor2d([...action!], [batch, ACTION]));
        return tf.mean(tf.abs(tf.sub(own, tf.tensor1d([...logProb!])))).dataSync()[0]!;
      }),
    cost: sample.cost,
    dispose() {
      sample.dispose();
      policy.dispose();
      observations.dispose();
    },
  };
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
