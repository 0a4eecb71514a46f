import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A file in this folder, of Python or TypeScript, that speaks the protocol of `serve.py`: a line of JSON a request, a line an answer. */
export interface Twin {
  readonly name: string;
  readonly file: string;
  /** Which of the file's variants. */
  readonly variant: string;
  /** What to install, in a line. */
  readonly needs: string;
}

const environmentFor = (threads: number) => ({
  OMP_NUM_THREADS: String(threads),
  OPENBLAS_NUM_THREADS: String(threads),
  MKL_NUM_THREADS: String(threads),
  TORCHINDUCTOR_COMPILE_THREADS: '1',
  JAX_PLATFORMS: 'cpu',
  // XLA takes no number here: one thread, or all processors.
  XLA_FLAGS: `--xla_cpu_multi_thread_eigen=${threads > 1}`,
});

/** A twin in a process of its own that answers one request at a time. */
export class TwinProcess {
  readonly name: string;
  readonly version: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #reader: Interface;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: string[];

  private constructor(name: string, version: string, { child, reader, lines, errors }: ReturnType<typeof start>) {
    this.name = name;
    this.version = version;
    this.#process = child;
    this.#reader = reader;
    this.#lines = lines;
    this.#errors = errors;
  }

  /**
   * Starts the twin: of TypeScript on this Node; of Python on the first interpreter that has its framework, of those of `OXBOW_PYTHON`
   * (a list like PATH's), `/usr/bin/python3` and `python3`.
   *
   * @param threads - of its products; JAX takes one, or as many as there are processors
   * @throws with what the twin needs, if none has it
   */
  static async start(twin: Twin, threads = 1): Promise<TwinProcess> {
    const isPython = twin.file.endsWith('.py');
    const named = (process.env.OXBOW_PYTHON ?? '').split(':').filter((path) => path !== '');
    const interpreters = isPython ? [...named, '/usr/bin/python3', 'python3'] : [process.execPath];
    const reasons = new Set<string>();
    for (const interpreter of interpreters) {
      const started = start(interpreter, twin, threads);
      const first = await started.lines.next();
      if (!first.done) return new TwinProcess(twin.name, JSON.parse(first.value).version, started);
      reasons.add(started.errors.findLast((line) => /Error/.test(line)) ?? 'does not start');
    }
    const tried = isPython ? `, for ${interpreters.join(' or ')} (OXBOW_PYTHON names others)` : '';
    throw new Error(`${twin.name} needs ${twin.needs}${tried}: ${[...reasons].join('; ')}`);
  }

  /** @throws if the process has ended, with its last words */
  async ask(request: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await this.#lines.next();
    if (answer.done) {
      if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
      throw new Error(`the peer ${this.name} stopped: ${this.#errors.slice(-3).join(' ')}`);
    }
    return JSON.parse(answer.value);
  }

  stop(): void {
    this.#reader.close();
    this.#process.stdin.end();
  }
}

function start(interpreter: string, { file, variant }: Twin, threads: number) {
  // Set on some machines for old builds of OpenBLAS; they slow a present one.
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...environment } = process.env;
  const path = fileURLToPath(new URL(file, import.meta.url));
  const options = file.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  const child = spawn(interpreter, [...options, path, variant], {
    env: { ...environment, ...environmentFor(threads) },
  });
  const errors: string[] = [];
  child.on('error', (error) => errors.push(error.message));
  child.on('exit', (code, signal) => errors.push(signal === null ? `exit code ${code}` : `killed by ${signal}`));
  child.stdin.on('error', () => {});
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const reader = createInterface({ input: child.stdout });
  return { child, reader, lines: reader[Symbol.asyncIterator](), errors };
}
