/** The page on which a flow learns a density, on the built site. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { reachesEveryControl } from './site/reachesEveryControl.ts';
import { visitSite } from './site/visitSite.ts';

const { address, browser, open } = visitSite();

describe('the flow', () => {
  const isUntrained = (page: Page) => page.waitForSelector('.lab[data-state=untrained]', { timeout: 60_000 });
  const isTrained = (page: Page) => page.waitForSelector('.lab[data-state=trained]', { timeout: 60_000 });
  const trainFor = async (page: Page, updates: string) => {
    await page.getByLabel('updates').fill(updates);
    await page.getByLabel('updates').blur();
    await page.locator('.go').click();
  };
  /** A value, or where it is below what is shown, that. */
  const value = async (page: Page, name: string) =>
    Number((await page.locator(`[data-value=${name}]`).textContent())!.replace('< ', ''));

  test('trains by the keyboard, which reaches every control and moves the point that is followed', async () => {
    const { page, complaints } = await open('/flow-lab.html');
    await page.getByLabel('updates').focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('100');
    await page.locator('.go').focus();
    await page.keyboard.press('Space');
    await isTrained(page);
    await reachesEveryControl(page);
    const slider = page.getByLabel('Position between the layers');
    await slider.focus();
    await page.keyboard.press('Home');
    expect(await page.locator('.through small').textContent()).toBe('noise');
    const canvas = page.locator('canvas[data-canvas=flow]');
    const point = async () =>
      /now at \((\S+), (\S+)\)/
        .exec((await canvas.getAttribute('aria-label'))!)!
        .slice(1)
        .map((text) => Number(text.replace('−', '-')));
    const [x, y] = await point();
    await canvas.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(point).toEqual([expect.closeTo(x! + 0.1, 1), y]);
    // In the noise, wherever the slider is.
    await slider.focus();
    await page.keyboard.press('End');
    await canvas.focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(point).toEqual([expect.closeTo(x!, 1), y]);
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  test('the flow and the data are there before it trains, in canvases as wide as the page lets them be', async () => {
    const { page, complaints } = await open('/flow-lab.html');
    await isUntrained(page);
    const data = page.locator('canvas[role=img]');
    const label = () => data.getAttribute('aria-label');
    await expect.poll(label).toBe('Draws of the data: two moons');
    const choice = page.locator('.lab select').first();
    await choice.selectOption('banana');
    await expect.poll(label).toBe('Draws of the data: the tutorial’s banana');
    const updates = page.getByLabel('updates');
    for (const [typed, taken] of [
      ['100', '100'],
      ['0', '100'],
      ['', '100'],
      ['100.5', '100'],
    ] as const) {
      await updates.fill(typed);
      await updates.blur();
      expect([typed, await updates.inputValue()]).toEqual([typed, taken]);
    }
    await page.locator('.go').click();
    await isTrained(page);
    // A spline that sees the banana as it is begins, and stays, above 30 nats.
    const ticks = await page.locator('.curve [aria-label="y-axis tick label"] text').allTextContents();
    expect(ticks.length).toBeGreaterThan(1);
    for (const tick of ticks) expect(Number(tick)).toBeLessThan(10);
    const misfits = () =>
      page.$$eval('canvas.map', (all) =>
        all.map((canvas) => (canvas as HTMLCanvasElement).width - canvas.clientWidth * devicePixelRatio),
      );
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(misfits).toEqual(Array(3).fill(expect.closeTo(0, 0)));
    }
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  test('its density is drawn while it learns, and says what is under the pointer, at the keyboard and by touch', async () => {
    const { page, complaints } = await open('/flow-lab.html', { hasTouch: true });
    await isUntrained(page);
    const canvas = page.locator('canvas[data-canvas=density]');
    // At the origin, where N(0, I) has 1 / 2π and between the moons there is next to nothing.
    await canvas.hover();
    await expect.poll(() => value(page, 'flow-density')).toBeCloseTo(0.159, 2);
    await page.locator('.go').click();
    await page.waitForFunction(
      () => Number(document.querySelector('[data-value=flow-density]')!.textContent!.replace('< ', '')) < 0.1,
    );
    expect(await page.locator('.lab').getAttribute('data-state')).toBe('training');
    await isTrained(page);
    expect(await value(page, 'data-density')).toBeLessThanOrEqual(0.001);
    // On the upper moon: what is drawn, and what the density expects, near to each other and to the data.
    const box = (await canvas.boundingBox())!;
    await page.touchscreen.tap(box.x + 0.2 * box.width, box.y + 0.33 * box.height);
    await page.getByLabel('Position between the layers').focus();
    await page.keyboard.press('End');
    await expect.poll(() => value(page, 'data-points')).toBeGreaterThan(10);
    const [drawn, expected, real] = [
      await value(page, 'flow-points'),
      await value(page, 'expected'),
      await value(page, 'data-points'),
    ];
    expect(Math.abs(drawn - expected)).toBeLessThan(5 * Math.sqrt(expected));
    expect(Math.abs(real - expected)).toBeLessThan(6 * Math.sqrt(expected));
    const before = await canvas.getAttribute('aria-label');
    await canvas.focus();
    await page.keyboard.press('Shift+ArrowDown');
    await expect.poll(() => canvas.getAttribute('aria-label')).not.toBe(before);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 120_000);

  test('another choice begins anew, says so, and stands in the address, which gives the same flow again', async () => {
    const { page, complaints } = await open('/flow-lab.html');
    await isUntrained(page);
    await trainFor(page, '200');
    await isTrained(page);
    const status = page.getByRole('status');
    expect(await status.textContent()).toMatch(/^It has learned two moons in 200 updates: \d/);
    const learned = await status.textContent();
    await page.locator('.lab select').first().selectOption('rings');
    await isUntrained(page);
    expect(await status.textContent()).toMatch(/has not seen rings yet: press Train/);
    await page.locator('.lab select').nth(1).selectOption('maf');
    await page.getByRole('spinbutton', { name: 'layers' }).fill('2');
    await page.getByRole('spinbutton', { name: 'layers' }).blur();
    await page.getByLabel('seed').fill('3');
    await page.getByLabel('seed').blur();
    const chosen = `${address}/flow-lab.html#target=rings&family=maf&layers=2&steps=200&seed=3`;
    await expect.poll(() => page.url()).toBe(chosen);
    await page.goto(`${address}/start.html`);
    await page.goto(`${address}/flow-lab.html#steps=200`);
    await isUntrained(page);
    await page.locator('.go').click();
    await isTrained(page);
    expect(await status.textContent()).toBe(learned);
    expect(complaints).toEqual([]);
    await page.close();
  }, 240_000);

  test('who goes to another page and back finds what was trained', async () => {
    const { page, complaints } = await open('/flow-lab.html#steps=100');
    await isUntrained(page);
    await page.locator('.go').click();
    await isTrained(page);
    const learned = await page.getByRole('status').textContent();
    await page.locator('.VPNavBar a', { hasText: 'Guide' }).click();
    await page.waitForURL('**/agents.html');
    await page.goBack();
    await page.waitForSelector('.lab[data-state=trained]');
    expect(await page.getByRole('status').textContent()).toBe(learned);
    expect(await page.locator('.curve svg').count()).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  test('a finger scrolls the page past every picture', async () => {
    const { page } = await open('/flow-lab.html', { width: 390, height: 700, hasTouch: true, isMobile: true });
    await isUntrained(page);
    const session = await page.context().newCDPSession(page);
    for (const canvas of await page.locator('canvas.map').all()) {
      await canvas.evaluate((element) => element.scrollIntoView({ block: 'center' }));
      const box = (await canvas.boundingBox())!;
      const before = await page.evaluate(() => scrollY);
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', up?: number) =>
        session.send('Input.dispatchTouchEvent', { type, touchPoints: up === undefined ? [] : [{ x, y: y - up }] });
      await touch('touchStart', 0);
      for (let up = 10; up <= 120; up += 10) await touch('touchMove', up);
      await touch('touchEnd');
      await expect.poll(async () => (await page.evaluate(() => scrollY)) - before).toBeGreaterThan(60);
    }
    await page.context().close();
  }, 60_000);
});

describe('what keeps the flow page from computing', () => {
  const alert = async (page: Page) => {
    const found = page.getByRole('alert');
    await found.waitFor();
    expect(await found.count()).toBe(1);
    return (await found.locator('p').textContent())!;
  };

  test('a worker that does not come is said, with what to do', async () => {
    const page = await browser.newPage();
    await page.route('**/flow.worker-*', (route) => route.abort());
    await page.goto(`${address}/flow-lab.html`);
    expect(await alert(page)).toMatch(/could not be loaded\. .* reload the page\.$/);
    await page.unroute('**/flow.worker-*');
    await page.getByRole('button', { name: 'Reload the page' }).click();
    await page.waitForSelector('.lab[data-state=untrained]');
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.close();
  }, 60_000);

  test('the page itself that does not come, too', async () => {
    const page = await browser.newPage();
    await page.route('**/FlowLab.*.js', (route) => route.abort());
    await page.goto(`${address}/flow-lab.html`);
    expect(await alert(page)).toMatch(/^A part of this page could not be loaded/);
    await page.close();
  }, 60_000);

  test('being offline, when it is to train again', async () => {
    const page = await browser.newPage();
    await page.goto(`${address}/flow-lab.html#steps=100`);
    await page.waitForSelector('.lab[data-state=untrained]');
    await page.context().setOffline(true);
    await page.locator('.lab select').first().selectOption('rings');
    expect(await alert(page)).toBe(
      'The program that computes could not be loaded: you are offline. Connect, and reload the page.',
    );
    await page.close();
  }, 60_000);

  test('a browser without WebAssembly', async () => {
    const page = await browser.newPage();
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
    await page.goto(`${address}/flow-lab.html`);
    expect(await alert(page)).toMatch(/^This browser does not run WebAssembly here/);
    expect(await page.locator('.go').isDisabled()).toBe(true);
    await page.close();
  }, 60_000);

  test('no JavaScript', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`${address}/flow-lab.html`);
    expect(await page.locator('noscript').textContent()).toContain('needs JavaScript');
    await page.close();
  });
});
