import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { traceToWasm, type WasmProgram } from '../../src/engine/traceToWasm.ts';
import { compile, makePolicy, policies, Rng, selectEngine } from '../../src/index.ts';
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

const BOX = box(-1, 1, 2);
/** Action spaces of the policies that have no box, and options without which some are not made. */
const OTHERS: Readonly<Record<string, object>> = {
  categorical: { actionSpace: { n: 3, start: 0 } },
  'q-network': { actionSpace: { n: 3, start: 0 } },
  'quantile-network': { actionSpace: { n: 3, start: 0 } },
  'circular-spline': { actionSpace: box(-Math.PI, Math.PI, 2) },
  'circular-autoregressive-spline': { actionSpace: box(-Math.PI, Math.PI, 2) },
  'multi-categorical': { actionSpace: { nvec: [2, 3], start: [0, 0] } },
  'gaussian with a memory': { memory: 'gru' },
  'spline of chunks': { chunk: 3 },
};
const NAMES = [...policies().map(({ name }) => name), ...Object.keys(OTHERS).filter((name) => name.includes(' '))]
  // It needs another policy.
  .filter((name) => name !== 'steered');

describe('traceToWasm', () => {
  it.each(NAMES.flatMap((name) => (['sample', 'mode'] as const).map((rule) => [name, rule] as const)))(
    '%s, by %s: gives the bits of the compiled function, call after call',
    async (name, rule) => {
      await selectEngine('wasm');
      const options = { observationSpace: box(-3, 3, 3), actionSpace: BOX, ...OTHERS[name] };
      const policy = makePolicy<string>(name.split(' ')[0]!, { ...options, rng: new Rng(name) });
      const acting = actingOf('test', { acting: { rule } });
      const fn = (inputs: { [name: string]: tf.Tensor; observations: tf.Tensor }, rng: Rng) => {
        const { action, state } = actionOf(policy, inputs, acting, rng);
        return { action, ...(state && { nextState: state }) };
      };
      const run = started(traceToWasm(fn, actorInputs(policy, 1), { name: 'actor', state: [policy] }));
      const compiled = compile(fn, { name: 'actor', state: [policy] }).onArrays(actorInputs(policy, 1) as never);
      const [first, second] = [new Rng('noise'), new Rng('noise')];
      let state: number[] = Array(policy.stateDim).fill(0);
      for (const observations of [
        [0.5, -1, 2],
        [3, 0, -0.25],
        [0, 0, 0],
      ]) {
        const given = { observations, ...(state.length > 0 && { state }) };
        const expected = Object.entries(compiled(given as never, first)).map(([key, values]) => [
          key,
          [...(values as Float32Array)],
        ]);
        const made = run(given, second);
        expect(made).toEqual(Object.fromEntries(expected));
        state = made.nextState ?? state;
      }
      policy.dispose();
    },
  );

  it('keeps constants of other types: bools as masks, integers in 32 bits', () => {
    const mask = tf.tensor1d([1, 0, 1], 'bool');
    const order = tf.tensor1d([2, 0, 1], 'int32');
    const fn = ({ x }: { x: tf.Tensor }) => ({ y: tf.where(mask, tf.gather(x, order), tf.mul(x, 10)) });
    const run = started(traceToWasm(fn, { x: { shape: [3] } }, { name: 'constants', state: [mask, order] }));
    expect(run({ x: [1, 2, 3] }, new Rng(0)).y).toEqual([3, 20, 2]);
  });

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
