/** Where integers are that the threads of a team share. What changes often has a cache line to itself. */
export const CONTROL = {
  /** The number of the turn, and in the low 8 bits how many of its parts nobody has taken. */
  turn: 0,
  /** How many parts of the turn are not done. */
  undone: 16,
  /** The program and the kernel of the turn. */
  program: 32,
  kernel: 33,
  /** 1 while a program runs, so that nobody falls asleep. */
  isRunning: 48,
  /** How many messages have been sent to each thread. */
  messages: 49,
  /** How many threads sleep, or are about to. */
  sleepers: 50,
  /** What they wait for a change of. */
  bell: 51,
  /** 1 if the caller waits for a change of `undone`. */
  isAwaited: 52,
  /** How many threads have begun. */
  begun: 53,
  /** How long the text of the first error is, 0 without one; its characters follow. */
  error: 64,
  end: 64 + 512,
} as const;

/** What a thread is told, in this order. */
export type TeamMessage =
  | { readonly memory: WebAssembly.Memory; readonly control: Int32Array; readonly layout: typeof CONTROL }
  | { readonly load: number; readonly modules: readonly WebAssembly.Module[] }
  | { readonly unload: number };

/**
 * What a thread of a team does: it takes parts of kernels as long as there are any, and then waits for more. Its text is all that the
 * thread gets, so that it names nothing from outside, nor any function within.
 */
export function teamWorker(): void {
  interface Port {
    onmessage: (event: { readonly data: TeamMessage }) => void;
  }
  interface Threads {
    process?: { getBuiltinModule?(id: 'node:worker_threads'): { parentPort: Port } | undefined };
  }
  const port =
    (globalThis as Threads).process?.getBuiltinModule?.('node:worker_threads')?.parentPort ??
    (globalThis as unknown as Port);
  const programs = new Map<number, Record<string, (part: number) => void>>();
  let memory: WebAssembly.Memory;
  let control: Int32Array;
  let layout: typeof CONTROL;
  let received = 0;
  /** Looks for work so often, some 100 µs, before it sleeps. */
  const patience = 10_000;

  port.onmessage = ({ data }) => {
    received++;
    try {
      if ('memory' in data) {
        ({ memory, control, layout } = data);
        Atomics.add(control, layout.begun, 1);
      } else if ('unload' in data) programs.delete(data.unload);
      else {
        // Only the caller's `run` shares parts. This function does nothing, and needs no name of its own.
        const env = { memory, share: Function.prototype as () => void };
        programs.set(
          data.load,
          Object.assign({}, ...data.modules.map((module) => new WebAssembly.Instance(module, { env }).exports)),
        );
      }
    } catch (error) {
      const text = String(error).slice(0, 500);
      for (let i = 0; i < text.length; i++) control![layout!.error + 1 + i] = text.charCodeAt(i);
      Atomics.compareExchange(control!, layout!.error, 0, text.length);
    }
    // Messages come between calls of this function only.
    for (let idle = 0; Atomics.load(control!, layout!.messages) === received; ) {
      const turn = Atomics.load(control!, layout!.turn);
      const kernels = (turn & 255) === 0 ? undefined : programs.get(Atomics.load(control!, layout!.program));
      if (kernels !== undefined) {
        if (Atomics.compareExchange(control!, layout!.turn, turn, turn - 1) !== turn) continue;
        // The turn does not end before this part is done.
        try {
          kernels[`kernel${Atomics.load(control!, layout!.kernel)}`]!((turn & 255) - 1);
        } catch (error) {
          const text = String(error).slice(0, 500);
          for (let i = 0; i < text.length; i++) control![layout!.error + 1 + i] = text.charCodeAt(i);
          Atomics.compareExchange(control!, layout!.error, 0, text.length);
        }
        const isLast = Atomics.sub(control!, layout!.undone, 1) === 1;
        if (isLast && Atomics.load(control!, layout!.isAwaited) === 1) Atomics.notify(control!, layout!.undone);
        idle = 0;
        continue;
      }
      if (++idle < patience) continue;
      idle = 0;
      Atomics.add(control!, layout!.sleepers, 1);
      const bell = Atomics.load(control!, layout!.bell);
      const isQuiet =
        Atomics.load(control!, layout!.isRunning) === 0 && Atomics.load(control!, layout!.messages) === received;
      if (isQuiet) Atomics.wait(control!, layout!.bell, bell);
      Atomics.sub(control!, layout!.sleepers, 1);
    }
  };
}
