import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decode } from 'fast-png';
import { beforeEach, expect, test } from 'vitest';
import { figures, filesOf } from '../docs/figures/figures.ts';
import { coloured, isPictureOf } from '../docs/figures/picture.ts';
import * as preview from '../docs/figures/preview.ts';
import { selectBackend, selectEngine } from '../src/index.ts';

const docs = resolve(import.meta.dirname, '../docs');
const text = (file: string): string => readFileSync(join(docs, file), 'utf8');

beforeEach(async () => {
  await selectBackend('cpu');
  await selectEngine('wasm');
});

// After a change of what they show: `npm run docs:figures`.
test.each(Object.keys(figures))('the files of %s are what the command makes', async (name) => {
  for (const [file, drawn] of Object.entries(await filesOf(name))) {
    expect([file, text(file) === drawn]).toEqual([file, true]);
    expect(drawn.length).toBeLessThan(150_000);
  }
});

test('the picture of a link is of what the command draws, in the size that sites show', async () => {
  const png = readFileSync(join(docs, 'preview.png'));
  const { width, height } = decode(png);
  expect({ width, height }).toEqual({ width: 1200, height: 630 });
  expect(isPictureOf(png, coloured(await preview.draw(), 'light'))).toBe(true);
});
