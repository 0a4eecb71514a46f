/** The page of a recorded episode of a robot, in three dimensions and without. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadEnv, make, RecordTrajectory, threeScript, trajectoryPage } from '../envs/index.ts';
import { startChromiumWithWebGl } from './chromium.ts';
import { colourShares } from './colourShares.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-robots-'));
const file = join(folder, 'ant.html');
let browser: Browser;

beforeAll(async () => {
  browser = await startChromiumWithWebGl();
  await loadEnv('mujoco/Ant-v5');
  const env = new RecordTrajectory(make<Float64Array, Float32Array>('mujoco/Ant-v5', { maxEpisodeSteps: 20 }), {
    frames: true,
  });
  env.reset({ seed: 1 });
  while (!env.trajectory.truncated) env.step(Float32Array.of(1, 0, 1, 0, -1, 0, -1, 0));
  writeFileSync(file, trajectoryPage(env.trajectory, { title: 'Ant', three: threeScript() }));
  env.close();
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

async function open(
  options: BrowserContextOptions,
  before: (page: Page) => Promise<unknown> = async () => undefined,
): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width: 390, height: 700 }, reducedMotion: 'reduce', ...options });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // The processor is slow at it.
    if (!message.text().includes('GPU stall due to ReadPixels')) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith('file:')) complaints.push(`${request.url()} is elsewhere`);
  });
  await before(page);
  await page.goto(`file://${file}`);
  return { page, complaints };
}

/** The canvas as it is seen. */
async function shot(page: Page): Promise<Buffer> {
  // What was asked for is there after the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  return page.locator('#stage canvas').screenshot();
}

test('an ant stands in three dimensions, moves by the slider, and turns by keys and by dragging', async () => {
  const { page, complaints } = await open({ colorScheme: 'dark' });
  await page.locator('#stage canvas').waitFor();
  await page.focus('#stage canvas');
  const first = await shot(page);
  const shares = colourShares(first);
  // Paper, grid, shadow, and an ant in many shades.
  expect(shares[0]).toBeGreaterThan(0.4);
  expect(shares[0]).toBeLessThan(0.95);
  expect(shares.length).toBeGreaterThan(60);
  expect(await page.textContent('#facts')).toBe('Step 0 of 20, return 0');
  await page.fill('#scrub', '20');
  expect(await page.textContent('#facts')).toMatch(/^Step 20 of 20, .* truncated: timeout$/);
  await page.focus('#stage canvas');
  const last = await shot(page);
  expect(last.equals(first)).toBe(false);
  await page.keyboard.press('ArrowLeft');
  const turned = await shot(page);
  expect(turned.equals(last)).toBe(false);
  await page.keyboard.press('Home');
  expect((await shot(page)).equals(last)).toBe(true);
  const { x, y } = (await page.locator('#stage canvas').boundingBox())!;
  await page.mouse.move(x + 100, y + 100);
  await page.mouse.down();
  await page.mouse.move(x + 160, y + 110);
  await page.mouse.up();
  expect((await shot(page)).equals(last)).toBe(false);
  expect(await page.getAttribute('#stage canvas', 'aria-label')).toContain('in three dimensions');
  await page.selectOption('#view', 'flat');
  expect(await page.locator('#stage > svg').count()).toBe(1);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  expect(complaints).toEqual([]);
  await page.close();
});

test('it plays in real time for who has not asked for less motion', async () => {
  const { page, complaints } = await open({ reducedMotion: 'no-preference' });
  await page.waitForFunction(() => document.getElementById('facts')!.textContent!.startsWith('Step 20 of 20'));
  expect(await page.locator('#stage canvas').count()).toBe(1);
  expect(await page.textContent('#play')).toBe('Play');
  expect(complaints).toEqual([]);
  await page.close();
});

test('without WebGL the picture from the side plays, and the page says why', async () => {
  const { page, complaints } = await open({}, (opened) =>
    opened.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = () => null;
    }),
  );
  await page.getByText('Not in three dimensions: this browser has no WebGL.').waitFor();
  expect(await page.locator('#stage > svg').count()).toBe(1);
  expect(await page.isVisible('#view')).toBe(false);
  await page.fill('#scrub', '7');
  expect(await page.textContent('#facts')).toContain('Step 7 of 20');
  expect(complaints).toEqual([]);
  await page.close();
});
