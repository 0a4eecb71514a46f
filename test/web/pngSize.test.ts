import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pngSize } from '../../web/.vitepress/pngSize.ts';

const root = resolve(import.meta.dirname, '../..');

test('the picture that is shown with shared links has the size that their readers want', () => {
  expect(pngSize(resolve(root, 'docs/preview.png'))).toEqual({ width: 1200, height: 630 });
});

test('a file that is not there, or is another, is said', () => {
  expect(() => pngSize('/nowhere/preview.png')).toThrow('/nowhere/preview.png: expected a PNG, got no file');
  expect(() => pngSize(resolve(root, 'README.md'))).toThrow('README.md: expected a PNG, got something else');
});
