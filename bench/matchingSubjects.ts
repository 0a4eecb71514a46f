import * as tf from '@tensorflow/tfjs-core';
import { Adam, compile, FlowMatchingPolicy, Rng, sampleAction, valueAndGradients } from '../src/index.ts';
import type { Subject, SubjectOptions } from './subjects.ts';

/** A Hopper's: observations of 11 numbers, actions of 3 in [−1, 1]. */
const OBSERVATION = 11;
const ACTION = 3;
const LEARNING_RATE = 3e-4;

/** Widths of the field's two hidden layers. */
export const MATCHING_WIDTHS = [64, 256];

/** A policy of the default steps, five by the midpoint, and what both rows are made from. */
function parts(width: number, batch: number) {
  const rng = new Rng('bench');
  const policy = new FlowMatchingPolicy({
    observationDim: OBSERVATION,
    actionSpace: { low: Array(ACTION).fill(-1), high: Array(ACTION).fill(1), shape: [ACTION] },
    hidden: [width, width],
    rng: rng.split('policy'),
  });
  const stream = rng.split('data');
  const observations = stream.normalTensor([batch, OBSERVATION]);
  const noise = stream.normalTensor([batch, ACTION]);
  return { policy, observations, noise, stream, draws: rng.split('draws') };
}

const flat = (policy: FlowMatchingPolicy) => policy.variables().map((variable) => [...variable.dataSync()]);

/** One update of flow matching: draws of noise and time, loss, gradients, Adam. */
export function matchingStep(width: number, batch: number, { isPlain = false }: SubjectOptions = {}): Subject {
  const { policy, observations, noise, stream, draws } = parts(width, batch);
  const parameters = policy.trainableVariables();
  const optimizer = new Adam(parameters);
  const data = {
    observations,
    actions: tf.tidy(() => tf.mul(stream.normalTensor([batch, ACTION]), 0.3)),
    noise,
    times: stream.uniformTensor([batch, 1]),
  };
  const arrays = { observations: observations.dataSync(), actions: data.actions.dataSync() };
  const improve = (lossOf: () => tf.Tensor) => {
    const { loss, gradients } = valueAndGradients(() => ({ loss: lossOf() }), parameters);
    optimizer.update(gradients, LEARNING_RATE);
    return { loss };
  };
  const update = ({ observations, actions }: Record<'observations' | 'actions', tf.Tensor>, rng: Rng) =>
    improve(() => policy.matchingLoss(observations, actions, rng));
  // The bounds are ±1: actions are latent values.
  const updateBy = ({ observations, actions, ...given }: Record<keyof typeof data, tf.Tensor>) =>
    improve(() => tf.mean(policy.matchingLosses(observations, actions, given)));
  const state = [policy, optimizer];
  const step = compile(update, { name: 'bench/matching-step', state });
  const stepBy = compile(updateBy, { name: 'bench/matching-step-by', state });
  const onArrays = step.onArrays({
    observations: { shape: [batch, OBSERVATION] },
    actions: { shape: [batch, ACTION] },
  });
  const losses = () =>
    Array.from({ length: 8 }, () => tf.tidy(() => (isPlain ? updateBy : stepBy)(data).loss.dataSync()[0]!));
  return {
    run: isPlain
      ? () => tf.tidy(() => update(data, draws).loss.dataSync()[0]!)
      : () => onArrays(arrays, draws).loss[0]!,
    inputs: {
      parameters: flat(policy),
      data: Object.fromEntries(Object.entries(data).map(([name, tensor]) => [name, tensor.arraySync()])),
    },
    show: () => ({ losses: losses() }),
    difference: ({ losses: theirs }) => largestDifference(losses(), theirs!),
    cost: step.cost,
    dispose() {
      step.dispose();
      stepBy.dispose();
      optimizer.dispose();
      policy.dispose();
      tf.dispose(data);
    },
  };
}

/** One batch of sampled actions, noise and all: ten evaluations of the field; to arrays. */
export function matchingAct(width: number, batch: number, { isPlain = false }: SubjectOptions = {}): Subject {
  const { policy, observations, noise, draws } = parts(width, batch);
  const values = observations.dataSync() as Float32Array;
  const draw = (inputs: { observations: tf.Tensor }, rng: Rng) => ({
    action: sampleAction(policy.given(inputs.observations), rng).action,
  });
  const sample = compile(draw, { name: 'bench/matching-act', state: [policy] });
  const onArrays = sample.onArrays({ observations: { shape: [batch, OBSERVATION] } });
  const actions = () =>
    tf.tidy(() => [...policy.given(observations).squash(policy.carried(observations, noise)).dataSync()]);
  return {
    run: isPlain
      ? () => tf.tidy(() => draw({ observations }, draws).action.dataSync()[0]!)
      : () => onArrays({ observations: values }, draws).action[0]!,
    inputs: {
      parameters: flat(policy),
      data: { observations: observations.arraySync(), noise: noise.arraySync() },
    },
    show: () => ({ action: actions() }),
    difference: ({ action }) => largestDifference(actions(), action!),
    cost: sample.cost,
    dispose() {
      sample.dispose();
      policy.dispose();
      tf.dispose([observations, noise]);
    },
  };
}

/** Infinite where one has more numbers than the other. */
export function largestDifference(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  return Math.max(...ours.map((value, i) => Math.abs(value - theirs[i]!)));
}
