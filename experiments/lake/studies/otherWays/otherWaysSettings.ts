import { z } from 'zod';

const count = () => z.int().positive().max(1_000_000);

/** What the study of other ways of being multimodal trains with, beside the settings of each of them. */
export const otherWaysSettings = z
  .strictObject({
    cloning: z
      .strictObject({
        demonstrations: count().default(1000).describe('walks to learn from, half of them on each bank'),
        steps: count().default(1200).describe('updates'),
        walks: count().default(16).describe('walks of an update'),
        noiseSamples: count().default(32).describe('draws of the hidden noise over which a likelihood is averaged'),
        fewNoiseSamples: count().default(8).describe('draws where there are few'),
      })
      .refine(({ demonstrations, walks }) => walks <= demonstrations, {
        path: ['walks'],
        message: 'at most the demonstrations',
      })
      .prefault({}),
    soft: z
      .strictObject({
        temperature: z.number().positive().default(0.02).describe('the weight of the entropy, at the end'),
        steps: count().default(16_000).describe('environment steps of those that learn from a replay'),
        ppoSteps: count().default(120_000).describe('environment steps of those that PPO trains'),
      })
      .prefault({}),
  })
  .prefault({});

export type OtherWaysSettings = z.infer<typeof otherWaysSettings>;
