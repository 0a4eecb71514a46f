import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The package as it is published. */
export const cli = resolve(import.meta.dirname, '../dist/cli/cli.js');

/** How the command has ended, and what must never be seen then. */
export interface Ended {
  /** When, by `performance.now()`. */
  readonly time: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly coreDumps: number;
  readonly stackTraces: number;
  /** Processes of it that outlived it: the command proper, workers, whatever they have started. */
  readonly orphans: number;
}

/** Names the command that a process belongs to, in the environment that its children inherit. */
const MARK = 'OXBOW_CHECK';

/** Starts the command in a folder where the system may leave core dumps. */
export function startOxbow(folder: string, argv: readonly string[]) {
  const mark = randomUUID();
  const child = spawn('bash', ['-c', 'ulimit -c unlimited; exec "$@"', 'oxbow', process.execPath, cli, ...argv], {
    cwd: folder,
    env: { ...process.env, [MARK]: mark },
    // A group of its own, as a shell makes one for each of its jobs: Ctrl-C and Ctrl-Z reach all of it.
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((done) => {
    child.on('close', async (code, signal) => {
      const time = performance.now();
      const crashed =
        /SIG(ABRT|SEGV|BUS|ILL|FPE|TRAP)/.test(signal ?? '') || [132, 133, 134, 135, 136, 139].includes(code ?? 0);
      const cores = readdirSync(folder).filter((name) => /^core(\.|$)/.test(name)).length;
      // An orphan ends itself; it is given a second and a half to.
      for (let i = 0; i < 15 && processesOf(mark).length > 0; i++) await delay(100);
      done({
        time,
        code,
        signal,
        stdout,
        stderr,
        coreDumps: Math.max(cores, Number(crashed || /terminate called/.test(stderr))),
        stackTraces: (`${stdout}\n${stderr}`.match(/^\s+at .*[:(]\d+/gm) ?? []).length > 0 ? 1 : 0,
        orphans: processesOf(mark).length,
      });
    });
  });
  return { process: child, stdout: () => stdout, ended };
}

/** All processes of a command, whoever their parents are by now. */
function processesOf(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${MARK}=${mark}`);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
}
