/** The built site below a path of its own, as readers find it: pages, links, the lab. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import { decode } from 'fast-png';
import * as ort from 'onnxruntime-node';
import type { Browser, BrowserContextOptions, Download, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actionDensity, policyFromJson, Rng, selectBackend } from '../src/index.ts';
import { trainingLines } from '../web/.vitepress/trainingLines.ts';
import storedWalks from '../web/lab/storedWalks.json' with { type: 'json' };
import { startChromium } from './chromium.ts';
import { root } from './project.ts';
import { serveSite } from './siteServer.ts';

/** Bytes, compressed, of all that the lab loads; some 22,000 of them are the training that it opens on. */
const LARGEST_LAB = 640_000;
/** Seconds of training again and again in which memory stays as it is; `LAB_SECONDS` asks for more. */
const SECONDS = Number(process.env.LAB_SECONDS ?? 40);
/** How long one waits for what takes no time on a machine with nothing else to do. */
const SOON = { timeout: 10_000 };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
let server: Awaited<ReturnType<typeof serveSite>>;
let address: string;

beforeAll(async () => {
  server = await serveSite();
  ({ address } = server);
  browser = await startChromium('--enable-blink-features=ForceEagerMeasureMemory');
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** A page with what it should not do: complain, or load from elsewhere. */
async function open(
  path: string,
  { width = 1280, height = 900, ...options }: BrowserContextOptions & { width?: number; height?: number } = {},
) {
  const page = await browser.newPage({ viewport: { width, height }, ...options });
  const complaints: string[] = [];
  const loaded = new Map<string, Promise<Buffer | undefined>>();
  page.on('console', (message) => {
    // TypeDoc's pages name no icon, so that the browser asks the host for one.
    if (message.location().url.endsWith('/favicon.ico')) return;
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('requestfailed', (request) => {
    // What a page fetches ahead is given up when it is left.
    const problem = request.failure()?.errorText;
    if (problem !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${problem}`);
  });
  page.on('request', (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(address)) {
      complaints.push(`${request.url()} is elsewhere`);
    }
  });
  page.on('response', (response) =>
    loaded.set(
      response.url(),
      response.body().catch(() => undefined),
    ),
  );
  await page.goto(`${address}${path}`);
  return { page, complaints, loaded };
}

const shares = (page: Page, metric: string) =>
  page.$$eval(`.side [data-metric=${metric}]`, (cells) => cells.map((cell) => Number.parseFloat(cell.textContent!)));
const isDone = (page: Page) =>
  page.waitForFunction(() => document.querySelectorAll('.side[data-state=done]').length === 2, undefined, {
    timeout: 240_000,
  });

const isTraining = (page: Page) =>
  page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLElement>('.side')].every(({ dataset }) => dataset.state === 'training'),
  );

/** The heading is of the study that was trained, and every number in it is one of those that are shown, in their order. */
async function headingIsTrue(page: Page): Promise<void> {
  const heading = (await page.textContent('.heading'))!;
  const metric = /nats from the soft optimum/.test(heading) ? 'kl' : /drowns in/.test(heading) ? 'drowned' : 'home';
  const numbers = [...heading.matchAll(/\d+\.\d+/g)].map(Number);
  expect([heading, numbers]).toEqual([heading, await shares(page, metric)]);
  for (const title of await page.$$eval('.side h3', (titles) => titles.map((each) => each.firstChild!.textContent!))) {
    expect(heading).toContain(title.trim());
  }
}

async function contentOf(download: Download): Promise<Buffer> {
  return readFile(await download.path());
}

/** The samples in a side's table, number by number. */
function shownSamples(side: Locator): Promise<number[]> {
  return side
    .locator('.samples data')
    .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLDataElement).value)));
}

/** Where a side's probe is, as its map says. */
async function probeOf(side: Locator): Promise<number[]> {
  const label = await side.locator('.map').getAttribute('aria-label');
  return /now at \((\S+), (\S+)\)/.exec(label!)!.slice(1).map(Number);
}

/** What the page and its workers hold, all canvases and buffers included, rubbish not. */
async function megabytesOf(page: Page): Promise<number> {
  const measured = await page.evaluate(() =>
    (
      performance as unknown as { measureUserAgentSpecificMemory(): Promise<{ bytes: number }> }
    ).measureUserAgentSpecificMemory(),
  );
  return measured.bytes / 1e6;
}

/** From the first control of the lab on, Tab goes to each in the order of the page, and each is outlined while it has the focus. */
async function reachesEveryControl(page: Page): Promise<void> {
  const controls = await page.$$eval('.lab :is(a[href], button, input, select, summary, [tabindex])', (all) =>
    all
      .filter((control) => !control.matches(':disabled'))
      .map((control, i) => {
        control.setAttribute('data-control', String(i));
        return control.outerHTML.slice(0, 80);
      }),
  );
  const focused = () =>
    page.evaluate(() => {
      const { dataset } = document.activeElement as HTMLElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!);
      return { control: dataset.control, outlined: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 };
    });
  await page.locator('.lab').evaluate((lab) => {
    // Where Tab goes on from.
    lab.setAttribute('tabindex', '-1');
    (lab as HTMLElement).focus();
    lab.removeAttribute('tabindex');
  });
  for (const [i, control] of controls.entries()) {
    await page.keyboard.press('Tab');
    expect([control, await focused()]).toEqual([control, { control: String(i), outlined: true }]);
  }
  await page.keyboard.press('Tab');
  expect((await focused()).control).toBeUndefined();
}

describe('the pages', () => {
  test('each loads from the site alone, without a complaint, and leads to nothing that is not there', async () => {
    const { page, complaints } = await open('/index.html');
    const queue = [page.url()];
    const seen = new Set(queue);
    const [links, targets] = [new Set<string>(), new Set<string>()];
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
    for (const path of [
      '/start.html',
      '/api/index.html',
      '/results/lake/report.html',
      '/results/products/report.html',
    ]) {
      expect(seen).toContain(`${address}${path}`);
    }
    await page.goto(`${address}/results.html`, { waitUntil: 'networkidle' });
    await page.click('main a[href$="/report.html"]');
    await page.waitForSelector('figure');
    expect(complaints).toEqual([]);
    await page.close();
  }, 300_000);
});

describe('what somebody has brought into a page', () => {
  const markup = `<script>document.body.dataset.evil = 'a script'</script>
    <script src="data:text/javascript,document.body.dataset.evil='a script of data'"></script>
    <img src="none.png" onerror="document.body.dataset.evil = 'an attribute'">
    <iframe srcdoc="<script>parent.document.body.dataset.evil = 'a frame'</script>"></iframe>
    <base href="https://elsewhere.test/"><link rel="stylesheet" href="https://elsewhere.test/evil.css">`;

  test.each([
    '/start.html',
    '/lab.html',
    '/api/index.html',
    '/results/lake/report.html',
    '/results/products/report.html',
  ])('does not run, and the page does: %s', async (path) => {
    const page = await browser.newPage();
    const elsewhere: string[] = [];
    page.on('requestfailed', (request) => {
      // By the policy, and not since there is no such host.
      if (request.url().includes('elsewhere')) elsewhere.push(request.failure()!.errorText);
    });
    await page.addInitScript(() => {
      const refused: string[] = [];
      (window as unknown as { refused: string[] }).refused = refused;
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
        refused.push(effectiveDirective),
      );
    });
    await page.route(`${address}${path}`, async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      expect(text).toMatch(/<body[^>]*>/);
      await route.fulfill({ response, body: text.replace(/<body[^>]*>/, (body) => `${body}${markup}`) });
    });
    await page.goto(`${address}${path}`, { waitUntil: 'networkidle' });
    expect(await page.evaluate(() => document.body.dataset.evil)).toBeUndefined();
    const refused = await page.evaluate(() => (window as unknown as { refused: string[] }).refused);
    // A report that is written today has no images, and takes none.
    const own = path === '/results/products/report.html' ? ['img-src'] : [];
    expect(new Set(refused)).toEqual(
      new Set(['script-src-elem', 'script-src-attr', 'base-uri', 'style-src-elem', ...own]),
    );
    expect(new Set(elsewhere)).toEqual(new Set(['csp']));
    expect(await page.textContent('h1')).toMatch(/\w/);
    await page.close();
  });

  test('the search of the reference goes on', async () => {
    const { page, complaints } = await open('/api/index.html');
    await page.click('#tsd-search-trigger');
    await page.fill('#tsd-search-input', 'GaussianPolicy');
    await page.locator('#tsd-search-results li').first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe('the story', () => {
  /** What the maps and densities show, as numbers that change with it. */
  const pictures = (page: Page) =>
    page.$$eval('.side canvas', (all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
  const heading = (page: Page) => page.textContent('.heading');

  test('the first view shows walks of both policies that move, within a second of the first paint', async () => {
    const { page, complaints } = await open('/lab.html');
    await page.waitForFunction(() => performance.getEntriesByName('lab/first-walks').length > 0);
    const [paint, walks] = await page.evaluate(() =>
      ['first-contentful-paint', 'lab/first-walks'].map((name) => performance.getEntriesByName(name)[0]!.startTime),
    );
    console.info(`walks ${(walks! - paint!).toFixed(0)} ms after the first paint`);
    expect(walks! - paint!).toBeLessThan(1000);
    const first = await pictures(page);
    expect(first).toHaveLength(4);
    await page.waitForTimeout(400);
    const then = await pictures(page);
    for (const map of [0, 2]) expect(then[map]).not.toBe(first[map]);
    // All of it in the first screen, numbers and densities too.
    const bottom = await page.$$eval('.side canvas', (all) =>
      Math.max(...all.map((each) => each.getBoundingClientRect().bottom)),
    );
    expect(bottom).toBeLessThan(900);
    // And who does not want it to move stops it.
    await page.click('.play');
    await page.waitForTimeout(1500);
    const stopped = await pictures(page);
    await page.waitForTimeout(1500);
    expect(await pictures(page)).toEqual(stopped);
    expect(complaints).toEqual([]);
    await page.close();
  });

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
      await expect.poll(() => heading(page), SOON).toBe(seen[i]);
    }
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => heading(page), SOON).toBe(seen[2]);
    await page.goto(`${address}/lab.html#step=4`);
    await expect.poll(() => heading(page), SOON).toBe(seen[4]);
    await page.getByLabel('banks').selectOption('lower');
    await expect.poll(() => heading(page), SOON).toBe('Block the lower bank, and the flow still has the upper');
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
      await expect.poll(() => page.evaluate(() => scrollY), SOON).toBeGreaterThan(before + 100);
    }
    await context.close();
  }, 300_000);

  test('of what is trained nothing is lost on the way to another page and back, nor under another choice', async () => {
    const { page, complaints } = await open('/lab.html#step=train');
    await page.click('.go');
    await isDone(page);
    const [drowned, result] = [await shares(page, 'drowned'), await heading(page)];
    await headingIsTrue(page);
    await page.click('.VPNavBar a[href$="/flow-lab.html"]');
    await page.waitForFunction(
      () => document.title.startsWith('A flow') || location.pathname.endsWith('flow-lab.html'),
    );
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
      await expect.poll(heading, SOON).toMatch(new RegExp(`^After ${i + 1} rounds? `));
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
    await expect.poll(heading, SOON).toMatch(/^After 3 rounds .* of 60 walks/);
    await page.getByRole('button', { name: 'Start again' }).click();
    await expect.poll(heading, SOON).toBe('Block a bank, and see who gets home');
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

describe('the lake', () => {
  test('a Gaussian drowns and a spline flow does not, within a minute; a blocked bank changes the walks', async () => {
    const { page, complaints, loaded } = await open('/lab.html#step=train');
    await page.evaluate(() => {
      const tasks: number[] = [];
      (window as unknown as { tasks: number[] }).tasks = tasks;
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
        entryTypes: ['longtask'],
      });
    });
    const started = performance.now();
    await page.click('.go');
    await page.waitForFunction(
      () => {
        const [gaussian, spline] = [...document.querySelectorAll('.side [data-metric=drowned]')].map((cell) =>
          Number.parseFloat(cell.textContent!),
        );
        return gaussian! >= 20 && spline! <= 5;
      },
      undefined,
      { timeout: 120_000 },
    );
    const seconds = (performance.now() - started) / 1000;
    await isDone(page);
    const longest = await page.evaluate(() => Math.max(0, ...(window as unknown as { tasks: number[] }).tasks));
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.side [data-metric=modes]')].every((cell) => cell.textContent !== '–'),
    );
    expect(await shares(page, 'modes')).toEqual([1, 2]);
    await headingIsTrue(page);
    const open_ = await shares(page, 'home');
    await page.selectOption('select:has(option[value=upper])', 'upper');
    await page.waitForFunction((before) => {
      const now = [...document.querySelectorAll('.side [data-metric=home]')].map((cell) =>
        Number.parseFloat(cell.textContent!),
      );
      return now.every((value, i) => value < before[i]! - 15);
    }, open_);
    await headingIsTrue(page);
    expect(await page.textContent('.heading')).toMatch(/^With the upper bank blocked, /);
    expect(complaints).toEqual([]);
    let size = 0;
    for (const body of loaded.values()) size += gzipSync((await body) ?? Buffer.alloc(0)).length;
    console.info(
      `${seconds.toFixed(1)} s to the difference, longest task ${longest.toFixed(0)} ms, ${Math.round(size / 1000)} kB`,
    );
    expect(size).toBeLessThan(LARGEST_LAB);
    expect(seconds).toBeLessThan(60);
    expect(longest).toBeLessThan(100);
    await page.close();
  }, 240_000);
});

describe('what is chosen and loaded', () => {
  test('a bank that is blocked from the start is blocked for every walk; a seed that is none is not taken; a pasted link is', async () => {
    const { page, complaints } = await open('/lab.html#blocked=upper');
    await page.click('.go');
    await isTraining(page);
    await isDone(page);
    // Half of the flow's walks go by the upper bank.
    await page.waitForFunction(
      () => Number.parseFloat(document.querySelectorAll('.side [data-metric=home]')[1]!.textContent!) < 65,
    );
    const seed = page.getByLabel('seed');
    await seed.fill('-3');
    await seed.press('Enter');
    expect(await seed.inputValue()).toBe('0');
    await page.evaluate(() => {
      location.hash = 'seed=7&blocked=lower';
    });
    await page.waitForFunction(() => document.querySelector('.lab')!.textContent!.includes('--seeds 7,'));
    expect(await page.textContent('.lab')).toContain('train again for these');
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  test('a file is shown under its own name, on its own lake, and one that is broken leaves what is there', async () => {
    const { page, complaints } = await open('/lab.html#step=train');
    await page.click('.go');
    await isTraining(page);
    await isDone(page);
    const [left, right] = [page.locator('.side').nth(0), page.locator('.side').nth(1)];
    const download = page.waitForEvent('download');
    await right.getByRole('button', { name: 'Policy file' }).click();
    const buffer = await contentOf(await download);
    const field = page.getByLabel('a policy file');
    const choose = (name: string, content: Buffer) =>
      field.setInputFiles({ name, mimeType: 'application/json', buffer: content });
    for (const [name, content, reason] of [
      ['broken.json', buffer.subarray(0, 500), 'it is no JSON, or not all of it'],
      ['notes.json', Buffer.from('{"notes": []}'), '.+'],
    ] as const) {
      await choose(name, content);
      const alert = left.getByRole('alert').filter({ hasText: name });
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(
        new RegExp(`^${name} is no policy file: ${reason}\\. Wanted one that "Policy file" saves\\.$`),
      );
      expect(await left.locator('h3').textContent()).toContain('Gaussian');
      expect(await left.getByRole('button', { name: 'Policy file' }).isEnabled()).toBe(true);
    }
    // Back at an early moment of the training, which the file has not.
    await page.getByLabel('Back through the training').fill('0');
    await page.waitForFunction(
      () => document.querySelector('.side small')?.textContent === 'at 0\u00a0% of its training',
    );
    await choose('spline.json', buffer);
    await left.getByText('from a file, few long strides').waitFor();
    expect(await left.locator('h3').textContent()).toContain('spline flow');
    expect(await page.locator('.scrub output').textContent()).toBe('the newest weights');
    await headingIsTrue(page);
    // The same walks that the policy beside it had at the end of its training.
    await page.waitForFunction(() => {
      const [one, other] = document.querySelectorAll('.side [data-metric=drowned]');
      return one!.textContent === other!.textContent;
    });
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);
});

describe('the soft optimum', () => {
  test('policies over headings come nearer to it, it is drawn under them, and the command below gives the same weights', async () => {
    const { page, complaints } = await open('/lab.html#study=soft');
    await page.click('.go');
    await page.waitForSelector('.side:nth-child(2) [data-metric=kl]');
    const first = await shares(page, 'kl');
    await isDone(page);
    const last = await shares(page, 'kl');
    for (const [i, kl] of last.entries()) expect(kl).toBeLessThan(0.5 * first[i]!);
    await headingIsTrue(page);
    // In one colour that is half transparent, which nothing else has there.
    const areas = await page.$$eval('canvas.heat', (canvases) =>
      canvases.map((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
        return data.filter((value, i) => i % 4 === 3 && Math.abs(value - 0.55 * 255) < 2).length / (width * height);
      }),
    );
    for (const area of areas) expect(area).toBeGreaterThan(0.02);
    const weights: unknown[] = [];
    await selectBackend('cpu');
    for (const policy of ['gaussian', 'spline']) {
      const side = page.locator(`.side[data-policy=${policy}]`);
      const download = page.waitForEvent('download');
      await side.getByRole('button', { name: 'Policy file' }).click();
      const json = (await contentOf(await download)).toString();
      weights.push(JSON.parse(json).variables);
      const headings = await shownSamples(side);
      const density = actionDensity(policyFromJson(json).policy, await probeOf(side));
      expect([...density.sample(new Rng('lab/probe'), [headings.length]).dataSync()]).toEqual(headings);
    }
    const command = (await page.textContent('.lab > .small code'))!;
    expect(complaints).toEqual([]);
    await page.close();
    const out = mkdtempSync(join(tmpdir(), 'oxbow-'));
    const line = `${command.replace(/^oxbow/, 'npx tsx experiments/cli.ts')} --out ${out}`;
    const { status, stderr } = spawnSync(line, { cwd: root, shell: true, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const trained = ['gaussian', 'spline'].map((policy) => {
      const job = join(out, 'jobs/soft/LakeStride-v0/stride-1.3-tau-0.02', policy, 'seed-0');
      return JSON.parse(readFileSync(join(job, 'policy.json'), 'utf8')).variables as unknown;
    });
    expect(weights).toEqual(trained);
    rmSync(out, { recursive: true });
  }, 240_000);
});

describe('the lake, once trained', () => {
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    ({ page, complaints } = await open('/lab.html#step=train'));
    await page.locator('.go').focus();
    await page.keyboard.press('Enter');
    await isTraining(page);
    await isDone(page);
  }, 180_000);
  afterAll(async () => {
    await page?.close();
  });

  test('Tab reaches every control in the order of the page and shows where it is', () => reachesEveryControl(page));

  test('arrow keys move the probe, sliders and choices; Enter opens the samples', async () => {
    const map = page.locator('.side[data-policy=spline] .map');
    await map.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowUp');
    expect(await map.getAttribute('aria-label')).toContain('now at (-1.45, 0.25)');
    const summary = page.locator('.side[data-policy=spline] summary');
    await summary.focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('.side[data-policy=spline] table').isVisible()).toBe(true);
    const slider = page.getByLabel('Back through the training');
    await slider.focus();
    await page.keyboard.press('Home');
    expect(await page.locator('.scrub output').textContent()).toBe('0 % of it');
    await page.keyboard.press('End');
    expect(await page.locator('.scrub output').textContent()).toBe('the newest weights');
    const banks = page.locator('select:has(option[value=upper])').last();
    await banks.focus();
    await page.keyboard.press('ArrowDown');
    expect(await banks.inputValue()).toBe('upper');
    await page.keyboard.press('ArrowUp');
    expect(await banks.inputValue()).toBe('none');
  });

  test.each(['gaussian', 'spline'])(
    '%s: the downloaded ONNX file and policy file make the samples that the page shows',
    async (policy) => {
      const side = page.locator(`.side[data-policy=${policy}]`);
      const download = async (button: string) => {
        const [file] = await Promise.all([
          page.waitForEvent('download'),
          side.getByRole('button', { name: button }).click(),
        ]);
        return contentOf(file);
      };
      const [onnx, json] = [await download('ONNX'), await download('Policy file')];
      const samples = await shownSamples(side);
      expect(new Set(samples).size).toBeGreaterThan(40);
      const probe = await probeOf(side);

      await selectBackend('cpu');
      const loaded = policyFromJson(json.toString()).policy;
      const own = actionDensity(loaded, probe).sample(new Rng('lab/probe'), [samples.length / 2]);
      expect([...own.dataSync()]).toEqual(samples);

      const session = await ort.InferenceSession.create(onnx);
      const noise = new Rng('lab/probe').fillNormal(new Float32Array(samples.length));
      for (let i = 0; i < samples.length; i += 2) {
        const { action } = await session.run({
          observations: new ort.Tensor('float32', Float32Array.from(probe), [1, 2]),
          noise0: new ort.Tensor('float32', noise.slice(i, i + 2), [1, 2]),
        });
        expect(action!.data[0]).toBeCloseTo(samples[i]!, 4);
        expect(action!.data[1]).toBeCloseTo(samples[i + 1]!, 4);
      }
    },
  );

  test(
    'memory stays as it is while it trains again and again',
    async () => {
      const taken: { seconds: number; megabytes: number }[] = [];
      const tensors: Set<string>[] = [new Set(), new Set()];
      const started = performance.now();
      const seconds = () => (performance.now() - started) / 1000;
      const map = page.locator('.map').first();
      while (seconds() < SECONDS || taken.length < 3) {
        await page.click('.go');
        await isTraining(page);
        await map.focus();
        for (let done = false, press = 0; !done; press++) {
          await page.keyboard.press(press % 2 === 0 ? 'ArrowRight' : 'ArrowLeft');
          await page.waitForTimeout(100);
          const sides = await page.$$eval('.side', (all) => all.map((side) => ({ ...(side as HTMLElement).dataset })));
          sides.forEach(({ tensors: count }, i) => tensors[i]!.add(count!));
          done = sides.every(({ state }) => state === 'done');
        }
        taken.push({ seconds: seconds(), megabytes: await megabytesOf(page) });
      }
      const [first, last] = [taken[0]!, taken.at(-1)!];
      console.info(
        `memory after ${taken.map((at) => `${at.seconds.toFixed(0)} s: ${at.megabytes.toFixed(1)} MB`).join(', ')}; tensors: ${tensors.map((counts) => [...counts])}`,
      );
      expect(last.megabytes).toBeLessThan(1.1 * first.megabytes);
      // None before the first report, then always as many.
      for (const counts of tensors) expect(counts.size).toBeLessThanOrEqual(2);
      expect(complaints).toEqual([]);
    },
    1000 * (SECONDS + 240),
  );
});

describe('the start page', () => {
  /** Counts how often the first map of the replay has changed, and when it did so first, from the time that it is there on. */
  const watchReplay = (page: Page) =>
    page.addInitScript(() => {
      const seen = { changes: 0, first: Number.NaN };
      (window as unknown as { seen: typeof seen }).seen = seen;
      let before: number | undefined;
      const look = () => {
        const canvas = document.querySelector<HTMLCanvasElement>('.replay canvas');
        if (canvas !== null && canvas.width > 0) {
          const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
          let sum = 0;
          for (let i = 3; i < data.length; i += 4) sum += data[i]! * (i % 8191);
          if (before !== undefined && sum !== before && seen.changes++ === 0) seen.first = performance.now();
          before = sum;
        }
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  const changes = (page: Page) =>
    page.evaluate(() => (window as unknown as { seen: { changes: number } }).seen.changes);
  /** Changes while so many frames are painted. */
  const changesIn = async (page: Page, frames: number) => {
    const before = await changes(page);
    await page.evaluate(async (count) => {
      for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame);
    }, frames);
    return (await changes(page)) - before;
  };

  test('its first screen says what oxbow is, has two ways on, walks, and the lines of the README that train', async () => {
    const lines = trainingLines(readFileSync(join(root, 'README.md'), 'utf8'));
    const { page, complaints } = await open('/index.html', {
      height: 800,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const parts = ['h1', '.sentence', '.actions a >> nth=0', '.actions a >> nth=1', '.replay', '.lines pre'];
    for (const part of parts) {
      const box = (await page.locator(part).boundingBox())!;
      expect([part, box.y >= 0 && box.y + box.height <= 800]).toEqual([part, true]);
    }
    expect(await page.locator('.sentence').textContent()).toMatch(/^[^.]+\.\s*$/);
    const ways = await page.$$eval('.actions a', (links) => links.map((link) => (link as HTMLAnchorElement).href));
    expect(ways).toEqual([`${address}/lab.html`, `${address}/start.html#install`]);
    expect((await page.locator('.lines pre').textContent())!.trim()).toBe(lines);
    await page.locator('.lines button.copy').click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(lines);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 60_000);

  test('its walks move within a second of the first paint, and stand while a button says so', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await watchReplay(page);
    await page.goto(`${address}/index.html`);
    await expect.poll(() => changes(page)).toBeGreaterThan(0);
    const [painted, moved] = await page.evaluate(() => [
      performance.getEntriesByName('first-contentful-paint')[0]!.startTime,
      (window as unknown as { seen: { first: number } }).seen.first,
    ]);
    console.info(`the walks move ${(moved! - painted!).toFixed(0)} ms after the first paint`);
    expect(moved! - painted!).toBeLessThan(1000);
    await page.getByRole('button', { name: 'Pause' }).click();
    expect(await changesIn(page, 5)).toBeLessThanOrEqual(1);
    expect(await changesIn(page, 40)).toBe(0);
    await page.getByRole('button', { name: 'Play' }).click();
    expect(await changesIn(page, 40)).toBeGreaterThan(3);
    // The moments are at the keyboard too, each with the share that drowned then.
    const slider = page.getByLabel('Moment of the training');
    await slider.focus();
    await page.keyboard.press('End');
    expect(await page.locator('.replay .moment').textContent()).toBe('after the training');
    const drowned = await page.$$eval('.replay [data-metric=drowned]', (all) =>
      all.map(({ textContent }) => textContent),
    );
    const stored = storedWalks.policies.map(({ frames }) => `${(100 * frames.at(-1)!.metrics.drownRate).toFixed(1)} %`);
    expect(drowned).toEqual(stored);
    await page.close();
  }, 60_000);

  test('for those who want less motion nothing moves until they ask for it', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    await watchReplay(page);
    await page.goto(`${address}/index.html`, { waitUntil: 'networkidle' });
    await page.locator('.replay canvas').first().waitFor();
    await changesIn(page, 5);
    expect(await changesIn(page, 40)).toBe(0);
    await page.getByRole('button', { name: 'Play' }).click();
    expect(await changesIn(page, 40)).toBeGreaterThan(3);
    await page.close();
  }, 60_000);

  test('without JavaScript the last walks stand as pictures, beside all the rest', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, javaScriptEnabled: false });
    await page.goto(`${address}/index.html`);
    const posters = page.locator('.replay svg[role=img]');
    expect(await posters.count()).toBe(2);
    for (const [i, { frames }] of storedWalks.policies.entries()) {
      const poster = posters.nth(i);
      expect(await poster.locator('polyline').count()).toBe(frames.at(-1)!.walks.length);
      expect(await poster.getAttribute('aria-label')).toContain(
        `${(100 * frames.at(-1)!.metrics.drownRate).toFixed(1)} %`,
      );
      // Drawn, in the colours of the page.
      expect(await poster.locator('.lake').evaluate((lake) => getComputedStyle(lake).fill)).toBe('rgb(214, 233, 246)');
    }
    for (const part of ['.sentence', '.actions a >> nth=0', '.lines pre'])
      expect(await page.locator(part).isVisible()).toBe(true);
    await page.close();
  }, 60_000);
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

  test('from an address that leads nowhere, to the page of that name and to where most go', async () => {
    const page = await browser.newPage();
    await page.route(`${address}/docs/lake.md`, async (route) => {
      // As hosts of such sites answer.
      const response = await route.fetch({ url: `${address}/404.html` });
      await route.fulfill({ response, status: 404 });
    });
    await page.goto(`${address}/docs/lake.md`);
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
    await page.waitForURL('**/which-agent.html');
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

test('the start page: why, a picture, how to install, train and act are on the first screen of 1280 × 800', async () => {
  const { page, complaints } = await open('/start.html');
  const bottoms = await page.$$eval(
    '.vp-doc > div > :is(p:first-of-type, p:has(img), div[class*=language-])',
    (parts) =>
      parts.slice(0, 4).map((part) => {
        const { bottom, height } =
          part.querySelector('img.light-only, code')?.getBoundingClientRect() ?? part.getBoundingClientRect();
        return { bottom, height, text: part.textContent };
      }),
  );
  expect(bottoms.map(({ height }) => height > 20)).toEqual([true, true, true, true]);
  expect(bottoms.map(({ text }) => text)).toEqual([
    expect.stringContaining('flow policies'),
    '',
    expect.stringContaining('npm install'),
    expect.stringMatching(/await train.*policy\.act/s),
  ]);
  expect(Math.max(...bottoms.map(({ bottom }) => bottom))).toBeLessThan(800);
  expect(complaints).toEqual([]);
  await page.close();
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
  ['/policies.html', 'main h1'],
] as const) {
  // At 768 px the bar has all of its links beside each other.
  for (const width of path === '/index.html' ? [320, 390, 768, 1280] : [320, 390, 1280]) {
    // Contrast is that of the theme, whatever the width; what is wider, that of the width.
    for (const colorScheme of width === 1280
      ? (['light', 'dark'] as const)
      : ([width === 390 ? 'dark' : 'light'] as const)) {
      test(`${path} at ${width} px, ${colorScheme}: nothing is wider, axe finds nothing serious`, async () => {
        const { page, complaints } = await open(path, { width, colorScheme });
        await page.waitForSelector(wait);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
        );
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`)).toEqual([]);
        expect(complaints).toEqual([]);
        await page.close();
      }, 60_000);
    }
  }
}
