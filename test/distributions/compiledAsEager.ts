import type * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { compile } from '../../src/engine/index.ts';
import { Rng } from '../../src/random.ts';

type Tensors = Record<string, tf.Tensor>;

/** A program gives compiled what it gives eagerly, of equal noise; NaN where that is. @param allowed by how much a number may differ */
export function expectCompiledAsEager<I extends Tensors>(
  run: (inputs: I, noise: Rng) => Tensors,
  inputs: I,
  allowed: (value: number) => number,
): void {
  const compiled = compile(run, { name: 'program', state: [] });
  const [eager, graph] = [run(inputs, new Rng(3)), compiled(inputs, new Rng(3))];
  for (const [key, value] of Object.entries(eager)) {
    const other = graph[key]!.dataSync();
    expect(other.length, key).toBe(value.size);
    value.dataSync().forEach((entry, k) => {
      if (Number.isNaN(entry)) expect(other[k], key).toBeNaN();
      else expect(Math.abs(entry - other[k]!), key).toBeLessThan(allowed(entry));
    });
  }
  compiled.dispose();
}
