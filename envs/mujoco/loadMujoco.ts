import type { MainModule } from '@mujoco/mujoco';

/** The one version whose results are ours: another's physics differs in the last bits from the first step on. */
const VERSION = 3014000;

/** Options of {@link loadMujoco}. */
export interface LoadMujocoOptions {
  /** Where the WebAssembly is, or its bytes; beside the package's own script when left out. */
  readonly wasm?: string | URL | Uint8Array | undefined;
}

/** A module of MuJoCo, and why it can no longer be used, if so. */
interface Physics {
  readonly module: MainModule;
  aborted?: string;
}

let physics: Physics | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads MuJoCo's physics, the package `@mujoco/mujoco`, once: `make('mujoco/Hopper-v5')` is possible from then on. After a fault inside of
 * it, it loads a fresh module.
 *
 * @throws one line, if the package is not installed, is of another version, or its WebAssembly cannot be read
 */
export function loadMujoco(options: LoadMujocoOptions = {}): Promise<void> {
  if (physics !== undefined && physics.aborted === undefined) return Promise.resolve();
  loading ??= load(options).finally(() => {
    loading = undefined;
  });
  return loading;
}

async function load({ wasm }: LoadMujocoOptions): Promise<void> {
  const { default: instantiate } = await imported();
  let next: Physics | undefined;
  const module = (await instantiate({
    ...(wasm instanceof Uint8Array ? { wasmBinary: wasm } : wasm !== undefined && { locateFile: () => String(wasm) }),
    // What goes wrong is thrown, too.
    print: () => {},
    printErr: () => {},
    onAbort: (what: unknown) => {
      if (next !== undefined) next.aborted ??= String(what);
    },
  })) as MainModule;
  const version = module.mj_version();
  if (version !== VERSION) {
    throw new Error(`mujoco: got MuJoCo ${versionText(version)}, expected ${versionText(VERSION)}: ${INSTALL}`);
  }
  next = { module };
  physics = next;
}

const INSTALL = 'npm install @mujoco/mujoco@3.14.0';

async function imported(): Promise<typeof import('@mujoco/mujoco')> {
  try {
    return await import('@mujoco/mujoco');
  } catch (error) {
    throw new Error(`mujoco: the package @mujoco/mujoco cannot be loaded: ${INSTALL}`, { cause: error });
  }
}

/** `3014000` is 3.14.0. */
function versionText(version: number): string {
  return [Math.floor(version / 1e6), Math.floor(version / 1000) % 1000, version % 1000].join('.');
}

/**
 * The loaded physics, for one env: what runs in it, and its memory, belong together.
 * @throws if it is not loaded, or has aborted
 */
export function mujocoPhysics(): MujocoPhysics {
  if (physics === undefined) {
    throw new Error("mujoco: the physics is not loaded: await loadMujoco() of 'oxbow/mujoco' first");
  }
  if (physics.aborted !== undefined) {
    throw new Error(`mujoco: the physics has aborted (${physics.aborted}): await loadMujoco() loads it anew`);
  }
  return new MujocoPhysics(physics);
}

/** A module of MuJoCo that notices when it can no longer be used. */
export class MujocoPhysics {
  readonly #physics: Physics;

  constructor(physics: Physics) {
    this.#physics = physics;
  }

  /** MuJoCo's functions; those that may fail are called within {@link run}. */
  get module(): MainModule {
    return this.#physics.module;
  }

  /** Whether what lies in its memory may still be touched. */
  get isAlive(): boolean {
    return this.#physics.aborted === undefined;
  }

  /**
   * What `task` returns. A fault of WebAssembly, such as memory out of bounds, leaves the module in no state that is known: it runs nothing
   * any more, and `loadMujoco` loads another.
   *
   * @param owner whose task it is, as errors name it
   * @throws one line that says what MuJoCo said
   */
  run<T>(owner: string, task: (module: MainModule) => T): T {
    const { aborted, module } = this.#physics;
    if (aborted !== undefined)
      throw new Error(`${owner}: the physics has aborted (${aborted}): make a new environment`);
    try {
      return task(module);
    } catch (error) {
      const said = messageOf(error);
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
        this.#physics.aborted ??= said;
        throw new Error(`${owner}: the physics has aborted: ${said}`, { cause: error });
      }
      throw new Error(`${owner}: ${said}`, { cause: error });
    }
  }
}

/** MuJoCo's message in one line. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^(?:MuJoCo Error: )?(?:Loading error: )?(?:Error: )?/, '')
    .replace(/\s*\n\s*/g, '; ')
    .replace(/[;\s]+$/, '');
}
