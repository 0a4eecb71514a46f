/** The first pages of the built site: what oxbow is, walks that move, and how to begin. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { trainingLines } from '../web/.vitepress/trainingLines.ts';
import storedWalks from '../web/lab/storedWalks.json' with { type: 'json' };
import { root } from './project.ts';
import { visitSite } from './site/visitSite.ts';

const { address, browser, open } = visitSite();

describe('the start page', () => {
  /** Counts how often the first map of the replay has changed, and when it did so first, from the time that it is there on. */
  const watchReplay = (page: Page) =>
    page.addInitScript(() => {
      const seen = { changes: 0, first: Number.NaN };
      (window as unknown as { seen: typeof seen }).seen = seen;
      let before: number | undefined;
      const look = () => {
        const canvas = document.querySelector<HTMLCanvasElement>('.replay canvas');
        if (canvas !== null && canvas.width > 0) {
          const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
          let sum = 0;
          for (let i = 3; i < data.length; i += 4) sum += data[i]! * (i % 8191);
          if (before !== undefined && sum !== before && seen.changes++ === 0) seen.first = performance.now();
          before = sum;
        }
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  const changes = (page: Page) =>
    page.evaluate(() => (window as unknown as { seen: { changes: number } }).seen.changes);
  /** Changes while so many frames are painted. */
  const changesIn = async (page: Page, frames: number) => {
    const before = await changes(page);
    await page.evaluate(async (count) => {
      for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame);
    }, frames);
    return (await changes(page)) - before;
  };

  test('its first screen says what oxbow is, has two ways on, walks, and the lines of the README that train', async () => {
    const lines = trainingLines(readFileSync(join(root, 'README.md'), 'utf8'));
    const { page, complaints } = await open('/index.html', {
      height: 800,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const parts = ['h1', '.sentence', '.actions a >> nth=0', '.actions a >> nth=1', '.replay', '.lines pre'];
    for (const part of parts) {
      const box = (await page.locator(part).boundingBox())!;
      expect([part, box.y >= 0 && box.y + box.height <= 800]).toEqual([part, true]);
    }
    expect(await page.locator('.sentence').textContent()).toMatch(/^[^.]+\.\s*$/);
    const ways = await page.$$eval('.actions a', (links) => links.map((link) => (link as HTMLAnchorElement).href));
    expect(ways).toEqual([`${address}/lab.html`, `${address}/start.html#install`]);
    expect((await page.locator('.lines pre').textContent())!.trim()).toBe(lines);
    await page.locator('.lines button.copy').click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(lines);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 60_000);

  test('its walks move within a second of the first paint, and stand while a button says so', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await watchReplay(page);
    await page.goto(`${address}/index.html`);
    await expect.poll(() => changes(page)).toBeGreaterThan(0);
    const [painted, moved] = await page.evaluate(() => [
      performance.getEntriesByName('first-contentful-paint')[0]!.startTime,
      (window as unknown as { seen: { first: number } }).seen.first,
    ]);
    console.info(`the walks move ${(moved! - painted!).toFixed(0)} ms after the first paint`);
    expect(moved! - painted!).toBeLessThan(1000);
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await changesIn(page, 5)).toBeLessThanOrEqual(1);
    expect(await changesIn(page, 40)).toBe(0);
    await page.getByRole('button', { name: 'Play' }).click();
    expect(await changesIn(page, 40)).toBeGreaterThan(3);
    // The moments are at the keyboard too, each with the share that drowned then.
    const slider = page.getByLabel('Moment of the training');
    await slider.focus();
    await page.keyboard.press('End');
    expect(await page.locator('.replay .moment').textContent()).toBe('after the training');
    const drowned = await page.$$eval('.replay [data-metric=drowned]', (all) =>
      all.map(({ textContent }) => textContent),
    );
    const stored = storedWalks.policies.map(({ frames }) => `${(100 * frames.at(-1)!.metrics.drownRate).toFixed(1)} %`);
    expect(drowned).toEqual(stored);
    await page.close();
  }, 60_000);

  test('for those who want less motion nothing moves until they ask for it', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    await watchReplay(page);
    await page.goto(`${address}/index.html`, { waitUntil: 'networkidle' });
    await page.locator('.replay canvas').first().waitFor();
    await changesIn(page, 5);
    expect(await changesIn(page, 40)).toBe(0);
    await page.getByRole('button', { name: 'Play' }).click();
    expect(await changesIn(page, 40)).toBeGreaterThan(3);
    await page.close();
  }, 60_000);

  test('without JavaScript the last walks stand as pictures, beside all the rest', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, javaScriptEnabled: false });
    await page.goto(`${address}/index.html`);
    const posters = page.locator('.replay svg[role=img]');
    expect(await posters.count()).toBe(2);
    for (const [i, { frames }] of storedWalks.policies.entries()) {
      const poster = posters.nth(i);
      expect(await poster.locator('polyline').count()).toBe(frames.at(-1)!.walks.length);
      expect(await poster.getAttribute('aria-label')).toContain(
        `${(100 * frames.at(-1)!.metrics.drownRate).toFixed(1)} %`,
      );
      // Drawn, in the colours of the page.
      expect(await poster.locator('.lake').evaluate((lake) => getComputedStyle(lake).fill)).toBe('rgb(214, 233, 246)');
    }
    for (const part of ['.sentence', '.actions a >> nth=0', '.lines pre'])
      expect(await page.locator(part).isVisible()).toBe(true);
    await page.close();
  }, 60_000);
});

test('the start page: why, a picture, how to install, train and act are on the first screen of 1280 × 800', async () => {
  const { page, complaints } = await open('/start.html');
  const bottoms = await page.$$eval(
    '.vp-doc > div > :is(p:first-of-type, p:has(img), div[class*=language-])',
    (parts) =>
      parts.slice(0, 4).map((part) => {
        const { bottom, height } =
          part.querySelector('img.light-only, code')?.getBoundingClientRect() ?? part.getBoundingClientRect();
        return { bottom, height, text: part.textContent };
      }),
  );
  expect(bottoms.map(({ height }) => height > 20)).toEqual([true, true, true, true]);
  expect(bottoms.map(({ text }) => text)).toEqual([
    expect.stringContaining('flow policies'),
    '',
    expect.stringContaining('npm install'),
    expect.stringMatching(/await train.*policy\.act/s),
  ]);
  expect(Math.max(...bottoms.map(({ bottom }) => bottom))).toBeLessThan(800);
  expect(complaints).toEqual([]);
  await page.close();
});

test('a picture that is not loaded yet has its place, so that nothing moves when it comes', async () => {
  const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
  await page.route('**/*.{svg,jpg}', () => {});
  await page.goto(`${address}/start.html`);
  const shapes = await page.$$eval('.vp-doc img.light-only', (pictures) =>
    pictures.map((picture) => {
      const { width, height } = picture.getBoundingClientRect();
      return width / height;
    }),
  );
  expect(shapes.length).toBe(2);
  expect(shapes[0]).toBeCloseTo(640 / 217, 1);
  expect(shapes[1]).toBeCloseTo(972 / 586, 1);
  await page.close();
});
