import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.ts';
import { graphFromOnnx } from '../../../src/engine/graphFromOnnx.ts';
import { Rng } from '../../../src/random.ts';
import { ONNX_FILES } from '../../support/damagedOnnx.ts';
import { expectNear, type Numbers, numbersOf } from '../../support/onnxModel.ts';

type Stored = Readonly<Record<string, Numbers & { readonly dtype: 'float32' | 'int32' | 'bool' }>>;
interface Golden {
  readonly runs: readonly { readonly inputs: Stored; readonly outputs: Stored }[];
}

const tensorsOf = (stored: Stored) =>
  Object.fromEntries(
    Object.entries(stored).map(([name, { shape, data, dtype }]) => [name, tf.tensor([...data], [...shape], dtype)]),
  );

const names = readdirSync(ONNX_FILES).filter((name) => name.endsWith('.onnx'));

test.each(names)('%s gives what ONNX Runtime gives, eagerly and compiled', (name) => {
  const graph = graphFromOnnx(join(ONNX_FILES, name));
  const { runs } = JSON.parse(readFileSync(join(ONNX_FILES, name.replace(/onnx$/, 'json')), 'utf8')) as Golden;
  const compiled = compile((inputs: Record<string, tf.Tensor>, rng) => graph.run(inputs, rng), {
    name,
    state: [graph],
  });
  for (const { inputs, outputs } of runs) {
    tf.tidy(() => {
      for (const got of [graph.run(tensorsOf(inputs)), compiled(tensorsOf(inputs), new Rng(0))]) {
        expect(Object.keys(got)).toEqual(Object.keys(outputs));
        // Within 1e-5, as float32 sums of some hundred numbers in another order are.
        for (const [key, { shape, data }] of Object.entries(outputs))
          expectNear(numbersOf(got[key]!), data, shape, 1e-5);
      }
    });
  }
  compiled.dispose();
  graph.dispose();
});
