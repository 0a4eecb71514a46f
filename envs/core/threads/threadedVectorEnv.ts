import type { MessagePort, Worker } from 'node:worker_threads';
import { spelledOut } from '../../../src/spaces/composite.ts';
import type { BatchArray, Space } from '../../../src/spaces/space.ts';
import { checkMethods, checkSpaces, checkVectorResetOptions } from '../checks.ts';
import type { AnyEnv, Info } from '../env.ts';
import { nodeBuiltin } from '../nodeBuiltin.ts';
import { checkChoice } from '../options.ts';
import type { VectorState } from '../syncVectorEnv.ts';
import {
  type AutoresetMode,
  autoresetModes,
  VectorActions,
  type VectorEnv,
  type VectorResetOptions,
  type VectorStep,
} from '../vectorEnv.ts';
import {
  type AnswerMessage,
  type Call,
  type CallMessage,
  CONTROL,
  calls,
  LOST,
  OWNER,
  type SharedRows,
  SLOT,
  sharedMemory,
  sharedRows,
  slotOf,
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
/** Looks for the last answer so often, some 1 µs, before it sleeps: on busy cores a thread that looks keeps others from working. */
const PATIENCE = 100;

/**
 * Shares its envs out to threads, in their order: they all step at the same time, and the caller's thread waits for the last. It gives what
 * a `SyncVectorEnv` of the same envs gives, with any number of threads, since an env's seed depends on its place alone.
 *
 * The threads write observations, rewards and flags into the arrays of {@link VectorStep}, which are in shared memory. Infos are copied
 * from one thread to the other, where there is something in them.
 */
export class ThreadedVectorEnv implements VectorEnv {
  readonly numEnvs: number;
  readonly autoresetMode: AutoresetMode;
  readonly singleObservationSpace: Space;
  readonly singleActionSpace: Space;
  readonly #id: string;
  readonly #timeout: number;
  readonly #control: Int32Array;
  readonly #rows: SharedRows;
  readonly #check: VectorActions;
  /** Thread k has the envs `firsts[k] … firsts[k + 1] − 1`. */
  readonly #firsts: readonly number[];
  readonly #ports: readonly MessagePort[];
  readonly #threads: Threads;
  readonly #answers: (AnswerMessage | undefined)[];
  #turn = 0;
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
    checkChoice(OWNER, 'autoresetMode', autoresetMode, autoresetModes);
    const { MessageChannel, workerData } = nodeBuiltin('node:worker_threads');
    if ((workerData as { oxbowEnvs?: unknown } | null)?.oxbowEnvs !== undefined) {
      const expected = 'expected a module that does no more than register environments';
      throw new Error(`makeVec('${id}'): workers: this is called by a module that a thread imports, ${expected}`);
    }
    const { observationSpace, actionSpace } = spacesOf(given.make);
    this.numEnvs = numEnvs;
    this.autoresetMode = autoresetMode;
    this.singleObservationSpace = observationSpace;
    this.singleActionSpace = actionSpace;
    this.#id = id;
    this.#timeout = timeout;
    const sizes = { numEnvs, observationSize: observationSpace.size, actionSize: actionSpace.size };
    const memory = sharedMemory(sizes);
    this.#rows = sharedRows(memory, sizes);
    this.#check = new VectorActions(OWNER, actionSpace, this.#rows.ended);
    this.#firsts = Array.from({ length: workers + 1 }, (_, k) => Math.ceil((k * numEnvs) / workers));
    const control = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * slotOf(workers)));
    this.#control = control;
    const spaces = { observationSpace: spelledOut(observationSpace), actionSpace: spelledOut(actionSpace) };
    const channels = Array.from({ length: workers }, () => new MessageChannel());
    this.#ports = channels.map(({ port1 }) => port1);
    const tasks = channels.map(({ port2: port }, thread) => {
      const [first, end] = [this.#firsts[thread]!, this.#firsts[thread + 1]!];
      return { thread, id, options, modules, autoresetMode, first, end, spaces, sizes, memory, control, port };
    });
    this.#answers = new Array(workers).fill(undefined);
    for (let k = 0; k < workers; k++) {
      control[slotOf(k) + SLOT.at] = -1;
      control[slotOf(k) + SLOT.done] = -1;
    }
    Atomics.store(control, CONTROL.undone, workers);
    try {
      this.#threads = startThreads(tasks, control);
    } catch (error) {
      throw uncloned(id, options) ?? error;
    }
    try {
      this.#collect('make');
    } catch (error) {
      this.#threads.end();
      throw error;
    }
  }

  /** @throws as {@link step}; and when the mask has the wrong length, or the options cannot go to another thread */
  reset(given?: VectorResetOptions): [observations: Float32Array, infos: Info[]] {
    checkVectorResetOptions(OWNER, given);
    const { seed, options, mask } = given ?? {};
    if (mask !== undefined && mask.length !== this.numEnvs) {
      throw new Error(`${OWNER}.reset: mask has ${mask.length} entries, expected ${this.numEnvs}`);
    }
    const whole = mask && Array.from(mask);
    const { infos, observations } = this.#rows.result;
    const answers = this.#ask('reset', (first, end) => ({
      reset: {
        ...(seed !== undefined && { seed }),
        ...(options !== undefined && { options }),
        ...(whole !== undefined && { mask: whole.slice(first, end) }),
      },
    }));
    for (let i = 0; i < this.numEnvs; i++) if (mask === undefined || mask[i]) infos[i] = {};
    for (const answer of answers) {
      for (const [i, info] of answer?.infos ?? []) infos[i] = info;
    }
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
    this.#check.checkLength(actions);
    this.#refuseFailed();
    if (this.autoresetMode === 'disabled') this.#check.refuseEnded();
    this.#check.checkActions(actions);
    this.#steps++;
    this.#rows.actions.set(actions);
    const answers = this.#ask('step');
    const { infos, finalInfos, terminations, truncations } = result;
    for (let i = 0; i < this.numEnvs; i++) {
      infos[i] = {};
      finalInfos[i] = terminations[i] || truncations[i] ? {} : undefined;
    }
    for (let k = 0; k < answers.length; k++) {
      const answer = answers[k];
      if (answer === undefined) continue;
      for (const [i, info] of answer.infos ?? []) infos[i] = info;
      for (const [i, info] of answer.finalInfos ?? []) finalInfos[i] = info;
    }
    return result;
  }

  #refuseFailed(): void {
    if (this.#failed === undefined) return;
    const failed = `env ${this.#failed} (${this.#id}) has failed at step ${this.#steps}`;
    throw new Error(`${OWNER}.step: ${failed} and the others have gone on, expected a reset() of all first`);
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

  /** Closes the envs and ends the threads. @throws what an env throws, when all has ended */
  close(): void {
    if (this.#isClosed) return;
    try {
      if (this.#end === undefined) this.#ask('close');
    } finally {
      this.#isClosed = true;
      this.#threads.end();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Asks all threads, and waits for all.
   * @param message what each is told beside shared memory
   * @returns what each has answered beside shared memory; the array is used again
   */
  #ask(call: Call, message?: (first: number, end: number) => Omit<CallMessage, 'turn'>): (AnswerMessage | undefined)[] {
    if (this.#isClosed) throw new Error(`${OWNER}: ${call}() after close()`);
    if (this.#end !== undefined) throw this.#end;
    const control = this.#control;
    this.#turn = (this.#turn + 1) | 0;
    if (message !== undefined) this.#tell(call, message);
    Atomics.store(control, CONTROL.undone, this.#ports.length);
    Atomics.store(control, CONTROL.call, calls.indexOf(call));
    Atomics.store(control, CONTROL.turn, this.#turn);
    Atomics.notify(control, CONTROL.turn);
    return this.#collect(call);
  }

  #tell(call: Call, message: (first: number, end: number) => Omit<CallMessage, 'turn'>): void {
    try {
      for (const [k, port] of this.#ports.entries()) {
        port.postMessage({ turn: this.#turn, ...message(this.#firsts[k]!, this.#firsts[k + 1]!) });
      }
    } catch (error) {
      const problem = `${call}() got what cannot go to another thread: ${(error as Error).message}`;
      throw new Error(`${OWNER}: ${this.#id}: ${problem}`, { cause: error });
    }
  }

  /** @throws the error of the first env that has failed */
  #collect(call: Call): (AnswerMessage | undefined)[] {
    this.#await(call);
    const control = this.#control;
    const answers = this.#answers;
    let error: AnswerMessage['error'];
    for (let k = 0; k < answers.length; k++) {
      answers[k] = undefined;
      const at = slotOf(k) + SLOT.hasMessage;
      if (control[at] !== 1) continue;
      control[at] = 0;
      answers[k] = this.#received(k);
      error ??= answers[k]!.error;
    }
    if (error === undefined) return answers;
    if (call === 'step' || call === 'reset') this.#failed = error.at;
    throw new Error(error.message, { cause: error.stack });
  }

  #received(thread: number): AnswerMessage {
    const { receiveMessageOnPort } = nodeBuiltin('node:worker_threads');
    return (receiveMessageOnPort(this.#ports[thread]!) as { message: AnswerMessage }).message;
  }

  /** Waits until all threads have answered. @throws if one has ended, or does not answer in time */
  #await(call: Call): void {
    const control = this.#control;
    let end = 0;
    for (let looks = 0; ; looks++) {
      // A thread that ended before it was asked will not answer.
      if (Atomics.load(control, CONTROL.isLost) === 1) {
        const { thread, how } = this.#threads.lost()!;
        this.#endBy(call, thread, (isEnv) => `has ended${isEnv ? ' its thread' : ''}: ${how}`);
      }
      const undone = Atomics.load(control, CONTROL.undone);
      if (undone === 0) return;
      if (undone >= LOST || looks < PATIENCE) continue;
      const now = performance.now();
      const seconds = call === 'make' ? Math.max(LOADING, this.#timeout) : this.#timeout;
      end ||= now + 1000 * seconds;
      if (now >= end) this.#endBy(call, this.#late(), () => `has not come back in ${seconds} s`);
      Atomics.wait(control, CONTROL.undone, undone, end - now);
    }
  }

  /**
   * Ends all threads.
   * @param thread the one in which it happened
   * @param what it is, of an env that was being called, or of the thread
   */
  #endBy(call: Call, thread: number, what: (isEnv: boolean) => string): never {
    this.#threads.end();
    const at = this.#control[slotOf(thread) + SLOT.at]!;
    const isEnv = at >= 0;
    const [first, last] = [this.#firsts[thread]!, this.#firsts[thread + 1]! - 1];
    const all = first === last ? `env ${first}` : `envs ${first} to ${last}`;
    const who = isEnv ? `env ${at} (${this.#id})` : `the thread of ${all} (${this.#id})`;
    const advice = call === 'make' ? '' : '; a run resumes from its last checkpoint';
    const during = call === 'make' ? 'while it was made' : `during ${call}()`;
    this.#end = new Error(`${OWNER}: ${who} ${what(isEnv)}, ${during}${advice}`);
    throw this.#end;
  }

  /** The first thread that has not answered. */
  #late(): number {
    return this.#ports.findIndex((_, k) => Atomics.load(this.#control, slotOf(k) + SLOT.done) !== this.#turn);
  }
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

/** Says which option cannot go to another thread. */
function uncloned(id: string, options: Readonly<Record<string, unknown>>): Error | undefined {
  for (const [name, value] of Object.entries(options)) {
    try {
      structuredClone(value);
    } catch (error) {
      return new Error(`makeVec('${id}'): workers: the option ${name} cannot go to another thread`, { cause: error });
    }
  }
  return undefined;
}

/** How a thread has ended that was not to end. */
interface Loss {
  readonly thread: number;
  readonly how: string;
}

/** The threads of a vector env. */
interface Threads {
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
function startThreads(tasks: readonly ThreadTask[], control: Int32Array): Threads {
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
