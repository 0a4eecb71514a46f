export { diagnoseFlow } from './diagnoseFlow.ts';
export {
  expectationEstimate,
  momentsEstimate,
  mutualInformationEstimate,
  negentropyEstimate,
  policyNegentropy,
} from './estimates.ts';
export { type Mode, modes } from './modes.ts';

export { ConditionalByQuadrature, MarginalByQuadrature } from './quadrature.ts';
