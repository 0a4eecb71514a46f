import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { oxbow } from '../fixture/oxbow.ts';

vi.mock(import('../../../cli/commands/collectDataset.ts'), () => ({
  collectDataset: () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  },
}));

test('on a full disk oxbow collect says in one line where, and that nothing is lost', async () => {
  const out = join(mkdtempSync(join(tmpdir(), 'oxbow-collect-')), 'data');
  const { code, stderr } = await oxbow('collect', 'Pendulum-v1', '--episodes', '3', '--out', out);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `oxbow: --out: cannot write into ${out}: ENOSPC: no space left on device, write. What is there is whole, and the same command goes on.\n`,
  );
});
