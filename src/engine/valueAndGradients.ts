import './backend.ts';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The loss, whatever else the function returns, and ∂loss/∂v for each variable.
 *
 * What `tf.variableGrads` does, with two differences: other tensors that the function returns survive (tfjs frees them), and
 * a variable that the loss does not depend on is an error unless `allowUnused`, for which its gradient is zero.
 *
 * @param fn returns `{ loss, ...others }`; `loss` must be a scalar
 * @param variables the variables to differentiate by; gradients come in their order
 * @throws if there are no variables, the loss is no scalar, or it does not depend on one of the variables
 */
export function valueAndGradients<T extends { loss: tf.Tensor }>(
  fn: () => T,
  variables: readonly tf.Variable[],
  { allowUnused = false } = {},
): T & { gradients: tf.Tensor[] } {
  if (variables.length === 0) throw new Error('valueAndGradients: got none, expected at least one variable');
  let kept: Record<string, tf.Tensor> = {};
  const forward = (): tf.Tensor => {
    const { loss, ...others } = fn();
    if (loss.rank !== 0) throw new Error(`valueAndGradients: got shape [${loss.shape}], expected a scalar loss`);
    kept = Object.fromEntries(
      Object.entries(others).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor as tf.Tensor))]),
    );
    return loss;
  };
  const { value, grads } = orDisposed(
    () => tf.engine().gradients(forward, [...variables], undefined, true),
    () => kept,
  );
  const others = Object.fromEntries(
    Object.entries(kept).map(([name, tensor]) => {
      const owned = tf.clone(tensor);
      tensor.dispose();
      return [name, owned];
    }),
  );
  const gradients = variables.map((variable, i) => {
    const gradient = grads[i] as tf.Tensor | undefined;
    if (gradient !== undefined) return gradient;
    if (allowUnused) return tf.zerosLike(variable);
    throw new Error(
      `valueAndGradients: the loss does not depend on the variable '${variable.name}' [${variable.shape}]`,
    );
  });
  return { ...(others as object), loss: value, gradients } as unknown as T & { gradients: tf.Tensor[] };
}

/** What `body` gives; if it throws, `held` is freed. */
function orDisposed<T>(body: () => T, held: () => Record<string, tf.Tensor>): T {
  try {
    return body();
  } catch (error) {
    tf.dispose(held());
    throw error;
  }
}
