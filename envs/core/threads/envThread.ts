/** What each thread of a `ThreadedVectorEnv` runs: its share of the envs, as a `SyncVectorEnv` whose arrays are shared. */
import '../../registerEnvs.ts';
import { writeSync } from 'node:fs';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { spelledOut } from '../../../src/spaces/composite.ts';
import { checkMethods } from '../checks.ts';
import type { AnyEnv, Info } from '../env.ts';
import { makeRegistered, registeredEnvs } from '../registry.ts';
import { SyncVectorEnv } from '../syncVectorEnv.ts';
import {
  type AnswerMessage,
  type Call,
  type CallMessage,
  CONTROL,
  calls,
  OWNER,
  SLOT,
  sharedRows,
  slotOf,
  type ThreadTask,
} from './protocol.ts';

/** Looks for a call so often, some 1 µs, before it sleeps: on busy cores a thread that looks keeps others from working. */
const PATIENCE = 100;
/** Milliseconds after which promises and timers of the envs have a turn. */
const BREAK = 1000;

const { oxbowEnvs: task } = workerData as { oxbowEnvs: ThreadTask };
const { control, first, id, port } = task;
const slot = slotOf(task.thread);
const at = control.subarray(slot + SLOT.at, slot + SLOT.at + 1);
const { actions, ended, result } = sharedRows(task.memory, task.sizes, first, task.end);
let turn = 0;

printAtOnce();
let envs: SyncVectorEnv | undefined;
try {
  envs = await makeEnvs();
  answer({});
} catch (error) {
  answer(failed(error));
}
if (envs !== undefined) await serveAll(envs);
// The caller ends the thread. One that ends by itself is lost.
setInterval(() => {}, 2 ** 30);

async function makeEnvs(): Promise<SyncVectorEnv> {
  for (const module of task.modules) {
    try {
      await import(module);
    } catch (error) {
      throw new Error(`${OWNER}: ${id}: a thread cannot import ${module}: ${messageOf(error)}`, { cause: error });
    }
  }
  if (!registeredEnvs().includes(id)) {
    const why =
      task.modules.length === 0 ? 'nobody said which module registers it' : `${task.modules} did not register it`;
    const advice = 'put register() into a module of its own, with the field module: import.meta.url';
    throw new Error(`makeVec('${id}'): workers: a thread does not know it, since ${why}; ${advice}`);
  }
  const makers = Array.from({ length: task.end - first }, () => () => makeRegistered('makeVec', id, task.options));
  const { autoresetMode } = task;
  return new SyncVectorEnv(makers.map(checked), { autoresetMode }, { owner: OWNER, first, result, ended, at });
}

/** Makes an env of the spaces that the caller knows. */
function checked(maker: () => AnyEnv): () => AnyEnv {
  return () => {
    const env = maker();
    checkMethods(`${OWNER}: env ${at[0]}`, env);
    for (const name of ['observationSpace', 'actionSpace'] as const) {
      if (spelledOut(env[name]) === task.spaces[name]) continue;
      throw new Error(`${OWNER}: env ${at[0]} has ${name} ${env[name]}, expected ${task.spaces[name]}`);
    }
    return env;
  };
}

async function serveAll(envs: SyncVectorEnv): Promise<void> {
  for (let since = performance.now(); ; ) {
    if (comes()) {
      const call = calls[Atomics.load(control, CONTROL.call)]!;
      try {
        answer(serve(envs, call));
      } catch (error) {
        answer(failed(error));
      }
      if (call === 'close') return;
    }
    if (performance.now() - since < BREAK) continue;
    await new Promise(setImmediate);
    since = performance.now();
  }
}

/** Waits for the next call for a while. Returns whether there is one. */
function comes(): boolean {
  let next = Atomics.load(control, CONTROL.turn);
  for (let looks = 0; next === turn && looks < PATIENCE; looks++) next = Atomics.load(control, CONTROL.turn);
  if (next === turn) {
    Atomics.wait(control, CONTROL.turn, turn, BREAK);
    next = Atomics.load(control, CONTROL.turn);
  }
  const isThere = next !== turn;
  turn = next;
  return isThere;
}

function serve(envs: SyncVectorEnv, call: Call): AnswerMessage {
  switch (call) {
    case 'step':
      envs.step(actions);
      return { infos: filled(result.infos), finalInfos: filled(result.finalInfos) };
    case 'reset': {
      const options = received().reset!;
      envs.reset(options);
      return { infos: filled(result.infos, options.mask) };
    }
    case 'state':
      return { envs: envs.state().envs };
    case 'setState':
      envs.setState(received().state!);
      return {};
    default:
      envs.close();
      return {};
  }
}

/** What belongs to this call; what is left over of one that was never made is dropped. */
function received(): CallMessage {
  for (;;) {
    const { message } = receiveMessageOnPort(port) as { message: CallMessage };
    if (message.turn === turn) return message;
  }
}

/** The infos with something in them, and their rows among all; undefined if there are none. Rows where a mask is 0 are left out. */
function filled(
  infos: readonly (Info | undefined)[],
  mask?: ArrayLike<number>,
): [row: number, info: Info][] | undefined {
  let found: [row: number, info: Info][] | undefined;
  for (let i = 0; i < infos.length; i++) {
    const info = infos[i];
    if (info === undefined || isEmpty(info) || mask?.[i] === 0) continue;
    found ??= [];
    found.push([first + i, info]);
  }
  return found;
}

function isEmpty(info: Info): boolean {
  for (const _ in info) return false;
  return true;
}

function answer(message: AnswerMessage): void {
  const { error, infos, finalInfos, envs } = message;
  if (error !== undefined || infos !== undefined || finalInfos !== undefined || envs !== undefined) {
    try {
      port.postMessage(message);
    } catch (error) {
      port.postMessage(failed(uncloned(message) ?? error));
    }
    control[slot + SLOT.hasMessage] = 1;
  }
  at[0] = -1;
  Atomics.store(control, slot + SLOT.done, turn);
  if (Atomics.sub(control, CONTROL.undone, 1) === 1) Atomics.notify(control, CONTROL.undone);
}

/** Says which env has given what cannot leave its thread. */
function uncloned({ infos = [], finalInfos = [], envs = [] }: AnswerMessage): Error | undefined {
  const all = [
    ...[...infos, ...finalInfos].map(([row, value]) => ({ row, value, what: 'info' })),
    ...envs.map((value, i) => ({ row: first + i, value, what: 'state' })),
  ];
  for (const { row, value, what } of all) {
    try {
      structuredClone(value);
    } catch (error) {
      at[0] = row;
      return new Error(`its ${what} cannot leave its thread: ${messageOf(error)}`);
    }
  }
  return undefined;
}

/** An error as the caller throws it, in a line that begins with the env that was called. */
function failed(error: unknown): AnswerMessage {
  const text = messageOf(error);
  const env = at[0]!;
  const isWhole = env < 0 || text.startsWith(`${OWNER}: `) || text.startsWith('makeVec(');
  const message = isWhole ? text : `${OWNER}: env ${env} (${id}): ${text}`;
  return { error: { message, stack: error instanceof Error ? error.stack : undefined, at: env } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : `threw ${String(error)}`;
}

/** What an env prints goes to stderr. Node would hand it to the caller's thread, which waits. */
function printAtOnce(): void {
  const write = (text: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    try {
      if (typeof text === 'string') writeSync(2, text);
      else writeSync(2, text);
    } catch {
      // Nobody reads it, or not fast enough.
    }
    const told = callback ?? encoding;
    if (typeof told === 'function') told();
    return true;
  };
  process.stdout.write = write;
  process.stderr.write = write;
}
