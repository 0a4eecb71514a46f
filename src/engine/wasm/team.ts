import { CONTROL, type TeamMessage, teamWorker } from './teamWorker.ts';

/** A thread that was started. */
interface Thread {
  postMessage(message: TeamMessage): void;
  terminate(): unknown;
}

interface NodeWorker extends Thread {
  on(event: 'error', listener: (error: Error) => void): void;
  unref(): void;
}

interface NodeProcess {
  getBuiltinModule?(
    id: 'node:worker_threads',
  ):
    | { Worker: new (source: string, options: { eval: true; execArgv: string[]; name: string }) => NodeWorker }
    | undefined;
}

const nodeProcess = (globalThis as { process?: NodeProcess }).process;

/** Parts of one kernel: they are counted in 8 bits. */
const MOST_PARTS = 255;
/** Looks so often, some 100 µs, before the caller lets others have its processor. */
const PATIENCE = 10_000;
/** Milliseconds between two looks whether threads have begun, and after which they may begin when they like. */
const LOOK = 2;
const BEGINNING = 10_000;
/** Milliseconds of the sleep between two looks then, and after which a thread that does not answer is an error. */
const NAP = 1;
const LOST = 60_000;

/** Why this place can have no threads; undefined where it can. */
export function whyNoThreads(): string | undefined {
  if (nodeProcess?.getBuiltinModule?.('node:worker_threads') !== undefined) return undefined;
  if (nodeProcess !== undefined) return 'they need Node 20.16 or later';
  const { crossOriginIsolated, Worker } = globalThis as { crossOriginIsolated?: boolean; Worker?: unknown };
  if (crossOriginIsolated !== true) {
    return 'the page is not cross-origin isolated, which takes the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
  }
  return Worker === undefined ? 'there is no Worker here' : undefined;
}

function startThread(fail: (error: Error) => void): Thread {
  const source = `(${teamWorker})()`;
  const threads = nodeProcess?.getBuiltinModule?.('node:worker_threads');
  if (threads !== undefined) {
    const worker = new threads.Worker(source, { eval: true, execArgv: [], name: 'oxbow' });
    worker.on('error', fail);
    // A process does not wait for it.
    worker.unref();
    return worker;
  }
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url, { name: 'oxbow' });
  worker.onerror = ({ message }) => fail(new Error(message));
  return worker;
}

/**
 * Threads that help the caller with the parts of kernels. Each part is done by whoever takes it first, so that the caller waits for
 * nobody who has not begun: threads that start, sleep or have no processor cost no time. They end with the process.
 */
export class Team {
  readonly #memory: WebAssembly.Memory;
  readonly #others: number;
  readonly #control = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * CONTROL.end));
  readonly #canSleep: boolean;
  #threads: Thread[] | undefined;
  #failure: Error | undefined;
  #turn = 0;
  #programs = 0;
  #isStopped = false;

  /** @param threads how many work, the caller among them */
  constructor(memory: WebAssembly.Memory, threads: number) {
    this.#memory = memory;
    this.#others = threads - 1;
    try {
      Atomics.wait(this.#control, CONTROL.undone, 1);
      this.#canSleep = true;
    } catch {
      // The main thread of a page must not.
      this.#canSleep = false;
    }
  }

  /**
   * Starts the threads and waits for them, in a browser. There they do not begin before the caller's thread has its turn, so that one that
   * goes on without a pause would wait for help in vain. In Node they begin by themselves, and the first program starts them.
   */
  async ready(): Promise<void> {
    if (nodeProcess !== undefined) return;
    this.#start();
    const end = performance.now() + BEGINNING;
    while (Atomics.load(this.#control, CONTROL.begun) < this.#others) {
      if (this.#failure !== undefined || this.#isStopped || performance.now() > end) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  #start(): void {
    if (this.#threads !== undefined || this.#isStopped) return;
    const fail = (error: Error): void => {
      this.#failure ??= error;
    };
    this.#threads = Array.from({ length: this.#others }, () => startThread(fail));
    this.#send({ memory: this.#memory, control: this.#control, layout: CONTROL });
  }

  /** Gives the threads a program; the first one starts them. Returns the program's number. */
  load(modules: readonly WebAssembly.Module[]): number {
    this.#programs++;
    this.#start();
    this.#send({ load: this.#programs, modules });
    return this.#programs;
  }

  unload(program: number): void {
    this.#send({ unload: program });
  }

  /** Keeps the threads awake. */
  begin(): void {
    Atomics.store(this.#control, CONTROL.isRunning, 1);
    this.#wake();
  }

  end(): void {
    Atomics.store(this.#control, CONTROL.isRunning, 0);
  }

  /**
   * Has all parts of a kernel done.
   * @param call does a part here
   * @throws if one fails, here or in a thread
   */
  share(program: number, kernel: number, parts: number, call: (part: number) => void): void {
    if (parts > MOST_PARTS) throw new Error(`a kernel has ${parts} parts, expected at most ${MOST_PARTS}`);
    const control = this.#control;
    Atomics.store(control, CONTROL.program, program);
    Atomics.store(control, CONTROL.kernel, kernel);
    Atomics.store(control, CONTROL.undone, parts);
    this.#turn++;
    Atomics.store(control, CONTROL.turn, (this.#turn << 8) | parts);
    let failure: unknown;
    for (;;) {
      const turn = Atomics.load(control, CONTROL.turn);
      const left = turn & 255;
      if (left === 0) break;
      if (Atomics.compareExchange(control, CONTROL.turn, turn, turn - 1) !== turn) continue;
      try {
        call(left - 1);
      } catch (error) {
        failure ??= error;
      }
      Atomics.sub(control, CONTROL.undone, 1);
    }
    for (let i = 0; Atomics.load(control, CONTROL.undone) !== 0; i++) {
      if (i < PATIENCE) continue;
      this.#await();
      break;
    }
    if (failure !== undefined) throw failure;
    if (control[CONTROL.error] !== 0 || this.#failure !== undefined) throw this.#failed();
  }

  /** Ends the threads; the caller does all parts from then on. Not to be called within a run. */
  stop(): void {
    this.#isStopped = true;
    for (const thread of this.#threads ?? []) thread.terminate();
    this.#threads = undefined;
  }

  #send(message: TeamMessage): void {
    if (this.#threads === undefined) return;
    // Counted first: a thread that finds another count than that of what it has got goes to look for messages.
    Atomics.add(this.#control, CONTROL.messages, 1);
    for (const thread of this.#threads) thread.postMessage(message);
    this.#wake();
  }

  #wake(): void {
    // A thread counts itself before it looks whether it may sleep.
    if (Atomics.load(this.#control, CONTROL.sleepers) === 0) return;
    Atomics.add(this.#control, CONTROL.bell, 1);
    Atomics.notify(this.#control, CONTROL.bell);
  }

  /** Waits for parts that threads without a processor have begun. */
  #await(): void {
    const control = this.#control;
    const end = performance.now() + LOST;
    Atomics.store(control, CONTROL.isAwaited, 1);
    for (;;) {
      const undone = Atomics.load(control, CONTROL.undone);
      if (undone === 0) break;
      if (performance.now() > end) throw new Error(`a thread of the engine has not answered for ${LOST / 1000} s`);
      if (this.#canSleep) Atomics.wait(control, CONTROL.undone, undone, NAP);
    }
    Atomics.store(control, CONTROL.isAwaited, 0);
  }

  #failed(): Error {
    const length = this.#control[CONTROL.error]!;
    const text = String.fromCharCode(...this.#control.subarray(CONTROL.error + 1, CONTROL.error + 1 + length));
    this.#control[CONTROL.error] = 0;
    return new Error(`a thread of the engine failed: ${this.#failure?.message ?? text}`);
  }
}
