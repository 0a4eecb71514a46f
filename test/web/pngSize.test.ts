import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pngSize } from '../../web/.vitepress/pngSize.ts';

const root = resolve(import.meta.dirname, '../..');

test('the picture that is shown with shared links has the size that their readers want', () => {
  expect(pngSize(resolve(root, 'docs/preview.png'))).toEqual({ width: 1200, height: 630 });
});

test('a file that is not there, or is another, is said', () => {
  expect(() => pngSize('/nowhere/preview.png')).toThrow('/nowhere/preview.png: expected a PNG, got no file');
  // One that ends within its head.
  const cut = join(mkdtempSync(join(tmpdir(), 'oxbow-png-')), 'cut.png');
  writeFileSync(cut, readFileSync(resolve(root, 'docs/preview.png')).subarray(0, 20));
  expect(() => pngSize(cut)).toThrow('cut.png: expected a PNG, got something else');
  rmSync(dirname(cut), { recursive: true });
  expect(() => pngSize(resolve(root, 'README.md'))).toThrow('README.md: expected a PNG, got something else');
});
