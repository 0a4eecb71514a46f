/** The playground, on the built site: its programs run by the keyboard alone, and what goes wrong is said with its line. */
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { pixelsOf } from '../pixelsOf.ts';
import { seriousViolations, visitSite } from './visit.ts';

/** Bytes, compressed, of all that the page loads until a program has trained; without MuJoCo. */
const LARGEST = 850_000;
const { address, open } = visitSite();

const state = (page: Page, name: string, timeout = 120_000) =>
  page.waitForSelector(`.playground[data-state=${name}]`, { timeout });
const output = async (page: Page) => (await page.textContent('.output'))!;

/** Puts a text in place of the program. */
const write = (page: Page, text: string) => page.getByLabel('Program, in JavaScript').fill(text);

/** Runs what is in the editor, by the keys. */
async function runByKeys(page: Page): Promise<void> {
  await page.getByLabel('Program, in JavaScript').focus();
  await page.keyboard.press('Control+Enter');
}

/** How much of the stage is not the paper. */
async function drawn(page: Page): Promise<number> {
  return pixelsOf(await page.locator('.stage').screenshot(), (r, g, b) => Math.min(r, g, b) < 200).share;
}

describe('its programs run by the keyboard alone', () => {
  test.each([
    ['train', /keeps the pole up for [3-5]\d\d of 500 steps/],
    ['environment', /0\.[01]\d beside the landing, in the mean$/],
    ['clone', /Update 2000/],
    ['density', /Update 500: -log p of held-out rows is 1\.[0-3]\d nats, by a Gaussian 1\.[6-9]/],
    ['robot', /After four seconds it is at \((?:[2-9].*\n.*){3}at/],
  ])(
    '%s, on a phone',
    async (name, printed) => {
      await using visit = await open('/playground.html', { width: 390, colorScheme: 'light' });
      const { page, complaints, loaded } = visit;
      const choice = page.getByRole('combobox', { name: 'Program' });
      await choice.focus();
      // By their first letters; the first of them is there already.
      if (name !== 'train')
        await page.keyboard.type({ environment: 'Y', clone: 'C', density: 'The', robot: 'A' }[name]!);
      await expect.poll(() => choice.inputValue()).toBe(name);
      expect(await page.getAttribute('.playground', 'data-state')).toBe('idle');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      if (name === 'clone') {
        await page.locator('.ways').waitFor({ timeout: 60_000 });
        await page.locator('.ways').focus();
        await page.keyboard.press('Space');
        for (let i = 0; i < 12; i++) await page.keyboard.press(i < 6 ? 'ArrowUp' : 'ArrowRight');
        await page.keyboard.press('Space');
        await page.getByRole('button', { name: 'Draw ten for me' }).focus();
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: 'Use 11 ways' }).focus();
        await page.keyboard.press('Enter');
      }
      await state(page, 'done');
      expect(await output(page)).toMatch(printed);
      expect(await drawn(page)).toBeGreaterThan(0.005);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      if (name === 'train') {
        let size = 0;
        for (const [url, body] of loaded) {
          // What the page keeps has come once.
          if (!url.startsWith('blob:')) size += gzipSync((await body) ?? Buffer.alloc(0)).length;
        }
        console.info(`the playground loads ${Math.round(size / 1000)} kB`);
        expect(size).toBeLessThan(LARGEST);
      }
      expect(complaints).toEqual([]);
    },
    150_000,
  );
});

test('Tab passes through, and indents where somebody writes; Escape lets go', async () => {
  await using visit = await open('/playground.html#program=density');
  const { page } = visit;
  const editor = page.getByLabel('Program, in JavaScript');
  const isFocused = () => editor.evaluate((element) => element === document.activeElement);
  await page.getByRole('button', { name: 'Copy link' }).focus();
  await page.keyboard.press('Tab');
  expect(await isFocused()).toBe(true);
  await page.keyboard.press('Tab');
  expect(await isFocused()).toBe(false);
  await editor.fill('');
  await editor.focus();
  await page.keyboard.type('if (true) {');
  await page.keyboard.press('Enter');
  await page.keyboard.type('a;');
  await page.keyboard.press('Tab');
  expect(await editor.inputValue()).toBe('if (true) {\n  a;  ');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  expect(await isFocused()).toBe(false);
  await page.getByRole('button', { name: 'Reset' }).press('Enter');
  expect(await editor.inputValue()).toContain('neuralSplineFlow');
});

test.each([
  ['const a = 1;\nconsole.log(b);', 'Line 2: b is not defined'],
  ['const a = 1;\n\nconst a = 2;', "Line 3: Identifier 'a' has already been declared"],
  ["import { nothing } from 'oxbow';", 'Line 1: '],
  ["// from 'nowhere'\nimport x from 'lodash';", "Line 2: there is no module 'lodash' here"],
  ["import { train } from 'oxbow/agents';\n\n\nawait train({ env: 'Boat-v0', agent: 'ppo' });", 'Line 4: '],
  ['setTimeout(() => {\n  throw new Error("late");\n});\nawait new Promise(() => {});', 'Line 2: late'],
  ["await fetch('https://elsewhere.test/');", 'Failed to fetch'],
  ["await import('https://elsewhere.test/a.js');", 'Line 1: '],
])('what goes wrong is one line: %s', async (program, said) => {
  await using visit = await open('/playground.html');
  const { page } = visit;
  const elsewhere: string[] = [];
  page.on('response', (response) => elsewhere.push(...(response.url().includes('elsewhere') ? [response.url()] : [])));
  await write(page, program);
  await runByKeys(page);
  await state(page, 'failed');
  const text = (await page.locator('.error').textContent())!;
  expect(text).toContain(said);
  expect(text.trim()).not.toContain('\n');
  expect(elsewhere).toEqual([]);
});

test('what was drawn before an error stays, and is gone when another program runs', async () => {
  await using visit = await open('/playground.html', { colorScheme: 'light' });
  const { page } = visit;
  const painting = "import { canvas } from 'playground';\ncanvas.getContext('2d').fillRect(0, 0, 300, 400);\n";
  await write(page, `${painting}boom();`);
  await runByKeys(page);
  await state(page, 'failed');
  expect(await drawn(page)).toBeGreaterThan(0.4);
  await write(page, '1;');
  await runByKeys(page);
  await state(page, 'done');
  expect(await drawn(page)).toBeLessThan(0.05);
});

test('Stop ends a program that never would; it runs again without a network, and nothing of a link runs by itself', async () => {
  await using visit = await open('/playground.html');
  const { page, complaints } = visit;
  await write(page, "console.log('begun + 100 %');\nfor (;;) {}");
  await runByKeys(page);
  await expect.poll(() => output(page)).toBe('begun + 100 %');
  await page.getByRole('button', { name: 'Stop' }).press('Enter');
  await state(page, 'stopped');
  await page.context().setOffline(true);
  await runByKeys(page);
  await state(page, 'running');
  await page.context().setOffline(false);
  await expect.poll(() => page.url()).toContain('text=');
  const link = page.url();
  await page.goto(`${address}/lake.html`);
  await page.goto(link);
  await expect.poll(() => page.getByLabel('Program, in JavaScript').inputValue()).toContain("'begun + 100 %'");
  await page.waitForTimeout(1500);
  expect(await page.getAttribute('.playground', 'data-state')).toBe('idle');
  expect(await output(page)).toBe('');
  expect(complaints).toEqual([]);
});

test.each(['light', 'dark'] as const)('axe finds nothing while a picture is shown: %s', async (colorScheme) => {
  await using visit = await open('/playground.html#program=clone', { width: 390, colorScheme });
  const { page } = visit;
  await page.locator('.go').click();
  await page.locator('.ways').waitFor({ timeout: 60_000 });
  expect(await seriousViolations(page)).toEqual([]);
  await write(
    page,
    "import { show } from 'playground';\nshow('<svg xmlns=\"http://www.w3.org/2000/svg\"/>');\nboom();",
  );
  await runByKeys(page);
  await state(page, 'failed');
  expect(await seriousViolations(page)).toEqual([]);
});
