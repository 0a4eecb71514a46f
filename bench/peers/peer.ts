import type { Rival } from './rival.ts';
import { type Twin, TwinProcess } from './twinProcess.ts';

/** What a row is made from, on both sides: a policy's variables in their order, and the batch. */
export interface PeerInputs {
  readonly parameters: readonly (readonly number[])[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** Another framework's twin of the benchmarked rows. */
interface PeerSpec extends Omit<Twin, 'name'> {
  /** The kinds of rows it has. */
  readonly kinds: readonly string[];
  /** The policies that it has; all unless given. */
  readonly policies?: readonly string[];
}

const COUPLINGS = ['gaussian', 'realnvp', 'spline'];

export const PEERS = {
  torch: {
    file: 'torch_twin.py',
    variant: 'eager',
    needs: "Debian's python3-torch and libopenblas0-pthread, or torch from PyPI",
    kinds: ['ppo-step', 'act'],
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
    kinds: ['ppo-step', 'act'],
    policies: COUPLINGS,
  },
  'jax-scan': {
    file: 'jax_twin.py',
    variant: 'scan',
    needs: 'jax[cpu] and optax from PyPI',
    kinds: ['ppo-step'],
    policies: COUPLINGS,
  },
} as const satisfies Record<string, PeerSpec>;

export type PeerName = keyof typeof PEERS;

/** A twin of the benchmarked rows that takes turns with us. */
export class Peer implements Rival {
  readonly name: PeerName;
  readonly version: string;
  readonly #twin: TwinProcess;

  private constructor(name: PeerName, twin: TwinProcess) {
    this.name = name;
    this.version = twin.version;
    this.#twin = twin;
  }

  /** @throws with what the peer needs, if no interpreter has it */
  static async start(name: PeerName): Promise<Peer> {
    return new Peer(name, await TwinProcess.start({ name, ...PEERS[name] }));
  }

  /** Whether it has rows of this name, `ppo-step/spline`. */
  has(row: string): boolean {
    const { kinds, policies }: PeerSpec = PEERS[this.name];
    const [kind, policy] = row.split('/') as [string, string];
    return kinds.includes(kind) && (policies?.includes(policy) ?? true);
  }

  async make(row: string, batch: number, inputs: PeerInputs): Promise<void> {
    await this.#twin.ask({ make: row, batch, ...inputs });
  }

  /** Milliseconds of one run, averaged over a block of `repeats`. */
  async time(row: string, batch: number, repeats: number): Promise<number> {
    return (await this.#twin.ask({ run: row, batch, repeats })).ms as number;
  }

  /** What the next runs give: the losses of several steps, or one batch of actions with their log-probabilities. */
  show(row: string, batch: number): Promise<Record<string, readonly number[]>> {
    return this.#twin.ask({ show: row, batch }) as Promise<Record<string, readonly number[]>>;
  }

  stop(): void {
    this.#twin.stop();
  }
}
