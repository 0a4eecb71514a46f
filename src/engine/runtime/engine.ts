import { loadNative } from '../native/load.ts';
import { nativeRuntime } from '../native/runtime.ts';
import { createNodeRuntime, type Provider } from '../onnx/onnxruntimeNode.ts';
import { wasmRuntime } from '../wasm/executable.ts';
import { whyNoThreads } from '../wasm/team.ts';
import { autoRuntime } from './autoRuntime.ts';
import { ENGINE_NAMES, type EngineName, MOST_THREADS } from './engineNames.ts';
import type { Runtime } from './runtime.ts';

/** Which engine runs compiled functions, and why. */
export interface EngineReport {
  readonly name: EngineName;
  /** One line for people. */
  readonly line: string;
}

/** Loads what is not part of this package. */
export interface EngineLoader {
  /** @throws if onnxruntime-node or the provider is not there */
  node(provider: Provider): Runtime;
}

/** How {@link selectEngine} gets an engine. */
export interface EngineOptions {
  /**
   * How many threads calculate the large kernels of 'wasm' together, the caller among them; by default the environment variable
   * `OXBOW_THREADS`, or 1. Results have the same bits for every number.
   */
  readonly threads?: number | undefined;
  /** Says where the engines are, if not in installed packages. */
  readonly loader?: EngineLoader | undefined;
}

interface Selection extends EngineReport {
  /** Undefined for eager. */
  readonly runtime: Runtime | undefined;
}

interface NodeProcess {
  readonly env?: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(id: string): { createRequire(from: string): (id: string) => unknown } | undefined;
}

/** The process, where there is one; a browser has none. */
const nodeProcess = (globalThis as { process?: NodeProcess }).process;

/** Loads the installed package. */
export const engineLoader: EngineLoader = {
  node: (provider) => {
    const load = nodeProcess?.getBuiltinModule?.('node:module')?.createRequire(import.meta.url);
    if (load === undefined) throw new Error('it needs Node 20.16 or later');
    return createNodeRuntime(load, provider);
  },
};

let selected: Selection | undefined;

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

function parseRequest(request: string | undefined): EngineName {
  if (request === undefined || request === '') return 'auto';
  if ((ENGINE_NAMES as readonly string[]).includes(request)) return request as EngineName;
  throw new Error(`OXBOW_ENGINE: got '${request}', expected one of ${ENGINE_NAMES.join(', ')}`);
}

function parseThreads(threads: number | undefined): number {
  const text = nodeProcess?.env?.OXBOW_THREADS;
  const [label, asked] = threads === undefined ? ['OXBOW_THREADS', text] : ['threads', threads];
  if (asked === undefined || asked === '') return 1;
  const count = Number(asked);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_THREADS) return count;
  throw new Error(`${label}: got '${asked}', expected an integer from 1 to ${MOST_THREADS}`);
}

/** Its install script would only download CUDA files, and fails where it cannot. */
const INSTALL_NODE = 'npm install --ignore-scripts onnxruntime-node@1.30.0';

const ADVICE = {
  'onnxruntime-node': `install it with: ${INSTALL_NODE}`,
  cuda: "it needs Linux x64, CUDA 12 and onnxruntime-node's CUDA files: npm rebuild onnxruntime-node --foreground-scripts",
} as const;

function fromNode(name: keyof typeof ADVICE, loader: EngineLoader): Selection {
  const runtime = loader.node(name === 'cuda' ? 'cuda' : 'cpu');
  return { name, line: `engine: ${runtime.name}`, runtime };
}

function select(request: EngineName, loader: EngineLoader, threads: number): Selection {
  switch (request) {
    case 'eager':
      return { name: request, line: 'engine: eager tfjs', runtime: undefined };
    case 'native': {
      const native = loadNative();
      if (typeof native === 'string')
        throw new Error(`the engine 'native' is not available: ${native}; 'wasm' has the same bits`);
      return { name: request, line: `engine: native (${native.level})`, runtime: nativeRuntime(native, { threads }) };
    }
    case 'wasm':
    case 'wasm-relaxed':
      return {
        name: request,
        line: `engine: ${request}`,
        runtime: wasmRuntime({ isRelaxed: request === 'wasm-relaxed', threads }),
      };
    case 'onnxruntime-node':
    case 'cuda':
      try {
        return fromNode(request, loader);
      } catch (error) {
        throw new Error(`the engine '${request}' is not available (${reason(error)}); ${ADVICE[request]}`);
      }
    case 'auto':
      // A browser has no onnxruntime-node.
      if (nodeProcess === undefined) return select('wasm', loader, threads);
      try {
        const runtime = autoRuntime(wasmRuntime({ threads }), loader.node('cpu'));
        return {
          name: request,
          line: `engine: auto (wasm for small operations, onnxruntime-node for large ones)`,
          runtime,
        };
      } catch (error) {
        const line = `engine: wasm (onnxruntime-node: ${reason(error)}); for the native engine: ${INSTALL_NODE}`;
        return { ...select('wasm', loader, threads), line };
      }
  }
}

/** The selection of an engine with so many threads, or with one where there can be no more; the line says so. */
function selectWith(request: string | undefined, { threads, loader = engineLoader }: EngineOptions = {}): Selection {
  const name = parseRequest(request);
  const asked = parseThreads(threads);
  const obstacle = asked === 1 ? undefined : whyNoThreads();
  const selection = select(name, loader, obstacle === undefined ? asked : 1);
  if (asked === 1 || !THREADED.has(selection.name)) return selection;
  const note = obstacle === undefined ? `${asked} threads` : `one thread: ${obstacle}`;
  return { ...selection, line: `${selection.line}, ${note}` };
}

/** The engines whose kernels threads of ours can share. */
const THREADED: ReadonlySet<EngineName> = new Set(['auto', 'native', 'wasm', 'wasm-relaxed']);

/**
 * Chooses the engine that runs compiled functions from now on. Without this call, the first compiled call takes what `auto` takes.
 *
 * @param request 'wasm' (modules of our own, everywhere), 'wasm-relaxed' (the same with fused multiplication, whose last bits depend
 *   on the processor), 'onnxruntime-node', 'cuda' (ONNX Runtime's CUDA provider), 'eager', or 'auto': 'wasm' for programs of small
 *   operations and 'onnxruntime-node', where it is installed, for others; by default the environment variable `OXBOW_ENGINE`
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
