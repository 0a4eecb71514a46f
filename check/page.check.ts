/** The README's program, word for word, on a page: the packed package, served and bundled by Vite, in Chromium. */
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { build, createServer, type InlineConfig, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium, visit } from './chromium.ts';
import { blocks, pack, run, temporaryFolder, writeProject } from './project.ts';

/** Bytes, compressed, of all that a page loads. */
const LARGEST_PAGE = 350_000;

const page = (script: string) =>
  `<!doctype html>\n<link rel="icon" href="data:," />\n<script type="module">${script}</script>\n`;
const FILES = {
  'main.ts': blocks('README.md')[0]!,
  'index.html': page(`import './main.ts';`),
  'worker.html': page(`new Worker(new URL('./main.ts', import.meta.url), { type: 'module' });`),
};

const folder = temporaryFolder('page');
const config: InlineConfig = { root: folder.path, configFile: false, logLevel: 'error' };
const pages = { index: 'index.html', worker: 'worker.html' };

let browser: Browser;
beforeAll(async () => {
  const archive = pack(folder.path);
  writeProject(folder.path, FILES);
  run(folder.path, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', archive]);
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  folder[Symbol.dispose]();
});

const SERVERS = {
  served: async () => (await createServer({ ...config, server: { port: 0 } })).listen(),
  built: async () => {
    await build({ ...config, build: { rolldownOptions: { input: pages } } });
    return preview({ ...config, preview: { port: 0 } });
  },
};

describe.each(Object.entries(SERVERS))('%s', (kind, start) => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.close());

  test.each(Object.entries(pages))('%s: finds both ways, without a complaint', async (name, file) => {
    const { printed, complaints, loaded } = await visit(browser, `${server.resolvedUrls!.local[0]}${file}`);
    const actions = [...printed.matchAll(/\[(-?[\d.]+)\s*\]/g)].map((match) => Number(match[1]));
    expect(Math.min(...actions), printed).toBeLessThan(-0.5);
    expect(Math.max(...actions), printed).toBeGreaterThan(0.5);
    expect(complaints).toEqual([]);
    if (kind !== 'built') return;
    const bytes = [...loaded.values()].reduce((sum, body) => sum + gzipSync(body).length, 0);
    console.log(`${name}: ${bytes} bytes compressed, in ${loaded.size} files`);
    expect(bytes).toBeLessThan(LARGEST_PAGE);
    expect(
      [...loaded.keys()].filter((address) => !/\.(js|html)$/.test(address) && !address.startsWith('data:')),
    ).toEqual([]);
  });
});
