import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { Box } from '../../envs/index.ts';
import {
  fingerprint,
  GaussianPolicy,
  loadPolicy,
  makePolicy,
  type Policy,
  type PolicyName,
  policyFromJson,
  policyToJson,
  Rng,
  savePolicy,
} from '../../src/index.ts';
import { perturb } from '../support/perturb.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-policies-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'policy.json');

const task = {
  observationSpace: new Box({ low: [-Infinity, 0, 0.1], high: Infinity, shape: [3] }),
  actionSpace: new Box({ low: -Math.PI, high: Math.PI, shape: [2] }),
};
const trained = (name: PolicyName, options: object = {}): Policy =>
  perturb(makePolicy(name as string, { ...task, rng: new Rng(1), hidden: [6], ...options }), new Rng('weights'));
const message = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  return 'no error';
};

describe.each<[PolicyName, object]>([
  ['gaussian', { scale: 'state', squash: 'tanh' }],
  ['spline', { layers: 2, bins: 4, bound: 3 }],
])('%s', (name, options) => {
  test.each(['file', 'text'])('comes back from a %s: the same config, variables and samples to the bit', (kind) => {
    const source = trained(name, options);
    const said = { env: 'Lake-v0', drownRate: 0.25, list: [1, null, { deep: 'ä' }] };
    if (kind === 'file') savePolicy(file, source, said);
    const { policy, about } = kind === 'file' ? loadPolicy(file) : policyFromJson(policyToJson(source, said));
    expect(about).toEqual(said);
    expect(policy.config).toEqual(source.config);
    expect(policy.constructor).toBe(source.constructor);
    const [states, expected] = [policy, source].map((each) => each.stateDict());
    expect(Object.keys(states!)).toEqual(Object.keys(expected!));
    for (const [path, { values }] of Object.entries(expected!)) expect([...states![path]!.values]).toEqual([...values]);
    const draw = (each: Policy) =>
      each
        .given(new Rng(2).normalTensor([4, 3]))
        .sampleWithLogProb(new Rng(3))
        .action.dataSync();
    expect([...draw(policy)]).toEqual([...draw(source)]);
  });
});

test('variables keep every bit: infinities, −0 and the smallest numbers', () => {
  const values = [Infinity, -Infinity, -0, 2 ** -149, Math.fround(0.1)];
  const source = makePolicy('gaussian', { ...task, rng: new Rng(0), hidden: [2] }) as GaussianPolicy;
  source.network.layers[0]!.kernel.assign(tf.tensor2d([...values, 1], [3, 2]));
  const { policy } = policyFromJson(policyToJson(source));
  const loaded = (policy as GaussianPolicy).network.layers[0]!.kernel.dataSync<'float32'>();
  values.forEach((value, i) => expect(loaded[i]).toBe(value));
});

test('the layout of the text and the order of its keys may change', () => {
  const source = trained('spline');
  const reversed = (value: unknown): unknown =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, inner]) => [key, reversed(inner)]),
        );
  const { policy } = policyFromJson(JSON.stringify(reversed(JSON.parse(policyToJson(source, { a: 1, b: 2 })))));
  expect(policy.parameterCount()).toBe(source.parameterCount());
});

test('a large policy is a file of 5⅓ bytes a parameter and a little', () => {
  const source = trained('gaussian', { hidden: [200, 200] });
  savePolicy(file, source);
  expect(readFileSync(file).length).toBeLessThan(5.4 * source.parameterCount() + 2000);
});

describe('what cannot be loaded says why, in one line', () => {
  const text = policyToJson(trained('spline'), { score: 1 });
  const load = (content: string): string => {
    writeFileSync(file, content);
    const before = tf.memory().numTensors;
    const said = message(() => loadPolicy(file));
    expect(tf.memory().numTensors).toBe(before);
    expect(said.startsWith(`loadPolicy: ${file}`)).toBe(true);
    expect(message(() => policyFromJson(content))).toBe(
      said.replace(`loadPolicy: ${file}`, 'policyFromJson: the text'),
    );
    return said;
  };
  /** The text with one value changed and its checksum made to fit, as a program that writes such files might. */
  const forged = (change: (json: ReturnType<typeof JSON.parse>) => void): string => {
    const json = JSON.parse(text);
    change(json);
    expect(load(JSON.stringify(json))).toMatch(/checksum does not fit/);
    const { format, version, sha256: _, ...content } = json;
    return JSON.stringify({ format, version, sha256: fingerprint(content), ...content });
  };

  test('a file that is not there', () => {
    expect(message(() => loadPolicy(join(folder, 'none.json')))).toMatch(
      /^loadPolicy: cannot read .*none.json: ENOENT/,
    );
  });

  test('no saved policy', () => {
    expect(load('hello')).toMatch(/is no saved policy, or a part of one/);
    expect(load(text.slice(0, -20))).toMatch(/is no saved policy, or a part of one/);
    for (const other of ['{}', '[]', 'null', '7', '{"format": "other"}'])
      expect(load(other)).toMatch(/is no saved policy: it lacks "format": "oxbow-policy"/);
  });

  test('another version', () => {
    expect(load(text.replace('"version": 1', '"version": 2'))).toMatch(
      /has version 2 of the format, this oxbow reads version 1/,
    );
  });

  test.each<[string, (json: ReturnType<typeof JSON.parse>) => void]>([
    ['a weight', ({ variables }) => Object.assign(Object.values(variables)[0] as object, { float32: 'AAAA' })],
    ['a setting', ({ policy }) => Object.assign(policy.options, { bins: 9 })],
    ['what was said', ({ about }) => Object.assign(about, { score: 2 })],
    ['a key more', (json) => Object.assign(json, { more: 1 })],
  ])('damaged: %s', (_, change) => {
    const json = JSON.parse(text);
    change(json);
    expect(load(JSON.stringify(json))).toMatch(/is damaged: its checksum does not fit/);
  });

  test('a policy that is not registered', () => {
    expect(load(forged(({ policy }) => Object.assign(policy, { name: 'elsewhere' })))).toMatch(
      /holds a policy 'elsewhere', which is unknown here: call registerPolicy\('elsewhere', …\) first/,
    );
  });

  type Json = ReturnType<typeof JSON.parse>;
  const first = (json: Json) => Object.values(json.variables)[0] as object;
  test.each<[(json: Json) => object, RegExp]>([
    [({ policy }) => Object.assign(policy.options, { hidden: [7] }), /does not fit the policy 'spline'.*has shape/],
    [({ policy }) => Object.assign(policy.options, { hidden: [6, 6] }), /has shape \[6,\d+\]/],
    [({ policy }) => Object.assign(policy.options, { knots: 4 }), /knots: unknown option/],
    [({ policy }) => Object.assign(policy.actionSpace, { low: [1] }), /got 1 low/],
    [(json) => Object.assign(json, { variables: [] }), /variables: got \[\], expected/],
    [({ policy }) => Object.assign(policy.actionSpace, { low: ['a', 0] }), /actionSpace/],
    [(json) => Object.assign(first(json), { float32: '?' }), /float32 is no base64/],
    [(json) => Object.assign(first(json), { float32: 'AAA=' }), /2 bytes.*multiple of 4/],
  ])('another architecture, or content of another form: %s', (change, said) => {
    expect(load(forged(change))).toMatch(said);
  });
});

test('what cannot be saved says what to do, and writes nothing', () => {
  const own = new GaussianPolicy({ observationDim: 3, actionDim: 2, rng: new Rng(0) });
  expect(message(() => savePolicy(join(folder, 'own.json'), own))).toMatch(
    /savePolicy: a GaussianPolicy that makePolicy did not make .*registerPolicy.*stateDict/,
  );
  // As torch.save has them.
  expect(message(() => savePolicy(own as never, 'own.json' as never))).toBe(
    'savePolicy: got string, expected a policy',
  );
  expect(message(() => policyToJson(undefined as never))).toBe('policyToJson: got undefined, expected a policy');
  const policy = trained('gaussian');
  for (const bad of [Number.NaN, undefined, new Date(0), () => 1]) {
    expect(message(() => savePolicy(join(folder, 'own.json'), policy, { deep: { bad } }))).toMatch(
      /savePolicy: about\.deep.* is no JSON value/,
    );
  }
  const missing = () => savePolicy(join(folder, 'none', 'own.json'), policy);
  expect(message(missing)).toMatch(/cannot write .*own.json: ENOENT/);
  // A caller asks for the code of a full disk.
  expect(missing).toThrow(
    expect.objectContaining({ code: 'ENOENT', cause: expect.objectContaining({ code: 'ENOENT' }) }),
  );
  expect(readdirSync(folder).filter((name) => name !== 'policy.json')).toEqual([]);
});
