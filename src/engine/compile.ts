/// <reference lib="esnext.disposable" preserve="true" />
import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import { elementCount, newData } from './graph/value.ts';
import { ModuleState, type StateItem } from './moduleState.ts';
import { type Plan, Plans } from './plan.ts';
import { currentRuntime } from './runtime/engine.ts';
import type { GraphCost, Profile } from './runtime/runtime.ts';
import {
  type ArrayInputs,
  type CallInputs,
  type CallSignature,
  type InputSpec,
  namedSignature,
  namedTensors,
  signatureOf,
  wrongArray,
} from './signature.ts';
import { isGradientBeingTaken } from './tfjs.ts';
import { MissingRng, RefusingRng, TensorRng } from './trace/tensorRng.ts';
import { guarded, type TracedFunction } from './trace/trace.ts';
import { currentTrace } from './trace/traceBackend.ts';

/** The tensors that a function sees, by name. */
export type Tensors = Record<string, tf.Tensor>;
/** What a call passes for them: tensors, or numbers that change from call to call (a learning rate), seen as scalars. */
export type Inputs<T extends Tensors> = { readonly [K in keyof T]: tf.Tensor | number };
/** What a compiled function returns: tensors by name. */
export type Outputs = Record<string, tf.Tensor>;

/** Options of {@link compile}. */
export interface CompileOptions {
  /** Appears in errors and profiles. */
  readonly name: string;
  /**
   * All whose variables the function reads or assigns, or whose tensors it reads, which are constants: modules, optimizers, distributions,
   * plain variables and tensors, models and layers of tfjs-layers, arrays of these. The use of another tensor is an error.
   */
  readonly state: readonly StateItem[];
}

/** A compiled function on arrays: of the inputs' elements row by row, a number for a scalar, to those of the outputs. */
export type ArrayFunction<T extends Tensors, O extends Outputs> = (
  inputs: { readonly [K in keyof T]: ArrayLike<number> | number },
  rng?: Rng,
) => { readonly [K in keyof O]: tf.TypedArray };

/** The compiled function. Its outputs belong to the caller, who disposes them. */
export type Compiled<T extends Tensors, O extends Outputs> = ((inputs: Inputs<T>, rng?: Rng) => O) & {
  /**
   * The same function without tensors, for inputs of fixed shapes: where a call costs more than what it computes, as one action for
   * one observation. The arrays that it returns are used again by its next call. It cannot be called inside another compiled function.
   *
   * @param specs the inputs' shapes and types; arrays of another element type are converted
   */
  onArrays(specs: { readonly [K in keyof T]: InputSpec }): ArrayFunction<T, O>;
  /** What runs the graph of the last call, and what that costs; undefined before a call, and where no graph runs. */
  cost(): GraphCost | undefined;
  /**
   * What is slow: the time of each kernel for such inputs, by many calls of it, and what it moves through memory. Nothing changes, as
   * if the function had not been called. `console.log(String(profile))` shows a table.
   *
   * @throws on the engine `eager`, which has no kernels; and as a call does
   */
  profile(inputs: Inputs<T>, rng?: Rng): Profile;
  /** Frees what the engine holds. */
  dispose(): void;
  /** `dispose()`, at the end of the block that says `using fn = compile(…)`. */
  [Symbol.dispose](): void;
};

/**
 * A function with the semantics of `fn`, which is traced once for each signature of its inputs and run by an engine; see {@link selectEngine}.
 *
 * The function is plain tfjs. It may take gradients and assign to the variables of `state`; it must be repeatable:
 * what changes from call to call is an input, or a draw of its `rng`. A variable of a closure that changes between the first two calls
 * is an error; one that changes later is not seen. Called while another function is traced, or while a
 * gradient is taken, it runs in line, so that both see through it. See docs/engine.md.
 *
 * @throws when called: if shapes, axes or types do not fit, the function uses a tensor that is neither an input nor in the state, reads values, uses an operation
 *   that cannot be traced, is not repeatable, or draws with no rng passed
 */
export function compile<T extends Tensors, O extends Outputs>(
  fn: (inputs: T, rng: Rng) => O,
  options: CompileOptions,
): Compiled<T, O> {
  if (typeof fn !== 'function' || typeof options?.name !== 'string') {
    throw new Error('compile: expected a function and { name, state }');
  }
  const { name } = options;
  const state = new ModuleState(name, options.state);
  const traced = fn as unknown as TracedFunction;
  const plans = new Plans(name, traced, state);
  let isDisposed = false;

  /** Runs the function on tensors. What it gets and what it returns are tensors of their own, so that none is another one. */
  const inLine = (inputs: Inputs<T>, rng?: Rng): O =>
    tf.tidy(() => {
      const tensors = Object.fromEntries(
        signatureOf(name, inputs).map(({ name: key }) => {
          const value = inputs[key]!;
          return [key, typeof value === 'number' ? tf.scalar(value) : tf.clone(value)];
        }),
      );
      const draws =
        rng === undefined
          ? new MissingRng(name)
          : new TensorRng(name, ({ kind, shape }) => rng[`${kind}Tensor`]([...shape]));
      const outputs = namedTensors(name, traced(tensors, draws));
      return Object.fromEntries(outputs.map(([key, tensor]) => [key, tf.clone(tensor)])) as O;
    });

  /** Runs the function in plain tfjs; if it throws, the variables and the rng are as they were. */
  const eagerly = (inputs: Inputs<T>, rng?: Rng): O =>
    tf.tidy(() => {
      const before = state.variables().map((variable) => ({ variable, value: tf.clone(variable) }));
      // Inside another function the rng is that one's, which restores it.
      const position = rng instanceof RefusingRng ? undefined : rng?.state();
      try {
        return guarded(name, () => inLine(inputs, rng));
      } catch (error) {
        for (const { variable, value } of before) if (variable.dataId !== value.dataId) variable.assign(value);
        if (position !== undefined) rng!.restore(position);
        throw error;
      }
    });

  /** Readies the plans; false where the function is to run eagerly. */
  const isPlanned = (): boolean => {
    const runtime = currentRuntime();
    if (runtime === undefined || isGradientBeingTaken()) return false;
    plans.renew(runtime);
    return true;
  };

  const checkNotDisposed = (): void => {
    if (isDisposed) throw new Error(`compile('${name}'): called after dispose`);
  };

  const call = (inputs: Inputs<T>, rng?: Rng): O => {
    checkNotDisposed();
    // What is assigned while another function is traced is undone with that trace.
    if (currentTrace() !== undefined) return inLine(inputs, rng);
    return (isPlanned() ? plans.forInputs(inputs).run(inputs, rng) : eagerly(inputs, rng)) as O;
  };

  const owner: ArrayFunctionOwner = {
    name,
    eagerly: eagerly as ArrayFunctionOwner['eagerly'],
    planFor(signature, known) {
      checkNotDisposed();
      if (currentTrace() !== undefined) {
        throw new Error(
          `compile('${name}'): called on arrays inside another compiled function, which would freeze them: call it on tensors`,
        );
      }
      return isPlanned() ? plans.forSignature(signature, known) : undefined;
    },
  };

  const dispose = (): void => {
    plans.dispose();
    isDisposed = true;
  };
  return Object.assign(call, {
    onArrays: (specs: Readonly<Record<string, InputSpec>>) => arrayFunction(owner, specs) as ArrayFunction<T, O>,
    cost: () => plans.last?.cost,
    profile(inputs: Inputs<T>, rng?: Rng) {
      checkNotDisposed();
      if (!isPlanned()) throw new Error(`compile('${name}').profile: it runs eagerly, and has no kernels`);
      return plans.forInputs(inputs).profile(inputs, rng);
    },
    dispose,
    [Symbol.dispose]: dispose,
  });
}

/** The compiled function that a function on arrays is another form of. */
interface ArrayFunctionOwner {
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
function arrayFunction(
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
