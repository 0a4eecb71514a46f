import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mujocoEnvs } from '../../../envs/mujoco/mujocoEnvs.ts';

const program = join(import.meta.dirname, 'memoryProgram.ts');
const tsx = join(import.meta.dirname, '../../../node_modules/tsx/dist/loader.mjs');

/** What the program prints, in a process of its own: the module's memory never shrinks. */
function printed(...args: string[]): Record<string, unknown> {
  const node = ['--expose-gc', '--import', `file://${tsx}`, program, ...args];
  return JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' }));
}

// MuJoCo's own guess would be 430 to 1000 MB. A humanoid's contacts need the most; robots that are not here need less than Hopper.
it.each([
  ['mujoco/Humanoid-v5', 70e6],
  ['mujoco/Ant-v5', 25e6],
  ['mujoco/HalfCheetah-v5', 17e6],
  ['mujoco/Hopper-v5', 11e6],
])('64 of %s stay small', (id, bytes) => {
  const { before, after } = printed('many', id) as { before: number; after: number };
  expect(after - before).toBeLessThan(bytes);
});

it('frees what nobody closed', () => {
  const { first, last } = printed('forgotten') as { first: number; last: number };
  expect(last).toBe(first);
});

it('is flat over many steps, and over environments that are made and closed', () => {
  const { first, last, heapFirst, heapLast } = printed('flat', '20000', '100') as Record<string, number>;
  expect(last).toBe(first);
  expect(heapLast! - heapFirst!).toBeLessThan(8e6);
});

it('a snapshot goes on in another process, to the byte', () => {
  const ids = Object.keys(mujocoEnvs).join();
  const whole = printed('whole', ids) as Record<string, { snapshot: unknown; steps: unknown }>;
  const snapshots = Object.fromEntries(Object.entries(whole).map(([id, { snapshot }]) => [id, snapshot]));
  const resumed = printed('resumed', ids, JSON.stringify(snapshots)) as typeof whole;
  for (const [id, { steps }] of Object.entries(whole)) expect(resumed[id]!.steps, id).toEqual(steps);
});
