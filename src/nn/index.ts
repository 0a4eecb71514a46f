export { Cnn, Conv2d, cnnPresets } from './cnn.ts';
export type { Activation } from './dense.ts';
export { Dense } from './dense.ts';
export type { Initializer } from './initializers.ts';
export * as initializers from './initializers.ts';
export { Made } from './made.ts';
export { Mlp, QNetwork } from './mlp.ts';
export { BatchRenorm, type BatchRenormOptions, LayerNorm, whileTraining } from './normalization.ts';
export { stopGradient } from './tensors.ts';
