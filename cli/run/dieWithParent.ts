import { Worker } from 'node:worker_threads';

/** Milliseconds between two looks. */
const INTERVAL = 250;

/** A loss of the file is a loss of the lock; see `Fence`. It is opened, since a file system of another machine remembers names for seconds. */
const WATCH = `
const { closeSync, openSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
let token;
parentPort.on('message', (path) => { token = path; });
function isLost() {
  if (token === undefined) return false;
  try {
    closeSync(openSync(token));
    return false;
  } catch (error) {
    return error.code === 'ENOENT' || error.code === 'ENOTDIR';
  }
}
setInterval(() => {
  if (process.ppid !== workerData || isLost()) process.kill(process.pid, 'SIGKILL');
}, ${INTERVAL});`;

/**
 * Ends this process when its parent does, however long it computes or waits: a thread looks, since a busy event loop would not see
 * a channel close.
 * @param parent its id, as it was when it started this process
 * @returns gives the path of a file without which this process is to end, too; undefined for none
 */
export function dieWithParent(parent: number): (file: string | undefined) => void {
  const watch = new Worker(WATCH, { eval: true, execArgv: [], workerData: parent });
  watch.unref();
  return (file) => watch.postMessage(file);
}
