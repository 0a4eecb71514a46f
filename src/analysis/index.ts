export { ConditionalByQuadrature, type ConditionalOptions } from './conditionalByQuadrature.ts';
export { diagnoseFlow, type FlowDiagnosis } from './diagnoseFlow.ts';
export { expectationEstimate, type SampleOptions } from './expectationEstimate.ts';
export { MarginalByQuadrature, type MarginalOptions } from './marginalByQuadrature.ts';
export type { QuadratureRange } from './midpoints.ts';
export { type Mode, type ModesOptions, modes } from './modes.ts';
export { type MomentsEstimate, momentsEstimate } from './momentsEstimate.ts';
export { type MutualInformationOptions, mutualInformationEstimate } from './mutualInformationEstimate.ts';
