/** Robots in three dimensions on the built site. */
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startChromiumWithWebGl } from '../scripts/chromium.ts';
import { pixelsOf } from './pixelsOf.ts';
import { visitSite } from './site/visitSite.ts';

const { open } = visitSite(startChromiumWithWebGl);

/** An Ant that has hardly learned, which is enough to stand. */
const ANT = '/robots.html#robot=mujoco/AntHeading-v0&steps=1000&policies=gaussian,gaussian';
const deep = 'canvas.robot.deep';
/** How much of a picture is in the Gaussian's colour on light ground, in light and in shadow. */
const robotShare = async (picture: Locator) =>
  pixelsOf(await picture.screenshot(), (r, g, b) => r > 60 && r > 1.4 * g && r > 1.4 * b).share;

/** The page with the first walk of both sides. */
async function openWalking(before: (page: Page) => Promise<unknown> = async () => undefined) {
  const visit = await open(ANT, { reducedMotion: 'reduce' });
  await before(visit.page);
  await visit.page.click('.go');
  await visit.page.waitForFunction(() => document.querySelectorAll('[data-metric=distance]').length === 2, undefined, {
    timeout: 60_000,
  });
  await visit.page.getByRole('button', { name: 'Stop' }).click();
  return visit;
}

test('an Ant stands in three dimensions when it is asked for, on both sides, and turns', async () => {
  const { page, complaints } = await openWalking();
  // The processor draws here, which a training needs: robots are in the plane until somebody asks.
  expect(await page.locator(deep).count()).toBe(0);
  await page.getByRole('combobox', { name: 'View' }).selectOption('3D');
  for (const side of [0, 1]) {
    const picture = page.locator(deep).nth(side);
    await expect.poll(() => picture.isVisible(), { timeout: 20_000 }).toBe(true);
    await expect.poll(() => robotShare(picture)).toBeGreaterThan(0.02);
    expect(await robotShare(picture)).toBeLessThan(0.3);
  }
  const canvas = page.locator(deep).first();
  expect(await canvas.getAttribute('aria-label')).toContain('In three dimensions');
  await canvas.focus();
  const before = await canvas.screenshot();
  // Without motion it stands.
  expect((await canvas.screenshot()).equals(before)).toBe(true);
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await canvas.screenshot()).equals(before)).toBe(false);
  await page.keyboard.press('Home');
  await expect.poll(async () => (await canvas.screenshot()).equals(before)).toBe(true);
  await page.getByRole('combobox', { name: 'View' }).selectOption('in the plane');
  await page.locator('canvas.robot:not(.deep)').first().waitFor();
  expect(await page.locator(deep).count()).toBe(0);
  // All of it came from the site.
  expect(complaints).toEqual([]);
  await page.close();
}, 120_000);

test('without WebGL the robots stay in the plane, and who asks is told why', async () => {
  const { page, complaints } = await openWalking((opened) =>
    opened.route('**/stage.worker-*', async (route) => {
      const response = await route.fetch();
      const body = `OffscreenCanvas.prototype.getContext = () => null; ${await response.text()}`;
      await route.fulfill({ response, body });
    }),
  );
  await page.getByRole('combobox', { name: 'View' }).selectOption('3D');
  await page.getByText('no WebGL for three dimensions').waitFor();
  expect(await page.locator(deep).count()).toBe(0);
  expect(await page.getByRole('combobox', { name: 'View' }).inputValue()).toBe('false');
  expect(await robotShare(page.locator('canvas.robot').first())).toBeGreaterThan(0.02);
  expect(complaints).toEqual([]);
  await page.close();
}, 120_000);
