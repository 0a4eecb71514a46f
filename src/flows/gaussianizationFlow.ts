import { Chain } from '../bijectors/chain.ts';
import { gaussianizationFamily } from '../bijectors/elementwise/gaussianization.ts';
import { inverseFamily } from '../bijectors/elementwise/inverseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { Orthogonal } from '../bijectors/linear/orthogonal.ts';
import { orthogonal } from '../nn/initializers.ts';
import { Rng } from '../random.ts';
import { Flow } from './flow.ts';
import type { LayeredFlowSizes } from './flowSizes.ts';
import { stackLayers } from './stackLayers.ts';

/** Options of {@link gaussianizationFlow}. */
export interface GaussianizationFlowOptions extends LayeredFlowSizes {
  /** The logistic distributions of each mixture. */
  readonly components?: number;
  /** Each layer's formula holds on [−bound, bound]; outside it goes on as a straight line. */
  readonly bound?: number;
}

/**
 * Gaussianization flow. From data to noise, each layer takes every number through the distribution function of a mixture and an inverse one, whatever the
 * others are, and then turns the space; the mixtures are functions of the context, or free. A density is by formulas, a sample
 * by numerical inverses, both without an order of the numbers. Turns are by random orthogonal matrices, the same ones for all flows of a
 * `dim`, so that saved variables fit. Before training it is N(0, initialScale²).
 *
 * Meng, Song, Song & Ermon, "Gaussianization flows", arXiv:2003.01941.
 */
export function gaussianizationFlow({
  dim,
  contextDim = 0,
  layers = 4,
  components = 8,
  bound = 5,
  hidden = [64, 64],
  activation = 'tanh',
  initialScale = 1,
  rng,
}: GaussianizationFlowOptions): Flow {
  const family = inverseFamily(gaussianizationFamily({ components, bound }));
  const turns = new Rng('gaussianizationFlow');
  const bijector = stackLayers({ dim, layers, initialScale }, (i) => {
    const marginals = new Conditioned({ dim, family, contextDim, hidden, activation, rng: rng.split(i) });
    return dim === 1 ? marginals : new Chain([marginals, new Orthogonal(orthogonal()(dim, dim, turns.split(i)))]);
  });
  return new Flow({ dim, contextDim, bijector });
}
