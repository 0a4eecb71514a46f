import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { smallestK } from '../../../agents/core/critics.ts';
import { autoRuntime, flopsPerOperation } from '../../../src/engine/runtime/autoRuntime.ts';
import { costOf, type Program, type Runtime } from '../../../src/engine/runtime/runtime.ts';
import { namedSignature } from '../../../src/engine/signature.ts';
import { Recording } from '../../../src/engine/trace/trace.ts';

const BATCH = 64;

/** A layer of so many neurons, and how many numbers of each row of its results are less than the others, if pairs are compared. */
function layer({ width, pairs }: { width: number; pairs: boolean }): Program {
  const inputs = { x: { shape: [BATCH, width] }, weight: { shape: [width, width] } };
  const fn = ({ x, weight }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const y = tf.relu(tf.matMul(x!, weight!));
    return { y: pairs ? smallestK(y, 3) : y };
  };
  return new Recording('layer', fn, namedSignature(inputs), [], []).program;
}

/** The name of the runtime that a program is given to. */
function chosen(program: Program): string {
  const names: string[] = [];
  const runtime = (name: string): Runtime => ({ name, load: () => void names.push(name) }) as unknown as Runtime;
  autoRuntime(runtime('small'), runtime('large')).load(program);
  return names.join();
}

test('small products are small operations, large ones are not', () => {
  expect(chosen(layer({ width: 8, pairs: false }))).toBe('small');
  expect(chosen(layer({ width: 128, pairs: false }))).toBe('large');
});

test('what compares all pairs of a row is work for one that fuses operations', () => {
  expect(chosen(layer({ width: 128, pairs: true }))).toBe('small');
});

test('as many operations on no more elements than the product has are counted one by one', () => {
  // Pairs of three numbers are three times the result, which is not many more.
  const few = layer({ width: 3, pairs: true });
  expect((2 * BATCH * 3 * 3) / flopsPerOperation(few)).toBeCloseTo(costOf(few.outputs).nodes, 9);
  const many = flopsPerOperation(layer({ width: 128, pairs: true }));
  expect((2 * BATCH * 128 * 128) / many).toBeGreaterThan((3 * BATCH * 128 * 128) / 1000);
});
