import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Page } from 'playwright-core';
import { build, preview } from 'vite';
import { startChromium } from '../../scripts/chromium.ts';
import { POLICY_ROWS } from '../rows.ts';
import type { Shown } from '../subjects.ts';
import type { SideName } from './page/sides.ts';
import type { Rival } from './peer.ts';

/**
 * Our engine in a page of Chromium, and the same functions in plain tfjs in the same page.
 *
 * @throws if Chromium does not start, or the page fails
 */
export async function pagePeers(): Promise<Rival[]> {
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    await load(page);
    return [
      sideOf(page, 'page', `Chromium ${browser.version()}`),
      sideOf(page, 'tfjs-cpu', `tfjs ${tf.version_core}`, 'page'),
      sideOf(page, 'tfjs-wasm', `tfjs ${tf.version_core}, SIMD`, 'page'),
    ];
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** Opens the bundled page; it needs no server afterwards. */
async function load(page: Page): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-bench-page-'));
  const config = {
    root: join(import.meta.dirname, 'page'),
    configFile: false,
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
    preview: { port: 0, host: '127.0.0.1' },
  } as const;
  try {
    await build(config);
    const server = await preview(config);
    try {
      const failure = page.waitForEvent('pageerror', { timeout: 0 }).then((error) => Promise.reject(error));
      await page.goto(server.resolvedUrls!.local[0]!);
      await Promise.race([page.waitForFunction(() => 'benchSides' in globalThis), failure]);
    } finally {
      await server.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One of the page's sides. It draws variables and data from the seed that this process draws its own from. */
function sideOf(page: Page, name: SideName, version: string, against?: SideName): Rival {
  let shown: Shown = {};
  return {
    ...{ name, version, against },
    has: (row) => POLICY_ROWS.some(({ name }) => name === row),
    async make(row, batch) {
      shown = await page.evaluate(([name, row, batch]) => globalThis.benchSides.make(name, row, batch), [
        name,
        row,
        batch,
      ] as const);
    },
    time: (_row, _batch, repeats) =>
      page.evaluate(([name, repeats]) => globalThis.benchSides.time(name, repeats), [name, repeats] as const),
    show: async () => shown,
    stop: () => page.context().browser()!.close(),
  };
}
