import type { MessagePort, Worker } from 'node:worker_threads';
import { nodeBuiltin } from '../../../src/nodeBuiltin.ts';
import { checkArgument } from '../../../src/options/parse.ts';
import { spelledOut } from '../../../src/spaces/composite.ts';
import type { BatchArray } from '../../../src/spaces/space.ts';
import { checkMethods, checkSpaces } from '../checks.ts';
import type { AnyEnv, Info } from '../env.ts';
import { type GoalRewards, rewardsOfGoals } from '../goalEnv.ts';
import type { VectorState } from '../syncVectorEnv.ts';
import {
  type AutoresetMode,
  autoresetModes,
  BaseVectorEnv,
  type VectorResetOptions,
  type VectorStep,
} from '../vectorEnv.ts';
import {
  type AnswerMessage,
  type CallMessage,
  CONTROL,
  LOST,
  OWNER,
  type SharedRows,
  sharedMemory,
  sharedRows,
  type ThreadTask,
} from './protocol.ts';

/** What a {@link ThreadedVectorEnv} is made of. */
interface ThreadedVectorEnvOptions {
  /** The environment, as it is registered. */
  readonly id: string;
  /** Options of `make`, which all threads get. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Makes one here, for its spaces. */
  readonly make: () => AnyEnv;
  /** Modules that register it, by address: each thread imports them. */
  readonly modules: readonly string[];
  readonly numEnvs: number;
  /** Threads that share the envs, at most as many as envs. */
  readonly workers: number;
  /** Seconds that the threads may take for one call. */
  readonly timeout: number;
  readonly autoresetMode?: AutoresetMode | undefined;
}

/** Seconds that threads may take, at least, to load modules and to make envs. */
const LOADING = 60;

/**
 * Shares its envs out to threads, in their order: they all step at the same time, and the caller's thread waits for the last. It gives what
 * a `SyncVectorEnv` of the same envs gives, with any number of threads, since an env's seed depends on its place alone.
 *
 * The threads write observations, rewards and flags into the arrays of {@link VectorStep}, which are in shared memory. Infos are copied
 * from one thread to the other, where there is something in them.
 */
export class ThreadedVectorEnv extends BaseVectorEnv {
  readonly #id: string;
  readonly #make: () => AnyEnv;
  /** One in this thread, for rewards of goals. */
  #goalEnv: AnyEnv | undefined;
  readonly #timeout: number;
  readonly #control: Int32Array;
  readonly #rows: SharedRows;
  /** Thread k has the envs `firsts[k] … firsts[k + 1] − 1`. */
  readonly #firsts: readonly number[];
  readonly #ports: readonly MessagePort[];
  readonly #threads: readonly Worker[];
  /** How many steps have been asked for since all envs were reset. */
  #steps = 0;
  /** Which env has failed in a step, or while it was reset, since all were reset. */
  #failed: number | undefined;
  /** Why there are no threads any more. */
  #end: Error | undefined;
  #isClosed = false;

  /** @throws what `make` throws, here or in a thread; for options that cannot go to another thread; and if there are no threads here */
  constructor(given: ThreadedVectorEnvOptions) {
    const { id, options, modules, numEnvs, workers, timeout, autoresetMode = 'sameStep' } = given;
    checkArgument(OWNER, 'autoresetMode', autoresetMode, autoresetModes);
    const { MessageChannel, workerData } = nodeBuiltin('node:worker_threads');
    if ((workerData as { oxbowEnvs?: unknown } | null)?.oxbowEnvs !== undefined) {
      const expected = 'expected a module that does no more than register environments';
      throw new Error(`makeVec('${id}'): workers: this is called by a module that a thread imports, ${expected}`);
    }
    const { observationSpace, actionSpace } = spacesOf(given.make);
    const sizes = { numEnvs, observationSize: observationSpace.size, actionSize: actionSpace.size };
    const memory = sharedMemory(sizes);
    const rows = sharedRows(memory, sizes);
    super(OWNER, autoresetMode, { observationSpace, actionSpace }, rows.ended);
    this.#id = id;
    this.#make = given.make;
    this.#timeout = timeout;
    this.#rows = rows;
    this.#firsts = Array.from({ length: workers + 1 }, (_, k) => Math.ceil((k * numEnvs) / workers));
    const control = new Int32Array(new SharedArrayBuffer(4 * (CONTROL.ats + workers))).fill(-1, CONTROL.ats);
    control[CONTROL.undone] = workers;
    this.#control = control;
    const spaces = { observationSpace: spelledOut(observationSpace), actionSpace: spelledOut(actionSpace) };
    const channels = Array.from({ length: workers }, () => new MessageChannel());
    this.#ports = channels.map(({ port1 }) => port1);
    const threads: Worker[] = [];
    this.#threads = threads;
    try {
      for (const [thread, { port2: port }] of channels.entries()) {
        const [first, end] = [this.#firsts[thread]!, this.#firsts[thread + 1]!];
        const task = { thread, id, options, modules, autoresetMode, first, end, spaces, sizes, memory, control, port };
        threads.push(startThread(task));
      }
      this.#collect('make');
    } catch (error) {
      this.#endThreads();
      const isClone = (error as Error).name === 'DataCloneError';
      throw isClone ? cannotGo(`makeVec('${id}'): workers: an option`, error as Error) : error;
    }
  }

  /** @throws as {@link step}; and when the mask has the wrong length, or the options cannot go to another thread */
  reset(given?: VectorResetOptions): [observations: Float32Array, infos: Info[]] {
    const { seed, options, mask } = this.checkReset(given);
    const whole = mask && Array.from(mask);
    const { infos, observations } = this.#rows.result;
    const answers = this.#ask('reset', (first, end) => ({
      reset: {
        ...(seed !== undefined && { seed }),
        ...(options !== undefined && { options }),
        ...(whole !== undefined && { mask: whole.slice(first, end) }),
      },
    }));
    this.#takeInfos(answers, whole);
    if (mask === undefined) {
      this.#steps = 0;
      this.#failed = undefined;
    }
    return [observations, infos];
  }

  /**
   * @throws before any env has moved: when `actions` has the wrong length, or one that is no action, or a finished env is stepped in the mode
   *   `'disabled'`, or an env has failed since the last `reset()`. Else what the first env that fails throws, in a line that begins with
   *   which it is, or what is wrong with its results; the cause is where it happened. If a thread has ended or does not answer in time, all
   *   threads are ended, and that and every other call say so.
   */
  step(actions: BatchArray): VectorStep {
    const { result } = this.#rows;
    const at = this.#failed;
    this.checkStep(actions, at === undefined ? at : `env ${at} (${this.#id}) has failed at step ${this.#steps}`);
    this.#steps++;
    this.#rows.actions.set(actions);
    const answers = this.#ask('step');
    this.#takeInfos(answers);
    const { finalInfos, terminations, truncations } = result;
    for (let k = 0; k < answers.length; k++) {
      const told = answers[k]?.finalInfos;
      const first = this.#firsts[k]!;
      for (let i = first; i < this.#firsts[k + 1]!; i++) {
        finalInfos[i] = told?.[i - first] ?? (terminations[i] || truncations[i] ? {} : undefined);
      }
    }
    return result;
  }

  /** @param mask where it is 0, the row stays as it is */
  #takeInfos(answers: readonly (AnswerMessage | undefined)[], mask?: readonly number[]): void {
    const { infos } = this.#rows.result;
    for (let k = 0; k < answers.length; k++) {
      const told = answers[k]?.infos;
      for (let i = this.#firsts[k]!, next = 0; i < this.#firsts[k + 1]!; i++) {
        if (mask === undefined || mask[i] !== 0) infos[i] = told?.[next++] ?? {};
      }
    }
  }

  /** The same as that of a `SyncVectorEnv`. @throws when an env has none, or one that cannot go to another thread */
  state(): VectorState {
    const failed = this.#failed;
    const envs = this.#ask('state').flatMap((answer) => answer!.envs!);
    return { envs, ended: [...this.#rows.ended], ...(failed !== undefined && { failed }) };
  }

  /** @throws when the state is of another number of envs. */
  setState({ envs, ended, failed }: VectorState): void {
    if (envs.length !== this.numEnvs) {
      throw new Error(`${OWNER}.setState: the state is of ${envs.length} envs, expected ${this.numEnvs}`);
    }
    this.#ask('setState', (first, end) => ({
      state: { envs: envs.slice(first, end), ended: ended.slice(first, end) },
    }));
    this.#failed = failed;
  }

  /** By an env in this thread, which the first call makes. */
  computeRewards(achievedGoals: Float32Array, desiredGoals: Float32Array): GoalRewards {
    this.#goalEnv ??= this.#make();
    return rewardsOfGoals(OWNER, this.#goalEnv, achievedGoals, desiredGoals);
  }

  /** Closes the envs and ends the threads. @throws what an env throws, when all has ended */
  close(): void {
    if (this.#isClosed) return;
    this.#goalEnv?.close();
    try {
      if (this.#end === undefined) this.#ask('close');
    } finally {
      this.#isClosed = true;
      this.#endThreads();
    }
  }

  #endThreads(): void {
    for (const thread of this.#threads) void thread.terminate();
  }

  /**
   * Asks all threads, and waits for all.
   * @param more what each is told beside shared memory
   * @returns what each has answered beside shared memory
   */
  #ask(
    call: CallMessage['call'],
    more?: (first: number, end: number) => Omit<CallMessage, 'call'>,
  ): (AnswerMessage | undefined)[] {
    if (this.#isClosed) throw new Error(`${OWNER}: ${call}() after close()`);
    if (this.#end !== undefined) throw this.#end;
    // A step has none: its actions are in shared memory.
    if (call !== 'step') {
      const messages = this.#ports.map((_, k) => ({ call, ...more?.(this.#firsts[k]!, this.#firsts[k + 1]!) }));
      try {
        // All before the first is sent: none is left over for the next call.
        structuredClone(messages);
      } catch (error) {
        throw cannotGo(`${OWNER}: ${this.#id}: ${call}() got what`, error as Error);
      }
      for (const [k, port] of this.#ports.entries()) port.postMessage(messages[k]);
    }
    Atomics.store(this.#control, CONTROL.undone, this.#ports.length);
    Atomics.add(this.#control, CONTROL.turn, 1);
    Atomics.notify(this.#control, CONTROL.turn);
    return this.#collect(call);
  }

  /** Waits until all threads have answered. @throws the error of the first env that has failed; if a thread has ended, or is late */
  #collect(call: CallMessage['call'] | 'make'): (AnswerMessage | undefined)[] {
    const control = this.#control;
    const seconds = call === 'make' ? Math.max(LOADING, this.#timeout) : this.#timeout;
    const end = performance.now() + 1000 * seconds;
    for (let undone = Atomics.load(control, CONTROL.undone); undone !== 0; ) {
      if (undone >= LOST) this.#endBy(call, 'has ended its thread');
      if (Atomics.wait(control, CONTROL.undone, undone, end - performance.now()) === 'timed-out') {
        this.#endBy(call, `has not come back in ${seconds} s`);
      }
      undone = Atomics.load(control, CONTROL.undone);
    }
    const { receiveMessageOnPort } = nodeBuiltin('node:worker_threads');
    const answers = this.#ports.map((port) => receiveMessageOnPort(port)?.message as AnswerMessage | undefined);
    const error = answers.find((answer) => answer?.error !== undefined)?.error;
    if (error === undefined) return answers;
    if (call === 'step' || call === 'reset') this.#failed = error.at;
    throw new Error(error.message, { cause: error.stack });
  }

  /** Ends all threads. @param what the env has done that was being called */
  #endBy(call: string, what: string): never {
    const ended = Atomics.load(this.#control, CONTROL.ended);
    const calls = this.#control.subarray(CONTROL.ats);
    // Others may still be in their steps.
    const at = (ended > 0 ? calls.subarray(ended - 1, ended) : calls).find((env) => env >= 0);
    this.#endThreads();
    const who = at === undefined ? `an env (${this.#id})` : `env ${at} (${this.#id})`;
    const during = call === 'make' ? 'while it was made' : `during ${call}(); a run resumes from its last checkpoint`;
    this.#end = new Error(`${OWNER}: ${who} ${what}, ${during}`);
    throw this.#end;
  }
}

function cannotGo(what: string, cause: Error): Error {
  return new Error(`${what} cannot go to another thread: ${cause.message}`, { cause });
}

/** The spaces of an env, which is made for them. */
function spacesOf(make: () => AnyEnv): Pick<AnyEnv, 'observationSpace' | 'actionSpace'> {
  const env = make();
  checkMethods(`${OWNER}: env 0`, env);
  checkSpaces(env);
  const { observationSpace, actionSpace } = env;
  env.close();
  return { observationSpace, actionSpace };
}

/** What a thread begins with: `envThread`, and before it what reads TypeScript. With `--input-type=module` this text is a module. */
const THREAD = `
const { program, loader } = process.getBuiltinModule('node:worker_threads').workerData;
if (loader === undefined) import(program);
else import(loader).then(({ register }) => (register(), import(program)));`;

/** A process does not wait for threads that were forgotten. @throws what a task has that cannot go to another thread */
function startThread(task: ThreadTask): Worker {
  // In two steps, so that bundlers for pages do not take it for a file to serve.
  const here = import.meta.url;
  const extension = here.slice(here.lastIndexOf('.'));
  const program = new URL(`./envThread${extension}`, here).href;
  const thread = new (nodeBuiltin('node:worker_threads').Worker)(THREAD, {
    eval: true,
    name: 'oxbow',
    workerData: { program, loader: typeScriptLoader(here, extension === '.ts'), oxbowEnvs: task },
    transferList: [task.port],
  });
  thread.on('error', () => {});
  thread.unref();
  return thread;
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
      const path = createRequire(place!).resolve('tsx/esm/api');
      return pathToFileURL(path.replace(/\.cjs$/, '.mjs')).href;
    } catch {
      // Not from there.
    }
  }
  return undefined;
}
