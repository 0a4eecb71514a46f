import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/composition.ts';
import { Reverse } from '../bijectors/orthogonal.ts';
import { networkOptions } from '../nn/mlp.ts';
import { rngSchema } from '../random.ts';
import { type Flow, initialFactor } from './flow.ts';

/** A family of flows, and what one has to know to choose it. */
export interface FlowDefinition<O extends z.ZodRawShape = z.ZodRawShape> {
  /** One line. */
  readonly description: string;
  /** Whether events are angles. */
  readonly angles?: boolean;
  /** Which of the two takes the numbers of an event one after the other, if one does: its time grows with their count. */
  readonly sequential?: 'sampling' | 'density';
  /** All that the family's function takes. */
  readonly schema: z.ZodObject;
  /** What its policies take of that beside the sizes: JSON values, each with a default. */
  readonly options: O;
  make(options: FlowSizes & z.input<z.ZodObject<O>>): Flow;
}

export const flowSizes = z.strictObject({
  dim: z.int().positive().meta({ description: 'size of an event', unit: 'numbers' }),
  contextDim: z
    .int()
    .nonnegative()
    .default(0)
    .meta({ description: 'size of the context; 0 for none', unit: 'numbers' }),
  ...networkOptions,
  rng: rngSchema.describe('streams the initial weights'),
});

/** What every family of flows takes; a family may have networks only where there is a context. */
export type FlowSizes = z.input<typeof flowSizes>;

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

/** Layers that begin as the identity, the first one outermost. */
export function stackLayers(
  { dim, layers, initialScale }: { readonly dim: number; readonly layers: number; readonly initialScale: number },
  layer: (index: number) => Bijector,
): Bijector {
  const parts = Array.from({ length: layers }, (_, i) => layer(i));
  return new Chain(initialScale === 1 ? parts : [initialFactor(dim, initialScale), ...parts]);
}

/** Layer `index` of those that take numbers from the first to the last and from the last to the first in turns. */
export function reverseInTurn(index: number, dim: number, layer: Bijector): Bijector {
  return index % 2 === 0 ? layer : new Chain([new Reverse(dim), layer, new Reverse(dim)]);
}
