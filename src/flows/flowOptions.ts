import { z } from 'zod';
import { flowSizes } from './flowSizes.ts';

const coupling = 'coupling layers, each with a network';

/** Options that several families of flows have; a family says its own usual number of layers. */
export const layersOption = (usual: number, what = coupling) =>
  z.int().positive().default(usual).meta({ description: what, unit: 'layers' });
export const AUTOREGRESSIVE = 'autoregressive layers, each with a masked network';

export const binsOption = z.int().min(2).default(8).meta({ description: 'bins of each spline', unit: 'bins' });
export const boundOption = z
  .number()
  .positive()
  .default(5)
  .describe('splines act on [−bound, bound]; they are the identity outside');
export const tailsOption = z
  .number()
  .positive()
  .default(5)
  .describe('each map has its formula on [−bound, bound]; outside it is a straight line');
export const ordersOption = z
  .enum(['alternating', 'random'])
  .default('alternating')
  .describe(
    'each layer takes the numbers in the opposite order of the one before, or in a random one; the same ones for all flows of a dim, so that saved variables fit',
  );
export const parallelOption = z
  .enum(['inverse', 'forward'])
  .default('inverse')
  .describe(
    "the direction that is one pass; 'inverse' for densities, 'forward' for samples with their log-probabilities",
  );

/** What families take whose layers begin as the identity. */
export const layeredSizes = flowSizes.extend({
  initialScale: z
    .number()
    .positive()
    .default(1)
    .describe(
      'standard deviation before training; any other than 1 is a learnable factor of each number, after the last layer',
    ),
});
