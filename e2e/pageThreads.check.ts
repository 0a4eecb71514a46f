/** Threads of the engine in a page and in a worker of it, with the two headers that they take and without. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { build, type InlineConfig, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium, visit } from '../scripts/chromium.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-page-threads-'));
const config: InlineConfig = {
  root: join(import.meta.dirname, 'page'),
  configFile: false,
  logLevel: 'warn',
  worker: { format: 'es' },
};
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

let browser: Browser;
beforeAll(async () => {
  await build({
    ...config,
    build: {
      outDir: folder,
      emptyOutDir: true,
      chunkSizeWarningLimit: 4000,
      rolldownOptions: { input: { page: 'threads.html', worker: 'threadsWorker.html' } },
    },
  });
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['isolated', HEADERS],
  ['not isolated', {}],
])('%s', (kind, headers) => {
  let server: PreviewServer;
  beforeAll(async () => {
    server = await preview({ ...config, build: { outDir: folder }, preview: { port: 0, headers } });
  });
  afterAll(() => server?.close());

  test.each(['threads', 'threadsWorker'])('%s: the same bits by one thread and by two', async (name) => {
    const { printed, complaints } = await visit(browser, `${server.resolvedUrls!.local[0]}${name}.html`);
    const { isMain, isolated, one, two, isHelped, isUnasked } = JSON.parse(printed);
    console.log(`${name}, ${kind}: ${two.line}; helped without a wait for threads: ${isUnasked}`);
    expect({ isMain, isolated, isHelped }).toEqual({
      isMain: name === 'threads',
      isolated: kind === 'isolated',
      isHelped: kind === 'isolated',
    });
    expect(two.result).toBe(one.result);
    if (kind !== 'isolated') expect(two.line).toContain('the page is not cross-origin isolated');
    expect(complaints).toEqual([]);
  });
});
