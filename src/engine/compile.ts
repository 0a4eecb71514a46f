import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '../module.ts';
import type { Rng } from '../random.ts';
import type { GraphCost } from './onnx/lower.ts';
import { Plan } from './plan.ts';
import { currentRuntime } from './runtime/engine.ts';
import type { Runtime } from './runtime/session.ts';
import { stateVariables } from './state/stateVariables.ts';
import { MissingRng } from './trace/refusingRng.ts';
import { isGradientBeingTaken } from './trace/tfjs.ts';
import type { TracedFunction } from './trace/trace.ts';
import { currentTrace } from './trace/traceBackend.ts';

/** The tensors that a function sees, by name. */
export type Tensors = Record<string, tf.Tensor>;
/** What a call passes for them: tensors, or numbers that change from call to call (a learning rate), seen as scalars. */
export type Inputs<T extends Tensors> = { readonly [K in keyof T]: tf.Tensor | number };
export type Outputs = Record<string, tf.Tensor>;

export interface CompileOptions {
  /** Appears in errors and profiles. */
  readonly name: string;
  /** The modules and optimizers whose variables the function reads or assigns. Others are an error. */
  readonly state: readonly Module[];
}

/** The compiled function. Its outputs belong to the caller, who disposes them. */
export type Compiled<T extends Tensors, O extends Outputs> = ((inputs: Inputs<T>, rng?: Rng) => O) & {
  /** What the graph of the last call costs; undefined before a call, and where no graph runs. */
  cost(): GraphCost | undefined;
  /** Frees the sessions and buffers. */
  dispose(): void;
};

/** How many signatures (names, types and shapes of inputs) a compiled function keeps; the least recently used goes first. */
export const PLAN_LIMIT = 32;

/**
 * A function with the semantics of `fn`, which is traced once for each signature of its inputs and run by ONNX Runtime.
 *
 * The function is plain tfjs. It may take gradients and assign to the variables of `state`; it must be repeatable:
 * what changes from call to call is an input, or a draw of its `rng`. Called while another function is traced, or while a
 * gradient is taken, it runs in line, so that both see through it. See docs/engine.md.
 *
 * @throws when called: if the function uses a tensor that is neither an input nor in the state, reads values, uses an operation
 *   that cannot be traced, is not repeatable, or draws with no rng passed
 */
export function compile<T extends Tensors, O extends Outputs>(
  fn: (inputs: T, rng: Rng) => O,
  options: CompileOptions,
): Compiled<T, O> {
  const { name } = options;
  const traced = fn as unknown as TracedFunction;
  let variables: tf.Variable[] | undefined;
  let plans: Plan[] = [];
  let runtime: Runtime | undefined;
  let isDisposed = false;

  const disposePlans = (): void => {
    for (const plan of plans) plan.dispose();
    plans = [];
  };

  const inLine = (inputs: Inputs<T>, rng?: Rng): O =>
    tf.tidy(() => {
      const tensors: Record<string, tf.Tensor> = {};
      for (const [key, value] of Object.entries(inputs)) {
        tensors[key] = typeof value === 'number' ? tf.scalar(value) : value;
      }
      const outputs = traced(tensors, rng ?? new MissingRng(name));
      // An output may be an input or a variable, which the caller must be able to keep when it frees the outputs.
      return Object.fromEntries(Object.entries(outputs).map(([key, tensor]) => [key, tf.clone(tensor)])) as O;
    });

  const planFor = (inputs: Inputs<T>): Plan => {
    const at = plans.findIndex((plan) => plan.matches(inputs));
    let plan: Plan;
    if (at >= 0) {
      plan = plans[at]!;
      plans.splice(at, 1);
    } else {
      variables ??= stateVariables(options.state);
      const checkRepeatable = plans.length === 0;
      plan = new Plan(name, traced, inputs, variables, runtime!, checkRepeatable);
      if (plans.length >= PLAN_LIMIT) plans.pop()!.dispose();
    }
    plans.unshift(plan);
    return plan;
  };

  const call = (inputs: Inputs<T>, rng?: Rng): O => {
    if (isDisposed) throw new Error(`compile('${name}'): called after dispose`);
    if (currentTrace() !== undefined || isGradientBeingTaken()) return inLine(inputs, rng);
    const current = currentRuntime();
    if (current === undefined) return inLine(inputs, rng);
    if (current !== runtime) {
      disposePlans();
      runtime = current;
    }
    const first = plans[0];
    const plan = first?.matches(inputs) ? first : planFor(inputs);
    return plan.run(inputs, rng) as O;
  };
  return Object.assign(call, {
    cost: () => plans[0]?.cost,
    dispose: (): void => {
      disposePlans();
      isDisposed = true;
    },
  });
}
