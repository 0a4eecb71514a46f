/**
 * Bijectors, distributions, flows, policies, the engine, and what saves and fits them.
 * @module oxbow
 */
export * from './analysis/index.ts';
export * from './bijectors/index.ts';
export * from './distributions/index.ts';
export * from './engine/index.ts';
export { fingerprint } from './fingerprint.ts';
export * from './flows/index.ts';
export { loadModule, type ModuleConfig, saveModule } from './moduleFile.ts';
export * from './nn/index.ts';
export * from './policies/index.ts';
export { portableMath } from './portableMath.ts';
export { readSafetensors, saveSafetensors } from './safetensors.ts';
export * from './training/index.ts';
