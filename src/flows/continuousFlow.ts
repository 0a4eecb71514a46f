import { z } from 'zod';
import { type HutchinsonTrace, MlpField } from '../bijectors/continuous/mlpField.ts';
import { NeuralOde, type OdeSolver } from '../bijectors/continuous/neuralOde.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { flowSizes } from './flowSizes.ts';

const options = {
  steps: z.int().positive().max(1000).default(8).meta({
    description: 'steps of the ODE solver, of equal length; six evaluations of the field each',
    unit: 'steps',
  }),
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

export const continuousFlowOptions = flowSizes.extend({
  ...options,
  solver: z
    .custom<OdeSolver>(isObject, 'an OdeSolver')
    .optional()
    .meta({ description: 'solver of the ODE in the place of fixed steps', type: 'OdeSolver' }),
  trace: z
    .custom<'exact' | HutchinsonTrace>((value) => value === 'exact' || isObject(value), "'exact' or a HutchinsonTrace")
    .default('exact')
    .meta({
      description: 'how the divergence is found; exactly, or by an estimate',
      type: "'exact' | HutchinsonTrace",
    }),
});

/** Options of {@link continuousFlow}. */
export type ContinuousFlowOptions = z.input<typeof continuousFlowOptions>;

/**
 * Continuous normalizing flow: the noise follows dx/dt = v(x, t; context) from t = 0 to 1, v a network. Before training it is N(0, I).
 *
 * The density has the solver's error: `new NeuralOde({ field, solver: { kind: 'adaptive' } })` over the same field tells it.
 *
 * Chen et al., "Neural Ordinary Differential Equations", arXiv:1806.07366; Grathwohl et al., "FFJORD", arXiv:1810.01367.
 */
export function continuousFlow(options: ContinuousFlowOptions): Flow {
  const { steps, solver, ...field } = parseOptions('continuousFlow', continuousFlowOptions, options);
  const { dim, contextDim } = field;
  const bijector = new NeuralOde({ field: new MlpField(field), solver: solver ?? { kind: 'fixed', steps } });
  return new Flow({ dim, contextDim, bijector });
}

export const continuousFlowDefinition = {
  description: 'continuous normalizing flow: a neural ODE',
  schema: continuousFlowOptions,
  options,
  make: continuousFlow,
} satisfies FlowDefinition;
