import { z } from 'zod';
import { activationNames } from '../../src/nn/activation.ts';
import { rateSchema } from '../../src/training/rate.ts';
import { layerWidths, OVER_TRAINING, optionalMaxGradientNorm } from './agentOptions.ts';

/** Options of the agents that learn values of actions, for their critics and beside them. */
export const criticOptions = {
  critics: z.int().positive().default(2).describe('N, how many critics there are'),
  criticHidden: layerWidths('the critics', [256, 256]),
  criticActivation: z
    .enum(activationNames)
    .default('relu')
    .describe("activation after each of the critics' hidden layers"),
  criticLayerNorm: z
    .boolean()
    .default(false)
    .describe("whether each of the critics' hidden layers is normalized before its activation (LayerNorm)"),
  criticLearningRate: rateSchema
    .optional()
    .describe(`learning rate of the critics, by default learningRate; ${OVER_TRAINING}`),
  criticMaxGradientNorm: optionalMaxGradientNorm("the critics' gradient"),
  maxGradientNorm: optionalMaxGradientNorm("the policy's gradient"),
};

/** What a target takes of the critics' values, of agents that stay near data: their least is then often too low. */
export const targetValue = z
  .enum(['mean', 'least'])
  .default('mean')
  .describe("what a target takes of the critics' values; their mean, or the least, where values grow too high");

/** For how many critics a target takes the least. */
export const criticsPerTarget = z
  .int()
  .positive()
  .optional()
  .describe(
    'M, how many of the critics, drawn anew in each update, a target takes the least of; by default all. Where it is given, the policy climbs the mean of all critics, as in REDQ',
  );

/** @throws if targets are to take the least of more critics than there are */
export function checkCriticsPerTarget(
  owner: string,
  { critics, criticsPerTarget }: { readonly critics: number; readonly criticsPerTarget?: number | undefined },
): void {
  if (criticsPerTarget === undefined || criticsPerTarget <= critics) return;
  throw new Error(
    `${owner}: criticsPerTarget: got ${criticsPerTarget}, expected at most the ${critics} critics that there are`,
  );
}

/** @param what is delayed: `the policy` */
export const policyDelay = (what: string, usual: number) =>
  z
    .int()
    .positive()
    .default(usual)
    .meta({ description: `updates of the critics for each one of ${what}`, unit: 'updates' });
