/**
 * Looks at the report of a run as its readers do, in Chromium: `tsx .ci/look.ts RUN_DIRECTORY`. Fails on console errors, on
 * anything that is loaded, on missing figures and on pages wider than the screen; leaves screenshots beside the report.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [path] = process.argv.slice(2);
const report = path === undefined ? undefined : resolve(path, 'report.html');
if (report === undefined || !existsSync(report)) {
  console.error(`look: expected a run directory with a report.html, got ${path ?? 'nothing'}`);
  process.exit(2);
}

let [passed, failed] = [0, 0];
function check(what: string, problems: readonly string[]): void {
  if (problems.length === 0) passed++;
  else {
    failed++;
    console.log(`FAIL ${what}: ${problems.join('; ')}`);
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  for (const width of [1280, 390]) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const errors: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    const url = pathToFileURL(report).href;
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url());
    });
    await page.goto(url, { waitUntil: 'load' });

    const found = await page.evaluate(() => {
      const figures = [...document.querySelectorAll('figure')];
      const empty = figures.filter((figure) => {
        const svg = figure.querySelector('svg');
        const box = svg?.getBoundingClientRect();
        const marks = svg?.querySelectorAll('path[d], circle, rect, line, polyline, polygon, text').length ?? 0;
        return box === undefined || box.width < 50 || box.height < 30 || marks === 0;
      });
      const root = document.documentElement;
      return {
        figures: figures.length,
        empty: empty.map((figure) => figure.textContent?.trim() ?? ''),
        uncaptioned: figures.filter((figure) => !figure.querySelector('figcaption')?.textContent?.trim()).length,
        tables: [...document.querySelectorAll('table')].map((table) => table.tBodies[0]?.rows.length ?? 0),
        overflow: root.scrollWidth - root.clientWidth,
        garbage: [...document.querySelectorAll('p, dd, td, figcaption, svg text')]
          .map((element) => element.textContent ?? '')
          .filter((text) => /\b(?:NaN|undefined|null)\b|\[object /.test(text)),
      };
    });
    const at = `at ${width} px`;
    check(`no console message ${at}`, errors);
    check(`nothing is loaded ${at}`, requests);
    check(`there are figures ${at}`, found.figures > 0 ? [] : ['no <figure>']);
    check(`every figure is drawn ${at}`, found.empty);
    check(`every figure has a caption ${at}`, found.uncaptioned === 0 ? [] : [`${found.uncaptioned} without`]);
    check(`there are filled tables ${at}`, found.tables.some((rows) => rows > 0) ? [] : ['none']);
    check(`the page is no wider than the screen ${at}`, found.overflow <= 0 ? [] : [`${found.overflow} px too wide`]);
    check(`no value is missing in the text ${at}`, found.garbage);
    await page.screenshot({ path: join(resolve(path!), `report-${width}.png`), fullPage: true });
    await page.close();
  }
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
