import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../fixture/files.ts';
import type { Ended } from '../fixture/oxbow.ts';

const folder = temporaryFolder('load');

const node = (...argv: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', ...argv], { encoding: 'utf8', timeout: 120_000 });

/** The arguments of a command that loads a module of that source. */
function listing(name: string, source: string): string[] {
  const file = join(folder, `${name.replaceAll(' ', '-')}.mjs`);
  writeFileSync(file, source);
  return ['list', 'experiments', '--load', file];
}

const refusal = (name: string, problem: string) =>
  `oxbow: --load: ${join(folder, `${name.replaceAll(' ', '-')}.mjs`)}: ${problem}\n`;

const THROWING = [
  ['null', 'throw null;', 'throws null'],
  ['an object', 'throw { toString: null };', 'throws what is no error'],
  ['an error of two lines', 'throw new Error("one\\ntwo");', 'one'],
  ['no JavaScript', 'this is none', "Unexpected identifier 'is'"],
] as const;
const SLOW = ['slow', 'await new Promise((resolve) => setTimeout(resolve, 300));'] as const;

describe('a module', () => {
  let ended: Ended[];

  // As Node imports them, not as the tests are; all in one process, whose start takes longer.
  beforeAll(() => {
    const commands = [...THROWING, SLOW].map(([name, source]) => listing(name, source));
    const { stdout, stderr } = node('test/cli/fixture/commandsInOne.ts', JSON.stringify(commands));
    expect(stderr).toBe('');
    ended = JSON.parse(stdout) as Ended[];
  }, 120_000);

  test.each(THROWING.map(([name, , problem], i) => [name, problem, i] as const))(
    'that throws %s: one line, code 2',
    (name, problem, i) => {
      expect(ended[i]).toEqual({ code: 2, stdout: '', stderr: refusal(name, problem) });
    },
  );

  test('that waits for a while is waited for', () => {
    const { code, stderr } = ended.at(-1)!;
    expect([code, stderr]).toEqual([0, '']);
  });

  test('that awaits a promise that never settles: one line, code 2, where Node would end without a word', () => {
    const { status, stdout, stderr } = node('experiments/cli.ts', ...listing('stuck', 'await new Promise(() => {});'));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^oxbow: --load: [^\n]*await[^\n]*\n$/);
  });
});
