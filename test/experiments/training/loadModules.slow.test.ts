import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-load-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command in a process of its own, which may end as Node ends it. */
function list(name: string, source: string) {
  writeFileSync(join(folder, name), source);
  const argv = ['--import', 'tsx', 'experiments/cli.ts', 'list', 'experiments', '--load', join(folder, name)];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 120_000 });
  return { status, stdout, stderr };
}

test.each([
  ['null', 'throw null;', 'throws null'],
  ['a text', 'throw "a text";', 'throws a text'],
  ['an object', 'throw { toString: null };', 'throws what is no error'],
  ['undefined', 'await Promise.reject(undefined);', 'throws undefined'],
  ['an error of two lines', 'throw new Error("one\\ntwo");', 'one'],
  ['no JavaScript', 'this is none', "Unexpected identifier 'is'"],
  [
    'a promise that never settles',
    'await new Promise(() => {});',
    'its top-level await never settles: nothing is left to wait for',
  ],
])('a module that throws %s: one line, code 2', (name, source, problem) => {
  const file = `${name.replaceAll(' ', '-')}.mjs`;
  expect(list(file, source)).toEqual({
    status: 2,
    stdout: '',
    stderr: `oxbow: --load: ${join(folder, file)}: ${problem}\n`,
  });
});

test('a module that waits for a while is waited for', () => {
  const { status, stderr } = list('slow.mjs', 'await new Promise((resolve) => setTimeout(resolve, 300));');
  expect([status, stderr]).toEqual([0, '']);
});
