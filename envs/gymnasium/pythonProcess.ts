import type { ChildProcess } from 'node:child_process';
import { nodeBuiltin } from '../../src/nodeBuiltin.ts';

/** Kinds of requests and answers, as in `oxbow_server.py`. */
export const requests = { make: 0, reset: 1, step: 2, close: 3, rewards: 4 } as const;
const OK = 0;
export const NUMBERS = 2;

/**
 * A Python process that runs `oxbow_server.py` and answers one request after the other, for which this thread waits. What it prints goes to stderr.
 * Every error begins with a name.
 */
export class PythonProcess {
  readonly name: string;
  isClosed = false;
  /** Whether an answer was waited for that no one will give. */
  hasEnded = false;
  readonly #child: ChildProcess;
  readonly #reader: number;
  readonly #writer: number;
  readonly #answer = new Frame(65536);
  /** Whether there was someone to read the last request. */
  #isHeard = false;

  /** @throws if Python cannot be started */
  constructor(name: string, python: string) {
    this.name = name;
    const script = nodeBuiltin('node:url').fileURLToPath(new URL('./oxbow_server.py', import.meta.url));
    // Python's sets of strings then have the same order in every process, so that a run can be repeated.
    const env = { PYTHONHASHSEED: '0', PYGAME_HIDE_SUPPORT_PROMPT: '1', ...process.env };
    const { closeSync } = nodeBuiltin('node:fs');
    try {
      const requests = openPipe();
      const answers = openPipe();
      this.#writer = requests.writer;
      this.#reader = answers.reader;
      // The last two are the file descriptors of its pipes.
      this.#child = nodeBuiltin('node:child_process').spawn(python, [script, '3', '4'], {
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
        throw new Error(`cannot start ${python}`);
      }
    } catch (error) {
      const advice = 'name a Python that has gymnasium by the option python or in OXBOW_PYTHON';
      throw new Error(`${name}: ${(error as Error).message}; ${advice}`, { cause: error });
    }
  }

  /** @throws if the text is too long, or after `close` */
  send(call: keyof typeof requests, text = ''): void {
    const request = Frame.ofText(requests[call], text);
    const bytes = request.totalBytes - HEADER_BYTES;
    if (bytes > MOST_BYTES) {
      throw new Error(`${this.name}: ${call}() got a text of ${bytes} bytes, expected at most ${MOST_BYTES}`);
    }
    this.sendFrame(call, request);
  }

  /** Also where no one reads it any more, which {@link receive} tells. @throws after `close` */
  sendFrame(call: string, { bytes, totalBytes }: Frame): void {
    if (this.isClosed) throw new Error(`${this.name}: ${call}() after close()`);
    const { writeSync } = nodeBuiltin('node:fs');
    try {
      for (let sent = 0; sent < totalBytes; ) sent += writeSync(this.#writer, bytes, sent, totalBytes - sent);
      this.#isHeard = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      this.#isHeard = false;
    }
  }

  /**
   * Waits for the answer, which is overwritten by the next one.
   * @throws what Python raised, with its traceback as the cause; how it has ended, `was killed by SIGKILL`; or that it has sent what is no
   *   answer, for which it is ended
   */
  receive(call: string): Frame {
    const answer = this.#answer;
    const problem = this.#isHeard ? this.#read(answer) : howItEnded(this.#child);
    if (problem !== undefined) {
      this.hasEnded = true;
      const advice = call === 'make' ? 'what it printed says why' : 'a run resumes from its last checkpoint';
      throw new Error(`${this.name}: its Python ${problem} during ${call}(); ${advice}`);
    }
    if (answer.kind === OK || answer.kind === NUMBERS) return answer;
    const { message, traceback } = JSON.parse(answer.text()) as { message: string; traceback: string };
    throw new Error(`${this.name}: ${message}`, { cause: traceback });
  }

  /** What has gone wrong, unless a frame came whole. */
  #read(frame: Frame): string | undefined {
    const { readSync } = nodeBuiltin('node:fs');
    let received = 0;
    while (received < HEADER_BYTES || received < frame.totalBytes) {
      if (received >= HEADER_BYTES) {
        const { totalBytes } = frame;
        if (totalBytes > HEADER_BYTES + MOST_BYTES) {
          this.#child.kill('SIGKILL');
          return `sent a frame of ${totalBytes} bytes, expected at most ${HEADER_BYTES + MOST_BYTES},`;
        }
        frame.reserve(totalBytes);
      }
      const more = readSync(this.#reader, frame.bytes, received, frame.bytes.length - received, null);
      if (more === 0) return howItEnded(this.#child);
      received += more;
    }
    return undefined;
  }

  /** Lets the process go: it ends when there are no more requests. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { closeSync } = nodeBuiltin('node:fs');
    closeSync(this.#writer);
    closeSync(this.#reader);
  }
}

/** Bytes of the header: the payload's length and the frame's kind, both uint32, little-endian. */
export const HEADER_BYTES = 8;

/** The longest payload, on both sides: a text of so many characters can still be made. */
const MOST_BYTES = 2 ** 29 - 1024;

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

/**
 * File descriptors of a pipe whose ends block, so that `readSync` waits: the ones that Node itself makes for a child process do not. No
 * file of it is left.
 * @throws on Windows, and where the system has no `mkfifo`
 */
function openPipe(): { readonly reader: number; readonly writer: number } {
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
