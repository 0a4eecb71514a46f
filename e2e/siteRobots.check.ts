/** The page on which robots learn to run, on the built site. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { root, temporaryFolder } from './project.ts';
import { longestTask } from './site/longestTask.ts';
import { reachesEveryControl } from './site/reachesEveryControl.ts';
import { visitSite } from './site/visitSite.ts';

/** Bytes, compressed, of all that the page loads, MuJoCo's module included. */
const LARGEST = 2_500_000;
const { address, browser, open } = visitSite();

const sides = (page: Page, state: string) =>
  page.waitForFunction((wanted) => document.querySelectorAll(`.side[data-state=${wanted}]`).length === 2, state, {
    timeout: 300_000,
  });
const isWasm = (url: string) => url.endsWith('.wasm');
/** How far the walks lead that are shown, m. */
const distances = (page: Page) =>
  page.$$eval('.side [data-metric=distance]', (all) =>
    all.map(({ textContent }) => Number.parseFloat(textContent!.replace('−', '-'))),
  );

describe('robots', () => {
  test('a Hopper hops a metre far within three minutes; what that loads comes from the site, as it is said, on demand', async () => {
    const { page, complaints, loaded } = await open('/robots.html');
    await page.locator('.go').waitFor();
    const longest = await longestTask(browser, page);
    expect([...loaded.keys()].filter((url) => /worker|mujoco/.test(url))).toEqual([]);
    const started = performance.now();
    await page.click('.go');
    await expect.poll(async () => Math.max(...(await distances(page))), { timeout: 180_000 }).toBeGreaterThanOrEqual(1);
    const seconds = (performance.now() - started) / 1000;
    await page.locator('.curve svg').last().waitFor();
    const milliseconds = await longest();
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => page.locator('.status').textContent()).toBe('The training was stopped.');
    let [size, module, stage] = [0, 0, 0];
    for (const [url, body] of loaded) {
      // Of a worker that has ended the browser keeps nothing.
      const bytes = gzipSync((await body) ?? readFileSync(join(root, 'web/dist', url.slice(address.length)))).length;
      size += bytes;
      if (isWasm(url)) module += bytes;
      if (url.includes('stage.worker')) stage += bytes;
    }
    console.info(
      `${seconds.toFixed(1)} s to a metre, longest task ${milliseconds.toFixed(0)} ms, ${Math.round(size / 1000)} kB, of which the module ${Math.round(module / 1000)} kB, three ${Math.round(stage / 1000)} kB`,
    );
    expect(size).toBeLessThan(LARGEST);
    expect(await page.locator('fieldset').textContent()).toContain(
      `MuJoCo, ${(module / 1e6).toFixed(1)} MB, and three, ${(stage / 1e6).toFixed(1)} MB,`,
    );
    expect(milliseconds).toBeLessThan(100);
    expect(complaints).toEqual([]);
    await page.close();
  }, 300_000);

  test('the command below gives the same numbers, to the bit', async () => {
    const { page, complaints } = await open('/robots.html#steps=3000&seed=5');
    await page.click('.go');
    await sides(page, 'done');
    const metrics = ['return', 'greedyReturn', 'length'];
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
    const command = (await page.textContent('.lab > .small code'))!;
    expect(complaints).toEqual([]);
    await page.close();
    using out = temporaryFolder('robots');
    const line = `${command.replace(/^oxbow/, 'npx tsx experiments/cli.ts')} --out ${out.path}/run`;
    const { status: code, stderr } = spawnSync(line, { cwd: root, shell: true, encoding: 'utf8' });
    expect(code, stderr).toBe(0);
    const trained = ['gaussian', 'spline'].map((policy) => {
      const file = join(out.path, 'run/jobs/ppo', 'mujoco/Hopper-v5', policy, 'seed-5/result.json');
      const result = JSON.parse(readFileSync(file, 'utf8')) as { metrics: Record<string, number> };
      return metrics.map((name) => result.metrics[name]);
    });
    expect(shown).toEqual(trained);
  }, 600_000);

  test('it is there by the keyboard, for who comes back, and as it was at each moment; it stands for who wants less motion', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
    await page.goto(`${address}/robots.html#robot=mujoco/HalfCheetah-v5&steps=3000&policies=gaussian,gaussian`);
    await page.locator('.go').focus();
    await page.keyboard.press('Enter');
    await sides(page, 'done');
    await reachesEveryControl(page);
    // One policy and one seed learn the same.
    const [left, right] = await page.$$eval('data[data-metric=return]', (all) =>
      all.map((each) => (each as HTMLDataElement).value),
    );
    expect(left).toBe(right);
    const pictures = () =>
      page.$$eval('canvas.robot', (all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
    const last = await pictures();
    await page.waitForTimeout(500);
    expect(await pictures()).toEqual(last);
    const slider = page.getByLabel('Back through the training');
    await slider.focus();
    await page.keyboard.press('Home');
    await expect.poll(() => page.locator('.side small').first().textContent()).toBe('after 0 steps');
    const first = await pictures();
    expect(first[0]).not.toBe(last[0]);
    await page.keyboard.press('End');
    await expect.poll(pictures).toEqual(last);
    await page.getByRole('button', { name: 'Play' }).click();
    await expect.poll(pictures).not.toEqual(last);
    await page.locator('.VPNavBar a', { hasText: 'Guide' }).click();
    await page.waitForURL('**/agents.html');
    await page.goBack();
    await sides(page, 'done');
    expect(await page.locator('data[data-metric=return]').first().getAttribute('value')).toBe(left);
    await page.getByLabel('seed').fill('9');
    await page.getByLabel('seed').blur();
    await page.getByText('train again for these').waitFor();
    expect(page.url()).toContain('seed=9');
    await page.close();
  }, 300_000);

  test('what cannot be loaded or run is said, and what to do', async () => {
    const page = await browser.newPage();
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
    await page.close();
  }, 120_000);
});
