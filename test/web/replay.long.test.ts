import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('what the lab opens with is what its own training gives, to the byte: `npm run site:replay`', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-'));
  const made = join(folder, 'replay.json');
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/makeReplay.ts', made], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  // As texts, so that a difference does not print it all.
  expect(readFileSync(made, 'utf8') === readFileSync('web/lab/replay.json', 'utf8')).toBe(true);
  rmSync(folder, { recursive: true });
});
