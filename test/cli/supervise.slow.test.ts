import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { constants as system } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from './fixture/files.ts';

const folder = temporaryFolder('supervise');

const CLI = ['--import', 'tsx', 'experiments/cli.ts'];

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A command that reads from a pipe into which nobody writes, and so does not come to listen. */
async function blocked(name: string): Promise<{ process: ChildProcess; ended: Promise<Ended> }> {
  const pipe = join(folder, name);
  spawnSync('mkfifo', [pipe]);
  const child = spawn(process.execPath, [...CLI, 'run', 'lake', '--config', pipe]);
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  let writer: number | undefined;
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      closeSync(writer!);
      resolve({ code, signal, stderr });
    });
  });
  while (writer === undefined) {
    try {
      writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      await delay(20);
    }
  }
  return { process: child, ended };
}

/** The id of the command proper. */
function commandOf(supervisor: ChildProcess): number {
  const { stdout } = spawnSync('pgrep', ['-P', String(supervisor.pid), '-f', 'child-of'], { encoding: 'utf8' });
  return Number(stdout);
}

test('a command that does not come to listen is killed, and says so', async () => {
  const { process, ended } = await blocked('signal');
  process.kill('SIGTERM');
  expect(await ended).toEqual({
    code: 130,
    signal: null,
    stderr: expect.stringMatching(
      /^oxbow: killed 1\.\d s after SIGTERM, in the middle of its work\. What has finished is kept: [^\n]+\n$/,
    ),
  });
});

test('one that begins anew does not say that it goes on', async () => {
  const deaf = `
    if (process.argv[2] === '--child-of') {
      process.on('SIGINT', () => {});
      process.stderr.write('deaf\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000);
    }`;
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(deaf)}`];
  const child = spawn(process.execPath, [...preload, ...CLI, 'dataset', 'convert', 'one', 'other']);
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
    if (stderr === 'deaf\n') child.kill('SIGINT');
  });
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
  expect(stderr).toMatch(
    /^deaf\noxbow: killed 1\.\d s after SIGINT, in the middle of its work\. The same command begins anew; [^\n]+\n$/,
  );
});

test('what listens and what computes end together, and alike', async () => {
  const outer = await blocked('outer');
  outer.process.kill('SIGKILL');
  // Its standard error is closed when both have ended.
  expect(await outer.ended).toEqual({ code: null, signal: 'SIGKILL', stderr: '' });
  const inner = await blocked('inner');
  process.kill(commandOf(inner.process), 'SIGKILL');
  expect(await inner.ended).toEqual({ code: null, signal: 'SIGKILL', stderr: '' });
});

test('a file that may not grow further is one line, and no success', () => {
  // Of 4 KiB: dataset.json is smaller, what 20 episodes hold is larger.
  const script = 'set -o pipefail; ulimit -f 4; "$0" "$@" 2>&1 | cat';
  const argv = [...CLI, 'collect', 'Pendulum-v1', '--episodes', '20', '--out', join(folder, 'data')];
  const { status, stdout } = spawnSync('bash', ['-c', script, process.execPath, ...argv], { encoding: 'utf8' });
  expect(stdout).toMatch(/^oxbow: --out: cannot write into \S+data: EFBIG: [^\n]+\n$/);
  expect(status).toBe(1);
});

test('a command that is ended by a signal that Node ignores is no success', () => {
  // In the command alone the signal has its default again, as a listener that comes and goes leaves it.
  const ended = `
    if (process.argv[2] === '--child-of') {
      process.once('SIGXFSZ', () => {}).removeAllListeners('SIGXFSZ');
      process.kill(process.pid, 'SIGXFSZ');
    }`;
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(ended)}`];
  const { status } = spawnSync(process.execPath, [...preload, ...CLI, 'list', 'experiments']);
  expect(status).toBe(128 + system.signals.SIGXFSZ);
});
