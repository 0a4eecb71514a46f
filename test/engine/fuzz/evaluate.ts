import * as tf from '@tensorflow/tfjs-core';
import { Choices, Unfit } from './choices.ts';
import { OPERATIONS } from './operations.ts';
import { type Call, Literal, type Mistake, type Program, tensorOf } from './program.ts';
import { type Unroll, unroll } from './unroll.ts';

/** A step: the call, and what it gave. */
export interface Done {
  readonly call: Call;
  results: readonly tf.Tensor[];
}

interface Evaluation {
  /** What no later step uses. */
  readonly outputs: readonly tf.Tensor[];
  /** The inputs, by place, on which the outputs depend. */
  readonly sources: ReadonlySet<number>;
}

/** The tensors among the arguments of a call. */
export function tensorsIn(value: unknown): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  if (value instanceof Literal || typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(tensorsIn);
}

function withoutLiterals(value: unknown): unknown {
  if (value instanceof Literal) return value.tensor();
  if (value instanceof tf.Tensor || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutLiterals);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutLiterals(item)]));
}

/** How many tensors and numbers are among the arguments. */
function placesIn(value: unknown): number {
  if (value instanceof tf.Tensor || typeof value === 'number') return 1;
  // Only indices: what is sorted stays so.
  if (value instanceof Literal) return value.dtype === 'int32' ? value.values.length : 0;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((count: number, item) => count + placesIn(item), 0);
}

/** The arguments with a mistake among them. */
function mistaken(args: readonly unknown[], { place, by }: Mistake, pool: readonly tf.Tensor[]): readonly unknown[] {
  let left = place % Math.max(1, placesIn(args));
  const isHere = (): boolean => left-- === 0;
  const changed = (value: unknown): unknown => {
    if (value instanceof tf.Tensor) return isHere() ? pool[(by + pool.length) % pool.length] : value;
    if (typeof value === 'number') return isHere() ? value + by : value;
    if (value instanceof Literal && value.dtype === 'int32')
      return new Literal(value.values.map(changed) as number[], value.shape, value.dtype);
    if (typeof value !== 'object' || value === null || value instanceof Literal) return value;
    if (Array.isArray(value)) return value.map(changed);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changed(item)]));
  };
  return changed(args) as unknown[];
}

function perform({ fn, args }: Call): tf.Tensor[] {
  if (fn === 'assign') {
    const [variable, value] = args as [tf.Variable, tf.Tensor];
    variable.assign(value);
    return [];
  }
  if (fn === 'unroll') return unroll(withoutLiterals(args[0]) as Unroll);
  const found = fn.split('.').reduce((at: unknown, key) => (at as Record<string, unknown>)[key], tf);
  const result = (found as (...args: unknown[]) => tf.TensorContainer)(...(withoutLiterals(args) as unknown[]));
  return Object.values(result instanceof tf.Tensor ? [result] : (result as object)) as tf.Tensor[];
}

/**
 * Does the steps of a program one after the other.
 * @param done gets each call, before it is done, and then what it gave
 */
export function evaluate(
  { steps, takesGradient }: Program,
  inputs: readonly tf.Tensor[],
  done: Done[] = [],
): Evaluation {
  const pool = [...inputs];
  const sourcesOf = new Map<tf.Tensor, ReadonlySet<number>>(inputs.map((tensor, i) => [tensor, new Set([i])]));
  const used = new Set<tf.Tensor>(inputs);
  for (const { operation, picks, mistake } of steps) {
    if (takesGradient && operation === 'assign') continue;
    let call: Call;
    try {
      call = OPERATIONS[operation]!(new Choices(picks, pool));
    } catch (error) {
      if (error instanceof Unfit) continue;
      throw error;
    }
    if (mistake !== undefined && operation !== 'assign') {
      call = { ...call, args: mistaken(call.args, mistake, pool) };
    }
    const operands = tensorsIn(call.args);
    const entry: Done = { call, results: [] };
    done.push(entry);
    const results = perform(call);
    entry.results = results;
    const sources = new Set(operands.flatMap((tensor) => [...sourcesOf.get(tensor)!]));
    for (const tensor of operands) used.add(tensor);
    for (const tensor of results) {
      sourcesOf.set(tensor, sources);
      pool.push(tensor);
    }
  }
  const outputs = pool.filter((tensor) => !used.has(tensor));
  return { outputs, sources: new Set(outputs.flatMap((tensor) => [...sourcesOf.get(tensor)!])) };
}

/** A weighted sum of the float outputs. */
function weightedSum(outputs: readonly tf.Tensor[]): tf.Scalar | undefined {
  const terms = outputs
    .filter(({ dtype }) => dtype === 'float32')
    .map((output, i) => {
      const weights = Array.from({ length: output.size }, (_, k) => Math.cos(1 + k + 3 * i));
      return tf.sum(tf.mul(output, tf.tensor(weights, output.shape)));
    });
  return terms.length === 0 ? undefined : (tf.addN(terms) as tf.Scalar);
}

/** All that a program computes, by name: its outputs, and the gradients by the float inputs that they depend on. */
export function resultsOf(program: Program, inputs: readonly tf.Tensor[]): Record<string, tf.Tensor> {
  const { outputs, sources } = evaluate(program, inputs);
  const results: Record<string, tf.Tensor> = {};
  outputs.forEach((output, i) => {
    results[`output${i}`] = output;
  });
  const places = [...sources].filter((i) => inputs[i]!.dtype === 'float32' && !(inputs[i] instanceof tf.Variable));
  if (!program.takesGradient || places.length === 0) return results;
  if (!outputs.some(({ dtype }) => dtype === 'float32')) return results;
  const loss = (...xs: tf.Tensor[]): tf.Scalar => {
    const given = inputs.map((input, i) => (places.includes(i) ? xs[places.indexOf(i)]! : input));
    return weightedSum(evaluate(program, given).outputs)!;
  };
  tf.grads(loss)(places.map((i) => inputs[i]!)).forEach((gradient, i) => {
    results[`gradient${places[i]}`] = gradient;
  });
  return results;
}

/** The inputs of a program and its calls, each tensor by its type and shape, as text. */
export function callsOf(program: Program): string {
  const done: Done[] = [];
  const argument = (_: string, value: unknown): unknown => {
    if (value instanceof tf.Tensor) return `${value.dtype} [${value.shape}]`;
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  };
  tf.tidy(() => {
    try {
      evaluate(program, program.inputs.map(tensorOf), done);
    } catch {
      // The last call is refused.
    }
  });
  const calls = done.map(({ call, results }) => JSON.stringify([call.fn, call.args, '→', results], argument));
  return [JSON.stringify(program.inputs, argument), ...calls].join('\n');
}
