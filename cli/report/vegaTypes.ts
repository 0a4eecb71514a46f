import type { TopLevelSpec } from 'vega-lite';

/** A chart of several layers over the same axes. */
export type LayeredSpec = Extract<TopLevelSpec, { readonly layer: unknown }>;

/** One layer: a mark, its data, and what its channels encode. */
export type Layer = Extract<LayeredSpec['layer'][number], { readonly mark: unknown }>;

/** What a mark's channels encode. */
export type Encoding = NonNullable<Layer['encoding']>;

/** What places marks along an axis. */
export type Position = NonNullable<Encoding['x']>;

/** What colours marks. */
export type Colour = NonNullable<Encoding['color']>;

/** How numbers become places along an axis. */
export type Scale = NonNullable<Extract<Position, { readonly field?: unknown }>['scale']>;

type CompositeMark = { readonly type: 'boxplot' | 'errorbar' | 'errorband' };

/** How a mark looks. */
export type MarkStyle = Omit<Exclude<Layer['mark'], string | CompositeMark>, 'type'>;
