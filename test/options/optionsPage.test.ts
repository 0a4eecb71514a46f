import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { optionsPage } from './optionsPage.ts';

// UPDATE_DOCS=1 writes the page anew.
test('options.md is what the schemas say', async () => {
  const page = join(import.meta.dirname, '../../docs/options.md');
  const made = await optionsPage();
  if (process.env.UPDATE_DOCS) writeFileSync(page, made);
  else expect(readFileSync(page, 'utf8')).toBe(made);
});
