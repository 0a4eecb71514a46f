/** Every engine, by name; `auto` picks one. */
export const ENGINE_NAMES = ['auto', 'native', 'wasm', 'wasm-relaxed', 'onnxruntime-node', 'cuda', 'eager'] as const;

/** The name of an engine. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** The most threads of an engine: a kernel has two parts for each, and they are counted in 8 bits. */
export const MOST_THREADS = 64;
