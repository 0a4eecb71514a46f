/** Every engine, by name; `auto` picks one. */
export const ENGINE_NAMES = ['auto', 'wasm', 'wasm-relaxed', 'onnxruntime-node', 'cuda', 'eager'] as const;

/** One of {@link ENGINE_NAMES}. */
export type EngineName = (typeof ENGINE_NAMES)[number];
