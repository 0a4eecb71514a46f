import { z } from 'zod';
import { Chain } from '../bijectors/chain.ts';
import { gaussianizationFamily } from '../bijectors/elementwise/gaussianization.ts';
import { inverseFamily } from '../bijectors/elementwise/inverseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { Orthogonal } from '../bijectors/linear/orthogonal.ts';
import { orthogonal } from '../nn/initializers.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { Rng } from '../random.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { layeredSizes, layersOption, tailsOption } from './flowOptions.ts';
import { stackLayers } from './stackLayers.ts';

const options = {
  layers: layersOption(4, 'turns of the space, each with a map of every number'),
  components: z
    .int()
    .positive()
    .default(8)
    .meta({ description: 'logistic distributions in each mixture', unit: 'components' }),
  bound: tailsOption,
};

export const gaussianizationFlowOptions = layeredSizes.extend(options);

/** Options of {@link gaussianizationFlow}. */
export type GaussianizationFlowOptions = z.input<typeof gaussianizationFlowOptions>;

/**
 * Gaussianization flow. From data to noise, each layer takes every number through the distribution function of a mixture and an inverse one, whatever the
 * others are, and then turns the space; the mixtures are functions of the context, or free. A density is by formulas, a sample
 * by numerical inverses, both without an order of the numbers. Turns are by random orthogonal matrices, the same ones for all flows of a
 * `dim`, so that saved variables fit. Before training it is N(0, initialScale²).
 *
 * Meng, Song, Song & Ermon, "Gaussianization flows", arXiv:2003.01941.
 */
export function gaussianizationFlow(options: GaussianizationFlowOptions): Flow {
  const parsed = parseOptions('gaussianizationFlow', gaussianizationFlowOptions, options);
  const { layers, components, bound, initialScale, rng, ...sizes } = parsed;
  const { dim, contextDim } = sizes;
  const family = inverseFamily(gaussianizationFamily({ components, bound }));
  const turns = new Rng('gaussianizationFlow');
  const bijector = stackLayers({ dim, layers, initialScale }, (i) => {
    const marginals = new Conditioned({ ...sizes, family, rng: rng.split(i) });
    return dim === 1 ? marginals : new Chain([marginals, new Orthogonal(orthogonal()(dim, dim, turns.split(i)))]);
  });
  return new Flow({ dim, contextDim, bijector });
}

export const gaussianizationFlowDefinition = {
  description: 'Gaussianization flow: mixtures of logistic distributions, number by number, and turns of the space',
  schema: gaussianizationFlowOptions,
  options,
  make: gaussianizationFlow,
} satisfies FlowDefinition;
