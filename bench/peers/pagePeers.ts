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
      new PagePeer(page, 'page', `Chromium ${browser.version()}`),
      new PagePeer(page, 'tfjs-cpu', `tfjs ${tf.version_core}`, 'page'),
      new PagePeer(page, 'tfjs-wasm', `tfjs ${tf.version_core}, SIMD`, 'page'),
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
class PagePeer implements Rival {
  readonly name: SideName;
  readonly version: string;
  readonly against: SideName | undefined;
  readonly #page: Page;
  #shown: Shown = {};

  constructor(page: Page, name: SideName, version: string, against?: SideName) {
    this.#page = page;
    this.name = name;
    this.version = version;
    this.against = against;
  }

  has(row: string): boolean {
    return POLICY_ROWS.some(({ name }) => name === row);
  }

  async make(row: string, batch: number): Promise<void> {
    this.#shown = await this.#page.evaluate(([name, row, batch]) => globalThis.benchSides.make(name, row, batch), [
      this.name,
      row,
      batch,
    ] as const);
  }

  time(_row: string, _batch: number, repeats: number): Promise<number> {
    return this.#page.evaluate(([name, repeats]) => globalThis.benchSides.time(name, repeats), [
      this.name,
      repeats,
    ] as const);
  }

  async show(): Promise<Shown> {
    return this.#shown;
  }

  stop(): Promise<void> {
    return this.#page.context().browser()!.close();
  }
}
