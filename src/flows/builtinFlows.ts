import {
  autoregressiveSplineFlowDefinition,
  bernsteinFlowDefinition,
  blockAutoregressiveFlowDefinition,
  circularAutoregressiveSplineFlowDefinition,
  iafDefinition,
  mafDefinition,
  neuralAutoregressiveFlowDefinition,
  sumOfSquaresFlowDefinition,
  unconstrainedAutoregressiveFlowDefinition,
} from './autoregressiveFlows.ts';
import {
  circularSplineFlowDefinition,
  glowDefinition,
  neuralSplineFlowDefinition,
  niceDefinition,
  realNvpDefinition,
} from './couplingFlows.ts';
import {
  gaussianizationFlowDefinition,
  mlpFlowDefinition,
  triangularSplineFlowDefinition,
} from './elementwiseFlows.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import {
  continuousFlowDefinition,
  planarFlowDefinition,
  radialFlowDefinition,
  sylvesterFlowDefinition,
} from './residualFlows.ts';

/** The families of flows of oxbow, by name, each with its usual depth. */
export const builtinFlows = {
  realnvp: realNvpDefinition,
  nice: niceDefinition,
  glow: glowDefinition,
  spline: neuralSplineFlowDefinition,
  maf: mafDefinition,
  iaf: iafDefinition,
  'autoregressive-spline': autoregressiveSplineFlowDefinition,
  planar: planarFlowDefinition,
  radial: radialFlowDefinition,
  sylvester: sylvesterFlowDefinition,
  mlp: mlpFlowDefinition,
  bernstein: bernsteinFlowDefinition,
  'sum-of-squares': sumOfSquaresFlowDefinition,
  'neural-autoregressive': neuralAutoregressiveFlowDefinition,
  'unconstrained-autoregressive': unconstrainedAutoregressiveFlowDefinition,
  'block-autoregressive': blockAutoregressiveFlowDefinition,
  'triangular-spline': triangularSplineFlowDefinition,
  gaussianization: gaussianizationFlowDefinition,
  'circular-spline': circularSplineFlowDefinition,
  'circular-autoregressive-spline': circularAutoregressiveSplineFlowDefinition,
  continuous: continuousFlowDefinition,
} satisfies Record<string, FlowDefinition>;
