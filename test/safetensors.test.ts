import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { Mlp, Module, Rng, readSafetensors, saveSafetensors } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

class Mixed extends Module {
  readonly flags = tf.tidy(() => tf.variable(tf.tensor1d([true, false, true]), false));
  readonly count = tf.tidy(() => tf.variable(tf.tensor1d([2 ** 31 - 1, -(2 ** 24) - 1], 'int32'), false));
  readonly odd = tf.tidy(() => tf.variable(tf.tensor2d([[Infinity, -0, 2 ** -149]])));
  readonly one = tf.tidy(() => tf.variable(tf.scalar(1.5)));
}

/** A file of a header and numbers. */
function fileOf(header: unknown, data: ArrayLike<number> = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer);
  return Uint8Array.from([...length, ...json, ...Array.from(data)]);
}

const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer);

describe('variables of a module', () => {
  test('come back to the bit, with integers and bools, by a file and by bytes', () => {
    const [module, other] = [new Mixed(), new Mixed()];
    const path = join(folder, 'mixed.safetensors');
    const bytes = saveSafetensors(module, path, { about: 'a test' });
    expect(() => saveSafetensors(module, folder)).toThrow(`saveSafetensors: cannot write ${folder}: EISDIR`);
    for (const variable of other.variables()) variable.assign(tf.zerosLike(variable));
    for (const source of [path, bytes]) {
      other.loadStateDict(readSafetensors(source));
      expect(other.flags.dataSync()).toEqual(Uint8Array.of(1, 0, 1));
      expect(other.count.dataSync()).toEqual(Int32Array.of(2 ** 31 - 1, -(2 ** 24) - 1));
      expect(other.odd.dataSync()).toEqual(Float32Array.of(Infinity, -0, 2 ** -149));
      expect(other.one.dataSync()).toEqual(Float32Array.of(1.5));
    }
  });

  test('are laid out as the format says: length, JSON, numbers one behind another, larger ones first, from a multiple of 8 on', () => {
    const bytes = saveSafetensors(new Mixed(), undefined, { about: 'a test' });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    expect(header).toEqual({
      __metadata__: { about: 'a test' },
      count: { dtype: 'I32', shape: [2], data_offsets: [0, 8] },
      odd: { dtype: 'F32', shape: [1, 3], data_offsets: [8, 20] },
      one: { dtype: 'F32', shape: [], data_offsets: [20, 24] },
      flags: { dtype: 'BOOL', shape: [3], data_offsets: [24, 27] },
    });
    expect(bytes.length).toBe(8 + length + 27);
    expect([...bytes.subarray(-3)]).toEqual([1, 0, 1]);
  });

  test('of a network go into another of the same form', () => {
    const make = (seed: number) => new Mlp({ inputDim: 3, hidden: [4], outputDim: 2, rng: new Rng(seed) });
    const [network, other] = [make(0), make(1)];
    other.loadStateDict(readSafetensors(saveSafetensors(network)));
    tf.tidy(() => {
      const x = tf.ones([1, 3]);
      expect(other.apply(x).dataSync()).toEqual(network.apply(x).dataSync());
    });
    expect(() =>
      new Mlp({ inputDim: 3, hidden: [5], outputDim: 2, rng: new Rng(1) }).loadStateDict(
        readSafetensors(saveSafetensors(network)),
      ),
    ).toThrow(/^loadStateDict: '[\w.]+' has shape/);
  });
});

test('numbers of every type', () => {
  const read = (dtype: string, data: ArrayBufferView, count: number) =>
    Array.from(
      readSafetensors(fileOf({ x: { dtype, shape: [count], data_offsets: [0, data.byteLength] } }, bytesOf(data))).x!
        .values,
    );
  expect(read('F64', Float64Array.of(0.1, -Infinity), 2)).toEqual([Math.fround(0.1), -Infinity]);
  expect(read('F16', Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x8000, 0xfc00), 5)).toEqual([
    1,
    -2,
    2 ** -24,
    -0,
    -Infinity,
  ]);
  expect(read('BF16', Uint16Array.of(0x3f80, 0xc040), 2)).toEqual([1, -3]);
  expect(read('I64', BigInt64Array.of(-(2n ** 40n)), 1)).toEqual([-(2 ** 40)]);
  expect(read('I16', Int16Array.of(-3), 1)).toEqual([-3]);
  expect(read('I8', Int8Array.of(-128), 1)).toEqual([-128]);
  expect(read('U64', BigUint64Array.of(2n ** 63n), 1)).toEqual([2 ** 63]);
  expect(read('U32', Uint32Array.of(2 ** 32 - 1), 1)).toEqual([2 ** 32 - 1]);
  expect(read('U16', Uint16Array.of(65_535), 1)).toEqual([65_535]);
  expect(read('U8', Uint8Array.of(255), 1)).toEqual([255]);
});

describe('what is no such file is refused in one line', () => {
  const problem = (bytes: Uint8Array): string => {
    try {
      readSafetensors(bytes);
    } catch (error) {
      expect((error as Error).message.split('\n')).toHaveLength(1);
      return (error as Error).message;
    }
    throw new Error('it was read');
  };
  const entry = (offsets: number[], shape: unknown = [1], dtype = 'F32') => ({ dtype, shape, data_offsets: offsets });

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(3), 'readSafetensors is no safetensors file: it has 3 bytes'],
    [
      'a length beyond the file',
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255),
      'a header of 18446744073709551615 bytes in 8',
    ],
    ['no JSON', fileOf('{"x": '), 'is no safetensors file: its header: '],
    ['a list', fileOf([]), 'its header is no object'],
    ['levels without an end', fileOf('['.repeat(5000)), 'JSON nested deeper than 500 levels'],
    ['no entry', fileOf({ x: 3 }), "readSafetensors: 'x': got 3"],
    ['another type', fileOf({ x: entry([0, 4], [1], 'F8') }, [0, 0, 0, 0]), '\'x\': dtype: got "F8"'],
    [
      'another key',
      fileOf({ x: { ...entry([0, 4]), file: '/etc/passwd' } }, [0, 0, 0, 0]),
      "'x': file: unknown option",
    ],
    ['a negative size', fileOf({ x: entry([0, 4], [-1]) }, [0, 0, 0, 0]), "'x': shape.0: got -1"],
    ['sizes beyond numbers', fileOf({ x: entry([0, 4], [2 ** 40, 2 ** 40]) }, [0, 0, 0, 0]), "'x': 4 bytes, expected "],
    ['a gap', fileOf({ x: entry([4, 8]) }, new Uint8Array(8)), "'x': begins at 4, expected 0"],
    ['an overlap', fileOf({ x: entry([0, 4]), y: entry([0, 4]) }, new Uint8Array(4)), "'y': begins at 0, expected 4"],
    [
      'an end before the beginning',
      fileOf({ x: entry([0, 0], [0]), y: entry([0, -4]) }),
      "'y': data_offsets.1: got -4",
    ],
    [
      'numbers that are missing',
      fileOf({ x: entry([0, 8], [2]) }, new Uint8Array(4)),
      '4 bytes of numbers, expected 8',
    ],
    ['numbers too many', fileOf({ x: entry([0, 4]) }, new Uint8Array(5)), '5 bytes of numbers, expected 4'],
    ['metadata that are no texts', fileOf({ __metadata__: { a: 1 } }), 'readSafetensors: __metadata__: a: got 1'],
    [
      'a number beyond float32',
      fileOf({ x: entry([0, 8], [1], 'F64') }, bytesOf(Float64Array.of(1e39))),
      "readSafetensors: 'x': 1e+39 is beyond what float32 holds",
    ],
    [
      'a name that is no UTF-8',
      fileOf({ x: entry([0, 4]) }, new Uint8Array(4)).map((byte, i) => (i === 10 ? 0xff : byte)),
      'is no safetensors file: its header: ',
    ],
  ])('%s', (_, bytes, expected) => {
    expect(problem(bytes)).toContain(expected);
  });

  test('names that objects have otherwise are names', () => {
    const bytes = fileOf(`{"__proto__": ${JSON.stringify(entry([0, 4]))}}`, new Uint8Array(4));
    const state = readSafetensors(bytes);
    expect(Object.keys(state)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).values).toBeUndefined();
  });

  test('files cut anywhere, and with any byte changed, are refused or read', () => {
    const bytes = saveSafetensors(new Mixed());
    for (let i = 0; i < bytes.length; i++) expect(problem(bytes.subarray(0, i))).toMatch(/^readSafetensors/);
    const rng = new Rng('damage');
    let refused = 0;
    for (let i = 0; i < 2000; i++) {
      const copy = bytes.slice();
      copy[rng.integer(0, copy.length)] = rng.integer(0, 256);
      try {
        readSafetensors(copy);
      } catch (error) {
        expect((error as Error).message).toMatch(/^readSafetensors[^\n]*$/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  test('paths', () => {
    expect(() => readSafetensors(join(folder, 'none'))).toThrow(/cannot be read: ENOENT/);
    expect(() => readSafetensors(folder)).toThrow('cannot be read: it is no file');
    writeFileSync(join(folder, 'text'), 'text');
    expect(() => readSafetensors(join(folder, 'text'))).toThrow('is no safetensors file: it has 4 bytes');
  });
});
