export { type AutoregressiveFlowOptions, autoregressiveLayers } from './autoregressiveFlow.ts';
export { type AutoregressiveSplineFlowOptions, autoregressiveSplineFlow } from './autoregressiveSplineFlow.ts';
export { type BernsteinFlowOptions, bernsteinFlow } from './bernsteinFlow.ts';
export { type BlockAutoregressiveFlowOptions, blockAutoregressiveFlow } from './blockAutoregressiveFlow.ts';
export { builtinFlows } from './builtinFlows.ts';
export {
  type CircularAutoregressiveSplineFlowOptions,
  circularAutoregressiveSplineFlow,
} from './circularAutoregressiveSplineFlow.ts';
export { type CircularSplineFlowOptions, circularSplineFlow } from './circularSplineFlow.ts';
export { type ContinuousFlowOptions, continuousFlow } from './continuousFlow.ts';
export { type CouplingFlowOptions, couplingLayers } from './couplingFlow.ts';
export { type DistillOptions, type DistillReport, type DrawContexts, distill } from './distill.ts';
export type { FitOptions, FitReport } from './fit.ts';
export type { DataSet, EventsInContext, FitData, Rows } from './fitData.ts';
export { Flow, type FlowOptions } from './flow.ts';
export type { FlowDefinition } from './flowDefinition.ts';
export type { FlowSizes } from './flowSizes.ts';
export { type GaussianizationFlowOptions, gaussianizationFlow } from './gaussianizationFlow.ts';
export { type GlowOptions, glow } from './glow.ts';
export { iaf } from './iaf.ts';
export { maf } from './maf.ts';
export { type MlpFlowOptions, mlpFlow } from './mlpFlow.ts';
export { type MonotoneAutoregressiveFlowOptions, monotoneAutoregressiveFlow } from './monotoneAutoregressiveFlow.ts';
export { type NeuralAutoregressiveFlowOptions, neuralAutoregressiveFlow } from './neuralAutoregressiveFlow.ts';
export { type NeuralSplineFlowOptions, neuralSplineFlow } from './neuralSplineFlow.ts';
export { nice } from './nice.ts';
export { type PlanarFlowOptions, planarFlow } from './planarFlow.ts';
export { type RadialFlowOptions, radialFlow } from './radialFlow.ts';
export { realNvp } from './realNvp.ts';
export { type SumOfSquaresFlowOptions, sumOfSquaresFlow } from './sumOfSquaresFlow.ts';
export { type SylvesterFlowOptions, sylvesterFlow } from './sylvesterFlow.ts';
export { type TriangularSplineFlowOptions, triangularSplineFlow } from './triangularSplineFlow.ts';
export {
  type UnconstrainedAutoregressiveFlowOptions,
  unconstrainedAutoregressiveFlow,
} from './unconstrainedAutoregressiveFlow.ts';
