import { nodeBuiltin } from '../core/nodeBuiltin.ts';
import { Frame, HEADER_BYTES, MOST_BYTES } from './frame.ts';
import { FramedProcess } from './framedProcess.ts';

/** Kinds of requests and answers, as in `oxbow_server.py`. */
export const requests = { make: 0, reset: 1, step: 2, state: 3, setState: 4, close: 5 } as const;
const OK = 0;
export const NUMBERS = 2;

/** Requests to a Python process that runs `oxbow_server.py`, and its answers, one after the other. Every error begins with a name. */
export class GymnasiumConnection {
  readonly name: string;
  readonly #process: FramedProcess;
  readonly #answer = new Frame(65536);

  /** @throws if Python cannot be started */
  constructor(name: string, python: string) {
    this.name = name;
    const script = nodeBuiltin('node:url').fileURLToPath(new URL('./oxbow_server.py', import.meta.url));
    // Python's sets of strings then have the same order in every process, so that a run can be repeated.
    const defaults = { PYTHONHASHSEED: '0', PYGAME_HIDE_SUPPORT_PROMPT: '1' };
    try {
      this.#process = new FramedProcess(python, [script], { ...defaults, ...process.env });
    } catch (error) {
      const advice = 'name a Python that has gymnasium by the option python or in OXBOW_PYTHON';
      throw new Error(`${name}: ${(error as Error).message}; ${advice}`, { cause: error });
    }
  }

  get isClosed(): boolean {
    return this.#process.isClosed;
  }

  /** Whether an answer was waited for that no one will give. */
  get hasEnded(): boolean {
    return this.#process.hasEnded;
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

  /** @throws after `close` */
  sendFrame(call: string, request: Frame): void {
    if (this.#process.isClosed) throw new Error(`${this.name}: ${call}() after close()`);
    this.#process.send(request);
  }

  /**
   * Waits for the answer, which is overwritten by the next one.
   * @throws what Python raised, with its traceback as the cause; or how its process has ended
   */
  receive(call: string): Frame {
    const answer = this.#answer;
    try {
      this.#process.receive(answer);
    } catch (error) {
      const advice = call === 'make' ? 'what it printed says why' : 'a run resumes from its last checkpoint';
      throw new Error(`${this.name}: its Python ${(error as Error).message} during ${call}(); ${advice}`, {
        cause: error,
      });
    }
    if (answer.kind === OK || answer.kind === NUMBERS) return answer;
    const { message, traceback } = JSON.parse(answer.text()) as { message: string; traceback: string };
    throw new Error(`${this.name}: ${message}`, { cause: traceback });
  }

  close(): void {
    this.#process.close();
  }
}
