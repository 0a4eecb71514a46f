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
export type { LayersWeights, StateItem } from './moduleState.ts';
export {
  Adam,
  type AdamOptions,
  clipByGlobalNorm,
  Optimizer,
  RmsProp,
  type RmsPropOptions,
  Sgd,
  type SgdOptions,
} from './optimizers.ts';
export {
  type EngineLoader,
  type EngineOptions,
  type EngineReport,
  engineLoader,
  selectEngine,
} from './runtime/engine.ts';
export { ENGINE_NAMES, type EngineName } from './runtime/engineNames.ts';
export type { KernelProfile, Profile } from './runtime/runtime.ts';
export { cosineSchedule, geometricSchedule, linearSchedule, type Schedule } from './schedule.ts';
export type { InputSpec } from './signature.ts';
export { type OnnxInputSpec, type OnnxModel, type OnnxOptions, traceToOnnx } from './traceToOnnx.ts';
export { valueAndGradients } from './valueAndGradients.ts';
