import type * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../random.ts';

/** An Rng that gives nothing: each method throws what {@link refuse} says. */
export abstract class RefusingRng extends Rng {
  constructor() {
    super('refusing');
  }

  protected abstract refuse(method: string): never;
}

for (const method of Object.getOwnPropertyNames(Rng.prototype)) {
  if (method === 'constructor') continue;
  Object.defineProperty(RefusingRng.prototype, method, {
    value(this: RefusingRng): never {
      return (this as unknown as { refuse(method: string): never }).refuse(method);
    },
  });
}

/** Stands in for an Rng that the caller has not passed. */
export class MissingRng extends RefusingRng {
  readonly #name: string;

  constructor(name: string) {
    super();
    this.#name = name;
  }

  protected override refuse(method: string): never {
    throw new Error(missingRngMessage(this.#name, method));
  }
}

export function missingRngMessage(name: string, method: string): string {
  return `compile('${name}'): the function draws random numbers (rng.${method}), but no rng was passed: call it with (inputs, rng)`;
}

/** One draw of a compiled function: from which distribution, and how many numbers. */
export interface Draw {
  readonly kind: 'normal' | 'uniform';
  readonly shape: readonly number[];
}

/** The Rng that a compiled function gets, which draws tensors only: numbers given to the host would freeze, so they are errors. */
export class TensorRng extends RefusingRng {
  readonly #name: string;
  readonly #draw: (draw: Draw) => tf.Tensor;

  /** @param name the compiled function's, for errors */
  constructor(name: string, draw: (draw: Draw) => tf.Tensor) {
    super();
    this.#name = name;
    this.#draw = draw;
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
}
