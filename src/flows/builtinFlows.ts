import { autoregressiveSplineFlowDefinition } from './autoregressiveSplineFlow.ts';
import { bernsteinFlowDefinition } from './bernsteinFlow.ts';
import { blockAutoregressiveFlowDefinition } from './blockAutoregressiveFlow.ts';
import { circularAutoregressiveSplineFlowDefinition } from './circularAutoregressiveSplineFlow.ts';
import { circularSplineFlowDefinition } from './circularSplineFlow.ts';
import { continuousFlowDefinition } from './continuousFlow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { gaussianizationFlowDefinition } from './gaussianizationFlow.ts';
import { glowDefinition } from './glow.ts';
import { iafDefinition } from './iaf.ts';
import { mafDefinition } from './maf.ts';
import { mlpFlowDefinition } from './mlpFlow.ts';
import { neuralAutoregressiveFlowDefinition } from './neuralAutoregressiveFlow.ts';
import { neuralSplineFlowDefinition } from './neuralSplineFlow.ts';
import { niceDefinition } from './nice.ts';
import { planarFlowDefinition } from './planarFlow.ts';
import { radialFlowDefinition } from './radialFlow.ts';
import { realNvpDefinition } from './realNvp.ts';
import { sumOfSquaresFlowDefinition } from './sumOfSquaresFlow.ts';
import { sylvesterFlowDefinition } from './sylvesterFlow.ts';
import { triangularSplineFlowDefinition } from './triangularSplineFlow.ts';
import { unconstrainedAutoregressiveFlowDefinition } from './unconstrainedAutoregressiveFlow.ts';

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
