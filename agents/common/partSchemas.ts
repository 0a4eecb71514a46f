import { z } from 'zod';
import type { AnyEnv, VectorEnv } from '../../envs/index.ts';
import { type Policy, Rng } from '../../src/index.ts';

/** What agents are made of, for their options' schemas. A policy is known by what it can do, so that anyone's will do. */
export const partSchemas = {
  policy: z.custom<Policy>((value) => has(value, 'given', 'trainableVariables'), 'a Policy'),
  env: z.custom<VectorEnv | AnyEnv>((value) => has(value, 'reset', 'step', 'close'), 'a VectorEnv or an Env'),
  rng: z.custom<Rng>((value) => value instanceof Rng, 'an Rng'),
};

function has(value: unknown, ...methods: readonly string[]): boolean {
  const object = value as Record<string, unknown> | null | undefined;
  return typeof object === 'object' && methods.every((method) => typeof object?.[method] === 'function');
}
