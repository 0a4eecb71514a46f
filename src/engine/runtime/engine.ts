import { createNodeRuntime, type Provider } from '../onnx/onnxruntimeNode.ts';
import type { Runtime } from './runtime.ts';

/** Which engine runs compiled functions, and why. */
export interface EngineReport {
  readonly name: EngineName;
  /** One line for people. */
  readonly line: string;
}

export const ENGINE_NAMES = ['onnxruntime-node', 'cuda', 'onnxruntime-web', 'eager'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Loads the engines' packages. */
export interface EngineLoader {
  /** @throws if onnxruntime-node or the provider is not there */
  node(provider: Provider): Runtime;
  web(): Promise<Runtime>;
}

interface Selection extends EngineReport {
  /** Undefined for eager. */
  readonly runtime: Runtime | undefined;
}

const EAGER: Selection = { name: 'eager', line: 'engine: eager tfjs', runtime: undefined };

interface NodeProcess {
  readonly env?: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(id: string): { createRequire(from: string): (id: string) => unknown } | undefined;
}

/** The process, where there is one; a browser has none. */
const nodeProcess = (globalThis as { process?: NodeProcess }).process;

/** Loads the engines from the installed packages. */
export const engineLoader: EngineLoader = {
  node: (provider) => {
    const load = nodeProcess?.getBuiltinModule?.('node:module')?.createRequire(import.meta.url);
    if (load === undefined) throw new Error('it needs Node 20.16 or later');
    return createNodeRuntime(load, provider);
  },
  web: async () => {
    const { createWebRuntime } = await import('../onnx/onnxruntimeWeb.ts');
    return createWebRuntime();
  },
};

let selected: Selection | undefined;

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

function parseRequest(request: string | undefined): EngineName | undefined {
  if (request === undefined || request === '' || request === 'auto') return undefined;
  if ((ENGINE_NAMES as readonly string[]).includes(request)) return request as EngineName;
  throw new Error(`OXBOW_ENGINE: wanted ${ENGINE_NAMES.join(', ')} or auto, got '${request}'`);
}

function fromNode(provider: Provider, loader: EngineLoader): Selection {
  const runtime = loader.node(provider);
  const name = provider === 'cuda' ? 'cuda' : 'onnxruntime-node';
  return { name, line: `engine: ${runtime.name}`, runtime };
}

/** Its install script would only download CUDA files, and fails where it cannot. */
const INSTALL_NODE = 'npm install onnxruntime-node@1.30.0 --onnxruntime-node-install=skip';

const ADVICE: Readonly<Record<Exclude<EngineName, 'eager'>, string>> = {
  'onnxruntime-node': `install it with: ${INSTALL_NODE}`,
  cuda: "it needs Linux x64, CUDA 12 and onnxruntime-node's CUDA files: npm rebuild onnxruntime-node --foreground-scripts",
  'onnxruntime-web': 'install it with: npm install onnxruntime-web@1.30.0',
};

function unavailable(name: Exclude<EngineName, 'eager'>, error: unknown): Error {
  return new Error(`the engine '${name}' is not available (${reason(error)}); ${ADVICE[name]}`);
}

/** What stands behind an engine that takes the place of the native one. */
function instead(reasons: string): string {
  return `(${reasons}); for the native engine: ${INSTALL_NODE}`;
}

/** The first engine there is without waiting: onnxruntime-node, or eager. */
function selectNow(request: EngineName | undefined, loader: EngineLoader): Selection {
  if (request === 'eager') return EAGER;
  if (request === 'onnxruntime-web') {
    throw new Error(
      "the engine 'onnxruntime-web' is loaded asynchronously: await selectEngine() before the first compiled call",
    );
  }
  try {
    return fromNode(request === 'cuda' ? 'cuda' : 'cpu', loader);
  } catch (error) {
    if (request !== undefined) throw unavailable(request, error);
    return { ...EAGER, line: `${EAGER.line} ${instead(`onnxruntime-node: ${reason(error)}`)}` };
  }
}

/** The first engine there is, waiting for WebAssembly where the native one is missing. */
async function selectFirst(loader: EngineLoader): Promise<Selection> {
  try {
    return fromNode('cpu', loader);
  } catch (error) {
    const missing = `onnxruntime-node: ${reason(error)}`;
    try {
      return await fromWeb(loader, ` ${instead(missing)}`);
    } catch (webError) {
      return { ...EAGER, line: `${EAGER.line} ${instead(`${missing}; onnxruntime-web: ${reason(webError)}`)}` };
    }
  }
}

/**
 * Chooses the engine that runs compiled functions from now on: `onnxruntime-node`, else `onnxruntime-web`, else eager tfjs.
 * Without this call, the first compiled call takes `onnxruntime-node` where it is installed, else eager, with a warning.
 *
 * @param request 'onnxruntime-node', 'cuda' (ONNX Runtime's CUDA provider), 'onnxruntime-web', 'eager' or 'auto'; by default
 *   the environment variable `OXBOW_ENGINE`
 * @param loader says where the engines are, if not in installed packages
 * @throws if the request is unknown, or the requested engine is not available
 */
export async function selectEngine(
  request: string | undefined = nodeProcess?.env?.OXBOW_ENGINE,
  loader: EngineLoader = engineLoader,
): Promise<EngineReport> {
  const wanted = parseRequest(request);
  if (wanted === undefined) selected = await selectFirst(loader);
  else if (wanted !== 'onnxruntime-web') selected = selectNow(wanted, loader);
  else {
    try {
      selected = await fromWeb(loader);
    } catch (error) {
      throw unavailable(wanted, error);
    }
  }
  return { name: selected.name, line: selected.line };
}

async function fromWeb(loader: EngineLoader, note = ''): Promise<Selection> {
  return { name: 'onnxruntime-web', line: `engine: onnxruntime-web${note}`, runtime: await loader.web() };
}

/** The runtime of the chosen engine, undefined for eager; the first call chooses if nobody has, and says so where that is slow. */
export function currentRuntime(): Runtime | undefined {
  if (selected === undefined) {
    const request = parseRequest(nodeProcess?.env?.OXBOW_ENGINE);
    selected = selectNow(request, engineLoader);
    if (request === undefined && selected.runtime === undefined) {
      console.warn(`oxbow: ${selected.line}; for WebAssembly: await selectEngine() before the first compiled call`);
    }
  }
  return selected.runtime;
}
