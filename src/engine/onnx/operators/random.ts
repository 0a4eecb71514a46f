import * as tf from '@tensorflow/tfjs-core';
import { typeOf } from '../read.ts';
import type { Operator, OperatorCall, Operators } from './operator.ts';

/** The shape of an input, or that of the attribute. */
function wantedShape(call: OperatorCall): number[] {
  const shape = call.optional(0)?.shape ?? call.ints('shape') ?? [];
  call.budget.claim(shape);
  return [...shape];
}

const normal: Operator = (call) => {
  const noise = call.rng.normalTensor(wantedShape(call));
  return tf.add(tf.mul(noise, call.number('scale', 1)), call.number('mean', 0));
};

const uniform: Operator = (call) => {
  const noise = call.rng.uniformTensor(wantedShape(call));
  const low = call.number('low', 0);
  return tf.add(tf.mul(noise, call.number('high', 1) - low), low);
};

const bernoulli: Operator = (call) => {
  const p = call.input(0);
  const drawn = tf.less(call.rng.uniformTensor([...p.shape]), p);
  return tf.cast(drawn, call.has('dtype') ? typeOf(call.needed('dtype')).dtype : p.dtype);
};

/** Choices by log-probabilities, each the greatest of them with Gumbel noise. */
const multinomial: Operator = (call) => {
  const x = call.input(0);
  const [rows, choices] = x.shape;
  if (x.rank !== 2) throw new Error(`[${x.shape}], expected rows of log-probabilities`);
  const count = call.number('sample_size', 1);
  const shape = [rows!, count, choices!];
  call.budget.claim(shape);
  const noise = tf.neg(tf.log(tf.neg(tf.log(call.rng.uniformTensor(shape)))));
  return tf.argMax(tf.add(tf.expandDims(x, 1), noise), 2);
};

/** Draws, which come from the rng of the run: a seed of the file plays no part. */
export const RANDOM: Operators = {
  RandomNormal: normal,
  RandomNormalLike: normal,
  RandomUniform: uniform,
  RandomUniformLike: uniform,
  Bernoulli: bernoulli,
  Multinomial: multinomial,
};
