export { Cnn, type CnnOptions, Conv2d, type Conv2dOptions, type ConvolutionLayer, cnnPresets } from './cnn.ts';
export type { Activation } from './dense.ts';
export { Dense, type DenseOptions } from './dense.ts';
export type { Initializer } from './initializers.ts';
export * as initializers from './initializers.ts';
export { Made, type MadeOptions, type Order } from './made.ts';
export { Mlp, type MlpOptions, QNetwork, type QNetworkOptions } from './mlp.ts';
export {
  BatchRenorm,
  type BatchRenormOptions,
  isTraining,
  LayerNorm,
  type LayerNormOptions,
  whileTraining,
} from './normalization.ts';
export { stopGradient } from './tensors.ts';
