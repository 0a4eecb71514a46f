import { z } from 'zod';
import { activationNames } from './activation.ts';

/** Options of whatever has networks. */
export const networkOptions = {
  hidden: z
    .array(z.int().positive())
    .readonly()
    .default([64, 64])
    .meta({ description: 'widths of the hidden layers of each network', unit: 'neurons' }),
  activation: z.enum(activationNames).default('tanh').describe('activation after each hidden layer'),
};
