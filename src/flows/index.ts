export {
  type AutoregressiveFlowOptions,
  type AutoregressiveSplineFlowOptions,
  autoregressiveLayers,
  autoregressiveSplineFlow,
  type BernsteinFlowOptions,
  type BlockAutoregressiveFlowOptions,
  bernsteinFlow,
  blockAutoregressiveFlow,
  type CircularAutoregressiveSplineFlowOptions,
  circularAutoregressiveSplineFlow,
  iaf,
  type MonotoneAutoregressiveFlowOptions,
  maf,
  monotoneAutoregressiveFlow,
  type NeuralAutoregressiveFlowOptions,
  neuralAutoregressiveFlow,
  type SumOfSquaresFlowOptions,
  sumOfSquaresFlow,
  type UnconstrainedAutoregressiveFlowOptions,
  unconstrainedAutoregressiveFlow,
} from './autoregressiveFlows.ts';
export { builtinFlows } from './builtinFlows.ts';
export {
  type CircularSplineFlowOptions,
  type CouplingFlowOptions,
  circularSplineFlow,
  couplingLayers,
  type GlowOptions,
  glow,
  type NeuralSplineFlowOptions,
  neuralSplineFlow,
  nice,
  realNvp,
} from './couplingFlows.ts';
export { type DistillOptions, type DistillReport, type DrawContexts, distill } from './distill.ts';
export {
  type GaussianizationFlowOptions,
  gaussianizationFlow,
  type MlpFlowOptions,
  mlpFlow,
  type TriangularSplineFlowOptions,
  triangularSplineFlow,
} from './elementwiseFlows.ts';
export type { DataSet, EventsInContext, FitData, Rows } from './fitData.ts';
export type { FitOptions, FitReport } from './flow.ts';
export { Flow, type FlowOptions } from './flow.ts';
export type { FlowDefinition, FlowSizes } from './flowDefinition.ts';
export {
  type ContinuousFlowOptions,
  continuousFlow,
  type PlanarFlowOptions,
  planarFlow,
  type RadialFlowOptions,
  radialFlow,
  type SylvesterFlowOptions,
  sylvesterFlow,
} from './residualFlows.ts';
