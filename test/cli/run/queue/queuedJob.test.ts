import { describe, expect, it } from 'vitest';
import {
  openJob,
  openMessage,
  openResult,
  type QueuedJob,
  queueId,
  Seal,
  sealJob,
  sealMessage,
  sealResult,
} from '../../../../cli/run/queue/queuedJob.ts';

const seal = new Seal('0123456789abcdef0123456789abcdef');
const job: QueuedJob = {
  ...{ version: '1.2.3', engine: 'wasm', backend: 'cpu', experiment: 'lake', settings: 's', run: 'r', job: 'a/b' },
  config: { seeds: [0], studies: ['s'], policies: ['p'], environments: ['e'] },
};
const id = queueId(job);

describe('the messages of a queue', () => {
  it('have a name for each job, settings and run', () => {
    const others = [job, { ...job, job: 'a' }, { ...job, settings: 'other' }, { ...job, run: 'other' }];
    expect(new Set(others.map(queueId)).size).toBe(4);
    // A part cannot be moved from one to the next.
    expect(queueId({ run: 'ab', settings: 'c', job: 'd' })).not.toBe(queueId({ run: 'a', settings: 'bc', job: 'd' }));
  });

  it('are verified before they are parsed', () => {
    const parse = JSON.parse;
    JSON.parse = () => {
      throw new Error('parsed');
    };
    try {
      const forged = `${'0'.repeat(64)}:${JSON.stringify(job)}`;
      expect(() => openJob(seal, id, forged)).toThrow(/^has a signature that does not fit/);
      for (const kind of ['progress', 'refusal', 'failure'] as const) {
        expect(() => openMessage(seal, kind, id, Buffer.from(forged))).toThrow(/^has a signature that does not fit/);
      }
      expect(() => openResult(seal, id, Buffer.from(forged))).toThrow(/^has a signature that does not fit/);
    } finally {
      JSON.parse = parse;
    }
  });

  it('tell the version of a job before the rest is looked at', () => {
    expect(openJob(seal, id, sealJob(seal, id, job)).read()).toEqual(job);
    const later = { version: '9.9.9', anything: 'else' };
    const opened = openJob(seal, id, seal.seal('job', id, JSON.stringify(later)).toString());
    expect(opened.version).toBe('9.9.9');
    expect(() => opened.read()).toThrow(/^cannot be read$/);
  });

  it.each([
    ['no text', { any: 'thing' }],
    ['nothing', undefined],
    ['too much', 'x'.repeat(2 ** 20 + 1)],
  ])('take %s for no job', (_, data) => {
    expect(() => openJob(seal, id, data)).toThrow(/^is no message of oxbow$/);
  });

  it('take a job under the name of another for none, though it is signed', () => {
    const text = seal.seal('job', 'another', JSON.stringify(job)).toString();
    expect(() => openJob(seal, 'another', text).read()).toThrow(/^cannot be read$/);
  });

  it('are refused where a field is missing, too much or of another type', () => {
    const words = { fraction: 0.5, worker: 'w', lines: ['a'], before: 0 };
    expect(openMessage(seal, 'progress', id, sealMessage(seal, 'progress', id, words))).toEqual(words);
    for (const wrong of [{}, null, [], 7, { ...words, more: 1 }, { ...words, lines: 'a' }, { ...words, before: -1 }]) {
      const sealed = seal.seal('progress', id, JSON.stringify(wrong));
      expect(() => openMessage(seal, 'progress', id, sealed)).toThrow(/^cannot be read$/);
    }
    const nested = `{"message":"x","cause":`.repeat(50_000);
    expect(() => openMessage(seal, 'failure', id, seal.seal('failure', id, nested))).toThrow(/^cannot be read$/);
    expect(() => openMessage(seal, 'failure', id, seal.seal('failure', id, '{"message":7}'))).toThrow(
      /^cannot be read$/,
    );
  });

  it('carry a result with who has done it', () => {
    const result = { seconds: 1.5, worker: 'alpha:7', packed: Buffer.from([10, 0, 255]) };
    expect(openResult(seal, id, sealResult(seal, id, result))).toEqual(result);
    for (const text of ['', '\n', '{}\nx', 'x'.repeat(5000), '{"seconds":-1,"worker":"w"}\n']) {
      expect(() => openResult(seal, id, seal.seal('result', id, text))).toThrow(/^cannot be read$/);
    }
  });
});
