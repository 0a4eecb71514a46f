import type { z } from 'zod';
import type { Flow } from './flow.ts';
import type { FlowSizes } from './flowSizes.ts';

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
