/** The built site below a path of its own, as readers find it: pages, links, the lab. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium } from './chromium.ts';

/** Bytes, compressed, of all that the lab loads. */
const LARGEST_LAB = 600_000;
const BASE = '/oxbow/';
const root = join(import.meta.dirname, '..');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
let server: PreviewServer;
let address: string;

beforeAll(async () => {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'site:build'], {
    cwd: root,
    env: { ...process.env, SITE_BASE: BASE },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  server = await preview({
    root: join(root, 'web'),
    configFile: false,
    logLevel: 'error',
    base: BASE,
    build: { outDir: 'dist' },
    preview: { port: 0, host: '127.0.0.1' },
  });
  address = server.resolvedUrls!.local[0]!.replace(/\/$/, '');
  browser = await startChromium();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** A page with what it should not do: complain, or load from elsewhere. */
async function open(path: string, { width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {}) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  const loaded = new Map<string, Promise<Buffer | undefined>>();
  page.on('console', (message) => {
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
  page.waitForFunction(
    () => [...document.querySelectorAll<HTMLElement>('.side')].every(({ dataset }) => dataset.state === 'done'),
    undefined,
    { timeout: 120_000 },
  );

describe('the pages', () => {
  test('each loads from the site alone, without a complaint, and leads nowhere that is not there', async () => {
    const { page, complaints } = await open('/index.html');
    const queue = [page.url()];
    const seen = new Set(queue);
    for (let url = queue.shift(); url !== undefined; url = queue.shift()) {
      const response = await page.goto(url);
      expect([url, response!.status()]).toEqual([url, 200]);
      const found = await page.$$eval('a[href]', (links) => links.map((link) => (link as HTMLAnchorElement).href));
      for (const link of found.map((href) => href.split('#')[0]!)) {
        // The reference is TypeDoc's, which checks its own links.
        if (!link.startsWith(address) || seen.has(link) || link.includes('/api/')) continue;
        seen.add(link);
        queue.push(link);
      }
    }
    expect(seen.size).toBeGreaterThan(18);
    expect(complaints).toEqual([]);
    await page.close();
  }, 120_000);

  test('anchors of links are there', async () => {
    const { page } = await open('/policies.html');
    const broken = await page.$$eval('main a[href*="#"]', (links) =>
      links
        .map((link) => link as HTMLAnchorElement)
        .filter(
          ({ pathname, hash }) =>
            pathname === location.pathname && !document.getElementById(decodeURIComponent(hash.slice(1))),
        )
        .map(({ href }) => href),
    );
    expect(broken).toEqual([]);
    await page.close();
  });
});

describe('the lake', () => {
  test('a Gaussian drowns and a spline flow does not, within a minute; a blocked bank changes the walks', async () => {
    const { page, complaints, loaded } = await open('/lab.html');
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
    const open_ = await shares(page, 'home');
    await page.selectOption('select:has(option[value=upper])', 'upper');
    await page.waitForFunction((before) => {
      const now = [...document.querySelectorAll('.side [data-metric=home]')].map((cell) =>
        Number.parseFloat(cell.textContent!),
      );
      return now.every((value, i) => value < before[i]! - 15);
    }, open_);
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

describe('the soft optimum', () => {
  test('policies over headings come nearer to it, it is drawn under them, and the command below gives the same weights', async () => {
    const { page, complaints } = await open('/lab.html#study=soft');
    await page.click('.go');
    await page.waitForSelector('.side:nth-child(2) [data-metric=kl]');
    const first = await shares(page, 'kl');
    await isDone(page);
    const last = await shares(page, 'kl');
    for (const [i, kl] of last.entries()) expect(kl).toBeLessThan(0.5 * first[i]!);
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
    for (const policy of ['gaussian', 'spline']) {
      const download = page.waitForEvent('download');
      await page.click(`.side[data-policy=${policy}] .buttons button:has-text("Policy file")`);
      weights.push(JSON.parse(readFileSync(await (await download).path(), 'utf8')).variables);
    }
    const command = (await page.textContent('.lab code'))!;
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

for (const [path, wait] of [
  ['/index.html', '.VPHero'],
  ['/lab.html', '.go'],
  ['/flow-lab.html', '.go'],
  ['/policies.html', 'main h1'],
] as const) {
  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
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
