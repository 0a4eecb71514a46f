import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, inject } from 'vitest';
import { startChromium } from '../../scripts/chromium.ts';

/** The built site, and a browser that is there while the tests of a file run. */
export function visitSite(start = () => startChromium('--enable-blink-features=ForceEagerMeasureMemory')) {
  const address = inject('siteAddress');
  let started: Browser;
  beforeAll(async () => {
    started = await start();
  });
  afterAll(async () => {
    await started?.close();
  });
  const browser = {
    newPage: (options?: BrowserContextOptions) => started.newPage(options),
    newContext: (options?: BrowserContextOptions) => started.newContext(options),
    startTracing: (page: Page, categories: string[]) => started.startTracing(page, { categories }),
    stopTracing: () => started.stopTracing(),
  };

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

  return { address, browser, open };
}
