import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { startChromium } from '../../scripts/chromium.ts';
import { root, temporaryFolder } from '../project.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The built site, and a browser that is there while the tests of a file run. */
export function visitSite(start = startChromium) {
  const address = inject('siteAddress');
  let browser: Browser;
  beforeAll(async () => {
    browser = await start();
  });
  afterAll(async () => {
    await browser?.close();
  });

  /** A page in a context of its own, with what it should not do: complain, or load from elsewhere. */
  async function open(
    path: string | undefined,
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
    if (path !== undefined) await page.goto(`${address}${path}`);
    return { page, complaints, loaded, [Symbol.asyncDispose]: () => page.context().close() };
  }

  return { address, open };
}

/** What a button of the page gives to save. */
export async function saved(page: Page, button: Locator): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return readFile(await download.path());
}

/** The numbers of both sides by the name of a metric. */
export const shares = (page: Page, metric: string) =>
  page.$$eval(`.side [data-metric=${metric}]`, (cells) =>
    cells.map((cell) => Number.parseFloat(cell.textContent!.replace('−', '-'))),
  );

/** Waits until both sides are in a state. */
export const bothAre = (page: Page, state: 'training' | 'done') =>
  page.waitForFunction((wanted) => document.querySelectorAll(`.side[data-state=${wanted}]`).length === 2, state, {
    timeout: 300_000,
  });

/** What axe finds serious, in a line each. */
export async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`);
}

/** From the first control of the lab on, Tab goes to each in the order of the page, and each is outlined while it has the focus. */
export async function reachesEveryControl(page: Page): Promise<void> {
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

/** Runs the command that a page shows, in a folder that goes when it is disposed: reads files of the run. */
export async function runShown(page: Page): Promise<Disposable & { read(path: string): Record<string, unknown> }> {
  const command = (await page.textContent('.lab > .small code'))!;
  const out = temporaryFolder('shown');
  const line = `${command.replace(/^oxbow/, 'npx tsx experiments/cli.ts')} --out ${out.path}/run`;
  const { status, stderr } = spawnSync(line, { cwd: root, shell: true, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const read = (path: string) => JSON.parse(readFileSync(join(out.path, 'run/jobs', path), 'utf8'));
  return { read, [Symbol.dispose]: () => out[Symbol.dispose]() };
}
