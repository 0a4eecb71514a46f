import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const program = join(import.meta.dirname, 'memoryProgram.ts');
const tsx = join(import.meta.dirname, '../../../node_modules/tsx/dist/loader.mjs');

/** Bytes. */
interface Sizes {
  before: number;
  after: number;
}
type Robots = Record<string, { snapshot: unknown; steps: unknown }>;

/** What parts of the program find in a process of their own: the module's memory never shrinks, so what measures it is its first part. */
function found(...parts: string[]): unknown[] {
  const node = ['--expose-gc', '--import', `file://${tsx}`, program, ...parts];
  return JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' }));
}

const folder = mkdtempSync(join(tmpdir(), 'oxbow-memory-'));
const sizes: Record<string, Sizes> = {};
let flat: Record<'first' | 'last' | 'heapFirst' | 'heapLast', number>;
let forgotten: Record<'first' | 'last', number>;
let whole: Robots;
let resumed: Robots;
beforeAll(() => {
  const many = (id: string, ...others: string[]): unknown[] => {
    const [measured, ...rest] = found(`many:${id}`, ...others);
    sizes[id] = measured as Sizes;
    return rest;
  };
  [whole] = many('mujoco/Hopper-v5', 'whole') as [Robots];
  const snapshots = Object.entries(whole).map(([id, { snapshot }]) => [id, snapshot]);
  writeFileSync(join(folder, 'snapshots.json'), JSON.stringify(Object.fromEntries(snapshots)));
  [resumed] = many('mujoco/Humanoid-v5', `resumed:${join(folder, 'snapshots.json')}`) as [Robots];
  many('mujoco/Ant-v5');
  many('mujoco/HalfCheetah-v5');
  // What is forgotten is much more than `flat` has left free.
  [flat, forgotten] = found('flat', 'forgotten') as [typeof flat, typeof forgotten];
});
afterAll(() => rmSync(folder, { recursive: true }));

// MuJoCo's own guess would be 430 to 1000 MB. A humanoid's contacts need the most; robots that are not here need less than Hopper.
it.each([
  ['mujoco/Humanoid-v5', 70e6],
  ['mujoco/Ant-v5', 25e6],
  ['mujoco/HalfCheetah-v5', 17e6],
  ['mujoco/Hopper-v5', 11e6],
])('64 of %s stay small', (id, bytes) => {
  const { before, after } = sizes[id]!;
  expect(after - before).toBeGreaterThan(0);
  expect(after - before).toBeLessThan(bytes);
});

it('frees what nobody closed', () => {
  expect(forgotten.last).toBe(forgotten.first);
});

it('is flat over many steps, and over environments that are made and closed', () => {
  expect(flat.last).toBe(flat.first);
  expect(flat.heapLast - flat.heapFirst).toBeLessThan(8e6);
});

it('a snapshot goes on in another process, to the byte', () => {
  expect(Object.keys(whole).length).toBeGreaterThanOrEqual(11);
  for (const [id, { steps }] of Object.entries(whole)) expect(resumed[id]!.steps, id).toEqual(steps);
});
