import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../../src/index.ts';

/**
 * Tensor draws of another stream in antithetic pairs: the second half of the rows are those of the first with the opposite sign, of
 * uniform numbers with u replaced by 1 − u. For compiled functions too.
 */
export class AntitheticRng extends Rng {
  readonly #stream: Rng;

  constructor(stream: Rng) {
    super('antithetic');
    this.#stream = stream;
  }

  override normalTensor(shape: number[]): tf.Tensor {
    const drawn = this.#stream.normalTensor(halved(shape));
    return tf.concat([drawn, tf.neg(drawn)]);
  }

  override uniformTensor(shape: number[]): tf.Tensor {
    const drawn = this.#stream.uniformTensor(halved(shape));
    return tf.concat([drawn, tf.sub(1, drawn)]);
  }
}

/** @throws if the number of rows is odd */
function halved([rows = 1, ...rest]: number[]): number[] {
  if (rows % 2 !== 0) throw new Error(`AntitheticRng: wanted an even number of rows, got ${rows}`);
  return [rows / 2, ...rest];
}
