import { z } from 'zod';

const largest = 1e6;
const amount = z.number().min(-largest).max(largest);

/** The options that several tasks have, each with its own defaults: Gymnasium's, in camelCase. */
export const taskOptions = {
  xml: z
    .string()
    .min(1)
    .optional()
    .describe("another model in place of the task's own, a text in MuJoCo's format MJCF"),
  frameSkip: (usual: number) =>
    z
      .int()
      .min(1)
      .max(10_000)
      .default(usual)
      .meta({ description: 'how many steps of physics a step makes', unit: 'steps of physics' }),
  weight: (usual: number, of: string) => amount.default(usual).describe(`weight of ${of} in the reward`),
  healthyReward: (usual: number) =>
    amount.default(usual).meta({ description: 'reward of each step in which the robot is healthy', unit: 'reward' }),
  terminateWhenUnhealthy: (usual = true) =>
    z.boolean().default(usual).describe('whether an unhealthy robot ends the episode'),
  range: (low: number, high: number, of: string) =>
    z
      .tuple([amount, amount])
      .refine(([least, most]) => least <= most, 'two numbers, the lower one first')
      .default([low, high])
      .describe(of),
  resetNoiseScale: (usual: number) =>
    z.number().min(0).max(largest).default(usual).describe('size of the random part of the start'),
  excludeCurrentPositionsFromObservation: (usual = true) =>
    z.boolean().default(usual).describe('whether observations leave out how far the robot has come'),
  include: (what: string) => z.boolean().default(true).describe(`whether observations have ${what}`),
};
