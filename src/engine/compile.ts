import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '../module.ts';
import type { Rng } from '../random.ts';
import { guarded } from './guard.ts';
import { Plan } from './plan.ts';
import { currentRuntime } from './runtime/engine.ts';
import type { GraphCost, Runtime } from './runtime/runtime.ts';
import { namedTensors, signatureOf } from './signature.ts';
import { ModuleState } from './state/moduleState.ts';
import { isGradientBeingTaken } from './tfjs.ts';
import { MissingRng, RefusingRng } from './trace/refusingRng.ts';
import { TensorRng } from './trace/tensorRng.ts';
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
  /** What runs the graph of the last call, and what that costs; undefined before a call, and where no graph runs. */
  cost(): GraphCost | undefined;
  /** Frees what the engine holds. */
  dispose(): void;
};

/** How many signatures (names, types and shapes of inputs) a compiled function keeps; the least recently used goes first. */
export const PLAN_LIMIT = 32;

/**
 * A function with the semantics of `fn`, which is traced once for each signature of its inputs and run by an engine; see {@link selectEngine}.
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
  if (typeof fn !== 'function' || typeof options?.name !== 'string') {
    throw new Error('compile: wanted a function and { name, state }');
  }
  const { name } = options;
  const state = new ModuleState(name, options.state);
  const traced = fn as unknown as TracedFunction;
  let variables: readonly tf.Variable[] | undefined;
  let plans: Plan[] = [];
  let runtime: Runtime | undefined;
  let isDisposed = false;

  const disposePlans = (): void => {
    for (const plan of plans) plan.dispose();
    plans = [];
  };

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

  const planFor = (inputs: Inputs<T>): Plan => {
    const at = plans.findIndex((plan) => plan.matches(inputs));
    let plan: Plan;
    if (at >= 0) {
      plan = plans[at]!;
      plans.splice(at, 1);
    } else {
      plan = new Plan(name, traced, signatureOf(name, inputs), variables!, runtime!);
      if (plans.length >= PLAN_LIMIT) plans.pop()!.dispose();
    }
    plans.unshift(plan);
    return plan;
  };

  const call = (inputs: Inputs<T>, rng?: Rng): O => {
    if (isDisposed) throw new Error(`compile('${name}'): called after dispose`);
    // What is assigned while another function is traced is undone with that trace.
    if (currentTrace() !== undefined) return inLine(inputs, rng);
    const current = currentRuntime();
    if (current === undefined || isGradientBeingTaken()) return eagerly(inputs, rng);
    const present = state.variables();
    if (current !== runtime || present !== variables) {
      disposePlans();
      runtime = current;
      variables = present;
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
