import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { RunConfig } from '../../../cli/experiment/experiment.ts';
import { RunDirectory } from '../../../cli/run/runDirectory.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-directory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run: RunConfig = {
  experiment: 'x',
  config: { seeds: [0], studies: ['s'], policies: ['p'], environments: ['e'] },
  seeds: [0],
  engine: 'none',
  backend: 'cpu',
  versions: { oxbow: '1.2.3', node: '20.0.0' },
};

// Slow, since a command waits for five seconds before it believes that another one is alive.
test('a directory is held by one command at a time', async () => {
  const path = join(folder, 'run');
  const holding = { wait: () => {}, lost: () => {} };
  const first = await RunDirectory.start(path, run, holding);
  const lines: string[] = [];
  const second = { ...holding, wait: (line: string) => lines.push(line) };
  const attempts = await Promise.allSettled([RunDirectory.start(path, run, second), RunDirectory.hold(path, second)]);
  for (const attempt of attempts) {
    const reason = { message: `${path} is in use by another command, expected one at a time` };
    expect(attempt).toMatchObject({ status: 'rejected', reason });
  }
  const line = `${path} is in use by another command, or was by one that was killed: waiting 5 s to see which.`;
  expect(lines).toEqual([line, line]);
  await first.release();
  const next = await RunDirectory.hold(path, holding);
  await next.release();
});
