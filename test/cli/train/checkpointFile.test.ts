import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../cli/experiment/errors.ts';
import { readCheckpoint, writeCheckpoint } from '../../../cli/train/checkpointFile.ts';
import { temporaryFolder } from '../fixture/files.ts';

const folder = temporaryFolder('checkpoint');
const path = join(folder, 'checkpoint');

const state = {
  agent: 'Sac',
  counters: { step: 12, none: null, text: 'κ', on: true, list: [1, [2.5]], missing: undefined },
  odd: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 0.1 + 0.2],
  looksLikeATag: [
    { $array: 0 },
    { $number: 'NaN' },
    { $object: { $array: 1 } },
    { $undefined: 1 },
    { $array: 1, b: 2 },
  ],
  arrays: {
    a: Float32Array.of(1.5, Number.NaN, -0),
    b: Float64Array.of(Math.PI),
    c: Int32Array.of(-7, 2 ** 31 - 1),
    d: new Uint8Array(3),
    empty: new Float32Array(0),
    part: new Float32Array([9, 8, 7, 6]).subarray(1, 3),
  },
};

describe('a checkpoint file', () => {
  it('gives the state back, to the bit', () => {
    writeCheckpoint(path, state);
    expect(readCheckpoint(path)).toStrictEqual(state);
    expect(readdirSync(folder).filter((name) => name.startsWith('checkpoint'))).toEqual(['checkpoint']);
  });

  it('gives any plain state back', () => {
    const keys = fc.oneof(fc.string(), fc.constantFrom('$array', '$number', '$object', '$undefined'));
    const leaf = fc.oneof(
      fc.double(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.constant(undefined),
      fc.float32Array({ maxLength: 5 }),
      fc.int32Array({ maxLength: 5 }),
      fc.uint8Array({ maxLength: 5 }),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        writeCheckpoint(path, value);
        expect(readCheckpoint(path)).toStrictEqual(value);
      }),
      { numRuns: 60 },
    );
  });

  it('is refused in one line wherever it is cut or one bit of it is another', () => {
    writeCheckpoint(path, state);
    const whole = readFileSync(path);
    const broken = join(folder, 'broken');
    const refused = (content: Uint8Array, message: RegExp) => {
      writeFileSync(broken, content);
      let error: unknown;
      try {
        readCheckpoint(broken);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain('\n');
    };
    for (let length = 0; length < whole.length; length += length < 30 ? 1 : 11) {
      refused(whole.subarray(0, length), /broken (is damaged or was edited|is no checkpoint of oxbow)/);
    }
    for (let at = 0; at < whole.length; at += at < 30 ? 1 : 11) {
      const edited = Buffer.from(whole);
      edited[at]! ^= 1 << (at % 8);
      refused(
        edited,
        /broken (is damaged or was edited: |is no checkpoint of oxbow|has version \d+ of the format, this)/,
      );
    }
    refused(Buffer.concat([whole, Buffer.of(0)]), /its checksum does not fit/);
  });

  it('that is a folder is refused by its name', () => {
    const path = temporaryFolder('checkpoint');
    expect(() => readCheckpoint(path)).toThrow(new InputError(`${path} is no checkpoint of oxbow`));
    rmSync(path, { recursive: true });
  });

  it('with a forged header is refused, in one line', () => {
    const forge = (header: string) => {
      const prefix = Buffer.alloc(16);
      prefix.write('OXBOWCKP', 'latin1');
      prefix.writeUInt32LE(1, 8);
      prefix.writeUInt32LE(header.length, 12);
      const content = Buffer.concat([prefix, Buffer.from(header)]);
      writeFileSync(path, Buffer.concat([content, createHash('sha256').update(content).digest()]));
      return () => readCheckpoint(path);
    };
    expect(forge('{"layout":[],"state":7}')()).toBe(7);
    for (const [header, problem] of [
      ['['.repeat(100_000), 'its header cannot be read'],
      ['{"layout":[["float32",1e15]],"state":7}', 'it ends after'],
      ['{"layout":[["float32",-1]],"state":7}', 'its header cannot be read'],
      ['{"layout":7,"state":7}', 'its header cannot be read'],
      ['{"layout":[["evil",1]],"state":7}', 'its header cannot be read'],
      ['{"layout":[],"state":{"$number":"evil"}}', 'no number is "evil"'],
      ['{"layout":[],"state":{"$array":0}}', 'there is no array 0'],
      ['{"layout":[],"state":{"$array":"length"}}', 'there is no array "length"'],
      ['{"layout":[],"state":{"$object":null}}', 'no object is null'],
    ] as const) {
      expect(forge(header), header.slice(0, 50)).toThrow(new RegExp(`damaged or was edited: ${problem}[^\\n]*$`));
    }
  });

  it('of nothing is undefined', () => {
    expect(readCheckpoint(join(folder, 'none'))).toBeUndefined();
  });

  it.each([[new Map()], [new Date(0)], [() => 1], [1n], [new BigInt64Array(1)]])('holds no %o', (value) => {
    writeCheckpoint(path, 'before');
    expect(() => writeCheckpoint(path, { value })).toThrow(/a state holds no/);
    expect(readCheckpoint(path)).toBe('before');
  });
});
