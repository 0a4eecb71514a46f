import type { ChildProcess } from 'node:child_process';
import { nodeBuiltin } from '../core/nodeBuiltin.ts';

/** A child process that answers one frame with one frame, for which this thread waits. What it prints goes to stderr. */
export class FramedProcess {
  readonly #child: ChildProcess;
  readonly #reader: number;
  readonly #writer: number;
  #isClosed = false;
  /** Whether there was someone to read the last request. */
  #isHeard = false;
  #hasEnded = false;

  /**
   * Runs `command ...args REQUESTS ANSWERS`, the last two being the file descriptors of its pipes.
   * @throws if it cannot be started
   */
  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    const { closeSync } = nodeBuiltin('node:fs');
    const requests = openPipe();
    const answers = openPipe();
    this.#writer = requests.writer;
    this.#reader = answers.reader;
    this.#child = nodeBuiltin('node:child_process').spawn(command, [...args, '3', '4'], {
      env,
      stdio: ['ignore', 2, 'inherit', requests.reader, answers.writer],
    });
    closeSync(requests.reader);
    closeSync(answers.writer);
    // That there is no such program is said below, at once.
    this.#child.on('error', () => {});
    // A child that was forgotten does not keep this process alive.
    this.#child.unref();
    if (this.#child.pid === undefined) {
      this.close();
      throw new Error(`cannot start ${command}`);
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether a request has found no one at the other end. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Sends a request, of which {@link receive} gives the answer; also where no one reads it any more, which `receive` tells. */
  send(request: Frame): void {
    this.#isHeard = this.#send(request);
  }

  /**
   * Waits for the answer to what was sent.
   * @throws if it has ended, with how: `was killed by SIGKILL`; or if it has sent what is no answer, and is ended for it
   */
  receive(answer: Frame): void {
    if (this.#isHeard && this.#receive(answer)) return;
    this.#hasEnded = true;
    throw new Error(howItEnded(this.#child));
  }

  /** Whether there was someone to read it. */
  #send({ bytes, totalBytes }: Frame): boolean {
    const { writeSync } = nodeBuiltin('node:fs');
    try {
      for (let sent = 0; sent < totalBytes; ) sent += writeSync(this.#writer, bytes, sent, totalBytes - sent);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false;
      throw error;
    }
  }

  /** Whether it came whole. */
  #receive(frame: Frame): boolean {
    const { readSync } = nodeBuiltin('node:fs');
    let received = 0;
    while (received < HEADER_BYTES || received < frame.totalBytes) {
      if (received >= HEADER_BYTES) this.#makeRoom(frame);
      const more = readSync(this.#reader, frame.bytes, received, frame.bytes.length - received, null);
      if (more === 0) return false;
      received += more;
    }
    return true;
  }

  #makeRoom(frame: Frame): void {
    const { totalBytes } = frame;
    if (totalBytes > HEADER_BYTES + MOST_BYTES) {
      this.#hasEnded = true;
      this.#child.kill('SIGKILL');
      throw new Error(`sent a frame of ${totalBytes} bytes, expected at most ${HEADER_BYTES + MOST_BYTES},`);
    }
    frame.reserve(totalBytes);
  }

  /** Lets the process go: it ends when there are no more requests. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { closeSync } = nodeBuiltin('node:fs');
    closeSync(this.#writer);
    closeSync(this.#reader);
  }
}

/** Bytes of the header: the payload's length and the frame's kind, both uint32, little-endian. */
export const HEADER_BYTES = 8;

/** The longest payload, on both sides: a text of so many characters can still be made. */
export const MOST_BYTES = 2 ** 29 - 1024;

/** A frame in memory that is used again. The payload follows the header, so that 8-byte numbers in it are aligned. */
export class Frame {
  bytes: Uint8Array<ArrayBuffer>;
  #header: DataView;

  /** Room for a payload of so many bytes. */
  constructor(payloadBytes: number) {
    this.bytes = new Uint8Array(HEADER_BYTES + payloadBytes);
    this.#header = new DataView(this.bytes.buffer);
  }

  static ofText(kind: number, text: string): Frame {
    const payload = new TextEncoder().encode(text);
    const frame = new Frame(payload.length);
    frame.bytes.set(payload, HEADER_BYTES);
    frame.setHeader(payload.length, kind);
    return frame;
  }

  setHeader(payloadBytes: number, kind: number): void {
    this.#header.setUint32(0, payloadBytes, true);
    this.#header.setUint32(4, kind, true);
  }

  get kind(): number {
    return this.#header.getUint32(4, true);
  }

  /** The length of header and payload together, as the header says it. */
  get totalBytes(): number {
    return HEADER_BYTES + this.#header.getUint32(0, true);
  }

  /** Makes room for so many bytes in all, in other memory if need be, and keeps what is there. */
  reserve(totalBytes: number): void {
    if (totalBytes <= this.bytes.length) return;
    const { bytes } = this;
    this.bytes = new Uint8Array(totalBytes);
    this.bytes.set(bytes);
    this.#header = new DataView(this.bytes.buffer);
  }

  /** The payload as text, from one of its bytes on. */
  text(start = 0): string {
    return new TextDecoder().decode(this.bytes.subarray(HEADER_BYTES + start, this.totalBytes));
  }
}

/** File descriptors of the two ends. */
interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

/**
 * A pipe whose ends block, so that `readSync` waits: the ones that Node itself makes for a child process do not. No
 * file of it is left.
 * @throws on Windows, and where the system has no `mkfifo`
 */
function openPipe(): Pipe {
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

/** How long a process that has closed its pipes may take to end, in steps of 5 ms. */
const PATIENCE = 100;

/** How a child has ended, `was killed by SIGKILL`, without a turn of the event loop, by which alone Node would tell. */
function howItEnded(child: ChildProcess): string {
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
