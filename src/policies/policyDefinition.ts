import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { activationNames } from '../nn/activation.ts';
import type { Rng } from '../random.ts';
import type { BoxSpace } from './boxSpace.ts';
import type { Policy } from './policy.ts';

/** The options that every policy of the registry has, unless its own take the place of one. */
export const commonPolicyOptions = {
  hidden: z.array(z.int().positive()).readonly().default([64, 64]).describe('widths of the hidden layers'),
  activation: z.enum(activationNames).default('tanh').describe('after each hidden layer'),
  parameters: z
    .int()
    .positive()
    .optional()
    .describe('a number of parameters to come near to: the hidden widths are scaled'),
  squash: z.enum(['none', 'tanh']).default('none').describe('tanh keeps actions within the bounds of their space'),
};

/** The shape of a policy's options: its own, and the common ones. */
export type OptionsShape<S extends z.ZodRawShape> = Omit<typeof commonPolicyOptions, keyof S> & S;

/** What `make` gets: sizes, spaces, the squash, a stream, and the options as their schema gives them. */
export type MakeArguments<S extends z.ZodRawShape> = {
  readonly observationDim: number;
  readonly actionDim: number;
  readonly observationSpace: BoxSpace;
  readonly actionSpace: BoxSpace;
  /** Latent → action: the identity, or into the action space. */
  readonly squash: Bijector;
  readonly rng: Rng;
} & Omit<z.output<z.ZodObject<OptionsShape<S>>>, 'squash' | 'parameters'>;

/** A policy that can be made by its name. */
export interface PolicyDefinition<S extends z.ZodRawShape> {
  /** One line. */
  readonly description: string;
  /** Options beside the common ones, JSON values, each with a default and a `describe`; one of the same name replaces a common one. */
  readonly options?: S;
  make(options: MakeArguments<S>): Policy;
}

/** A definition with its whole schema. */
export interface RegisteredPolicy<S extends z.ZodRawShape = Record<never, never>> {
  readonly description: string;
  readonly schema: z.ZodObject<OptionsShape<S>>;
  make(options: MakeArguments<S>): Policy;
}

export function completeDefinition<const S extends z.ZodRawShape>({
  description,
  options,
  make,
}: PolicyDefinition<S>): RegisteredPolicy<S> {
  const schema = z.strictObject({ ...commonPolicyOptions, ...options }) as unknown as z.ZodObject<OptionsShape<S>>;
  return { description, schema, make };
}
