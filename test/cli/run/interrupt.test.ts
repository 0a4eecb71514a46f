import { beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { exitOnSignals, interruptible } from '../../../cli/run/signals.ts';

let exit: MockInstance<typeof process.exit>;
let now: MockInstance<typeof performance.now>;
beforeEach(() => {
  exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  now = vi.spyOn(performance, 'now');
});

/** As the system calls the listeners of a signal, with 130 to see in `exit`. */
function signal(name: NodeJS.Signals, milliseconds: number): void {
  now.mockReturnValue(milliseconds);
  process.emit(name, name);
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s: first stops the work, then exits, and an echo of the first does nothing',
  async (name) => {
    exitOnSignals();
    exitOnSignals();
    let end = () => {};
    const work = interruptible(async (signal) => {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      return signal.aborted;
    });
    signal(name, 1000);
    signal(name, 1400);
    expect(exit).not.toHaveBeenCalled();
    signal(name, 1600);
    expect(exit.mock.calls).toEqual([[130]]);
    end();
    expect(await work).toBe(true);
    exit.mockClear();
    signal(name, 2000);
    expect(exit.mock.calls).toEqual([[130]]);
  },
);
