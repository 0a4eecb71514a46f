import { z } from 'zod';
import { lakeGrains } from './grains.ts';
import { border } from './lakeMap.ts';

const actionKinds = ['velocity', 'heading'] as const;
/** What an action at the lake is: a velocity, or a heading. */
export type LakeAction = (typeof actionKinds)[number];

const blockings = ['none', 'upper', 'lower', 'hidden', 'opponent'] as const;
/**
 * Which bank is blocked: none, one for good, one drawn anew for each episode (`'hidden'`), or the one used more so
 * far (`'opponent'`). No observation tells.
 */
export type Blocking = (typeof blockings)[number];

export const lakeOptions = z.strictObject({
  stride: z
    .number()
    .min(0.001)
    .max(2 * border)
    .default(lakeGrains['Lake-v0'].stride)
    .describe('length of a step at full speed; the lake has radius 0.7'),
  stepCost: z
    .number()
    .min(0)
    .max(1)
    .default(lakeGrains['Lake-v0'].stepCost)
    .meta({ description: 'what is taken from the reward of every step', unit: 'reward' }),
  action: z
    .enum(actionKinds)
    .default('velocity')
    .describe('what an action is; a velocity of two numbers, or a heading, one angle in radians'),
  blocked: z
    .enum(blockings)
    .default('none')
    .describe(
      "which bank is blocked; one for good, one drawn anew for each episode ('hidden'), or the one used more so far ('opponent')",
    ),
  upperBonus: z.number().min(0).max(10).default(0).meta({
    description:
      'what crossing the line x = 0 above the lake pays on the way home; crossing it back, above or below, costs as much',
    unit: 'reward',
  }),
  opponentRate: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("the opponent's memory; the weight of the newest episode in its moving average"),
});

/** Options of an environment at the lake. */
export type LakeOptions = z.input<typeof lakeOptions>;
