import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of the processor. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/**
 * Milliseconds of the processor that the longest task of the page's own thread takes, from now until the function that this returns is
 * called. By the clock a task takes longer where others want the processor, as the page's own trainings do on two cores.
 */
export async function longestTask(
  browser: { startTracing(page: Page, categories: string[]): Promise<void>; stopTracing: Browser['stopTracing'] },
  page: Page,
): Promise<() => Promise<number>> {
  await browser.startTracing(page, ['toplevel']);
  return async () => {
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    const threadOf = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
    const isNamed = ({ name, args }: TraceEvent) => name === 'thread_name' && args.name === 'CrRendererMain';
    const main = new Set(traceEvents.filter(isNamed).map(threadOf));
    const tasks = traceEvents.filter((event) => event.ph === 'X' && main.has(threadOf(event)));
    expect(tasks.length).toBeGreaterThan(100);
    return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
  };
}
