/** Every kind of page of the built site on narrow and on wide screens, in the light and in the dark. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { beforeAll, expect, test } from 'vitest';
import { visitSite } from './site/visitSite.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { address, open } = visitSite();
/** A page for each of the colours, which goes from path to path: what it has loaded and compiled once it has. */
let visits: Record<'light' | 'dark', Awaited<ReturnType<typeof open>>>;
beforeAll(async () => {
  const visit = (colorScheme: 'light' | 'dark') => open('/index.html', { colorScheme });
  visits = { light: await visit('light'), dark: await visit('dark') };
});

for (const [path, wait] of [
  ['/index.html', '.replay canvas'],
  ['/start.html', 'main h1'],
  ['/lab.html', '.play'],
  ['/lab.html#step=4', '.onward'],
  ['/lab.html#step=train', '.go'],
  ['/lab.html#step=draw', '.go'],
  ['/lab.html#step=game', '.share'],
  ['/flow-lab.html', '.go'],
  ['/robots.html', '.go'],
  ['/policies.html', 'main h1'],
] as const) {
  // At 768 px the bar has all of its links beside each other.
  for (const width of path === '/index.html' ? [320, 390, 768, 1280] : [320, 390, 1280]) {
    // Contrast is that of the theme, whatever the width; what is wider, that of the width.
    for (const colorScheme of width === 1280
      ? (['light', 'dark'] as const)
      : ([width === 390 ? 'dark' : 'light'] as const)) {
      test(`${path} at ${width} px, ${colorScheme}: nothing is wider, axe finds nothing serious`, async () => {
        const { page, complaints } = visits[colorScheme];
        // Two addresses that differ behind # alone are one page.
        await page.goto('about:blank');
        complaints.length = 0;
        await page.setViewportSize({ width, height: 900 });
        await page.goto(`${address}${path}`);
        await page.waitForSelector(wait);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
        );
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`)).toEqual([]);
        expect(complaints).toEqual([]);
      }, 60_000);
    }
  }
}
