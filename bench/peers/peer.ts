import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a row is made from, on both sides: a policy's variables in their order, and the batch. */
export interface PeerInputs {
  readonly parameters: readonly (readonly number[])[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** Another framework's twin of the benchmarked rows. */
export interface PeerSpec {
  /** The Python file in this folder, and which of its variants. */
  readonly twin: string;
  readonly variant: string;
  /** What to install, in a line. */
  readonly needs: string;
  /** The kinds of rows it has. */
  readonly kinds: readonly string[];
}

export const PEERS = {
  torch: {
    twin: 'torch_twin.py',
    variant: 'eager',
    needs: "Debian's python3-torch and libopenblas0-pthread, or torch from PyPI",
    kinds: ['ppo-step', 'act'],
  },
  'torch-compiled': {
    twin: 'torch_twin.py',
    variant: 'compiled',
    needs: "torch from PyPI and g++ (Debian's torch: libsleef-dev too)",
    kinds: ['ppo-step', 'act'],
  },
  jax: { twin: 'jax_twin.py', variant: 'step', needs: 'jax[cpu] and optax from PyPI', kinds: ['ppo-step', 'act'] },
  'jax-scan': { twin: 'jax_twin.py', variant: 'scan', needs: 'jax[cpu] and optax from PyPI', kinds: ['ppo-step'] },
} as const satisfies Record<string, PeerSpec>;

export type PeerName = keyof typeof PEERS;

const ONE_THREAD = {
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  TORCHINDUCTOR_COMPILE_THREADS: '1',
  JAX_PLATFORMS: 'cpu',
  XLA_FLAGS: '--xla_cpu_multi_thread_eigen=false',
};

/** A twin in a process of its own, with one thread, that answers one request at a time; its protocol is in `serve.py`. */
export class Peer {
  readonly name: PeerName;
  readonly version: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #reader: Interface;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: string[];

  private constructor(name: PeerName, version: string, started: ReturnType<typeof startTwin>) {
    this.name = name;
    this.version = version;
    this.#process = started.child;
    this.#reader = started.reader;
    this.#lines = started.lines;
    this.#errors = started.errors;
  }

  /**
   * Starts the twin on the first interpreter that has its framework: those of `OXBOW_PYTHON` (a list like PATH's), `/usr/bin/python3`
   * and `python3`.
   * @throws with what the peer needs, if none has it
   */
  static async start(name: PeerName): Promise<Peer> {
    const named = (process.env.OXBOW_PYTHON ?? '').split(':').filter((path) => path !== '');
    const interpreters = [...named, '/usr/bin/python3', 'python3'];
    const reasons = new Set<string>();
    for (const interpreter of interpreters) {
      const started = startTwin(interpreter, PEERS[name]);
      const first = await started.lines.next();
      if (!first.done) return new Peer(name, JSON.parse(first.value).version, started);
      reasons.add(started.errors.findLast((line) => /Error/.test(line)) ?? 'does not start');
    }
    throw new Error(
      `${name} needs ${PEERS[name].needs}, for ${interpreters.join(' or ')} (OXBOW_PYTHON names others): ${[...reasons].join('; ')}`,
    );
  }

  /** Whether it has rows of this name, `ppo-step/spline`. */
  has(row: string): boolean {
    return (PEERS[this.name].kinds as readonly string[]).includes(row.split('/')[0]!);
  }

  async make(row: string, batch: number, inputs: PeerInputs): Promise<void> {
    await this.#ask({ make: row, batch, ...inputs });
  }

  /** Milliseconds of one run, averaged over a block of `repeats`. */
  async time(row: string, batch: number, repeats: number): Promise<number> {
    return (await this.#ask({ run: row, batch, repeats })).ms as number;
  }

  /** What the next runs give: the losses of several steps, or one batch of actions with their log-probabilities. */
  show(row: string, batch: number): Promise<Record<string, readonly number[]>> {
    return this.#ask({ show: row, batch }) as Promise<Record<string, readonly number[]>>;
  }

  stop(): void {
    this.#reader.close();
    this.#process.stdin.end();
  }

  async #ask(request: { batch: number; [key: string]: unknown }): Promise<Record<string, unknown>> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await this.#lines.next();
    if (answer.done) {
      if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
      throw new Error(`the peer ${this.name} stopped: ${this.#errors.slice(-3).join(' ')}`);
    }
    return JSON.parse(answer.value);
  }
}

function startTwin(interpreter: string, { twin, variant }: PeerSpec) {
  // Set on some machines for old builds of OpenBLAS; they slow a present one.
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...environment } = process.env;
  const file = fileURLToPath(new URL(twin, import.meta.url));
  const child = spawn(interpreter, [file, variant], { env: { ...environment, ...ONE_THREAD } });
  const errors: string[] = [];
  child.on('error', (error) => errors.push(error.message));
  child.on('exit', (code, signal) => errors.push(signal === null ? `exit code ${code}` : `killed by ${signal}`));
  child.stdin.on('error', () => {});
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const reader = createInterface({ input: child.stdout });
  return { child, reader, lines: reader[Symbol.asyncIterator](), errors };
}
