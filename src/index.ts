export * from './bijectors/index.ts';
export * from './distributions/index.ts';
export * from './engine/index.ts';
export { fingerprint } from './fingerprint.ts';
export * from './flows/index.ts';
export * from './nn/index.ts';
export * from './policies/index.ts';
export { portableMath } from './portableMath.ts';
export * from './training/index.ts';
