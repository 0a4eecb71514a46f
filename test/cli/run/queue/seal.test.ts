import { createHmac } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { type Kind, Seal } from '../../../../cli/run/queue/queuedJob.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const seal = new Seal(KEY);
const unsigned = new Seal(undefined);
const forged = /^has a signature that does not fit: it is forged, or OXBOW_QUEUE_KEY is another there$/;

describe('a seal', () => {
  it('is HMAC-SHA-256 of the protocol, the kind, the id and the content, before the content', () => {
    const sealed = seal.seal('result', 'an id', 'some: content');
    const mac = createHmac('sha256', KEY).update('["oxbow queue 2","result","an id"]some: content').digest('hex');
    expect(sealed.toString()).toBe(`${mac}:some: content`);
    expect(seal.open('result', 'an id', sealed).toString()).toBe('some: content');
    expect(unsigned.seal('result', 'an id', 'x').toString()).toBe('unsigned:x');
    expect(unsigned.open('result', 'another', Buffer.from('unsigned:x')).toString()).toBe('x');
  });

  it('takes any bytes, none among them', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const content of [bytes, new Uint8Array(0)]) {
      for (const one of [seal, unsigned]) {
        expect(new Uint8Array(one.open('checkpoint', 'i', one.seal('checkpoint', 'i', content)))).toEqual(content);
      }
    }
  });

  it('does not open what was sealed for another job or as another kind, by another key, or has one bit changed', () => {
    const sealed = seal.seal('result', 'a', 'content');
    expect(() => seal.open('result', 'b', sealed)).toThrow(forged);
    for (const kind of ['job', 'progress', 'checkpoint', 'failure', 'refusal', 'cancel'] satisfies Kind[]) {
      expect(() => seal.open(kind, 'a', sealed)).toThrow(forged);
    }
    expect(() => new Seal(`${KEY}0`).open('result', 'a', sealed)).toThrow(forged);
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => seal.open('result', 'a', changed)).toThrow(/^(has a signature that does not fit|is no message of)/);
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => seal.open('result', 'a', sealed.subarray(0, length))).toThrow();
    }
  });

  it('tells ids and contents apart wherever they meet', () => {
    const of = (id: string, content: string) => seal.seal('job', id, content).toString().slice(0, 64);
    const pairs = [
      ['a', '"]b'],
      ['a"]', 'b'],
      ['a\u0000', 'b'],
      ['a', '\u0000b'],
      ['', 'ab'],
      ['ab', ''],
    ] as const;
    expect(new Set(pairs.map(([id, content]) => of(id, content))).size).toBe(pairs.length);
  });

  it('says where one side has a key and the other none', () => {
    expect(() => seal.open('job', 'a', unsigned.seal('job', 'a', 'x'))).toThrow(
      /^is not signed, but OXBOW_QUEUE_KEY is set here$/,
    );
    expect(() => unsigned.open('job', 'a', seal.seal('job', 'a', 'x'))).toThrow(
      /^is signed, but OXBOW_QUEUE_KEY is not set here$/,
    );
    for (const other of ['', ':', 'x', ':x', 'Unsigned:x', `${'g'.repeat(64)}:x`, `${'0'.repeat(65)}:x`]) {
      for (const one of [seal, unsigned]) {
        expect(() => one.open('job', 'a', Buffer.from(other))).toThrow(/^is no message of oxbow$/);
      }
    }
    expect([seal.warning, unsigned.warning]).toEqual([
      undefined,
      'No OXBOW_QUEUE_KEY: whoever can write to this Redis can forge results, and have workers do any job',
    ]);
  });

  it('takes its key out of the environment, which programs inherit', () => {
    vi.stubEnv('OXBOW_QUEUE_KEY', KEY);
    const sealed = Seal.fromEnvironment().seal('job', 'a', 'x');
    expect(seal.open('job', 'a', sealed).toString()).toBe('x');
    expect(process.env.OXBOW_QUEUE_KEY).toBeUndefined();
    expect(Seal.fromEnvironment().warning).toBeDefined();
  });

  it.each(['', 'short', KEY.slice(1), `${KEY} `, `${KEY}\n`, `${KEY}é`])('does not take %j for a key', (key) => {
    expect(() => new Seal(key)).toThrow(/^OXBOW_QUEUE_KEY: got .*, expected 32 or more/);
    expect(() => new Seal(key)).not.toThrow(KEY.slice(2));
  });
});
