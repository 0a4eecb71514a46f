import type { TopLevelSpec } from 'vega-lite';

/** A chart of several layers over the same axes. */
export type LayeredSpec = Extract<TopLevelSpec, { readonly layer: unknown }>;

/** One layer: a mark, its data, and what its channels encode. */
export type Layer = LayeredSpec['layer'][number];

/** What places marks along an axis. */
export type Position = NonNullable<NonNullable<Layer['encoding']>['x']>;
