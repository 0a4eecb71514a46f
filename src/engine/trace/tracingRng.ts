import type * as tf from '@tensorflow/tfjs-core';
import { RefusingRng } from './refusingRng.ts';

/** One draw of a traced function: from which distribution, and how many numbers. */
export interface Draw {
  readonly kind: 'normal' | 'uniform';
  readonly shape: readonly number[];
}

/**
 * The Rng that a traced function gets: a draw of a tensor becomes a graph input, which each run fills from the caller's Rng.
 * Numbers given to the host would freeze, so they are errors.
 */
export class TracingRng extends RefusingRng {
  readonly draws: Draw[] = [];
  readonly #name: string;
  readonly #newInput: (draw: Draw, index: number) => tf.Tensor;

  constructor(name: string, newInput: (draw: Draw, index: number) => tf.Tensor) {
    super();
    this.#name = name;
    this.#newInput = newInput;
  }

  override normalTensor(shape: number[]): tf.Tensor {
    return this.#draw({ kind: 'normal', shape: [...shape] });
  }

  override uniformTensor(shape: number[]): tf.Tensor {
    return this.#draw({ kind: 'uniform', shape: [...shape] });
  }

  protected override refuse(method: string): never {
    throw new Error(
      `compile('${this.#name}'): rng.${method} gives the host a value, which would be frozen into the compiled function: ` +
        'draw tensors (rng.normalTensor, rng.uniformTensor), or draw outside and pass the result in `inputs`',
    );
  }

  #draw(draw: Draw): tf.Tensor {
    this.draws.push(draw);
    return this.#newInput(draw, this.draws.length - 1);
  }
}
