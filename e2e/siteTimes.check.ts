/** What the lab does within a time, on the built site, while nothing else runs. */
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { lab } from './site/lab.ts';
import { longestTask } from './site/longestTask.ts';
import { visitSite } from './site/visitSite.ts';

/** Bytes, compressed, of all that the lab loads; some 22,000 of them are the training that it opens on. */
const LARGEST_LAB = 590_000;
const { browser, open } = visitSite();
const { shares, isDone, headingIsTrue } = lab;

describe('the lake', () => {
  test('a Gaussian drowns and a spline flow does not, within a minute; a blocked bank changes the walks', async () => {
    const { page, complaints, loaded } = await open('/lab.html#step=train');
    await page.locator('.lab[data-step=train] .go').waitFor();
    const longest = await longestTask(browser, page);
    const started = performance.now();
    await page.click('.go');
    await page.waitForFunction(
      () => {
        const [gaussian, spline] = [...document.querySelectorAll('.side [data-metric=drowned]')].map((cell) =>
          Number.parseFloat(cell.textContent!),
        );
        return gaussian! >= 20 && spline! <= 5;
      },
      undefined,
      { timeout: 120_000 },
    );
    const seconds = (performance.now() - started) / 1000;
    await isDone(page);
    const milliseconds = await longest();
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.side [data-metric=modes]')].every((cell) => cell.textContent !== '–'),
    );
    expect(await shares(page, 'modes')).toEqual([1, 2]);
    await headingIsTrue(page);
    const open_ = await shares(page, 'home');
    await page.selectOption('select:has(option[value=upper])', 'upper');
    await page.waitForFunction((before) => {
      const now = [...document.querySelectorAll('.side [data-metric=home]')].map((cell) =>
        Number.parseFloat(cell.textContent!),
      );
      return now.every((value, i) => value < before[i]! - 15);
    }, open_);
    await headingIsTrue(page);
    expect(await page.textContent('.heading')).toMatch(/^With the upper bank blocked, /);
    expect(complaints).toEqual([]);
    let size = 0;
    for (const body of loaded.values()) size += gzipSync((await body) ?? Buffer.alloc(0)).length;
    console.info(
      `${seconds.toFixed(1)} s to the difference, longest task ${milliseconds.toFixed(0)} ms of the processor, ${Math.round(size / 1000)} kB`,
    );
    expect(size).toBeLessThan(LARGEST_LAB);
    expect(seconds).toBeLessThan(60);
    expect(milliseconds).toBeLessThan(50);
    await page.close();
  }, 240_000);
});

describe('the story', () => {
  /** What the maps and densities show, as numbers that change with it. */
  const pictures = (page: Page) =>
    page.$$eval('.side canvas', (all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));

  test('the first view shows walks of both policies that move, within a second of the first paint', async () => {
    const { page, complaints } = await open('/lab.html');
    await page.waitForFunction(() => performance.getEntriesByName('lab/first-walks').length > 0);
    const [paint, walks] = await page.evaluate(() =>
      ['first-contentful-paint', 'lab/first-walks'].map((name) => performance.getEntriesByName(name)[0]!.startTime),
    );
    console.info(`walks ${(walks! - paint!).toFixed(0)} ms after the first paint`);
    expect(walks! - paint!).toBeLessThan(1000);
    const first = await pictures(page);
    expect(first).toHaveLength(4);
    await page.waitForTimeout(400);
    const then = await pictures(page);
    for (const map of [0, 2]) expect(then[map]).not.toBe(first[map]);
    // All of it in the first screen, numbers and densities too.
    const bottom = await page.$$eval('.side canvas', (all) =>
      Math.max(...all.map((each) => each.getBoundingClientRect().bottom)),
    );
    expect(bottom).toBeLessThan(900);
    // And who does not want it to move stops it.
    await page.click('.play');
    await page.waitForTimeout(1500);
    const stopped = await pictures(page);
    await page.waitForTimeout(1500);
    expect(await pictures(page)).toEqual(stopped);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
