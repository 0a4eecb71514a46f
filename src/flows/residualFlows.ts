import { z } from 'zod';
import { Chain } from '../bijectors/composition.ts';
import { Conditioned } from '../bijectors/conditioned.ts';
import { type HutchinsonTrace, MlpField, NeuralOde, type OdeSolver } from '../bijectors/continuous.ts';
import { affineFamily, type VectorFamily } from '../bijectors/families.ts';
import { planarFamily, radialFamily, sylvesterFamily } from '../bijectors/residual.ts';
import { parseOptions } from '../options/parse.ts';
import { Flow } from './flow.ts';
import { type FlowDefinition, flowSizes, layersOption } from './flowDefinition.ts';

/** Maps of one family of maps of vectors on a Gaussian of any mean and scale, all functions of the context where there is one. */
function vectorFlow(
  family: VectorFamily,
  { layers, rng, ...sizes }: z.output<typeof flowSizes> & { readonly layers: number },
): Flow {
  const { dim, contextDim } = sizes;
  const maps = Array.from({ length: layers }, (_, i) => new Conditioned({ ...sizes, family, rng: rng.split(i) }));
  const base = new Conditioned({ ...sizes, family: affineFamily, rng: rng.split('base') });
  return new Flow({ dim, contextDim, bijector: new Chain([...maps, base]) });
}

const planarShape = {
  layers: layersOption(8, 'bends, each with a network where there is a context'),
};

const planarFlowOptions = flowSizes.extend(planarShape);

/** Options of {@link planarFlow}. */
export type PlanarFlowOptions = z.input<typeof planarFlowOptions>;

/**
 * Planar flow: layers x + û tanh(wᵀx + b) on a Gaussian. The inverse, and so the density at a point that is not a sample, takes a root a layer.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770.
 */
export function planarFlow(options: PlanarFlowOptions): Flow {
  return vectorFlow(planarFamily, parseOptions('planarFlow', planarFlowOptions, options));
}

export const planarFlowDefinition = {
  description: 'planar flow: bends along one direction in each layer',
  schema: planarFlowOptions,
  options: planarShape,
  make: planarFlow,
} satisfies FlowDefinition;

const radialShape = {
  layers: layersOption(8, 'centers, each with a network where there is a context'),
};

const radialFlowOptions = flowSizes.extend(radialShape);

/** Options of {@link radialFlow}. */
export type RadialFlowOptions = z.input<typeof radialFlowOptions>;

/**
 * Radial flow: layers x + β (x − c) / (α + ‖x − c‖) on a Gaussian, analytic both ways.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770.
 */
export function radialFlow(options: RadialFlowOptions): Flow {
  return vectorFlow(radialFamily, parseOptions('radialFlow', radialFlowOptions, options));
}

export const radialFlowDefinition = {
  description: 'radial flow: moves about one center in each layer',
  schema: radialFlowOptions,
  options: radialShape,
  make: radialFlow,
} satisfies FlowDefinition;

const sylvesterShape = {
  layers: layersOption(4, 'maps, each with a network where there is a context'),
  rank: z.int().positive().default(4).meta({
    description: 'directions along which each map bends; more than the numbers of an event count as that many',
    unit: 'directions',
  }),
};

const sylvesterFlowOptions = flowSizes.extend(sylvesterShape);

/** Options of {@link sylvesterFlow}. */
export type SylvesterFlowOptions = z.input<typeof sylvesterFlowOptions>;

/**
 * Sylvester flow: layers x + Q R tanh(R̃ Qᵀ x + b) on a Gaussian. The inverse, and so the density at a point that is not a sample, takes
 * `rank` roots a layer.
 *
 * van den Berg et al., "Sylvester Normalizing Flows for Variational Inference", arXiv:1803.05649.
 */
export function sylvesterFlow(options: SylvesterFlowOptions): Flow {
  const { rank, ...sizes } = parseOptions('sylvesterFlow', sylvesterFlowOptions, options);
  return vectorFlow(sylvesterFamily({ rank }), sizes);
}

export const sylvesterFlowDefinition = {
  description: 'Sylvester flow: bends along several directions at once in each layer',
  schema: sylvesterFlowOptions,
  options: sylvesterShape,
  make: sylvesterFlow,
} satisfies FlowDefinition;

const continuousShape = {
  steps: z.int().positive().max(1000).default(8).meta({
    description: 'steps of the ODE solver, of equal length; six evaluations of the field each',
    unit: 'steps',
  }),
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const continuousFlowOptions = flowSizes.extend({
  ...continuousShape,
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
  options: continuousShape,
  make: continuousFlow,
} satisfies FlowDefinition;
