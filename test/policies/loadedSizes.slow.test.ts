import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/fingerprint.ts';
import { makePolicy, type Policy, policies, policyFromJson, policyToJson, Rng } from '../../src/index.ts';
import { Module } from '../../src/module.ts';
import { Dense } from '../../src/nn/dense.ts';
import { whileLoading } from '../../src/nn/sizes.ts';
import { perturb } from '../support/perturb.ts';

const box = (size: number, bound: number) => ({
  low: new Array<number>(size).fill(-bound),
  high: new Array<number>(size).fill(bound),
  shape: [size],
});
const all = policies().map(({ name, actions, options }) => {
  const { properties = {} } = options as { properties?: Record<string, { type?: string }> };
  const counts = Object.keys(properties).filter((key) => properties[key]!.type === 'integer');
  return { name, actions, counts };
});

function small({ name, actions }: (typeof all)[number]): Policy {
  const choices = { discrete: { n: 3, start: 0 }, 'multi-discrete': { nvec: [3, 2], start: [0, 1] } };
  const actionSpace = actions === 'box' ? box(2, name.startsWith('circular') ? Math.PI : 1) : choices[actions];
  const task = { observationSpace: box(3, 1), actionSpace, rng: new Rng(1) };
  return perturb(makePolicy(name, { ...task, hidden: [4] }), new Rng('weights'));
}

/** With a gigabyte of numbers, or minutes of orthogonal ones, this would not end. */
test.each(all)('$name: a small file asks for no large policy', (each) => {
  const source = small(each);
  const text = policyToJson(source);
  source.dispose();
  const wide: [string, unknown][] = [
    ['hidden', [1e9]],
    ['hidden', [3000, 3000]],
    ['hidden', new Array<number>(20_000).fill(1)],
  ];
  for (const [key, value] of [
    ...each.counts.flatMap((key): [string, unknown][] => [
      [key, 1e9],
      [key, 3e5],
    ]),
    ...wide,
  ]) {
    const { format, version, sha256: _, ...content } = JSON.parse(text);
    content.policy.options[key] = value;
    const forged = JSON.stringify({ format, version, sha256: fingerprint(content), ...content });
    const before = tf.memory().numTensors;
    expect(() => policyFromJson(forged), `${key}: ${value}`).toThrow(
      /^policyFromJson: the text does not fit the policy '[\w-]+' of this program: [^\n]*$/,
    );
    expect(tf.memory().numTensors).toBe(before);
  }
});

class Partial extends Module {
  readonly stored: Dense;
  readonly #fixed: Dense;

  constructor() {
    super();
    this.stored = new Dense({ inputDim: 2, outputDim: 2, rng: new Rng('stored') });
    this.#fixed = new Dense({ inputDim: 2, outputDim: 2, rng: new Rng('fixed') });
  }

  fixed(): number[] {
    return [...this.#fixed.kernel.dataSync()];
  }
}

test('a layer that is not stored keeps its own values', () => {
  const made = whileLoading({ numbers: 6, variables: 2 }, () => new Partial());
  expect(made.fixed()).toEqual(new Partial().fixed());
  expect(made.fixed()).not.toContain(0);
});
