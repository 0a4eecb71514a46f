import type { ChildProcess } from 'node:child_process';
import { nodeBuiltin } from '../core/nodeBuiltin.ts';

/** How long a process that has closed its pipes may take to end, in steps of 5 ms. */
const PATIENCE = 100;

/** How a child has ended, `was killed by SIGKILL`, without a turn of the event loop, by which alone Node would tell. */
export function howItEnded(child: ChildProcess): string {
  if (child.signalCode !== null) return described(0, child.signalCode);
  if (child.exitCode !== null) return described(child.exitCode, undefined);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < PATIENCE; i++) {
    const status = waitStatus(child.pid!);
    if (status === undefined) break;
    if (status !== 'running') return described(status >> 8, signalName(status & 0x7f));
    Atomics.wait(pause, 0, 0, 5);
  }
  return 'ended';
}

function described(code: number, signal: string | undefined): string {
  if (signal === 'SIGKILL') return 'was killed by SIGKILL (as the system does when memory is short)';
  return signal === undefined ? `ended with exit code ${code}` : `was killed by ${signal}`;
}

function signalName(number: number): string | undefined {
  const { signals } = nodeBuiltin('node:os').constants;
  return Object.entries(signals).find(([, value]) => value === number)?.[0];
}

/** What `waitpid` would give for a zombie; Linux shows it in the last field but one of /proc/PID/stat. Undefined elsewhere. */
function waitStatus(pid: number): number | 'running' | undefined {
  try {
    const stat = nodeBuiltin('node:fs').readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name, which may hold anything, come the state and 49 numbers.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .trim()
      .split(' ');
    return fields[0] === 'Z' ? Number(fields.at(-1)) : 'running';
  } catch {
    return undefined;
  }
}
