import type { Bijector, Direction } from '../bijectors/bijector.ts';
import type { ElementwiseFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Autoregressive } from '../bijectors/layers/autoregressive.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import type { Order } from '../nn/made.ts';
import { Rng } from '../random.ts';
import type { LayeredFlowSizes } from './flowSizes.ts';
import { stackLayers } from './stackLayers.ts';

/** Options of autoregressive flows. */
export interface AutoregressiveFlowOptions extends LayeredFlowSizes {
  /**
   * In which order a layer takes the entries: from first to last and from last to first in turns, which is the default, or a
   * random order for each layer, the same ones for all flows of a `dim`, so that saved variables fit.
   */
  readonly orders?: 'alternating' | 'random';
}

/**
 * Autoregressive layers over one elementwise family, each in another order than its neighbours. With one dimension there is
 * nothing before it to look at, and each layer's parameters come from the context alone.
 *
 * @param parallel the direction that is one pass: 'inverse' for densities, 'forward' for samples with their log-probabilities
 */
export function autoregressiveLayers(
  family: ElementwiseFamily,
  parallel: Direction,
  options: AutoregressiveFlowOptions,
): Bijector {
  const { dim, contextDim = 0, orders = 'alternating', hidden = [64, 64], activation = 'tanh', rng } = options;
  const order = orders === 'alternating' ? alternating : randomOrders(dim);
  return stackLayers(options, (i) => {
    const shared = { dim, family, contextDim, hidden, activation, rng: rng.split(i) };
    return dim === 1 ? new Conditioned(shared) : new Autoregressive({ ...shared, parallel, order: order(i) });
  });
}

const alternating = (layer: number): Order => (layer % 2 === 0 ? 'natural' : 'reversed');

function randomOrders(dim: number): (layer: number) => Order {
  const rng = new Rng('autoregressiveLayers');
  return (layer) => [...rng.split(layer).permutation(dim)];
}
