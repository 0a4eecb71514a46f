import type { z } from 'zod';
import type { Bijector, Direction } from '../bijectors/bijector.ts';
import type { ElementwiseFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Autoregressive } from '../bijectors/layers/autoregressive.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import type { Order } from '../nn/made.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { Rng } from '../random.ts';
import { AUTOREGRESSIVE, layeredSizes, layersOption, ordersOption } from './flowOptions.ts';
import { stackLayers } from './stackLayers.ts';

export const autoregressiveFlowOptions = layeredSizes.extend({
  layers: layersOption(4, AUTOREGRESSIVE),
  orders: ordersOption,
});

/** Options of autoregressive flows. */
export type AutoregressiveFlowOptions = z.input<typeof autoregressiveFlowOptions>;

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
  const parsed = parseOptions('autoregressiveLayers', autoregressiveFlowOptions, options);
  const { rng, layers, initialScale, orders, ...sizes } = parsed;
  const { dim } = sizes;
  const order = orders === 'alternating' ? alternating : randomOrders(dim);
  return stackLayers({ dim, layers, initialScale }, (i) => {
    const shared = { ...sizes, family, rng: rng.split(i) };
    return dim === 1 ? new Conditioned(shared) : new Autoregressive({ ...shared, parallel, order: order(i) });
  });
}

const alternating = (layer: number): Order => (layer % 2 === 0 ? 'natural' : 'reversed');

function randomOrders(dim: number): (layer: number) => Order {
  const rng = new Rng('autoregressiveLayers');
  return (layer) => [...rng.split(layer).permutation(dim)];
}
