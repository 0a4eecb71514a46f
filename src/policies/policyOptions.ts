import { z } from 'zod';

/** Options that several policies have. */
export const initialScale = z
  .number()
  .positive()
  .default(1)
  .describe("standard deviation before training, of the policy's own numbers: of actions before their squash");
export const scale = z
  .enum(['state', 'free', 'fixed'])
  .default('free')
  .describe('what the standard deviation is; a function of the observation, a variable, or fixed at initialScale');

/** The options of policies that have a head. */
export const headOptions = {
  head: z
    .boolean()
    .default(true)
    .describe(
      "whether the outermost map is a Gaussian's own, mean and scale; policy gradients then move the policy as they move a Gaussian",
    ),
  scale,
  initialScale,
};

/** In the place of the common option `squash`, where there are no bounds to squash into. */
export const noSquash = (what: string) => z.literal('none').default('none').describe(`no squash; ${what}`);
