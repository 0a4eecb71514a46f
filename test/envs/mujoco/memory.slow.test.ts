import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const program = join(import.meta.dirname, 'memoryProgram.ts');
const tsx = join(import.meta.dirname, '../../../node_modules/tsx/dist/loader.mjs');

/** Bytes. */
interface Sizes {
  before: number;
  after: number;
}

/** What parts of the program find in a process of their own: the module's memory never shrinks, so what measures it is its first part. */
function found(...parts: string[]): unknown[] {
  const node = ['--expose-gc', '--import', `file://${tsx}`, program, ...parts];
  return JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' }));
}

const ids = {
  'mujoco/Humanoid-v5': 70e6,
  'mujoco/Ant-v5': 25e6,
  'mujoco/HalfCheetah-v5': 17e6,
  'mujoco/Hopper-v5': 11e6,
};

// MuJoCo's own guess would be 430 to 1000 MB. A humanoid's contacts need the most; robots that are not here need less than Hopper.
it.each(Object.entries(ids))('64 of %s stay small', (id, bytes) => {
  const [{ before, after }] = found(`many:${id}`) as [Sizes];
  expect(after - before).toBeGreaterThan(0);
  expect(after - before).toBeLessThan(bytes);
});

it('is flat over many steps, and over environments that are made and closed, or that nobody closed', () => {
  // What is forgotten is much more than `flat` has left free.
  const [flat, forgotten] = found('flat', 'forgotten') as Record<'first' | 'last' | 'heapFirst' | 'heapLast', number>[];
  expect(flat!.last).toBe(flat!.first);
  expect(flat!.heapLast - flat!.heapFirst).toBeLessThan(8e6);
  expect(forgotten!.last).toBe(forgotten!.first);
});
