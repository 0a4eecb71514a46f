export { type DistillOptions, type DistillReport, distill } from './distill.ts';
export {
  autoregressiveLayers,
  autoregressiveSplineFlow,
  bernsteinFlow,
  blockAutoregressiveFlow,
  builtinFlows,
  circularAutoregressiveSplineFlow,
  circularSplineFlow,
  continuousFlow,
  couplingLayers,
  gaussianizationFlow,
  glow,
  iaf,
  maf,
  mlpFlow,
  monotoneAutoregressiveFlow,
  neuralAutoregressiveFlow,
  neuralSplineFlow,
  nice,
  planarFlow,
  radialFlow,
  realNvp,
  sumOfSquaresFlow,
  sylvesterFlow,
  triangularSplineFlow,
  unconstrainedAutoregressiveFlow,
} from './families.ts';
export type { FitData, Rows } from './fitData.ts';
export type { FitOptions, FitReport } from './flow.ts';
export { Flow, type FlowOptions } from './flow.ts';
export type { FlowDefinition } from './flowDefinition.ts';
