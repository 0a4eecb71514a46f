/**
 * `compile`, optimizers and `Rng` alone, for other tfjs programs.
 * @module oxbow/engine
 */
export { type JsonStateDict, Module, type StateDict } from '../module.ts';
export { Rng, type RngState } from '../random.ts';
export { type BackendReport, selectBackend } from './backend.ts';
export {
  type ArrayFunction,
  type Compiled,
  type CompileOptions,
  compile,
  type Inputs,
  type Outputs,
  type Tensors,
} from './compile.ts';
export { Adam, type AdamOptions } from './optimizers/adam.ts';
export { clipByGlobalNorm } from './optimizers/clipByGlobalNorm.ts';
export { Optimizer } from './optimizers/optimizer.ts';
export { RmsProp, type RmsPropOptions } from './optimizers/rmsProp.ts';
export { cosineSchedule, geometricSchedule, linearSchedule, type Schedule } from './optimizers/schedule.ts';
export { Sgd, type SgdOptions } from './optimizers/sgd.ts';
export type { Profile } from './profile.ts';
export {
  type EngineLoader,
  type EngineOptions,
  type EngineReport,
  engineLoader,
  selectEngine,
} from './runtime/engine.ts';
export { ENGINE_NAMES, type EngineName } from './runtime/engineNames.ts';
export type { KernelProfile } from './runtime/runtime.ts';
export type { InputSpec } from './signature.ts';
export type { LayersWeights, StateItem } from './state/stateItem.ts';
export { type OnnxInputSpec, type OnnxModel, type OnnxOptions, traceToOnnx } from './traceToOnnx.ts';
export { valueAndGradients } from './valueAndGradients.ts';
