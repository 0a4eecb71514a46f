import * as tf from '@tensorflow/tfjs-core';

/** tfjs-cpu makes of empty tensors one whose values are no typed array, so that slicing it fails: here they are one. */
export function registerEmptyConcat(): void {
  const kernel = tf.getKernel('Concat', 'cpu');
  const { kernelFunc } = kernel;
  tf.unregisterKernel('Concat', 'cpu');
  tf.registerKernel({
    ...kernel,
    kernelFunc: (args) => {
      const parts = args.inputs as unknown as tf.Tensor[];
      const shapes = parts.map(({ shape }) => shape);
      if (shapes.some((shape) => tf.util.sizeFromShape(shape) > 0)) return kernelFunc(args);
      const { dtype } = parts[0]!;
      const [axis] = tf.util.parseAxisParam(args.attrs!.axis as number, shapes[0]!);
      const shape = tf.backend_util.computeOutShape(shapes, axis!);
      const backend = args.backend as tf.KernelBackend & {
        write(values: tf.TypedArray, shape: number[], dtype: tf.DataType): object;
      };
      return {
        dataId: backend.write(tf.util.getTypedArrayFromDType(dtype as 'float32', 0), shape, dtype),
        shape,
        dtype,
      };
    },
  });
}
