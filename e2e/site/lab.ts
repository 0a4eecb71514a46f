import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const shares = (page: Page, metric: string) =>
  page.$$eval(`.side [data-metric=${metric}]`, (cells) => cells.map((cell) => Number.parseFloat(cell.textContent!)));
const isDone = (page: Page) =>
  page.waitForFunction(() => document.querySelectorAll('.side[data-state=done]').length === 2, undefined, {
    timeout: 240_000,
  });

const isTraining = (page: Page) =>
  page.waitForFunction(() => document.querySelectorAll('.side[data-state=training]').length === 2);

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

/** What the lab shows, and waiting for it. */
export const lab = { shares, isDone, isTraining, headingIsTrue };
