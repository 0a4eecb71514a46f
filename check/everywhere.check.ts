/** The same runs in every JavaScript engine that npm and Debian bring, from one program: their fingerprints are equal. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { build, type InlineConfig, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium, visit } from './chromium.ts';

const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'everywhere/fingerprints.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'oxbow-everywhere-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config: InlineConfig = {
  root: join(import.meta.dirname, 'everywhere'),
  configFile: false,
  logLevel: 'warn',
  worker: { format: 'es' },
};
const bundle = (outDir: string, input: Record<string, string>, ssr: boolean) =>
  build({
    ...config,
    ssr: { noExternal: true },
    build: {
      outDir: join(folder, outDir),
      emptyOutDir: true,
      chunkSizeWarningLimit: 4000,
      ssr,
      rolldownOptions: { input },
    },
  });

/** Commands by what npm calls them. */
const RUNTIMES = [
  { name: 'Node 20', spec: 'node@20', command: ['node'] },
  { name: 'Node 22', spec: 'node@22', command: ['node'] },
  { name: 'Node 24', spec: 'node@24', command: ['node'] },
  { name: 'Bun', spec: 'bun@1', command: ['bun'] },
  { name: 'Deno', spec: 'deno@2', command: ['deno', 'run', '--allow-all'] },
] as const;

describe('outside of browsers', () => {
  beforeAll(async () => {
    await bundle('node', { main: 'main.ts' }, true);
    // What a bundle for a page brings along is beside its script here.
    copyFileSync(
      fileURLToPath(import.meta.resolve('@mujoco/mujoco/mujoco.wasm')),
      join(folder, 'node/assets/mujoco.wasm'),
    );
  });

  test.each(RUNTIMES)('$name', ({ name, spec, command: [program, ...options] }) => {
    const installed = join(folder, name);
    mkdirSync(installed);
    writeFileSync(join(installed, 'package.json'), '{ "private": true }');
    execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', spec], {
      cwd: installed,
      stdio: 'pipe',
    });
    const run = (...args: string[]) =>
      execFileSync(join(installed, 'node_modules/.bin', program), args, { encoding: 'utf8' });
    console.log(`${spec}: ${run('--version').split('\n')[0]}`);
    expect(JSON.parse(run(...options, join(folder, 'node/main.js')))).toEqual(expected);
    rmSync(installed, { recursive: true, force: true });
  });
});

describe('Chromium', () => {
  let browser: Browser;
  let server: PreviewServer;

  beforeAll(async () => {
    await bundle('web', { page: 'page.html', worker: 'worker.html' }, false);
    server = await preview({ ...config, build: { outDir: join(folder, 'web') }, preview: { port: 0 } });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test.each(['page', 'worker'])('%s', async (name) => {
    const { printed, complaints } = await visit(browser, `${server.resolvedUrls!.local[0]}${name}.html`);
    expect(JSON.parse(printed)).toEqual(expected);
    expect(complaints).toEqual([]);
  });
});
