import { loadNative } from '../native/load.ts';
import { nativeRuntime } from '../native/runtime.ts';
import { wasmRuntime } from '../wasm/executable.ts';
import { whyNoThreads } from '../wasm/team.ts';
import { ENGINE_NAMES, type EngineName, formerEngine, MOST_THREADS } from './engineNames.ts';
import type { Runtime } from './runtime.ts';

/** Which engine runs compiled functions, and why. */
export interface EngineReport {
  /** The one that was chosen. `auto` stays `auto`: what it takes has the same bits everywhere. */
  readonly name: EngineName;
  /** One line for people: what runs, and why not another. */
  readonly line: string;
}

/** How {@link selectEngine} gets an engine. */
export interface EngineOptions {
  /**
   * How many threads calculate large kernels together, the caller among them; by default the environment variable
   * `OXBOW_THREADS`, or 1. Results have the same bits for every number.
   */
  readonly threads?: number | undefined;
}

interface Selection extends EngineReport {
  /** Undefined for eager. */
  readonly runtime: Runtime | undefined;
}

interface NodeProcess {
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The process, where there is one; a browser has none. */
const nodeProcess = (globalThis as { process?: NodeProcess }).process;

let selected: Selection | undefined;

function parseRequest(request: string | undefined): EngineName {
  if (request === undefined || request === '') return 'auto';
  if ((ENGINE_NAMES as readonly string[]).includes(request)) return request as EngineName;
  const expected = `expected one of ${ENGINE_NAMES.join(', ')}`;
  throw new Error([`OXBOW_ENGINE: got '${request}', ${expected}`, formerEngine(request)].filter(Boolean).join('; '));
}

function parseThreads(threads: number | undefined): number {
  const text = nodeProcess?.env?.OXBOW_THREADS;
  const [label, asked] = threads === undefined ? ['OXBOW_THREADS', text] : ['threads', threads];
  if (asked === undefined || asked === '') return 1;
  const count = Number(asked);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_THREADS) return count;
  throw new Error(`${label}: got '${asked}', expected an integer from 1 to ${MOST_THREADS}`);
}

function select(name: EngineName, threads: number): Selection {
  if (name === 'eager') return { name, line: 'engine: eager tfjs', runtime: undefined };
  const wasm = (why: string): Selection => ({ name, line: `engine: wasm${why}`, runtime: wasmRuntime({ threads }) });
  // A browser has no addons.
  if (name === 'wasm' || (name === 'auto' && nodeProcess === undefined)) return wasm('');
  const native = loadNative();
  if (typeof native !== 'string') {
    const runtime = nativeRuntime(native, { threads, isMixed: name === 'auto', isFused: name === 'native-fma' });
    return { name, line: `engine: ${runtime.name} (${native.level})`, runtime };
  }
  if (name === 'auto') return wasm(` (native: ${native})`);
  const instead = name === 'native' ? "; 'wasm' has the same bits" : '';
  throw new Error(`the engine '${name}' is not available: ${native}${instead}`);
}

/** The selection of an engine with so many threads, or with one where there can be no more; the line says so. */
function selectWith(request: string | undefined, { threads }: EngineOptions = {}): Selection {
  const name = parseRequest(request);
  const asked = parseThreads(threads);
  const obstacle = asked === 1 ? undefined : whyNoThreads();
  const selection = select(name, obstacle === undefined ? asked : 1);
  if (asked === 1 || selection.runtime === undefined) return selection;
  const note = obstacle === undefined ? `${asked} threads` : `one thread: ${obstacle}`;
  return { ...selection, line: `${selection.line}, ${note}` };
}

/**
 * Chooses the engine that runs compiled functions from now on. Without this call, the first compiled call takes what `auto` takes.
 *
 * @param request 'native' (an addon that comes with oxbow), 'wasm' (modules of WebAssembly, everywhere; the bits are the same), 'native-fma'
 *   (the addon with products that add with one rounding: faster for wide networks, with bits of its own), 'eager', or 'auto': 'native' where there is an addon for the system, but for programs that are too short for it, and elsewhere 'wasm'; by default
 *   the environment variable `OXBOW_ENGINE`
 * @throws if the request is unknown, the requested engine is not available, or `threads` is no number of threads
 */
export async function selectEngine(
  request: string | undefined = nodeProcess?.env?.OXBOW_ENGINE,
  options: EngineOptions = {},
): Promise<EngineReport> {
  const next = selectWith(request, options);
  selected?.runtime?.dispose?.();
  selected = next;
  await next.runtime?.ready?.();
  return { name: selected.name, line: selected.line };
}

/** The runtime of the chosen engine, undefined for eager; the first call chooses if nobody has. */
export function currentRuntime(): Runtime | undefined {
  selected ??= selectWith(nodeProcess?.env?.OXBOW_ENGINE);
  return selected.runtime;
}
