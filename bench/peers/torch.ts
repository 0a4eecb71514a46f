import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The PyTorch twin, in a process of its own that answers one request at a time. */
export class TorchPeer {
  readonly version: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  private constructor(
    version: string,
    child: ChildProcessWithoutNullStreams,
    reader: Interface,
    lines: AsyncIterator<string>,
  ) {
    this.version = version;
    this.#process = child;
    this.#reader = reader;
    this.#lines = lines;
  }

  /**
   * Starts the twin with one thread. The interpreter is `OXBOW_PYTHON`, by default `/usr/bin/python3` and then `python3`.
   * @throws with what to install, if no interpreter has PyTorch
   */
  static async start(): Promise<TorchPeer> {
    const interpreters = process.env.OXBOW_PYTHON ? [process.env.OXBOW_PYTHON] : ['/usr/bin/python3', 'python3'];
    const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...rest } = process.env;
    const env = { ...rest, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
    for (const interpreter of interpreters) {
      const child = spawn(interpreter, [fileURLToPath(new URL('torch_twin.py', import.meta.url))], { env });
      child.on('error', () => {});
      child.stdin.on('error', () => {});
      child.stderr.resume();
      const reader = createInterface({ input: child.stdout });
      const lines = reader[Symbol.asyncIterator]();
      const first = await lines.next();
      if (!first.done) return new TorchPeer(JSON.parse(first.value).version, child, reader, lines);
      child.kill();
    }
    throw new Error(
      `no PyTorch for ${interpreters.join(' or ')}: install python3-torch and libopenblas0-pthread (Debian), or set ` +
        'OXBOW_PYTHON to an interpreter that has it',
    );
  }

  /** Milliseconds of one run, averaged over a block of `repeats`; the first block is preceded by a warm-up. */
  async time(name: string, batch: number, repeats: number): Promise<number> {
    this.#process.stdin.write(`${JSON.stringify({ name, batch, repeats })}\n`);
    const answer = await this.#lines.next();
    if (answer.done) throw new Error(`the PyTorch twin stopped at ${name}, batch ${batch}`);
    return JSON.parse(answer.value).ms;
  }

  stop(): void {
    this.#reader.close();
    this.#process.stdin.end();
  }
}
