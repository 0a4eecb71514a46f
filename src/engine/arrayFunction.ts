import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import { elementCount, newData } from './graph/value.ts';
import type { Plan } from './plan.ts';
import {
  type ArrayInputs,
  type CallInputs,
  type CallSignature,
  type InputSpec,
  namedSignature,
  wrongArray,
} from './signature.ts';

/** The compiled function that a function on arrays is another form of. */
export interface ArrayFunctionOwner {
  readonly name: string;
  /**
   * The plan for a signature; undefined where the function is to run eagerly.
   * @param known the one before
   * @throws if it cannot run now
   */
  planFor(signature: readonly CallSignature[], known: Plan | undefined): Plan | undefined;
  eagerly(inputs: CallInputs, rng?: Rng): Record<string, tf.Tensor>;
}

type Arrays = Record<string, tf.TypedArray>;

/** See `Compiled.onArrays`. */
export function arrayFunction(
  owner: ArrayFunctionOwner,
  specs: Readonly<Record<string, InputSpec>>,
): (inputs: ArrayInputs, rng?: Rng) => Arrays {
  const signature = namedSignature(specs, `compile('${owner.name}').onArrays`).map(
    (input): CallSignature => ({ ...input, isNumber: input.shape.length === 0 && input.dtype === 'float32' }),
  );
  let plan: Plan | undefined;
  let results: Arrays = {};

  const tensorOf = (input: CallSignature, value: ArrayLike<number> | number | undefined): tf.Tensor => {
    const { shape, dtype } = input;
    const values = typeof value === 'number' && shape.length === 0 ? [value] : value;
    if (typeof values !== 'object' || values?.length !== elementCount(shape))
      throw wrongArray(owner.name, input, value);
    // Copied, since a variable may keep it.
    return tf.tensor(newData(dtype, Array.from(values)) as tf.TypedArray, [...shape], dtype);
  };
  const eagerly = (inputs: ArrayInputs, rng?: Rng): Arrays =>
    tf.tidy(() => {
      const tensors = Object.fromEntries(signature.map((input) => [input.name, tensorOf(input, inputs[input.name])]));
      const outputs = Object.entries(owner.eagerly(tensors, rng));
      return Object.fromEntries(outputs.map(([name, tensor]) => [name, tensor.dataSync().slice()]));
    });

  return (inputs, rng) => {
    const current = owner.planFor(signature, plan);
    if (current === undefined) return eagerly(inputs, rng);
    if (current !== plan) {
      plan = current;
      results = plan.newResults();
    }
    plan.runOnArrays(inputs, rng, results);
    return results;
  };
}
