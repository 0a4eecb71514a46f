/** Draws the picture of the lab in the README: both sides of the page, trained, on light and on dark. */
import { startChromium } from './chromium.ts';
import { serveSite } from './siteServer.ts';

/** Milliseconds: seconds on a machine that has nothing else to do. */
const PATIENCE = 600_000;

const server = await serveSite();
const browser = await startChromium();
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, colorScheme });
    await page.goto(`${server.address}/lab.html#step=train`);
    await page.click('.go');
    // The walks of the last report have grown when the modes are there and a second has gone by.
    await page.waitForFunction(
      () => [...document.querySelectorAll('.side [data-metric=modes]')].every((cell) => cell.textContent !== '–'),
      undefined,
      { timeout: PATIENCE },
    );
    await page.waitForTimeout(1500);
    const path = `docs/lab-${colorScheme}.jpg`;
    await page.locator('.sides').screenshot({ path, type: 'jpeg', quality: 82 });
    process.stdout.write(`${path}\n`);
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
}
