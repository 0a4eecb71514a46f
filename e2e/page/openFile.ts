import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { temporaryFolder } from '../project.ts';

/** A folder for pages, and a browser that is there while the tests of a file run. */
export function openFiles(name: string, start: () => Promise<Browser>) {
  const folder = temporaryFolder(name);
  let browser: Browser;
  beforeAll(async () => {
    browser = await start();
  });
  afterAll(async () => {
    await browser?.close();
    folder[Symbol.dispose]();
  });

  /** A page of the folder, as wide as a phone, with what it should not do: complain, or load from elsewhere. */
  async function open(file: string, options: BrowserContextOptions = {}, before?: (page: Page) => Promise<unknown>) {
    const page = await browser.newPage({ viewport: { width: 390, height: 700 }, ...options });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      // The processor is slow at it.
      if (!message.text().includes('GPU stall due to ReadPixels')) complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) complaints.push(`${request.url()} is elsewhere`);
    });
    await before?.(page);
    await page.goto(`file://${file}`);
    return { page, complaints };
  }

  return { folder: folder.path, open };
}
