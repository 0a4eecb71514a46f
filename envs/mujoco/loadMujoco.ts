import type { MainModule, MjModel } from '@mujoco/mujoco';
import { checkOptions } from '../../src/options/parse.ts';

/** The one version whose results are ours: another's physics differs in the last bits from the first step on. */
const VERSION = 3014000;

/** Options of {@link loadMujoco}. */
interface LoadMujocoOptions {
  /** Where the WebAssembly is, or its bytes; beside the package's own script when left out. */
  readonly wasm?: string | URL | Uint8Array | undefined;
}

let physics: MujocoPhysics | undefined;
let loading: Promise<void> | undefined;

/**
 * Loads MuJoCo's physics, the package `@mujoco/mujoco`, once: `make('mujoco/Hopper-v5')` is possible from then on. After a fault inside of
 * it, it loads a fresh module.
 *
 * @throws one line, if the package is not installed, is of another version, or its WebAssembly cannot be read
 */
export async function loadMujoco(options: LoadMujocoOptions = {}): Promise<void> {
  checkOptions('loadMujoco', options, { wasm: [String, URL, Uint8Array, undefined] });
  if (physics !== undefined && physics.aborted === undefined) return;
  loading ??= load(options).finally(() => {
    loading = undefined;
  });
  await loading;
}

async function load({ wasm }: LoadMujocoOptions): Promise<void> {
  const { default: instantiate } = await imported();
  let next: MujocoPhysics | undefined;
  const options = {
    ...(wasm instanceof Uint8Array ? { wasmBinary: wasm } : wasm !== undefined && { locateFile: () => String(wasm) }),
    // What goes wrong is thrown, too.
    print: () => {},
    printErr: () => {},
    onAbort: (what: unknown) => {
      if (next !== undefined) next.aborted ??= String(what);
    },
  };
  const module = await instantiate(options).catch((error: unknown) => {
    throw new Error(`mujoco: the WebAssembly cannot be loaded: ${messageOf(error)}`, { cause: error });
  });
  const version = module.mj_version();
  if (version !== VERSION) {
    throw new Error(`mujoco: got MuJoCo ${versionText(version)}, expected ${versionText(VERSION)}: ${INSTALL}`);
  }
  next = new MujocoPhysics(module);
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
  return physics;
}

/** A module of MuJoCo that notices when it can no longer be used. Functions that may fail are called within {@link run}. */
export class MujocoPhysics {
  readonly module: MainModule;
  /** Why it can no longer be used, and what lies in its memory no longer be touched, if so. */
  aborted: string | undefined;
  /** How many models it has refused. */
  #refused = 0;

  constructor(module: MainModule) {
    this.module = module;
  }

  /**
   * What `task` returns. An error in it leaves the module in no state that is known: it runs nothing any more, and `loadMujoco` loads another.
   * That holds for MuJoCo's own errors, too: each keeps some kilobytes of a stack of 64, and what is beyond it is other data.
   *
   * @param owner whose task it is, as errors name it
   * @throws one line that says what MuJoCo said
   */
  run<T>(owner: string, task: (module: MainModule) => T): T {
    this.checkAlive(owner);
    try {
      return task(this.module);
    } catch (error) {
      throw this.#abort(owner, messageOf(error), error);
    }
  }

  /**
   * The model of a text. One that MuJoCo refuses does no harm, but keeps 16 bytes of the stack.
   * @throws one line that says what MuJoCo said
   */
  compile(owner: string, xml: string): MjModel {
    this.checkAlive(owner);
    try {
      return this.module.MjModel.from_xml_string(xml);
    } catch (error) {
      const said = messageOf(error);
      if (!isRefusal(error)) throw this.#abort(owner, said, error);
      this.#refused++;
      if (this.#refused >= MOST_REFUSED) this.aborted ??= `it has refused ${MOST_REFUSED} models`;
      throw new Error(`${owner}: ${said}${adviceOn(said)}`, { cause: error });
    }
  }

  /** @throws if it has aborted */
  checkAlive(owner: string): void {
    if (this.aborted === undefined) return;
    throw new Error(
      `${owner}: the physics has aborted (${this.aborted}): await loadMujoco(), then make a new environment`,
    );
  }

  #abort(owner: string, said: string, cause: unknown): Error {
    this.aborted ??= said;
    return new Error(`${owner}: the physics has aborted: ${said}${adviceOn(said)}`, { cause });
  }
}

/** What to do about a model whose contacts do not fit into its memory. */
export const LARGER_MEMORY = 'it needs a larger <size memory="…"/>';

function adviceOn(said: string): string {
  return said.includes('mj_stackAlloc') ? `: ${LARGER_MEMORY}` : '';
}

/** Of its stack, 8 of 64 kB. */
const MOST_REFUSED = 500;

const refusal = /^MuJoCo Error: Loading error: /;

/** Whether MuJoCo has refused a model, and not failed at it. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && !(error instanceof WebAssembly.RuntimeError) && refusal.test(error.message);
}

/** MuJoCo's message in one line. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^(?:MuJoCo Error: )?(?:Loading error: )?(?:Error: )?/, '')
    .replace(/\s*\n\s*/g, '; ')
    .replace(/[;\s]+$/, '');
}
