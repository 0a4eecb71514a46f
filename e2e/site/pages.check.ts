/** The pages of the built site: none is broken, each can be read on a phone, in the dark, by the keyboard and without JavaScript. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { trainingLines } from '../../web/.vitepress/markdown.ts';
import { replay } from '../../web/lab/story.ts';
import { root } from '../project.ts';
import { seriousViolations, visitSite } from './visit.ts';

const { address, open } = visitSite();

/** Where the site has the reports of the runs that are stored in `docs/results`. */
const reports = readdirSync(join(root, 'docs/results'))
  .filter((name) => existsSync(join(root, 'docs/results', name, 'report.html')))
  .map((name) => `/results/${name}/report.html`);

test.each([
  ['/index.html', '.replay canvas'],
  ['/start.html', 'main h1'],
  ['/lab.html', '.play'],
  ['/lab.html#step=4', '.onward'],
  ['/lab.html#step=train', '.go'],
  ['/lab.html#step=draw', '.go'],
  ['/lab.html#step=game', '.share'],
  ['/flow-lab.html', '.go'],
  ['/robots.html', '.go'],
  ['/playground.html', '.go'],
  ['/maze.html', '.maps polyline'],
  ['/policies.html', 'main h1'],
])(
  '%s: nothing is wider than a phone or a screen, and axe finds nothing serious, by day and by night',
  async (path, wait) => {
    for (const [width, colorScheme] of [
      [390, 'dark'],
      [1280, 'light'],
    ] as const) {
      await using visit = await open(path, { width, colorScheme });
      const { page, complaints } = visit;
      await page.waitForSelector(wait);
      expect(await seriousViolations(page)).toEqual([]);
      // At 768 px the bar has all of its links beside each other.
      for (const each of width === 390 ? [390, 320] : [1280, 768]) {
        await page.setViewportSize({ width: each, height: 900 });
        await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(each);
      }
      expect(complaints).toEqual([]);
    }
  },
  120_000,
);

test('each loads from the site alone, without a complaint, and leads to nothing that is not there', async () => {
  await using visit = await open('/index.html');
  const { page, complaints } = visit;
  const queue = [page.url()];
  const seen = new Set(queue);
  const [links, targets, pictures] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (let url = queue.shift(); url !== undefined; url = queue.shift()) {
    const response = await page.goto(url);
    expect([url, response!.status()]).toEqual([url, 200]);
    const policy = await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', 'content');
    expect([url, policy]).toEqual([url, expect.stringMatching(/^default-src 'none'; /)]);
    expect(/script-src [^;]*'unsafe-/.test(policy!)).toBe(false);
    for (const id of await page.$$eval('[id]', (elements) => elements.map((element) => element.id))) {
      targets.add(`${url}#${id}`);
    }
    // Those too that are not loaded since they are for the other colours.
    for (const picture of await page.$$eval('img', (images) => images.map(({ src }) => src))) {
      if (pictures.has(picture)) continue;
      pictures.add(picture);
      expect([picture, (await page.request.get(picture)).status()]).toEqual([picture, 200]);
    }
    for (const link of await page.$$eval('a[href]', (anchors) => anchors.map((a) => (a as HTMLAnchorElement).href))) {
      const [to, fragment] = link.split('#');
      // TypeDoc checks the links of its reference: the first page and the modules' are enough.
      if (!link.startsWith(address) || /\/api\/(classes|functions|interfaces|types|variables)\//.test(link)) continue;
      // Some pages keep their state there.
      if (fragment && !fragment.includes('=')) links.add(`${to}#${decodeURIComponent(fragment)}`);
      if (seen.has(to!)) continue;
      seen.add(to!);
      queue.push(to!);
    }
  }
  expect(seen.size).toBeGreaterThan(18);
  expect([...links].filter((link) => !targets.has(link))).toEqual([]);
  for (const path of ['/start.html', '/api/index.html', ...reports]) expect(seen).toContain(`${address}${path}`);
  expect(complaints).toEqual([]);
}, 300_000);

describe('the first page', () => {
  /** The pictures of the walks, which change while they move. */
  const maps = (page: Page) =>
    page.$$eval('.replay canvas', (all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
  const stands = async (page: Page) => {
    await page.waitForTimeout(200);
    const before = await maps(page);
    expect(before).toHaveLength(2);
    await page.waitForTimeout(800);
    expect(await maps(page)).toEqual(before);
  };
  const moves = async (page: Page) => {
    const before = await maps(page);
    await expect.poll(() => maps(page)).not.toEqual(before);
  };

  test('its first screen says what oxbow is, has two ways on, walks, and the lines of the README that train', async () => {
    const lines = trainingLines(readFileSync(join(root, 'README.md'), 'utf8'));
    await using visit = await open('/index.html', { height: 800, permissions: ['clipboard-read', 'clipboard-write'] });
    const { page, complaints } = visit;
    for (const part of ['h1', '.sentence', '.actions a >> nth=0', '.actions a >> nth=1', '.replay', '.lines pre']) {
      const box = (await page.locator(part).boundingBox())!;
      expect([part, box.y >= 0 && box.y + box.height <= 800]).toEqual([part, true]);
    }
    expect((await page.locator('.lines pre').textContent())!.trim()).toBe(lines);
    await page.locator('.lines button.copy').click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(lines);
    await moves(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    await stands(page);
    await page.getByRole('button', { name: 'Play' }).click();
    await moves(page);
    // The moments are at the keyboard too, each with the share that drowned then.
    await page.getByLabel('Moment of the training').focus();
    await page.keyboard.press('End');
    expect(await page.locator('.replay .moment').textContent()).toBe('after the training');
    const drowned = await page.locator('.replay [data-metric=drowned]').allTextContents();
    const stored = replay.divided.map(({ frames }) => `${(100 * frames.at(-1)!.metrics.drownRate).toFixed(1)} %`);
    expect(drowned).toEqual(stored);
    expect(complaints).toEqual([]);
  }, 60_000);
});

describe('ways back', () => {
  test('from the API reference, whose search works, to the site', async () => {
    await using visit = await open('/api/classes/oxbow.Rng.html', { width: 390 });
    const { page, complaints } = visit;
    await page.getByRole('link', { name: '← oxbow' }).click();
    await page.waitForSelector('.replay');
    expect(page.url()).toBe(`${address}/index.html`);
    await page.goto(`${address}/api/index.html`);
    await page.click('#tsd-search-trigger');
    await page.fill('#tsd-search-input', 'GaussianPolicy');
    await page.locator('#tsd-search-results li').first().waitFor();
    expect(complaints).toEqual([]);
  });

  test.each([
    ['docs/lake.md', '/oxbow/lake.html'],
    ['lake%E0%A4%A', undefined],
  ])('from an address that leads nowhere, %s, to the page of that name and to where most go', async (path, likely) => {
    await using visit = await open(undefined);
    const { page } = visit;
    await page.route(
      ({ href }) => href === `${address}/${path}`,
      // As hosts of such sites answer.
      async (route) => route.fulfill({ response: await route.fetch({ url: `${address}/404.html` }), status: 404 }),
    );
    await page.goto(`${address}/${path}`);
    expect(await page.locator('h1').textContent()).toBe('There is no such page');
    if (likely === undefined) {
      await expect.poll(() => page.locator('.not-found code').textContent()).toBe(`/${path}`);
      return;
    }
    const places = await page.$$eval('.not-found li a', (all) => all.map((link) => (link as HTMLAnchorElement).href));
    expect(places.length).toBeGreaterThan(5);
    for (const place of places) expect([place, (await page.request.get(place)).status()]).toEqual([place, 200]);
    const first = page.locator('.not-found p', { hasText: 'Did you mean' }).locator('a').first();
    expect(await first.getAttribute('href')).toBe(likely);
  });

  test('being offline is said, and is not taken for an address that leads nowhere', async () => {
    await using visit = await open(undefined);
    const { page } = visit;
    await page.goto(`${address}/start.html`, { waitUntil: 'networkidle' });
    await page.context().setOffline(true);
    // Far down, so that it has not been fetched ahead.
    await page.locator('.VPSidebar a', { hasText: 'Changelog' }).click();
    await expect.poll(() => page.locator('h1').textContent()).toBe('You are offline');
  }, 60_000);
});

describe('markup that somebody has brought into a page', () => {
  const markup = `<script>document.body.dataset.evil = 'a script'</script>
    <script src="data:text/javascript,document.body.dataset.evil='a script of data'"></script>
    <img src="none.png" onerror="document.body.dataset.evil = 'an attribute'">
    <iframe srcdoc="<script>parent.document.body.dataset.evil = 'a frame'</script>"></iframe>
    <base href="https://elsewhere.test/"><link rel="stylesheet" href="https://elsewhere.test/evil.css">`;

  test.each(['/start.html', '/lab.html', '/api/index.html', ...reports])(
    'does not run, and the page does: %s',
    async (path) => {
      await using visit = await open(undefined);
      const { page } = visit;
      const elsewhere: string[] = [];
      page.on('requestfailed', (request) => {
        // By the policy, and not since there is no such host.
        if (request.url().includes('elsewhere')) elsewhere.push(request.failure()!.errorText);
      });
      await page.route(`${address}${path}`, async (route) => {
        const response = await route.fetch();
        await route.fulfill({
          response,
          body: (await response.text()).replace(/<body[^>]*>/, (body) => `${body}${markup}`),
        });
      });
      await page.goto(`${address}${path}`, { waitUntil: 'networkidle' });
      expect(await page.locator('iframe[srcdoc]').count()).toBe(1);
      expect(await page.evaluate(() => document.body.dataset.evil)).toBeUndefined();
      expect(new Set(elsewhere)).toEqual(new Set(['csp']));
      expect(await page.textContent('h1')).toMatch(/\w/);
    },
  );
});
