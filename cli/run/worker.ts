import { type ErrorData, toErrorData } from '../experiment/errors.ts';
import { Fence } from './fence.ts';
import { performJob, type Said, type Task } from './performJob.ts';
import { dieWithParent, SIGNALS } from './signals.ts';

/** How far a job is, or how it ended. */
export type Message = Said | { readonly seconds: number } | { readonly error: ErrorData };

function send(message: Message): void {
  // To a parent that is gone nothing can be said; without a callback the error would be thrown.
  process.send!(message, () => {});
}

const watch = dieWithParent(Number(process.argv[2]));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// The parent decides what a signal means, and kills this process in its time.
for (const signal of SIGNALS) process.on(signal, () => {});
process.on('message', async (task: Task) => {
  watch(task.token);
  const unguard = task.token === undefined ? undefined : new Fence(task.token).guard();
  try {
    send({ seconds: await performJob(task, send) });
  } catch (error) {
    send({ error: toErrorData(error) });
  } finally {
    unguard?.();
  }
});
