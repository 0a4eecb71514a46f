import { z } from 'zod';
import { rateSchema } from '../../src/training/rate.ts';

/** Options that several agents have. */
export const gamma = z.number().min(0).max(1).default(0.99).describe('γ, the discount of a step');

export const shapeRate = z
  .number()
  .nonnegative()
  .default(0.3)
  .describe(
    "rate of the variables that shape the policy's noise, as a share of the learning rate; those of a flow below its head",
  );

/** What a rate is more than a number, as meanings say it. */
export const OVER_TRAINING = 'may change over the training';

/** @param what it moves: `the policy` */
export const learningRate = (what: string, usual: number) =>
  rateSchema.default(usual).describe(`learning rate of ${what}; ${OVER_TRAINING}`);

/** @param what has the layers: `the value network` */
export const layerWidths = (what: string, usual: readonly number[]) =>
  z
    .array(z.int().positive())
    .readonly()
    .default(usual)
    .meta({ description: `widths of the hidden layers of ${what}`, unit: 'neurons' });

export const maxGradientNorm = (of: string, usual: number) =>
  z.number().positive().default(usual).describe(`largest global norm of ${of}`);

/** The same, where as a rule there is none. */
export const optionalMaxGradientNorm = (of: string) =>
  z.number().positive().optional().describe(`largest global norm of ${of}; by default there is no bound`);

export const reportEvery = (usual: number) =>
  z.int().positive().default(usual).meta({ description: 'updates from one report to the next', unit: 'updates' });

export const normalizeAdvantages = (where: string, usual: boolean) =>
  z.boolean().default(usual).describe(`whether advantages are brought to mean 0, variance 1 in each ${where}`);

export const entropyCoefficient = z
  .number()
  .nonnegative()
  .default(0)
  .describe('c_e, the weight of the entropy bonus in the loss');

export const baseEntropy = z.number().optional().meta({
  description:
    "H₀, the entropy beyond which entropy is rewarded; by default 0, and with bounds far from ±1, as [0, 1000], what is 0 in units of the bounds; with the logarithm of the action space's measure the uniform policy has no reward for it, so that no episode is worth going on for its entropy alone",
  unit: 'nats',
});
