/** The page on which robots learn to run, on the built site. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startChromiumWithWebGl } from '../../scripts/chromium.ts';
import { pixelsOf } from '../pixelsOf.ts';
import { root } from '../project.ts';
import { bothAre, runShown, visitSite } from './visit.ts';

/** Bytes, compressed, of all that the page loads, MuJoCo's module included. */
const LARGEST = 2_500_000;
const { address, open } = visitSite(startChromiumWithWebGl);

test('a Hopper hops a metre far within three minutes; what that loads comes from the site, on demand', async () => {
  await using visit = await open('/robots.html');
  const { page, complaints, loaded } = visit;
  await page.locator('.go').waitFor();
  expect([...loaded.keys()].filter((url) => /worker|mujoco/.test(url))).toEqual([]);
  await page.click('.go');
  const distances = () =>
    page.$$eval('.side [data-metric=distance]', (all) =>
      all.map(({ textContent }) => Number.parseFloat(textContent!.replace('−', '-'))),
    );
  await expect.poll(async () => Math.max(...(await distances())), { timeout: 180_000 }).toBeGreaterThanOrEqual(1);
  await page.locator('.curve svg').last().waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect.poll(() => page.locator('.status').textContent()).toBe('The training was stopped.');
  let size = 0;
  for (const [url, body] of loaded) {
    // Of a worker that has ended the browser keeps nothing.
    size += gzipSync((await body) ?? readFileSync(join(root, 'web/dist', url.slice(address.length)))).length;
  }
  expect(size).toBeLessThan(LARGEST);
  expect(complaints).toEqual([]);
}, 300_000);

test('the command below gives the same numbers, to the bit', async () => {
  await using visit = await open('/robots.html#steps=3000&seed=5');
  const { page, complaints } = visit;
  await page.click('.go');
  await bothAre(page, 'done');
  const metrics = ['return', 'greedyReturn', 'length', 'negentropy'];
  const shown = await page.$$eval(
    '.side',
    (all, names) =>
      all.map((side) =>
        names.map((name) => Number(side.querySelector<HTMLDataElement>(`data[data-metric=${name}]`)!.value)),
      ),
    metrics,
  );
  const status = await page.locator('.status').textContent();
  expect(status).toContain(`of ${shown[0]![0]!.toFixed(0)}, the spline flow of ${shown[1]![0]!.toFixed(0)}:`);
  expect(complaints).toEqual([]);
  using run = await runShown(page);
  const trained = ['gaussian', 'spline'].map((policy) => {
    const result = run.read(`ppo/mujoco/Hopper-v5/${policy}/seed-5/result.json`).metrics as Record<string, number>;
    return metrics.map((name) => result[name]);
  });
  expect(shown).toEqual(trained);
}, 600_000);

test('what cannot be loaded or run is said, and what to do', async () => {
  await using visit = await open(undefined);
  const { page } = visit;
  const alert = async () => {
    await page.getByRole('alert').waitFor();
    return page.getByRole('alert').locator('p').textContent();
  };
  await page.route('**/*.wasm', (route) => route.abort());
  await page.goto(`${address}/robots.html#steps=1000`);
  await page.click('.go');
  expect(await alert()).toMatch(/^The physics could not be loaded\. .* reload the page\.$/);
  await page.unroute('**/*.wasm');
  await page.route('**/robot.worker-*', (route) => route.abort());
  await page.getByRole('button', { name: 'Reload the page' }).click();
  await page.click('.go');
  expect(await alert()).toMatch(/^The program that computes could not be loaded\. .* reload the page\.$/);
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
  await page.reload();
  await page.click('.go');
  expect(await alert()).toMatch(/^This browser does not run WebAssembly here/);
}, 120_000);

test.each([true, false])(
  'in three dimensions an Ant stands and turns: WebGL %s',
  async (isThere) => {
    const path = '/robots.html#robot=mujoco/AntHeading-v0&steps=1000&policies=gaussian,gaussian';
    await using visit = await open(path, { reducedMotion: 'reduce' });
    const { page, complaints } = visit;
    if (!isThere) {
      await page.route('**/stage.worker-*', async (route) => {
        const response = await route.fetch();
        const body = `OffscreenCanvas.prototype.getContext = () => null; ${await response.text()}`;
        await route.fulfill({ response, body });
      });
    }
    await page.click('.go');
    await expect.poll(() => page.locator('[data-metric=distance]').count(), { timeout: 60_000 }).toBe(2);
    await page.getByRole('button', { name: 'Stop' }).click();
    const deep = page.locator('canvas.robot.deep');
    const view = page.getByRole('combobox', { name: 'View' });
    /** How much of a picture is in the Gaussian's colour on light ground, in light and in shadow. */
    const robotShare = async (picture = page.locator('canvas.robot').first()) =>
      pixelsOf(await picture.screenshot(), (r, g, b) => r > 60 && r > 1.4 * g && r > 1.4 * b).share;
    // The processor draws here, which a training needs: robots are in the plane until somebody asks.
    expect(await deep.count()).toBe(0);
    await view.selectOption('3D');
    if (isThere) {
      await expect.poll(() => deep.count(), { timeout: 20_000 }).toBe(2);
      const canvas = deep.first();
      await expect.poll(() => robotShare(canvas)).toBeGreaterThan(0.02);
      expect(await robotShare(canvas)).toBeLessThan(0.3);
      expect(await canvas.getAttribute('aria-label')).toContain('In three dimensions');
      await canvas.focus();
      const before = await canvas.screenshot();
      await page.keyboard.press('ArrowRight');
      await expect.poll(async () => (await canvas.screenshot()).equals(before)).toBe(false);
      await page.keyboard.press('Home');
      await expect.poll(async () => (await canvas.screenshot()).equals(before)).toBe(true);
      await view.selectOption('in the plane');
    } else {
      await page.getByText('no WebGL for three dimensions').waitFor();
      expect(await view.inputValue()).toBe('false');
    }
    await expect.poll(() => deep.count()).toBe(0);
    await expect.poll(() => robotShare()).toBeGreaterThan(0.02);
    expect(complaints).toEqual([]);
  },
  120_000,
);
