import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { builtinFlows, type Flow, type FlowDefinition } from '../../src/flows/index.ts';
import { Rng } from '../../src/random.ts';
import { onACircle, onALine } from '../support/densityChecks.ts';

/** Every family of flows, with and without a context. Each goes through flows.test.ts and flows.slow.test.ts. */
export const families: readonly (readonly [string, FlowDefinition])[] = Object.entries(builtinFlows);
export const cases = families.flatMap(([name, definition]) =>
  [0, 2].map((contextDim) => ({
    name,
    definition,
    contextDim,
    dim: 2,
    kind: contextDim === 0 ? 'unconditional' : 'conditional',
  })),
);
export type Case = (typeof cases)[number];
export type Tensors = Record<string, tf.Tensor>;

export const BATCH = 3;
export const NOISE = () => new Rng('noise');

/** Gradients that are those of each log-density by itself, where a family's are right in the mean over data alone. */
const POINTWISE: Readonly<Record<string, object>> = { mlp: { crossingWidth: 0 } };

/** Two layers are the least that go different ways, and fewer units are no other formula. */
const SMALL: Readonly<Record<string, number>> = { layers: 2, units: 4, components: 4 };

/** A flow with few layers and small networks, as before training. */
export function fresh({ name, definition, contextDim, dim }: Case, seed = 'make'): Flow {
  const small = Object.fromEntries(Object.entries(SMALL).filter(([option]) => option in definition.options));
  const sizes = { ...small, dim, contextDim, hidden: [6] };
  return definition.make({ ...POINTWISE[name], ...sizes, rng: new Rng(`${name}/${seed}`) });
}

/** A flow whose trainable variables are moved: most begin as the identity, where wrong code looks right. */
export function moved(entry: Case, std = 0.2): Flow {
  const flow = fresh(entry);
  const rng = new Rng(`${entry.name}/move`);
  tf.tidy(() => {
    for (const variable of flow.trainableVariables()) {
      variable.assign(tf.add(variable, tf.mul(rng.normalTensor(variable.shape), std)));
    }
  });
  return flow;
}

/** Contexts that differ; nothing where there are none. */
export function contexts({ contextDim }: Case, rows: number): { context?: tf.Tensor } {
  return contextDim === 0 ? {} : { context: new Rng('context').normalTensor([rows, contextDim]) };
}

/** Points of the domain: normal numbers, or angles. */
export function points({ dim, definition }: Case, rows: number): tf.Tensor {
  const rng = new Rng('points');
  if (!definition.angles) return rng.normalTensor([rows, dim]);
  return tf.mul(tf.sub(rng.uniformTensor([rows, dim]), 0.5), 6.2);
}

export const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

export function expectNear(got: readonly number[], wanted: readonly number[], tolerance: number, entry?: Case): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((value, i) => {
    const error = Math.abs((entry?.definition.angles ? onACircle : onALine)(value, wanted[i]!));
    expect(error, `${value} against ${wanted[i]}, number ${i}`).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(wanted[i]!)),
    );
  });
}
