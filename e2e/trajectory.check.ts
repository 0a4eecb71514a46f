import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { make, RecordTrajectory, trajectoryPage } from '../envs/index.ts';
import { startChromium } from '../scripts/chromium.ts';
import { openFiles } from './page/openFile.ts';

const { folder, open } = openFiles('trajectory', startChromium);
const file = join(folder, 'pendulum.html');

beforeAll(() => {
  const env = new RecordTrajectory(make<Float32Array, Float32Array>('Pendulum-v1', { maxEpisodeSteps: 50 }), {
    frames: true,
  });
  env.reset({ seed: 1 });
  while (!env.trajectory.truncated) env.step(Float32Array.of(1));
  writeFileSync(file, trajectoryPage(env.trajectory, { title: 'Pendulum' }));
});

const drawingOf = (page: Page) => page.innerHTML('#stage');

test('an episode plays to its end, and again', async () => {
  const { page, complaints } = await open(file);
  await page.selectOption('#speed', '4');
  await page.waitForFunction(() => document.getElementById('facts')!.textContent!.startsWith('Step 50 of 50'));
  expect(await page.textContent('#facts')).toMatch(
    /^Step 50 of 50, reward −[\d.]+, return −[\d.]+, truncated: timeout$/,
  );
  const last = await drawingOf(page);
  expect(await page.textContent('#play')).toBe('Play');
  await page.click('#play');
  await page.waitForFunction(() => document.getElementById('facts')!.textContent!.startsWith('Step 1'));
  expect(await drawingOf(page)).not.toBe(last);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  expect(complaints).toEqual([]);
});

test('who asked for less motion starts it, and scrubs by hand or by keys', async () => {
  const { page, complaints } = await open(file, { reducedMotion: 'reduce', colorScheme: 'dark' });
  await page.waitForTimeout(300);
  expect(await page.textContent('#facts')).toBe('Step 0 of 50, return 0');
  await page.fill('#scrub', '20');
  expect(await page.textContent('#facts')).toContain('Step 20 of 50');
  const before = await drawingOf(page);
  await page.focus('#scrub');
  await page.keyboard.press('ArrowRight');
  expect(await page.textContent('#facts')).toContain('Step 21 of 50');
  expect(await drawingOf(page)).not.toBe(before);
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(21, 23, 26)');
  expect(complaints).toEqual([]);
});

test('a script that somebody has brought into the page does not run', async () => {
  const { page } = await open(file);
  const text = readFileSync(file, 'utf8');
  const evil = '<script>document.title = "evil"</script><img src="x" onerror="document.title = \'evil\'">';
  await page.goto('about:blank');
  writeFileSync(join(folder, 'evil.html'), text.replace('<main>', `${evil}<main>`));
  await page.goto(`file://${join(folder, 'evil.html')}`);
  // The page's own script has run.
  await page.waitForFunction(() => document.getElementById('facts')!.textContent!.startsWith('Step'));
  expect(await page.title()).toBe('Pendulum');
});
