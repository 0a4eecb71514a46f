import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The package as it is published. */
const cli = resolve(import.meta.dirname, '../dist/experiments/cli.js');

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
  /** Worker processes that outlived it. */
  readonly orphans: number;
}

/** A running `oxbow` command. */
export interface OxbowProcess {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly ended: Promise<Ended>;
}

/** Starts the command in a folder where the system may leave core dumps; `redirect` is bash's: `| head -1`. */
export function startOxbow(folder: string, argv: readonly string[], redirect?: string): OxbowProcess {
  const command = [process.execPath, cli, ...argv];
  const script = `ulimit -c unlimited; ${redirect === undefined ? 'exec "$@"' : `"$@" ${redirect}; exit "\${PIPESTATUS[0]}"`}`;
  const child = spawn('bash', ['-c', script, 'oxbow', ...command], { cwd: folder });
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
      for (let i = 0; i < 15 && workersOf(child.pid!) > 0; i++) await delay(100);
      done({
        time,
        code,
        signal,
        stdout,
        stderr,
        coreDumps: Math.max(cores, Number(crashed || /terminate called/.test(stderr))),
        stackTraces: (`${stdout}\n${stderr}`.match(/^\s+at .*[:(]\d+/gm) ?? []).length > 0 ? 1 : 0,
        orphans: workersOf(child.pid!),
      });
    });
  });
  return { process: child, stdout: () => stdout, ended };
}

/** Workers name their parent; without a pipe, bash becomes the command and keeps its id. */
function workersOf(parent: number): number {
  const { stdout } = spawnSync('pgrep', ['-fc', `harness/worker\\.js ${parent}$`], { encoding: 'utf8' });
  return Number(stdout) || 0;
}
