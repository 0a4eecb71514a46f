import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/composition.ts';
import { Reverse } from '../bijectors/orthogonal.ts';
import { Uniform } from '../distributions/uniform.ts';
import { layerOptions } from '../nn/mlp.ts';
import { count, positive } from '../options/fields.ts';
import { parseOptions } from '../options/parse.ts';
import { Flow, initialFactor } from './flow.ts';

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

/** A family's function, which has its definition. */
type FlowFamily<S extends z.ZodRawShape, N extends keyof S> = ((options: z.input<z.ZodObject<S>>) => Flow) &
  FlowDefinition<Pick<S, N>> & { readonly schema: z.ZodObject<S> };

/**
 * The function of a family of flows.
 * @param name the function's, as errors have it
 * @param row `options` names those of the schema's that a policy takes; `ignored` those of every flow that the family does not
 */
export function flowFamily<S extends z.ZodRawShape, const N extends keyof S & string>(
  name: string,
  row: Omit<FlowDefinition, 'options' | 'make' | 'schema'> & {
    readonly schema: z.ZodObject<S>;
    readonly options: readonly N[];
    readonly ignored?: keyof S;
    /** Noise → data. */
    bijector(options: z.output<z.ZodObject<S>>): Bijector;
  },
): FlowFamily<S, N> {
  const { schema, options: names, ignored, bijector, ...about } = row;
  const make = (options: z.input<z.ZodObject<S>>): Flow => {
    const parsed = parseOptions(name, schema, options);
    const { dim, contextDim } = parsed as unknown as z.output<typeof flowSizes>;
    return new Flow({
      dim,
      contextDim,
      bijector: bijector(parsed),
      ...(about.angles && { angles: true, base: turns }),
    });
  };
  const options = Object.fromEntries(names.map((each) => [each, schema.shape[each]]));
  const makeFrom = (given: object) =>
    make(Object.fromEntries(Object.entries(given).filter(([each]) => each !== ignored)) as z.input<z.ZodObject<S>>);
  const definition = { ...about, schema, options, make: makeFrom };
  return Object.assign(make, definition) as unknown as FlowFamily<S, N>;
}

/** Uniform noise on the circle. */
const turns = (dim: number, batchShape: number[]) => new Uniform({ dim, low: -Math.PI, high: Math.PI, batchShape });

export const flowSizes = z.strictObject(layerOptions);

/** What every family of flows takes; a family may have networks only where there is a context. */
type FlowSizes = z.input<typeof flowSizes>;

/** What families take whose layers begin as the identity. */
export const layeredSizes = flowSizes.extend({
  initialScale: positive(
    1,
    'standard deviation before training; any other than 1 is a learnable factor of each number, after the last layer',
  ),
});

/** A family's number of layers, and what they are. */
export const layersOption = (usual: number, what: string) => count(usual, what, 'layers');

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
