import { currentTrace } from '../engine/trace/traceBackend.ts';

let training: { readonly trace: ReturnType<typeof currentTrace> } | undefined;

/**
 * What `fn` returns; what behaves otherwise in training, `BatchNorm`, does so in it. The mode is part of what is computed, not of a
 * module: a compiled function that trains calls this inside of itself, and one that evaluates does not.
 *
 * @example
 * const step = compile(({ x }) => {
 *   const { loss, gradients } = valueAndGradients(
 *     () => whileTraining(() => ({ loss: tf.neg(tf.mean(flow.given().logProb(x))) })),
 *     parameters,
 *   );
 *   optimizer.update(gradients, 1e-3);
 *   return { loss };
 * }, { name: 'step', state: [flow, optimizer] });
 */
export function whileTraining<T>(fn: () => T): T {
  const before = training;
  training = { trace: currentTrace() };
  try {
    return fn();
  } finally {
    training = before;
  }
}

/**
 * Whether {@link whileTraining} is on.
 * @throws if it is on outside of the function that is being compiled: the graph would keep a mode that later calls are not in
 */
export function isTraining(): boolean {
  if (training === undefined) return false;
  const trace = currentTrace();
  if (trace !== training.trace) {
    throw new Error(`whileTraining: wanted inside of the compiled function '${trace?.name}', got around a call of it`);
  }
  return true;
}
