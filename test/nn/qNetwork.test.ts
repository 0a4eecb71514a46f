import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { QNetwork } from '../../src/nn/index.ts';
import { Rng } from '../../src/random.ts';
import { qNetwork } from '../oracle/qNetwork.ts';
import { perturb } from '../support/perturb.ts';

const cases: [string, { dueling: boolean; hidden: number[]; outputs?: number }][] = [
  ['plain', { dueling: false, hidden: [5, 4] }],
  ['dueling', { dueling: true, hidden: [5, 4] }],
  ['dueling, three layers, several numbers', { dueling: true, hidden: [6, 5, 4], outputs: 3 }],
  ['dueling, one layer', { dueling: true, hidden: [5], outputs: 2 }],
  ['dueling, linear', { dueling: true, hidden: [] }],
];

describe.each(cases)('QNetwork, %s', (_, { dueling, hidden, outputs = 1 }) => {
  const sizes = { inputDim: 3, actions: 4, activation: 'relu', outputScale: 1 } as const;
  const network = perturb(new QNetwork({ ...sizes, dueling, hidden, outputs, rng: new Rng(1) }), new Rng(2));
  const variables = Object.fromEntries(
    Object.entries(network.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
  );
  const x = [
    [0.3, -1, 2],
    [-0.7, 0.2, -0.4],
  ];

  test('gives the numbers of the float64 network', () => {
    const got = network.apply(tf.tensor2d(x)).arraySync() as number[][][];
    expect(got.map((rows) => [rows.length, rows[0]!.length])).toEqual([
      [4, outputs],
      [4, outputs],
    ]);
    x.forEach((row, b) => {
      qNetwork(variables, row, outputs).forEach((numbers, k) => {
        numbers.forEach((wanted, i) => expect(got[b]![k]![i]).toBeCloseTo(wanted, 4));
      });
    });
  });

  test('the mean over actions is the value of the state where there are two streams', () => {
    const mean = tf.mean(network.apply(tf.tensor2d(x)), 1).dataSync();
    const advantages = network.advantages;
    for (const variable of advantages.trainableVariables()) variable.assign(tf.mul(variable, 2));
    const after = tf.mean(network.apply(tf.tensor2d(x)), 1).dataSync();
    const isSame = [...mean].every((value, i) => Math.abs(value - after[i]!) < 1e-4);
    expect(isSame).toBe(dueling);
  });
});
