/** What keeps a page from computing here, and what its reader can do about it; undefined if nothing is known of. */
export function missingFeature(scope: object = globalThis): string | undefined {
  if (!('WebAssembly' in scope))
    return (
      'This browser does not run WebAssembly here, by which the page computes. Try another browser, or allow it for this page: ' +
      'strict modes switch it off, such as Lockdown Mode on Apple’s devices and enhanced security in Edge.'
    );
  if (!('Worker' in scope))
    return 'This browser has no workers here, in which the page computes. Try another browser, or one that is newer.';
  return undefined;
}

/** What the error of a worker means, and what the reader can do: an event without a message says that its file did not come. */
export function workerProblem(event: Event, isOnline = navigator.onLine): string {
  const message = 'message' in event ? String(event.message) : '';
  if (message !== '') return `The computation has stopped: ${message.replace(/^Uncaught (Error: )?/, '')}.`;
  return loadingProblem('The program that computes', isOnline);
}

/** What to say where a part of the page did not come. */
export function loadingProblem(what: string, isOnline = navigator.onLine): string {
  return isOnline
    ? `${what} could not be loaded. The connection may be bad, or the site is newer than this page: reload the page.`
    : `${what} could not be loaded: you are offline. Connect, and reload the page.`;
}

/**
 * A worker of the page, by which it computes.
 * @param make starts it
 * @param fail is told what is in its way, now or later
 * @returns undefined, and `fail` was told, where there can be none
 */
export function startWorker<Reply>(
  make: () => Worker,
  receive: (reply: Reply) => void,
  fail: (problem: string, worker?: Worker) => void,
): Worker | undefined {
  const problem = missingFeature();
  if (problem !== undefined) {
    fail(problem);
    return undefined;
  }
  const worker = make();
  worker.onmessage = ({ data }: MessageEvent<Reply>) => receive(data);
  worker.onerror = (event) => fail(workerProblem(event), worker);
  return worker;
}
