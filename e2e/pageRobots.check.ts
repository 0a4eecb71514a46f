/** The page of a recorded episode of a robot, in three dimensions and without. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { loadEnv, make, RecordTrajectory, threeScript, trajectoryPage } from '../envs/index.ts';
import { startChromiumWithWebGl } from '../scripts/chromium.ts';
import { openFiles } from './page/openFile.ts';
import { pixelsOf } from './pixelsOf.ts';

const { folder, open } = openFiles('robots', startChromiumWithWebGl);
const file = join(folder, 'ant.html');
const still = { reducedMotion: 'reduce' } as const;

beforeAll(async () => {
  await loadEnv('mujoco/AntLake-v0');
  const env = new RecordTrajectory(make<Float32Array, Float32Array>('mujoco/AntLake-v0', { maxEpisodeSteps: 12 }), {
    frames: true,
  });
  env.reset({ seed: 1 });
  // Past the lake.
  for (let i = 0; i < 12; i++) env.step(i < 6 ? Float32Array.of(0, 1) : Float32Array.of(1, 0.2));
  writeFileSync(file, trajectoryPage(env.trajectory, { title: 'Ant', framesPerSecond: 100, three: threeScript() }));
  env.close();
});

/** The canvas as it is seen. */
async function shot(page: Page): Promise<Buffer> {
  // What was asked for is there after the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  return page.locator('#stage canvas').screenshot();
}

/** On dark ground an ant is light grey, and the lake blue. */
const ant = (png: Uint8Array) => pixelsOf(png, (r, g, b) => r > 90 && Math.max(r, g, b) - Math.min(r, g, b) < 20);
const lake = (png: Uint8Array) => pixelsOf(png, (r, _, b) => b > 150 && b > 2 * r);

test('an ant stands at the lake in three dimensions, walks by the slider, and turns by keys and by dragging', async () => {
  const { page, complaints } = await open(file, { ...still, colorScheme: 'dark' });
  await page.locator('#stage canvas').waitFor();
  const first = await shot(page);
  expect(await page.textContent('#facts')).toBe('Step 0 of 12, return 0');
  await page.fill('#scrub', (await page.getAttribute('#scrub', 'max'))!);
  expect(await page.textContent('#facts')).toMatch(/^Step 12 of 12, .* truncated: timeout$/);
  const last = await shot(page);
  for (const png of [first, last]) {
    expect(lake(png).share).toBeGreaterThan(0.05);
    expect(ant(png).share).toBeGreaterThan(0.001);
    expect(ant(png).share).toBeLessThan(0.03);
  }
  // Left of the lake, then behind it.
  expect(ant(first).x).toBeLessThan(lake(first).x - 0.1);
  expect(ant(last).x).toBeGreaterThan(ant(first).x + 0.1);
  expect(ant(last).y).toBeLessThan(lake(last).y - 0.1);
  expect(lake(last)).toEqual(lake(first));
  await page.focus('#stage canvas');
  const focused = await shot(page);
  await page.keyboard.press('ArrowLeft');
  expect((await shot(page)).equals(focused)).toBe(false);
  await page.keyboard.press('Home');
  expect((await shot(page)).equals(focused)).toBe(true);
  const { x, y } = (await page.locator('#stage canvas').boundingBox())!;
  await page.mouse.move(x + 100, y + 100);
  await page.mouse.down();
  await page.mouse.move(x + 160, y + 110);
  await page.mouse.up();
  expect((await shot(page)).equals(focused)).toBe(false);
  expect(await page.getAttribute('#stage canvas', 'aria-label')).toContain('in three dimensions');
  await page.selectOption('#view', 'flat');
  expect(await page.locator('#stage > svg').count()).toBe(1);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  expect(complaints).toEqual([]);
  await page.close();
});

test('without WebGL the picture in the plane is there, and the page says why', async () => {
  const { page, complaints } = await open(file, still, (opened) =>
    opened.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = () => null;
    }),
  );
  await page.getByText('Not in three dimensions: this browser has no WebGL.').waitFor();
  expect(await page.locator('#stage > svg').count()).toBe(1);
  expect(await page.isVisible('#view')).toBe(false);
  await page.fill('#scrub', '15');
  expect(await page.textContent('#facts')).toContain('Step 1 of 12');
  expect(complaints).toEqual([]);
  await page.close();
});
