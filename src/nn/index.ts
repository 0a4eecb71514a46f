export type { Activation } from './activation.ts';
export { Dense, type DenseOptions } from './dense.ts';
export type { Initializer } from './initializers.ts';
export * as initializers from './initializers.ts';
export { Made, type MadeOptions, type Order } from './made.ts';
export { Mlp, type MlpOptions } from './mlp.ts';
export { QNetwork, type QNetworkOptions } from './qNetwork.ts';
export { stopGradient } from './stopGradient.ts';
export { isTraining, whileTraining } from './whileTraining.ts';
