import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Box } from '../../envs/index.ts';
import { Adam, portableMath } from '../../src/index.ts';
import { halfWidths } from '../../src/policies/boxScale.ts';
import { RATES, type Rate, rateSchema } from '../../src/training/rate.ts';
import { baseEntropy, OVER_TRAINING } from './agentOptions.ts';
import { ScalarParameter } from './scalarParameter.ts';

/** Options of the agents that learn a policy together with its entropy. */
export const temperatureOptions = {
  temperature: z
    .union([z.literal('auto'), rateSchema], `'auto', ${RATES}`)
    .default('auto')
    .meta({
      description: `α, the weight of the entropy; 'auto' learns it; a rate ${OVER_TRAINING}`,
      unit: 'reward per nat',
    }),
  baseEntropy,
  initialTemperature: z
    .number()
    .positive()
    .default(1)
    .meta({ description: 'α before training, where it is learned', unit: 'reward per nat' }),
  targetEntropy: z.number().optional().meta({
    description:
      "the entropy that a learned α aims at, of the density in the action's own units; by default Σᵢ (log hᵢ − 1) with half the widths hᵢ of the bounds, which is −1 for each component of an action in [−1, 1]",
    unit: 'nats',
  }),
  temperatureLearningRate: rateSchema
    .optional()
    .describe(`learning rate of α, by default learningRate; ${OVER_TRAINING}`),
};

/**
 * α, the weight of the entropy: a rate that is given, or learned by −log α · E[log π(a | s) + H̄], so that the entropy becomes H̄.
 *
 * Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv:1812.05905.
 */
export class Temperature {
  /** log α, where it is learned. */
  readonly parameter: ScalarParameter;
  readonly optimizer: Adam;
  /** What α is where it is not learned, for the training's rates; 0 where it is. */
  readonly rate: Rate;
  readonly #isLearned: boolean;
  readonly #targetEntropy: number;

  constructor(
    options: z.output<z.ZodObject<Omit<typeof temperatureOptions, 'baseEntropy' | 'temperatureLearningRate'>>>,
    actionSpace: Box,
  ) {
    const { temperature, initialTemperature, targetEntropy } = options;
    this.#isLearned = temperature === 'auto';
    this.rate = temperature === 'auto' ? 0 : temperature;
    this.parameter = new ScalarParameter(this.#isLearned ? portableMath.log(initialTemperature) : 0);
    this.optimizer = new Adam(this.parameter.trainableVariables());
    this.#targetEntropy = targetEntropy ?? usualTargetEntropy(actionSpace);
  }

  /** @param given what the rate is now @returns α, `[]` */
  now(given: tf.Tensor): tf.Tensor {
    return this.#isLearned ? tf.exp(this.parameter.value) : given;
  }

  /** One step, where it is learned. @param entropy −E[log π] */
  update(entropy: tf.Tensor, learningRate: tf.Tensor): void {
    // The derivative of −log α · E[log π + H̄] by log α.
    if (this.#isLearned) this.optimizer.update([tf.sub(entropy, this.#targetEntropy)], learningRate);
  }
}

/** −1 for each component of the action in units of half its bounds, as a density in the action's own units. */
function usualTargetEntropy(actionSpace: Box): number {
  return halfWidths(actionSpace).reduce((sum, half) => sum - 1 + portableMath.log(half), 0);
}
