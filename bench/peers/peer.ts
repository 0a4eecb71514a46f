import type { PeerInputs, Shown } from '../subjects.ts';
import { type Twin, TwinProcess } from './twinProcess.ts';

/** What takes turns with us on the same rows. */
export interface Rival {
  readonly name: string;
  readonly version: string;
  /** The rival whose time its own is compared with; our own in this process unless given. */
  readonly against?: string | undefined;
  /** Whether it has rows of this name, `ppo-step/spline`. */
  has(row: string): boolean;
  make(row: string, batch: number, inputs: PeerInputs): Promise<void>;
  /** Milliseconds of one run, averaged over a block of `repeats`. */
  time(row: string, batch: number, repeats: number): Promise<number>;
  /** What the first runs gave: the losses of several steps, or one batch of actions, with their log-probabilities if they have them. */
  show(row: string, batch: number): Promise<Shown>;
  stop(): void | Promise<void>;
}

/** Another framework's twin of the benchmarked rows. */
interface PeerSpec extends Omit<Twin, 'name'> {
  /** The kinds of rows it has. */
  readonly kinds: readonly string[];
  /** The policies that it has not. */
  readonly lacks?: readonly string[];
}

const AUTOREGRESSIVE = ['maf', 'autoregressive-spline'];
const MATCHING = ['matching-step', 'matching-act'];
const UPDATES = ['fql-update', 'iql-update', 'td3-bc-update'];

export const PEERS = {
  torch: {
    file: 'torch_twin.py',
    variant: 'eager',
    needs: "Debian's python3-torch and libopenblas0-pthread, or torch from PyPI",
    kinds: ['ppo-step', 'act', ...MATCHING, ...UPDATES],
  },
  'torch-compiled': {
    file: 'torch_twin.py',
    variant: 'compiled',
    needs: "torch from PyPI and g++ (Debian's torch: libsleef-dev too)",
    kinds: ['ppo-step', 'act'],
  },
  jax: {
    file: 'jax_twin.py',
    variant: 'step',
    needs: 'jax[cpu] and optax from PyPI',
    kinds: ['ppo-step', 'act', ...MATCHING, ...UPDATES],
    lacks: AUTOREGRESSIVE,
  },
  'jax-scan': {
    file: 'jax_twin.py',
    variant: 'scan',
    needs: 'jax[cpu] and optax from PyPI',
    kinds: ['ppo-step'],
    lacks: AUTOREGRESSIVE,
  },
} as const satisfies Record<string, PeerSpec>;

export type PeerName = keyof typeof PEERS;

/** A twin of the benchmarked rows that takes turns with us. */
export class Peer implements Rival {
  readonly name: PeerName;
  readonly version: string;
  readonly #twin: TwinProcess;
  readonly #time: 'ms' | 'processorMs';

  private constructor(name: PeerName, twin: TwinProcess, time: 'ms' | 'processorMs') {
    this.name = name;
    this.version = twin.version;
    this.#twin = twin;
    this.#time = time;
  }

  /** @throws with what the peer needs, if no interpreter has it */
  static async start(name: PeerName, { processorTime = false }: { processorTime?: boolean } = {}): Promise<Peer> {
    return new Peer(name, await TwinProcess.start({ name, ...PEERS[name] }), processorTime ? 'processorMs' : 'ms');
  }

  /** Whether it has rows of this name, `ppo-step/spline`. */
  has(row: string): boolean {
    const { kinds, lacks = [] }: PeerSpec = PEERS[this.name];
    const [kind, policy] = row.split('/') as [string, string];
    return kinds.includes(kind) && !lacks.includes(policy);
  }

  async make(row: string, batch: number, inputs: PeerInputs): Promise<void> {
    await this.#twin.ask({ make: row, batch, ...inputs });
  }

  /** Milliseconds of one run, averaged over a block of `repeats`. */
  async time(row: string, batch: number, repeats: number): Promise<number> {
    return (await this.#twin.ask({ run: row, batch, repeats }))[this.#time] as number;
  }

  /** What the next runs give: the losses of several steps, or one batch of actions, with their log-probabilities if they have them. */
  show(row: string, batch: number): Promise<Shown> {
    return this.#twin.ask({ show: row, batch }) as Promise<Shown>;
  }

  stop(): void {
    this.#twin.stop();
  }
}
