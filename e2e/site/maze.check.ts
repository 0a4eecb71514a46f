/** The page of clones in a maze, on the built site. */
import { expect, test } from 'vitest';
import { mazeWalks } from '../../web/lab/mazeWalks.ts';
import { visitSite } from './visit.ts';

const { open } = visitSite();
const percent = (share: number) => `${Math.round(100 * share)} %`;

test('by rule and goal the stored walks and shares are shown, and played by the keyboard', async () => {
  await using visit = await open('/maze.html');
  const { page, complaints } = visit;
  await page.locator('.maps svg').first().waitFor();
  const shown = () => page.$$eval('[data-metric=arrive]', (all) => all.map(({ textContent }) => textContent));
  const stored = (rule: 'sample' | 'cool', goal: number) =>
    mazeWalks.sides.map(({ rules }) => percent(rules[rule].shares[goal]!));
  expect(await shown()).toEqual(stored('cool', 0));
  await page.getByLabel('a sample each step').focus();
  await page.keyboard.press('Space');
  await page.getByLabel('3', { exact: true }).check();
  expect(await shown()).toEqual(stored('sample', 2));

  const points = () =>
    page.$$eval('.maps polyline', (all) =>
      all.reduce((sum, line) => sum + line.getAttribute('points')!.split(' ').length, 0),
    );
  const whole = await points();
  await page.getByRole('button', { name: 'Play' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Pause' }).click();
  expect(await points()).toBeLessThan(whole);
  await page.getByRole('slider').press('End');
  expect(await points()).toBe(whole);
  expect(complaints).toEqual([]);
});

test('without scripts the walks stand there', async () => {
  await using visit = await open('/maze.html', { javaScriptEnabled: false });
  expect(await visit.page.locator('.maps polyline').count()).toBeGreaterThan(10);
});
