import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { traceToOnnx } from '../../src/engine/traceToOnnx.ts';

type Tensors = Record<string, tf.Tensor>;

/** A function without state as ONNX Runtime runs its exported model, on inputs of the shapes and types of `example`. */
export async function exported(
  fn: (inputs: Tensors) => Tensors,
  example: Readonly<Tensors>,
): Promise<(inputs: Readonly<Tensors>) => Promise<Tensors>> {
  // In a model no input is called as an output is.
  const names = Object.keys(example);
  const specs = names.map((name) => [`given.${name}`, { shape: example[name]!.shape, dtype: example[name]!.dtype }]);
  const { model } = traceToOnnx(
    (given: Tensors) => fn(Object.fromEntries(names.map((name) => [name, given[`given.${name}`]!]))),
    Object.fromEntries(specs),
    { name: 'exported', state: [] },
  );
  // Errors come as exceptions.
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  return async (inputs) => {
    const feeds = Object.entries(inputs).map(([name, x]) => [
      `given.${name}`,
      new ort.Tensor(x.dtype as 'float32', x.dataSync<'float32'>(), x.shape),
    ]);
    const results = Object.entries(await session.run(Object.fromEntries(feeds)));
    return Object.fromEntries(
      results.map(([name, { data, dims, type }]) => [
        name,
        tf.tensor(data as Float32Array, [...dims], type as tf.DataType),
      ]),
    );
  };
}
