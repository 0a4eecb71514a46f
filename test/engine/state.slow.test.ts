import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('memory of the process is flat over 10,000 updates', () => {
  const probe = fileURLToPath(new URL('./memoryProbe.ts', import.meta.url));
  const growth = Number(execFileSync(process.execPath, ['--import', 'tsx', probe], { encoding: 'utf8' }));
  expect(growth).toBeLessThan(48e6);
});
