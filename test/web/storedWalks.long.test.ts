import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

test('the stored walks of the start page are those that their command makes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-walks-'));
  const made = join(folder, 'walks.json');
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/storedWalks.ts', made], { cwd: root });
  // Not by expect: it would print both files.
  expect(readFileSync(made).equals(readFileSync(join(root, 'web/lab/storedWalks.json')))).toBe(true);
  rmSync(folder, { recursive: true });
}, 180_000);
