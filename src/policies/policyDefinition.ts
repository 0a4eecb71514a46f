import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { activationNames } from '../nn/activation.ts';
import type { Rng } from '../random.ts';
import type { BoxSpace } from './boxSpace.ts';
import type { DiscreteSpace } from './discreteSpace.ts';
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
  normalizeObservations: z
    .boolean()
    .default(false)
    .describe('networks see observations brought to mean 0, variance 1 by what an agent has observed'),
  clipObservations: z.number().positive().default(10).describe('the largest size of a normalized observation'),
  squash: z
    .enum(['none', 'tanh', 'wrap'])
    .default('none')
    .describe(
      'tanh keeps actions within the bounds of their space; wrap takes a number for an angle, whole turns aside',
    ),
};

/** The shape of a policy's options: its own, and the common ones. */
export type OptionsShape<S extends z.ZodRawShape> = Omit<typeof commonPolicyOptions, keyof S> & S;

/** The space of a policy's actions, by the kind that the policy takes. */
interface ActionSpaces {
  box: BoxSpace;
  discrete: DiscreteSpace;
}
export type ActionKind = keyof ActionSpaces;

/** What `make` gets: sizes, spaces, the squash, a stream, and the options as their schema gives them. */
export type MakeArguments<S extends z.ZodRawShape, K extends ActionKind = 'box'> = {
  readonly observationDim: number;
  readonly actionDim: number;
  readonly observationSpace: BoxSpace;
  readonly actionSpace: ActionSpaces[K];
  /** Latent → action: the identity, or into the action space. */
  readonly squash: Bijector;
  readonly rng: Rng;
} & Omit<
  z.output<z.ZodObject<OptionsShape<S>>>,
  'squash' | 'parameters' | 'normalizeObservations' | 'clipObservations'
>;

/** A policy that can be made by its name. */
export interface PolicyDefinition<S extends z.ZodRawShape, K extends ActionKind = 'box'> {
  /** One line. */
  readonly description: string;
  /** Options beside the common ones, JSON values, each with a default and a `describe`; one of the same name replaces a common one. */
  readonly options?: S;
  /** Which actions it takes, those of a box by default. */
  readonly actions?: K;
  make(options: MakeArguments<S, K>): Policy;
}

/** A definition with its whole schema. */
export interface RegisteredPolicy<S extends z.ZodRawShape = Record<never, never>, K extends ActionKind = ActionKind> {
  readonly description: string;
  readonly actions: K;
  readonly schema: z.ZodObject<OptionsShape<S>>;
  make(options: MakeArguments<S, K>): Policy;
}

export function completeDefinition<const S extends z.ZodRawShape, K extends ActionKind = 'box'>({
  description,
  options,
  actions = 'box' as K,
  make,
}: PolicyDefinition<S, K>): RegisteredPolicy<S, K> {
  const schema = z.strictObject({ ...commonPolicyOptions, ...options }) as unknown as z.ZodObject<OptionsShape<S>>;
  return { description, schema, actions, make };
}
