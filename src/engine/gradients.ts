import * as tf from '@tensorflow/tfjs-core';

/** The sum over the repetitions that a tensor of shape `shape` was tiled to; what tfjs has makes two operations of each. */
function sumOfRepetitions(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
  const apart: number[] = [];
  const axes: number[] = [];
  shape.forEach((size, axis) => {
    if (reps[axis] !== 1) {
      axes.push(apart.length);
      apart.push(reps[axis]!);
    }
    if (reps[axis] === 1 || size !== 1) apart.push(size);
  });
  return tf.reshape(tf.sum(tf.reshape(dy, apart), axes), [...shape]);
}

const GRADIENTS: Readonly<
  Record<string, (dy: tf.Tensor, x: tf.Tensor, attributes: Readonly<Record<string, unknown>>) => tf.Tensor>
> = {
  // Also that of `broadcastTo` and of a `where` that broadcasts, which tile.
  Tile: (dy, x, { reps }) => sumOfRepetitions(dy, x.shape, reps as number[]),
  // tfjs takes 1 − σ(x) for σ(−x), which is lost where σ(x) is near 1.
  Sigmoid: (dy, x) => tf.mul(dy, tf.mul(tf.sigmoid(x), tf.sigmoid(tf.neg(x)))),
  // tfjs adds 1 to the value, which is lost where that is near −1.
  Elu: (dy, x) => tf.mul(dy, tf.exp(tf.minimum(x, 0))),
};

/** Replaces gradients of tfjs that are slow or inexact, eager and compiled. */
export function registerGradients(): void {
  for (const [kernelName, gradient] of Object.entries(GRADIENTS)) {
    tf.registerGradient({
      kernelName,
      inputsToSave: ['x'],
      gradFunc: (dy, [x], attributes) => ({
        x: () => gradient(dy as tf.Tensor, x!, attributes as unknown as Record<string, unknown>),
      }),
    });
  }
}
