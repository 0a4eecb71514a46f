import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { storedReports } from './site/storedReports.ts';
import { visitSite } from './site/visitSite.ts';

const { address, browser, open } = visitSite();

describe('the pages', () => {
  test('each loads from the site alone, without a complaint, and leads to nothing that is not there', async () => {
    const { page, complaints } = await open('/index.html');
    const queue = [page.url()];
    const seen = new Set(queue);
    const [links, targets, pictures] = [new Set<string>(), new Set<string>(), new Set<string>()];
    for (let url = queue.shift(); url !== undefined; url = queue.shift()) {
      const response = await page.goto(url);
      expect([url, response!.status()]).toEqual([url, 200]);
      const policy = await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', 'content');
      expect([url, policy]).toEqual([url, expect.stringMatching(/^default-src 'none'; /)]);
      expect(/script-src [^;]*'unsafe-/.test(policy!)).toBe(false);
      const ids = await page.$$eval('[id]', (elements) => elements.map(({ id }) => id));
      for (const id of ids) targets.add(`${url}#${id}`);
      // Those too that are not loaded since they are for the other colours.
      for (const picture of await page.$$eval('img', (images) => images.map(({ src }) => src))) {
        if (pictures.has(picture)) continue;
        pictures.add(picture);
        expect([picture, (await page.request.get(picture)).status()]).toEqual([picture, 200]);
      }
      const found = await page.$$eval('a[href]', (anchors) => anchors.map((a) => (a as HTMLAnchorElement).href));
      for (const link of found) {
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
    expect(links.size).toBeGreaterThan(100);
    expect([...links].filter((link) => !targets.has(link))).toEqual([]);
    for (const path of ['/start.html', '/api/index.html', ...storedReports()]) {
      expect(seen).toContain(`${address}${path}`);
    }
    await page.goto(`${address}/results.html`, { waitUntil: 'networkidle' });
    await page.click('main a[href$="/report.html"]');
    await page.waitForSelector('figure');
    expect(complaints).toEqual([]);
    await page.close();
  }, 300_000);
});

describe('what is shared', () => {
  test('of each page a title, a description and a picture of the size that is said', async () => {
    const { page } = await open('/lab.html');
    const tag = (name: string) => page.getAttribute(`meta[property="${name}"], meta[name="${name}"]`, 'content');
    expect(await tag('og:title')).toBe('The lab | oxbow');
    expect(await tag('og:description')).toBe(await tag('description'));
    expect(await tag('twitter:card')).toBe('summary_large_image');
    const image = new URL((await tag('og:image'))!, page.url()).href;
    expect(image).toBe(`${address}/preview.png`);
    const body = await (await page.request.get(image)).body();
    expect([body.readUInt32BE(16), body.readUInt32BE(20)]).toEqual([1200, 630]);
    expect([await tag('og:image:width'), await tag('og:image:height')]).toEqual(['1200', '630']);
    // The build does not know where it will be.
    expect(await page.locator('link[rel=canonical]').count()).toBe(0);
    await page.close();
  });
});

describe('ways back', () => {
  test.each(['/api/index.html', '/api/classes/oxbow.Rng.html'])(
    'from the API reference to the site: %s',
    async (path) => {
      for (const width of [1280, 390]) {
        const { page, complaints } = await open(path, { width });
        await page.getByRole('link', { name: '← oxbow' }).click();
        await page.waitForSelector('.replay');
        expect(page.url()).toBe(`${address}/index.html`);
        expect(complaints).toEqual([]);
        await page.close();
      }
    },
  );

  /** A page of an address that leads nowhere. */
  async function lost(path: string): Promise<Page> {
    const page = await browser.newPage();
    await page.route(
      ({ href }) => href === `${address}/${path}`,
      async (route) => {
        // As hosts of such sites answer.
        const response = await route.fetch({ url: `${address}/404.html` });
        await route.fulfill({ response, status: 404 });
      },
    );
    await page.goto(`${address}/${path}`);
    return page;
  }

  test('from an address that leads nowhere, to the page of that name and to where most go', async () => {
    const page = await lost('docs/lake.md');
    expect(await page.locator('h1').textContent()).toBe('There is no such page');
    const likely = page.locator('.not-found p', { hasText: 'Did you mean' }).locator('a');
    expect(await likely.first().getAttribute('href')).toBe('/oxbow/lake.html');
    const places = await page.$$eval('.not-found li a', (links) =>
      links.map((link) => (link as HTMLAnchorElement).href),
    );
    expect(places.length).toBeGreaterThan(5);
    for (const place of places) expect([place, (await page.request.get(place)).status()]).toEqual([place, 200]);
    await likely.first().click();
    await page.waitForURL('**/lake.html');
    await page.close();
  });

  test('from an address whose % begin no characters, which is shown as it is', async () => {
    const page = await lost('lake%E0%A4%A');
    await expect.poll(() => page.locator('.not-found code').textContent()).toBe('/lake%E0%A4%A');
    await page.close();
  });
});

describe('what keeps a page from coming', () => {
  test('being offline is said, and is not taken for an address that leads nowhere', async () => {
    const page = await browser.newPage();
    await page.goto(`${address}/start.html`, { waitUntil: 'networkidle' });
    await page.context().setOffline(true);
    // Far down, so that it has not been fetched ahead.
    await page.locator('.VPSidebar a', { hasText: 'Changelog' }).click();
    await expect.poll(() => page.locator('h1').textContent()).toBe('You are offline');
    await page.close();
  }, 60_000);
});
