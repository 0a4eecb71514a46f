import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadNative } from '../../../src/engine/native/load.ts';
import { selectEngine } from '../../../src/engine/runtime/engine.ts';
import { arbitraryProgram } from '../fuzz/arbitraryProgram.ts';
import { bitsOf } from '../fuzz/bits.ts';
import { callsOf } from '../fuzz/evaluate.ts';

describe('random programs and their gradients', () => {
  const programs = fc.sample(arbitraryProgram, { seed: 11, numRuns: 200 });
  let expected: string[];
  beforeAll(async () => {
    await selectEngine('wasm');
    expected = programs.map(bitsOf);
    // Most are no errors.
    expect(expected.filter((text) => !text.includes('Error')).length).toBeGreaterThan(100);
  }, 120_000);
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => selectEngine());

  const native = loadNative();
  test.each(typeof native === 'string' ? [] : native.levels)(
    'the bits of wasm by native, level %s',
    async (level) => {
      vi.stubEnv('OXBOW_NATIVE_LEVEL', level);
      expect((await selectEngine('native')).line).toContain(`engine: native (${level})`);
      programs.forEach((program, i) => expect(bitsOf(program), callsOf(program)).toBe(expected[i]));
    },
    120_000,
  );
});
