import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { wcagContrast } from 'culori';
import { decode } from 'fast-png';
import { beforeEach, describe, expect, test } from 'vitest';
import { figures, filesOf } from '../docs/figures/figures.ts';
import { coloured, hue, isPictureOf } from '../docs/figures/picture.ts';
import * as preview from '../docs/figures/preview.ts';
import { themeColour } from '../envs/drawing/palette.ts';
import { selectBackend, selectEngine } from '../src/index.ts';

const docs = resolve(import.meta.dirname, '../docs');
const pages = readdirSync(docs).filter((file) => file.endsWith('.md'));
const text = (file: string): string => readFileSync(join(docs, file), 'utf8');

beforeEach(async () => {
  await selectBackend('cpu');
  await selectEngine('wasm');
});

// After a change of what they show: `npm run docs:figures`.
describe.each(Object.entries(figures))('%s', (name, { label }) => {
  test('its files are what the command makes', async () => {
    for (const [file, drawn] of Object.entries(await filesOf(name))) {
      expect([file, text(file) === drawn]).toEqual([file, true]);
      expect(drawn.length).toBeLessThan(150_000);
    }
  });

  test('a page shows it, light and dark, and says what it shows to those who cannot see it', () => {
    const alts = pages.flatMap((page) => {
      const picture = new RegExp(`srcset="${name}-dark.svg">\\s*<img alt="([^"]*)" src="${name}-light.svg">`).exec(
        text(page),
      );
      return picture === null ? [] : [picture[1]];
    });
    expect(alts).toEqual([label]);
  });
});

test('the picture of a link is of what the command draws, in the size that sites show', async () => {
  const png = readFileSync(join(docs, 'preview.png'));
  const { width, height } = decode(png);
  expect({ width, height }).toEqual({ width: 1200, height: 630 });
  expect(isPictureOf(png, coloured(await preview.draw(), 'light'))).toBe(true);
});

test.each(['light', 'dark'] as const)('every hue is seen on %s paper', (theme) => {
  const paper = coloured(themeColour('paper'), theme);
  for (let degrees = 0; degrees < 360; degrees += 15) {
    expect(wcagContrast(coloured(hue(degrees), theme), paper)).toBeGreaterThan(3);
  }
});
