import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { threadedUpdate } from './threadedProgram.ts';

afterAll(async () => {
  await selectEngine();
});

test.each(['wasm', 'auto'])(
  "%s: PPO's rollout and updates are the same bits by one, two and three threads",
  async (engine) => {
    const one = await threadedUpdate(engine, 1);
    for (const threads of [2, 3]) expect(await threadedUpdate(engine, threads)).toBe(one);
  },
);

test('a process with threads ends by itself', async () => {
  const program = join(import.meta.dirname, 'threadedProgram.ts');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program]);
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe(await threadedUpdate('wasm', 1));
});
