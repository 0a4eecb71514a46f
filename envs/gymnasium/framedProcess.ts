import type { ChildProcess } from 'node:child_process';
import { nodeBuiltin } from '../core/nodeBuiltin.ts';
import { type Frame, HEADER_BYTES, MOST_BYTES } from './frame.ts';
import { howItEnded } from './howItEnded.ts';
import { openPipe } from './openPipe.ts';

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
