import type { MessagePort, Worker } from 'node:worker_threads';
import { nodeBuiltin } from '../nodeBuiltin.ts';
import { CONTROL, LOST, type ThreadTask } from './protocol.ts';

/** How a thread has ended that was not to end. */
export interface Loss {
  readonly thread: number;
  readonly how: string;
}

/** The threads of a vector env. */
export interface Threads {
  /** The first that has ended, if one has. */
  lost(): Loss | undefined;
  /** Ends them, whatever they do. */
  end(): void;
}

/**
 * What computes is not what listens: this thread does nothing but start the others and hear how they end, since the caller's waits and
 * hears nothing. A loss shows in the shared memory on which the caller waits.
 */
const GUARD = `
const { Worker, workerData } = process.getBuiltinModule('node:worker_threads');
const { source, program, loader, tasks, control, port, isLost, undone, lost } = workerData;
const saidBy = (error) => String(error?.message ?? error);
const lose = ({ thread }, how) => {
  port.postMessage({ thread, how });
  Atomics.store(control, isLost, 1);
  Atomics.add(control, undone, lost);
  Atomics.notify(control, undone);
};
const start = (task) => {
  const thread = new Worker(source, {
    eval: true, name: 'oxbow', workerData: { program, loader, oxbowEnvs: task }, transferList: [task.port],
  });
  let how;
  thread.on('error', (error) => { how = saidBy(error); });
  thread.on('exit', (code) => lose(task, how ?? 'exit code ' + code));
};
for (const task of tasks) {
  try {
    start(task);
  } catch (error) {
    lose(task, saidBy(error));
    break;
  }
}`;

/** What a thread begins with: `envThread`, and before it what reads TypeScript. With `--input-type=module` these texts are modules. */
const THREAD = `
const { program, loader } = process.getBuiltinModule('node:worker_threads').workerData;
if (loader === undefined) import(program);
else import(loader).then(({ register }) => (register(), import(program)));`;

/** @throws what a task has that cannot go to another thread */
export function startThreads(tasks: readonly ThreadTask[], control: Int32Array): Threads {
  const threads = nodeBuiltin('node:worker_threads');
  const { port1: port, port2 } = new threads.MessageChannel();
  // In two steps, so that bundlers for pages do not take it for a file to serve.
  const here = import.meta.url;
  const extension = here.slice(here.lastIndexOf('.'));
  const program = new URL(`./envThread${extension}`, here).href;
  const loader = typeScriptLoader(here, extension === '.ts');
  const places = { isLost: CONTROL.isLost, undone: CONTROL.undone, lost: LOST };
  const guard: Worker = new threads.Worker(GUARD, {
    eval: true,
    name: 'oxbow',
    workerData: { source: THREAD, program, loader, tasks, control, port: port2, ...places },
    transferList: [port2, ...tasks.map((task): MessagePort => task.port)],
  });
  // A process does not wait for threads that were forgotten.
  guard.unref();
  guard.on('error', () => {});
  return {
    lost: () => threads.receiveMessageOnPort(port)?.message as Loss | undefined,
    end: () => void guard.terminate(),
  };
}

/**
 * The address in tsx by which a thread asks for it, where this process has it. By `--import tsx` the threads of Node 20 do not read TypeScript;
 * other loaders reach them by themselves.
 * @param here this file
 * @param isSource whether our own files are TypeScript
 */
function typeScriptLoader(here: string, isSource: boolean): string | undefined {
  const asked = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(' ')].find((text) =>
    /\btsx\b/.test(text),
  );
  if (asked === undefined && !isSource) return undefined;
  const { createRequire } = nodeBuiltin('node:module');
  const { pathToFileURL } = nodeBuiltin('node:url');
  // As it was asked for: by an address, or by its name in the current folder.
  for (const place of [asked?.replace(/^--\w+=/, ''), pathToFileURL(`${process.cwd()}/`).href, here]) {
    try {
      // The one for `import`, which lies beside the one for `require`.
      return pathToFileURL(
        createRequire(place!)
          .resolve('tsx/esm/api')
          .replace(/\.cjs$/, '.mjs'),
      ).href;
    } catch {
      // Not from there.
    }
  }
  return undefined;
}
