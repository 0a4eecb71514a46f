/** What each thread of a `ThreadedVectorEnv` runs: its share of the envs, as a `SyncVectorEnv` whose arrays are shared. */
import '../../registerEnvs.ts';
import { writeSync } from 'node:fs';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { spelledOut } from '../../../src/spaces/composite.ts';
import type { Info } from '../env.ts';
import { makeRegistered, registeredEnvs } from '../registry.ts';
import { SyncVectorEnv } from '../syncVectorEnv.ts';
import { type AnswerMessage, type CallMessage, CONTROL, LOST, OWNER, sharedRows, type ThreadTask } from './protocol.ts';

const { oxbowEnvs: task } = workerData as { oxbowEnvs: ThreadTask };
const { control, first, id, port, spaces, thread } = task;
const at = control.subarray(CONTROL.ats + thread, CONTROL.ats + thread + 1);
const { actions, ended, result } = sharedRows(task.memory, task.sizes, first, task.end);
let turn = 0;

// The caller's thread, which would print, waits.
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (text: string | Uint8Array) => {
    try {
      writeSync(2, text as string);
    } catch {
      // Nobody reads it, or not fast enough.
    }
    return true;
  };
}
process.once('exit', () => {
  Atomics.compareExchange(control, CONTROL.ended, 0, thread + 1);
  Atomics.add(control, CONTROL.undone, LOST);
  Atomics.notify(control, CONTROL.undone);
});

let envs: SyncVectorEnv | undefined;
try {
  envs = await makeEnvs();
  answer({});
} catch (error) {
  answer(failed(error));
}
for (let isOpen = envs !== undefined; isOpen; ) {
  // Again where the call before was answered between its number and its notice, which wakes this thread a second time.
  while (Atomics.load(control, CONTROL.turn) === turn) Atomics.wait(control, CONTROL.turn, turn);
  turn = Atomics.load(control, CONTROL.turn);
  const message: CallMessage = receiveMessageOnPort(port)?.message ?? { call: 'step' };
  try {
    answer(serve(envs!, message));
  } catch (error) {
    answer(failed(error));
  }
  isOpen = message.call !== 'close';
}
// The caller ends the thread. One that ends by itself is lost.
setInterval(() => {}, 2 ** 30);

async function makeEnvs(): Promise<SyncVectorEnv> {
  for (const module of task.modules) {
    await import(module).catch((error: Error) => {
      throw new Error(`${OWNER}: ${id}: a thread cannot import ${module}: ${error.message}`, { cause: error });
    });
  }
  if (!registeredEnvs().includes(id)) {
    const advice = 'put register() into a module of its own, with the field module: import.meta.url';
    const modules = task.modules.join(', ') || 'no module';
    throw new Error(`makeVec('${id}'): workers: a thread that imports ${modules} does not know it; ${advice}`);
  }
  const makers = Array.from({ length: task.end - first }, () => () => makeRegistered('makeVec', id, task.options));
  const { autoresetMode } = task;
  const made = new SyncVectorEnv(makers, { autoresetMode }, { owner: OWNER, first, result, ended, at });
  for (const [name, space] of Object.entries({
    observationSpace: made.singleObservationSpace,
    actionSpace: made.singleActionSpace,
  })) {
    const expected = spaces[name as keyof typeof spaces];
    if (spelledOut(space) !== expected) {
      throw new Error(`${OWNER}: env ${first} has ${name} ${space}, expected ${expected}`);
    }
  }
  return made;
}

function serve(envs: SyncVectorEnv, message: CallMessage): AnswerMessage {
  switch (message.call) {
    case 'step':
      envs.step(actions);
      return { infos: told(result.infos), finalInfos: told(result.finalInfos) };
    case 'reset': {
      envs.reset(message.reset);
      const { mask } = message.reset!;
      return { infos: told(mask ? result.infos.filter((_, i) => mask[i] !== 0) : result.infos) };
    }
    case 'state':
      return { envs: envs.state().envs };
    case 'setState':
      envs.setState(message.state!);
      return {};
    default:
      envs.close();
      return {};
  }
}

/** The infos, if one of them says anything. */
function told<I extends Info | undefined>(infos: readonly I[]): readonly I[] | undefined {
  return infos.some((info) => info !== undefined && Object.keys(info).length > 0) ? infos : undefined;
}

function answer(message: AnswerMessage): void {
  if (Object.values(message).some((part) => part !== undefined)) {
    try {
      port.postMessage(message);
    } catch (error) {
      at[0] = first;
      port.postMessage(failed(new Error(`an info or a state cannot leave its thread: ${(error as Error).message}`)));
    }
  }
  at[0] = -1;
  if (Atomics.sub(control, CONTROL.undone, 1) === 1) Atomics.notify(control, CONTROL.undone);
}

/** An error as the caller throws it, in a line that begins with the env that was called. */
function failed(error: unknown): AnswerMessage {
  const text = error instanceof Error ? error.message : `threw ${String(error)}`;
  const env = at[0]!;
  const isWhole = env < 0 || text.startsWith(`${OWNER}: `) || text.startsWith('makeVec(');
  const message = isWhole ? text : `${OWNER}: env ${env} (${id}): ${text}`;
  return { error: { message, stack: error instanceof Error ? error.stack : undefined, at: env } };
}
