import { nodeBuiltin } from '../core/nodeBuiltin.ts';

/** File descriptors of the two ends. */
export interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

/**
 * A pipe whose ends block, so that `readSync` waits: the ones that Node itself makes for a child process do not. No
 * file of it is left.
 * @throws on Windows, and where the system has no `mkfifo`
 */
export function openPipe(): Pipe {
  const { spawnSync } = nodeBuiltin('node:child_process');
  const { closeSync, constants, mkdtempSync, openSync, rmSync } = nodeBuiltin('node:fs');
  const { join } = nodeBuiltin('node:path');
  const { tmpdir } = nodeBuiltin('node:os');
  if (process.platform === 'win32') {
    throw new Error('environments of Gymnasium need pipes that Windows does not have; run this in its Linux (WSL)');
  }
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-pipe-'));
  try {
    const path = join(folder, 'pipe');
    const made = spawnSync('mkfifo', ['-m', '600', path], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`mkfifo ${path}: ${made.error?.message ?? made.stderr.trim()}`);
    // An end alone would wait for the other one to be opened.
    const both = openSync(path, constants.O_RDWR);
    const pipe = { reader: openSync(path, constants.O_RDONLY), writer: openSync(path, constants.O_WRONLY) };
    closeSync(both);
    return pipe;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
