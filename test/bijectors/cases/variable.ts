import * as tf from '@tensorflow/tfjs-core';

/** A variable of zeros, which the suite moves. */
export const variable = (shape: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.zeros(shape)));
