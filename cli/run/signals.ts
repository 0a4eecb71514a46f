import { Worker } from 'node:worker_threads';
import { EXIT } from './environment.ts';

/** What asks a program to end: Ctrl-C, another program, a terminal that is closed. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Milliseconds in which a second signal is taken for an echo: npm and tsx pass on a Ctrl-C that has already arrived. */
export const ECHO = 500;

const exit = (): never => process.exit(EXIT.interrupted);

/** What a signal does at present. */
let react: () => void = exit;
const onSignal = () => react();

/** From now on a signal that ends programs makes this one exit with 130, unless {@link interruptible} work goes on. */
export function exitOnSignals(): void {
  for (const signal of SIGNALS) {
    if (!process.listeners(signal).includes(onSignal)) process.on(signal, onSignal);
  }
}

/** Does the work, whose `signal` is aborted by the first Ctrl-C, SIGTERM or hang-up; the second one exits at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let first = 0;
  react = () => {
    if (controller.signal.aborted) {
      if (performance.now() - first > ECHO) exit();
      return;
    }
    first = performance.now();
    controller.abort();
  };
  try {
    return await work(controller.signal);
  } finally {
    react = exit;
  }
}

const WATCH = `
const { workerData } = require('node:worker_threads');
setInterval(() => process.ppid === workerData || process.kill(process.pid, 'SIGKILL'), 250);`;

/**
 * Ends this process when its parent does, however long it computes or waits: a thread looks, since a busy event loop would not see a
 * channel close.
 * @param parent its id, as it was when it started this process
 */
export function dieWithParent(parent: number): void {
  new Worker(WATCH, { eval: true, execArgv: [], workerData: parent }).unref();
}
