import { spawn } from 'node:child_process';
import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import type { Registry } from './experiment/experiment.ts';
import { EXIT, isDescriptorError, nodeProblem, RAISE, withTypeScript } from './run/environment.ts';
import { dieWithParent, ECHO, exitOnSignals, SIGNALS } from './run/signals.ts';

/** The first argument of the command proper; the second is the process that it must not outlive. */
const CHILD_OF = '--child-of';

/** Milliseconds that the command has to end in, from the first signal and from the second. */
const [PATIENCE, LESS_PATIENCE] = [1500, 250];

/** What keeps what it has finished: called again, it goes on. Others begin anew. */
const GOES_ON = new Set(['run', 'train', 'resume', 'collect', 'tune', 'worker']);

/** Milliseconds in which the last word is written, if anyone reads it. */
const LAST_WORD = 100;

/** What a progress bar has switched off in a terminal: the cursor, and the wrapping of lines. */
const RESTORE = '\x1b[?25h\x1b[?7h';

/** Node's exit code, without a word, where nothing is left that could settle a promise which a module awaits. */
const UNSETTLED = 13;

/** Runs the command with these studies: in a process of its own, beside which this one listens to signals. */
export async function start(registry: () => Promise<Registry>): Promise<void> {
  const problem = nodeProblem();
  const [first, parent, ...argv] = process.argv.slice(2);
  if (problem !== undefined) {
    process.stderr.write(`oxbow: ${problem}\n`);
    process.exitCode = EXIT.badInput;
  } else if (first === CHILD_OF) {
    await perform(Number(parent), argv, registry);
  } else {
    supervise(process.argv.slice(2));
  }
}

async function perform(parent: number, argv: readonly string[], registry: () => Promise<Registry>): Promise<void> {
  exitOnSignals();
  dieWithParent(parent);
  try {
    // Imported only now: a signal that comes while all of it is read finds its listener, and an older Node stops at what it holds.
    const [{ main }, studies] = await Promise.all([import('./commands/main.ts'), registry()]);
    process.exitCode = await main(argv, studies);
  } catch (error) {
    if (!isDescriptorError(error)) throw error;
    process.stderr.write(`oxbow: ${(error as Error).message}; ${RAISE}\n`);
    process.exitCode = EXIT.failed;
  }
}

/**
 * Runs the command in a process of its own, ends it when a signal asks for it, and exits as it does. What computes is not what listens: the
 * command may be deaf for as long as it likes. It gets the signal to end in its own way, and is killed if it has not ended in time.
 */
function supervise(argv: readonly string[]): void {
  const node = [...withTypeScript(process.execArgv), process.argv[1]!, CHILD_OF, String(process.pid), ...argv];
  // With the same terminal, in the same process group: Ctrl-Z stops both.
  const child = spawn(process.execPath, node, { stdio: inherited(argv) });
  let first: { readonly signal: NodeJS.Signals; readonly time: number } | undefined;
  let killed = false;
  let timer: NodeJS.Timeout | undefined;
  const killAfter = (milliseconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      killed = true;
      child.kill('SIGKILL');
    }, milliseconds);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    const time = performance.now();
    if (first !== undefined && time - first.time < ECHO) return;
    // On Windows a signal from here would kill at once; a console's Ctrl-C has reached the command by itself.
    if (process.platform !== 'win32') child.kill(signal);
    killAfter(first === undefined ? PATIENCE : Math.min(LESS_PATIENCE, PATIENCE - (time - first.time)));
    first ??= { signal, time };
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  child.on('error', (error) => {
    process.stderr.write(`oxbow: cannot start ${process.execPath}: ${error.message}\n`);
    process.exit(EXIT.failed);
  });
  child.on('exit', (code, signal) => {
    clearTimeout(timer);
    if (code === UNSETTLED) {
      process.stderr.write('oxbow: --load: the top-level await of a module never settles\n');
      process.exit(EXIT.badInput);
    }
    if (code !== null) process.exit(code);
    if (first === undefined) return endBy(signal!);
    if (!killed) process.exit(EXIT.interrupted);
    const seconds = ((performance.now() - first.time) / 1000).toFixed(1);
    const again = GOES_ON.has(argv[0]!)
      ? 'What has finished is kept: the same command goes on with it, and oxbow report writes the report of a run'
      : 'The same command begins anew; a .oxbow-….tmp that it may have left can be removed';
    sayAndExit(`oxbow: killed ${seconds} s after ${first.signal}, in the middle of its work. ${again}\n`);
  });
}

/** The descriptors that the command shares: the first three, and open ones that the arguments name, as a shell's `>(…)` does. */
function inherited(argv: readonly string[]): ('inherit' | 'ignore')[] {
  const named = argv
    .flatMap((argument) => /^\/(?:dev|proc\/self)\/fd\/(\d{1,3})$/.exec(argument)?.[1] ?? [])
    .map(Number)
    .filter(isOpen);
  const last = Math.max(2, ...named);
  return Array.from({ length: last + 1 }, (_, fd) => (fd < 3 || named.includes(fd) ? 'inherit' : 'ignore'));
}

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

/** Ends this process as the command has ended, so that whoever waits for it sees the same; where Node ignores the signal, as a shell tells it. */
function endBy(signal: NodeJS.Signals): void {
  for (const name of SIGNALS) process.removeAllListeners(name);
  process.exitCode = 128 + constants.signals[signal];
  process.kill(process.pid, signal);
}

/** Not by `process.stderr`, which waits for whoever reads a pipe. */
function sayAndExit(line: string): void {
  const exit = () => process.exit(EXIT.interrupted);
  setTimeout(exit, LAST_WORD);
  try {
    if (isatty(1)) writeSync(1, RESTORE);
    const stderr = fstatSync(2);
    if (stderr.isFIFO() || stderr.isSocket()) {
      new Socket({ fd: 2, writable: true }).on('error', exit).write(line, exit);
      return;
    }
    writeSync(2, line);
  } catch {
    // Nobody reads it.
  }
  exit();
}
