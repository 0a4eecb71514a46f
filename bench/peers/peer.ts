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
  /** The policies and networks that it has not. */
  readonly lacks?: readonly string[];
}

const AUTOREGRESSIVE = ['maf', 'autoregressive-spline'];
const MATCHING = ['matching-step', 'matching-act'];
const MEMORY = 'memory-step';
const UPDATES = ['fql-update', 'iql-update', 'td3-bc-update'];

export const PEERS = {
  torch: {
    file: 'torch_twin.py',
    variant: 'eager',
    needs: "Debian's python3-torch and libopenblas0-pthread, or torch from PyPI",
    kinds: ['ppo-step', 'act', ...MATCHING, MEMORY, ...UPDATES],
    lacks: ['min-gru'],
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
    kinds: ['ppo-step', 'act', ...MATCHING, MEMORY, ...UPDATES],
    lacks: [...AUTOREGRESSIVE, 'min-gru'],
  },
  'jax-scan': {
    file: 'jax_twin.py',
    variant: 'scan',
    needs: 'jax[cpu] and optax from PyPI',
    kinds: ['ppo-step', 'matching-step', ...UPDATES],
    lacks: AUTOREGRESSIVE,
  },
  'jax-js': {
    file: 'jaxjs_twin.ts',
    variant: 'wasm',
    needs: '`npm install @jax-js/jax` in a folder that OXBOW_JAX_JS names',
    kinds: ['ppo-step', 'act'],
    lacks: AUTOREGRESSIVE,
  },
} as const satisfies Record<string, PeerSpec>;

export type PeerName = keyof typeof PEERS;

/**
 * A twin of the benchmarked rows that takes turns with us.
 * @throws with what the peer needs, if no interpreter has it
 */
export async function startPeer(name: PeerName, processorTime = false): Promise<Rival> {
  const { kinds, lacks = [], ...spec }: PeerSpec = PEERS[name];
  const twin = await TwinProcess.start({ name, ...spec });
  return {
    name,
    version: twin.version,
    has(row) {
      const [kind, policy] = row.split('/') as [string, string];
      return kinds.includes(kind) && !lacks.includes(policy);
    },
    async make(row, batch, inputs) {
      await twin.ask({ make: row, batch, ...inputs });
    },
    time: async (row, batch, repeats) =>
      (await twin.ask({ run: row, batch, repeats }))[processorTime ? 'processorMs' : 'ms'] as number,
    show: (row, batch) => twin.ask({ show: row, batch }) as Promise<Shown>,
    stop: () => twin.stop(),
  };
}
