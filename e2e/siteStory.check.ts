/** The five steps of the lab, on the built site. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { lab } from './site/lab.ts';
import { visitSite } from './site/visitSite.ts';

const { address, browser, open } = visitSite();
const { shares, isDone, isTraining, headingIsTrue } = lab;

describe('the story', () => {
  const heading = (page: Page) => page.textContent('.heading');

  test('by the keyboard: Enter on Next, arrow keys; the address says where one is, and the way back goes there', async () => {
    const { page, complaints } = await open('/lab.html');
    await page.locator('.onward').focus();
    const seen = [await heading(page)];
    for (const step of [1, 2, 3, 4, 5]) {
      await page.keyboard.press(step % 2 === 0 ? 'ArrowRight' : 'Enter');
      await page.waitForFunction((hash) => location.hash === hash, `#step=${step}`);
      expect(await page.locator('.steps [aria-current=step]').getAttribute('href')).toBe(`#step=${step}`);
      seen.push(await heading(page));
    }
    expect(new Set(seen).size).toBe(6);
    await page.keyboard.press('ArrowRight');
    await page.locator('.go').waitFor();
    for (const i of [5, 4, 3]) {
      await page.goBack();
      await expect.poll(() => heading(page)).toBe(seen[i]);
    }
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => heading(page)).toBe(seen[2]);
    await page.goto(`${address}/lab.html#step=4`);
    await expect.poll(() => heading(page)).toBe(seen[4]);
    await page.getByLabel('banks').selectOption('lower');
    await expect.poll(() => heading(page)).toBe('Block the lower bank, and the flow still has the upper');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('the way back through the story leaves what was chosen for training', async () => {
    const { page } = await open('/lab.html#step=5');
    await page.locator('.onward').click();
    await page.getByLabel('seed').fill('7');
    await page.getByLabel('seed').blur();
    await page.goBack();
    await page.getByText('Where all agree, you need no flow').waitFor();
    await page.locator('.onward').click();
    expect(await page.getByLabel('seed').inputValue()).toBe('7');
    await page.close();
  });

  test('by touch: a tap, a swipe over the text; a swipe over a map scrolls the page', async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const page = await context.newPage();
    await page.goto(`${address}/lab.html`);
    await page.locator('.onward').tap();
    await page.waitForFunction(() => location.hash === '#step=1');
    const cdp = await context.newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
      cdp.send('Input.dispatchTouchEvent', { type, touchPoints });
    const swipe = async (selector: string, dx: number, dy: number) => {
      const box = (await page.locator(selector).first().boundingBox())!;
      const [x, y] = [box.x + box.width / 2, Math.min(800, box.y + box.height / 2)];
      await touch('touchStart', [{ x, y }]);
      for (let part = 1; part <= 20; part++) {
        await touch('touchMove', [{ x: x + (part / 20) * dx, y: y + (part / 20) * dy }]);
        await page.waitForTimeout(16);
      }
      await touch('touchEnd', []);
    };
    await swipe('.lead', -160, 0);
    await page.waitForFunction(() => location.hash === '#step=2');
    await swipe('.lead', 160, 0);
    await page.waitForFunction(() => location.hash === '#step=1');
    for (const hash of ['', '#step=train']) {
      await page.goto(`${address}/lab.html${hash}`);
      await page.locator('.side canvas').first().waitFor();
      if (hash !== '') {
        await page.locator('.go').tap();
        await page.locator('.map.probing').first().waitFor({ timeout: 120_000 });
      }
      const tops = await page.$$eval('.map', (maps) => maps.map((map) => map.getBoundingClientRect().top));
      expect(tops[0]).toBe(tops[1]);
      await page.locator('.map').first().scrollIntoViewIfNeeded();
      const before = await page.evaluate(() => scrollY);
      await swipe('.map', 0, -200);
      await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(before + 100);
    }
    await context.close();
  }, 300_000);

  test('of what is trained nothing is lost on the way to another page and back, nor under another choice', async () => {
    const { page, complaints } = await open('/lab.html#step=train');
    await page.click('.go');
    await isDone(page);
    const [drowned, result] = [await shares(page, 'drowned'), await heading(page)];
    await headingIsTrue(page);
    await page.locator('.VPNavBar a', { hasText: 'Guide' }).click();
    await page.waitForURL('**/agents.html');
    await page.goBack();
    await isDone(page);
    expect(await shares(page, 'drowned')).toEqual(drowned);
    await page.selectOption('select:has(option[value=ppo])', 'ppo');
    await page.getByText('train again for these').waitFor();
    expect([await heading(page), await shares(page, 'drowned')]).toEqual([result, drowned]);
    expect(await page.evaluate(() => location.hash)).toContain('study=ppo');
    await page.click('.go');
    await isTraining(page);
    await isDone(page);
    await headingIsTrue(page);
    expect(await heading(page)).toMatch(/gets home in/);
    expect(complaints).toEqual([]);
    await page.close();
  }, 600_000);

  test('what cannot be loaded or run is said, and what to do', async () => {
    const page = await browser.newPage();
    await page.goto(`${address}/lab.html#step=train`);
    await page.locator('.go').waitFor();
    await page.route(/trainer\.worker/, (route) => route.abort('internetdisconnected'));
    await page.click('.go');
    for (const side of [0, 1]) {
      const alert = page.locator('.side').nth(side).getByRole('alert');
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(/could not be loaded: check that you are online, reload the page/);
    }
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
    await page.reload();
    await page.click('.go');
    const alert = page.getByRole('alert').first();
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/WebAssembly turned off.*turn it on, or try another browser/);
    // The story needs none of it.
    await page.locator('.steps a').nth(2).click();
    await page.getByText('Their average leads into the lake').waitFor();
    await page.route(/LakeLab/, (route) => route.abort('internetdisconnected'));
    await page.reload();
    await page.getByText('The lab could not be loaded: check that you are online').waitFor();
    await page.close();
  });
});
