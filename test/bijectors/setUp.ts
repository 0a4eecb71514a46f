import * as tf from '@tensorflow/tfjs-core';
import { type Bijector, type Direction, sumLogDet, type WithLogDet } from '../../src/bijectors/index.ts';
import { Rng } from '../../src/random.ts';
import type { Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';
import type { BijectorCase } from './cases/bijectorCase.ts';

/** Rows of an input. */
export const BATCH = 3;

/** A bijector with its variables moved, a context, inputs, and the float64 map of each row. */
export function setUp(entry: BijectorCase, batch = BATCH) {
  const rng = new Rng(entry.name);
  const { contextDim = 0, domain: [low, high] = [-2, 2], spread = 0.3 } = entry;
  const module = perturb(entry.make(rng.split('make')), rng.split('perturb'), spread);
  const contexts = rows(rng.split('context').fillNormal(new Float32Array(batch * contextDim)), contextDim, batch);
  const draw = rng.split('x');
  const inputs = rows(
    Float32Array.from({ length: batch * entry.dim }, () => draw.uniform(low, high)),
    entry.dim,
    batch,
  );
  const context = contextDim > 0 ? tf.tensor2d(contexts) : undefined;
  const variables: Variables = Object.fromEntries(
    Object.entries(module.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
  );
  return {
    module,
    context,
    bijector: module.given(context),
    x: tf.tensor2d(inputs),
    inputs,
    contexts,
    variables,
    maps: contexts.map((row) => entry.oracle(variables, row)),
  };
}

/** The sizes of the last axis of what a direction takes and gives. */
export function dims({ dim, outputDim = dim }: BijectorCase, direction: Direction): [input: number, output: number] {
  return direction === 'forward' ? [dim, outputDim] : [outputDim, dim];
}

function rows(values: Float32Array, width: number, count: number): number[][] {
  return Array.from({ length: count }, (_, i) => Array.from(values.subarray(i * width, (i + 1) * width)));
}

export function apply(bijector: Bijector, direction: Direction, input: tf.Tensor): WithLogDet {
  return direction === 'forward' ? bijector.forwardAndLogDet(input) : bijector.inverseAndLogDet(input);
}

/** Value and log-determinant as numbers, the latter summed over each row. */
export function numbers(bijector: Bijector, direction: Direction, input: tf.Tensor) {
  const [value, logDet] = apply(bijector, direction, input);
  return {
    value: value.arraySync() as number[][],
    logDet: sumLogDet(logDet, bijector.eventNdims, 1).arraySync() as number[],
  };
}
