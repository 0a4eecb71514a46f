import { z } from 'zod';
import type { AnyEnv, VectorEnv } from '../../envs/index.ts';
import type { Policy } from '../../src/index.ts';
import { rngSchema } from '../../src/options/rngSchema.ts';

/** What agents are made of, for their options' schemas. A policy is known by what it can do, so that anyone's will do. */
export const partSchemas = {
  policy: z
    .custom<Policy>((value) => has(value, 'given', 'trainableVariables'), 'a Policy')
    .meta({ description: 'the policy that is trained', type: 'Policy' }),
  env: z
    .custom<VectorEnv | AnyEnv>((value) => has(value, 'reset', 'step', 'close'), 'a VectorEnv or an Env')
    .meta({
      description: 'parallel environments that reset in the step that ends an episode, or a single environment',
      type: 'VectorEnv | Env',
    }),
  rng: rngSchema.describe("streams the initial weights of the agent's own networks"),
};

function has(value: unknown, ...methods: readonly string[]): boolean {
  const object = value as Record<string, unknown> | null | undefined;
  return typeof object === 'object' && methods.every((method) => typeof object?.[method] === 'function');
}
