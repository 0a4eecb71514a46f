import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { traceToWasm, type WasmProgram } from '../../src/engine/traceToWasm.ts';
import { compile, makePolicy, Rng, selectEngine } from '../../src/index.ts';
import { actingOf } from '../../src/policies/acting.ts';
import { actionOf, actorInputs } from '../../src/policies/actor.ts';

/** What a page does with a program: nothing but WebAssembly. */
function started({ module, pages, data, inputs, outputs, draws }: WasmProgram) {
  const memory = new WebAssembly.Memory({ initial: pages });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory } });
  for (const { address, bytes } of data) new Uint8Array(memory.buffer).set(bytes, address);
  return (given: Record<string, ArrayLike<number>>, rng: Rng) => {
    const at = (place: { address: number; size: number }) => new Float32Array(memory.buffer, place.address, place.size);
    for (const [name, place] of Object.entries(inputs)) at(place).set(given[name]!);
    for (const { kind, size, address } of draws) {
      const target = address === undefined ? new Float32Array(size) : at({ address, size });
      kind === 'normal' ? rng.fillNormal(target) : rng.fillUniform(target);
    }
    (exports.run as () => void)();
    return Object.fromEntries(Object.entries(outputs).map(([name, place]) => [name, [...at(place)]]));
  };
}

const box = (low: number, high: number, size: number) => ({
  low: Array(size).fill(low),
  high: Array(size).fill(high),
  shape: [size],
});

describe('traceToWasm', () => {
  it.each(['gaussian', 'spline', 'mixture', 'flow-matching'])(
    '%s: gives the bits of the compiled function, also at another call',
    async (name) => {
      await selectEngine('wasm');
      const spaces = { observationSpace: box(-3, 3, 3), actionSpace: box(-1, 1, 2) };
      const policy = makePolicy(name, { ...spaces, hidden: [16], rng: new Rng(name) });
      const fn = (inputs: { observations: tf.Tensor }, rng: Rng) => ({
        action: actionOf(policy, inputs, actingOf('test', {}), rng).action,
      });
      const run = started(traceToWasm(fn, actorInputs(policy, 1), { name: 'actor', state: [policy] }));
      const compiled = compile(fn, { name: 'actor', state: [policy] });
      const [first, second] = [new Rng('noise'), new Rng('noise')];
      for (const observations of [
        [0.5, -1, 2],
        [3, 0, -0.25],
      ]) {
        const expected = tf.tidy(() => [
          ...compiled({ observations: tf.tensor2d([observations]) }, first).action.dataSync(),
        ]);
        expect(run({ observations }, second).action).toEqual(expected);
      }
      policy.dispose();
    },
  );

  it('refuses what is no float32, and what assigns to a variable', () => {
    const spec = { x: { shape: [2] } };
    type X = { x: tf.Tensor };
    expect(() => traceToWasm(({ x }: X) => ({ most: tf.argMax(x) }), spec, { name: 'most', state: [] })).toThrow(
      /^traceToWasm\('most'\): 'most' is int32, expected float32$/,
    );
    const policy = makePolicy('gaussian', {
      observationSpace: box(-1, 1, 2),
      actionSpace: box(-1, 1, 1),
      rng: new Rng(0),
    });
    const [first] = policy.trainableVariables();
    const counts = ({ x }: X) => {
      first!.assign(tf.add(first!, 1));
      return { y: tf.add(x, 1) };
    };
    expect(() => traceToWasm(counts, spec, { name: 'counts', state: [policy] })).toThrow(
      /^traceToWasm\('counts'\): the function assigns to a variable, which a model cannot$/,
    );
    policy.dispose();
  });
});
