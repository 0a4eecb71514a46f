/** Every engine, by name; `auto` is 'native' where that runs, else 'wasm'. */
export const ENGINE_NAMES = ['auto', 'native', 'native-fma', 'wasm', 'eager'] as const;

/** The name of an engine. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** The engine whose bits are those of another one: 'wasm' for all that compile and round each product and each sum. */
export function bitsOf(engine: unknown): unknown {
  return engine === 'auto' || engine === 'native' ? 'wasm' : engine;
}

/** The engines that there were before. */
const FORMER_NAMES = ['onnxruntime-node', 'cuda', 'wasm-relaxed'];

/** What there is in place of an engine that is gone; undefined for every other name. */
export function formerEngine(name: unknown): string | undefined {
  if (!FORMER_NAMES.includes(name as string)) return undefined;
  return `${name} is gone: auto takes native, which comes with oxbow and has the bits of wasm; native-fma is fastest for wide networks`;
}

/** The most threads of an engine: a kernel has two parts for each, and they are counted in 8 bits. */
export const MOST_THREADS = 64;
