/** What one does oneself in the lab, on the built site: ways to clone, the game, what is shared. */
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { contentOf } from './site/contentOf.ts';
import { lab } from './site/lab.ts';
import { visitSite } from './site/visitSite.ts';

const { address, browser, open } = visitSite();
const { shares, isDone, isTraining, headingIsTrue } = lab;

describe('what one does oneself', () => {
  /** Draws on the map with a finger, or with the mouse. */
  async function draw(page: Page, points: readonly (readonly [number, number])[], finger: boolean): Promise<void> {
    const canvas = page.locator('canvas.draw');
    await canvas.scrollIntoViewIfNeeded();
    const box = (await canvas.boundingBox())!;
    const unit = box.width / 4.16;
    const way = points.map(([x, y]) => ({ x: box.x + (x + 2.08) * unit, y: box.y + (2.08 - y) * unit }));
    if (!finger) {
      await page.mouse.move(way[0]!.x, way[0]!.y);
      await page.mouse.down();
      for (const { x, y } of way.slice(1)) await page.mouse.move(x, y, { steps: 8 });
      await page.mouse.up();
      return;
    }
    const cdp = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
      cdp.send('Input.dispatchTouchEvent', { type, touchPoints });
    await touch('touchStart', [way[0]!]);
    for (const [i, to] of way.slice(1).entries()) {
      const from = way[i]!;
      for (let part = 1; part <= 8; part++) {
        await touch('touchMove', [
          { x: from.x + (part / 8) * (to.x - from.x), y: from.y + (part / 8) * (to.y - from.y) },
        ]);
      }
    }
    await touch('touchEnd', []);
  }
  const upper = [
    [-1.5, 0],
    [-1.1, 1],
    [0, 1.3],
    [1.1, 1],
    [1.5, 0],
  ] as const;
  const lower = upper.map(([x, y]) => [x, -y] as const);

  test.each([390, 1280])(
    'at %i px, ways that are drawn are cloned: one is, of two the Gaussian makes their average',
    async (width) => {
      const context = await browser.newContext({
        viewport: { width, height: 844 },
        hasTouch: width === 390,
        isMobile: width === 390,
      });
      const page = await context.newPage();
      await page.goto(`${address}/lab.html#step=draw`);
      const finger = width === 390;
      const status = page.locator('.drawn');
      await page.locator('canvas.draw').waitFor();
      const scrolled = () => page.evaluate(() => scrollY);
      for (const [way, reason] of [
        [
          [
            [-1.5, 0],
            [1.5, 0],
          ],
          'through the water',
        ],
        [
          [
            [-0.5, 1.5],
            [1.5, 0],
          ],
          'does not begin at the start',
        ],
        [
          [
            [-1.5, 0],
            [-1.5, 1.5],
            [1, 1.7],
          ],
          'does not end at home',
        ],
      ] as const) {
        await draw(page, way, finger);
        expect(await page.locator('.drawing [role=alert]').textContent()).toContain(reason);
      }
      expect(await status.textContent()).toBe('No way is drawn yet.');
      expect(await page.locator('.go').isDisabled()).toBe(true);
      const before = await scrolled();
      await draw(page, upper, finger);
      expect(await status.textContent()).toBe('1 way by the upper bank.');
      await draw(page, lower, finger);
      expect(await status.textContent()).toBe('1 way by the upper bank, 1 by the lower.');
      // Drawing does not scroll.
      expect(await scrolled()).toBe(before);
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByRole('button', { name: 'Add a lower way' }).click();
      expect(await status.textContent()).toBe('1 way by the upper bank, 1 by the lower.');
      await page.locator('.go').click();
      await isTraining(page);
      await isDone(page);
      await headingIsTrue(page);
      const [gaussian, flow] = await shares(page, 'drowned');
      expect(gaussian! - flow!).toBeGreaterThan(10);
      expect(await page.textContent('.lead')).toContain('on what you drew: 1 way by the upper bank, 1 by the lower.');
      await page.getByRole('button', { name: 'Clear' }).click();
      await page.getByText('cloned from other ways').waitFor();
      expect(await page.textContent('.lead')).toContain('on what you drew: 1 way by the upper bank, 1 by the lower.');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await context.close();
    },
    180_000,
  );

  test('in the game a bank is blocked for both, or by an opponent for each; the score is that of the walks', async () => {
    const { page, complaints } = await open('/lab.html#step=game');
    const notes = () => page.locator('.side small').allTextContents();
    const heading = () => page.textContent('.heading');
    for (const [i, bank] of ['upper', 'lower'].entries()) {
      await page.getByRole('button', { name: `Block the ${bank} bank` }).click();
      await expect.poll(heading).toMatch(new RegExp(`^After ${i + 1} rounds? `));
      const [left, right] = (await notes()).map((note) =>
        /^(\d+) of (\d+) walks home$/.exec(note)!.slice(1).map(Number),
      );
      const walks = 20 * (i + 1);
      expect([left![1], right![1]]).toEqual([walks, walks]);
      expect(await heading()).toContain(`home in ${left![0]} of ${walks} walks, the spline flow in ${right![0]}`);
      const drowned = await shares(page, 'drowned');
      expect(drowned[0]).toBeCloseTo(100 * (1 - left![0]! / walks), 1);
      // Nobody got home by the bank that was blocked first.
      if (i === 0) expect(await shares(page, 'upper')).toEqual([0, 0]);
    }
    await page.getByRole('button', { name: 'Let the opponent choose' }).click();
    await expect.poll(heading).toMatch(/^After 3 rounds .* of 60 walks/);
    await page.getByRole('button', { name: 'Start again' }).click();
    await expect.poll(heading).toBe('Block a bank, and see who gets home');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('what is shown is shared: by a link, and as a picture', async () => {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    await page.goto(`${address}/lab.html#step=train`);
    await page.getByLabel('seed').fill('7');
    await page.getByLabel('seed').blur();
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('The link is copied').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toBe(`${address}/lab.html#seed=7&step=train`);
    await page.goto('about:blank');
    await page.goto(link);
    expect(await page.getByLabel('seed').inputValue()).toBe('7');
    await page.locator('.steps a').nth(3).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save picture' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('lake-3.png');
    const { width, height, data } = decode(await contentOf(download));
    expect([width, height]).toEqual([1920, 630]);
    expect(new Set(data).size).toBeGreaterThan(20);
    await context.close();
  });
});
