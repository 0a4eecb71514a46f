import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pictureSize } from '../../web/.vitepress/markdown.ts';

const root = resolve(import.meta.dirname, '../..');

test('the picture that is shown with shared links has the size that their readers want', () => {
  expect(pictureSize(resolve(root, 'docs/preview.png'))).toEqual({ width: 1200, height: 630 });
});

test('drawings and photographs have a size, too', () => {
  const drawing = resolve(root, 'docs/lake-light.svg');
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(readFileSync(drawing, 'utf8'))!;
  expect(pictureSize(drawing)).toEqual({ width: Number(width), height: Number(height) });
  expect(pictureSize(resolve(root, 'docs/lab-light.jpg'))).toEqual({ width: 972, height: 586 });
});

test('a file that is not there, or is another, is said', () => {
  expect(() => pictureSize('/nowhere/preview.png')).toThrow('/nowhere/preview.png: expected a picture, got no file');
  // One that ends within its head.
  const cut = join(mkdtempSync(join(tmpdir(), 'oxbow-picture-')), 'cut.png');
  writeFileSync(cut, readFileSync(resolve(root, 'docs/preview.png')).subarray(0, 20));
  expect(() => pictureSize(cut)).toThrow('cut.png: expected a picture, got something else');
  rmSync(dirname(cut), { recursive: true });
  expect(() => pictureSize(resolve(root, 'README.md'))).toThrow('README.md: expected a picture, got something else');
});
