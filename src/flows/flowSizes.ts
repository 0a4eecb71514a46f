import { z } from 'zod';
import { networkOptions } from '../nn/networkOptions.ts';
import { rngSchema } from '../options/rngSchema.ts';

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
