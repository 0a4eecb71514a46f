import { type ErrorData, toErrorData } from '../experiment/errors.ts';
import { performJob, type Said, type Task } from './performJob.ts';
import { dieWithParent, SIGNALS } from './signals.ts';

/** How far a job is, or how it ended. */
export type Message = Said | { readonly seconds: number } | { readonly error: ErrorData };

function send(message: Message): void {
  // To a parent that is gone nothing can be said; without a callback the error would be thrown.
  process.send!(message, () => {});
}

dieWithParent(process.ppid);
// The parent decides what a signal means, and kills this process in its time.
for (const signal of SIGNALS) process.on(signal, () => {});
process.on('message', async (task: Task) => {
  try {
    send({ seconds: await performJob(task, send) });
  } catch (error) {
    send({ error: toErrorData(error) });
  }
});
