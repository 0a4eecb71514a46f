/**
 * `compile`, optimizers and `Rng` alone, for other tfjs programs.
 * @module oxbow/engine
 */
export { Module, type StateDict } from '../module.ts';
export { Rng, type RngState } from '../random.ts';
export { selectBackend } from './backend.ts';
export { type Compiled, type CompileOptions, compile, type Inputs, type Outputs, type Tensors } from './compile.ts';
export { graphFromOnnx, type OnnxGraph } from './graphFromOnnx.ts';

export { Adam, type AdamOptions, clipByGlobalNorm, Optimizer, RmsProp, Sgd } from './optimizers.ts';
export { selectEngine } from './runtime/engine.ts';
export type { EngineName } from './runtime/engineNames.ts';

export { cosineSchedule, geometricSchedule, linearSchedule, type Schedule } from './schedule.ts';

export { traceToOnnx } from './traceToOnnx.ts';
export { valueAndGradients } from './valueAndGradients.ts';
