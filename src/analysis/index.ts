export { diagnoseFlow, type FlowDiagnosis } from './diagnoseFlow.ts';
export {
  expectationEstimate,
  type MomentsEstimate,
  type MutualInformationOptions,
  momentsEstimate,
  mutualInformationEstimate,
  type SampleOptions,
} from './estimates.ts';
export { type Mode, type ModesOptions, modes } from './modes.ts';
export type { QuadratureRange } from './quadrature.ts';
export {
  ConditionalByQuadrature,
  type ConditionalOptions,
  MarginalByQuadrature,
  type MarginalOptions,
} from './quadrature.ts';
