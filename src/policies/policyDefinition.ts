import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { networkOptions } from '../nn/mlp.ts';
import { memoryNames } from '../nn/recurrent.ts';
import { choice, flag, positive } from '../options/fields.ts';
import type { Rng } from '../random.ts';
import type { BoxSpace, DiscreteSpace, MultiBinarySpace, MultiDiscreteSpace } from '../spaces/plain.ts';
import { chunkOptions } from './actionChunks.ts';
import type { Policy } from './policy.ts';

/** The options that every policy of the registry has, unless its own take the place of one. */
export const commonPolicyOptions = {
  ...networkOptions,
  parameters: z
    .int()
    .positive()
    .optional()
    .meta({ description: 'number of parameters to come near to; the hidden widths are scaled', unit: 'parameters' }),
  normalizeObservations: flag(
    false,
    'whether networks see observations brought to mean 0, variance 1 by what an agent has observed',
  ),
  clipObservations: positive(10, 'the largest size of a normalized observation', 'standard deviations'),
  encoder: choice(
    ['auto', 'mlp', 'nature', 'small'],
    'auto',
    "what networks see of images; 'nature' and 'small' are convolutional networks, 'mlp' the pixels in a row, 'auto' what suits the size",
  ),
  memory: z
    .enum(['none', ...memoryNames])
    .optional()
    .describe(
      "what remembers the earlier observations of an episode; 'gru', 'lstm', or 'min-gru', whose gates do not see what it remembers; by default nothing does",
    ),
  memoryUnits: z.int().positive().optional().meta({
    description: 'how many numbers the memory gives to the networks at each step, by default 64',
    unit: 'neurons',
  }),
  squash: choice(
    ['rescale', 'none', 'tanh', 'wrap', 'standardize'],
    'rescale',
    "what takes the policy's numbers to actions; 'rescale' counts in units of the bounds, from the middle, where these are far from ±1, as [0, 1000]; 'tanh' keeps actions within the bounds, 'wrap' takes a number for an angle, whole turns aside; 'standardize' is what 'rescale' becomes where there are no bounds and an agent learns from data: units of the data",
  ),
  ...chunkOptions,
};

type Common = typeof commonPolicyOptions;
/** The common options as they are when checked. */
export type CommonPolicySettings = z.output<z.ZodObject<Common>>;

/** The schema of a policy's options: the common ones, and its own. */
export function policySchema<S extends z.ZodRawShape>(own: S) {
  return z.strictObject(commonPolicyOptions).extend(own);
}
export type PolicySchema<S extends z.ZodRawShape> = ReturnType<typeof policySchema<S>>;

/** The space of a policy's actions, by the kind that the policy takes. */
interface ActionSpaces {
  box: BoxSpace;
  discrete: DiscreteSpace;
  'multi-discrete': MultiDiscreteSpace | MultiBinarySpace;
}
export type ActionKind = keyof ActionSpaces;

/** What {@link Policy.act} gives, by the kind of the actions. */
export interface ActedActions {
  box: Float32Array;
  discrete: number;
  'multi-discrete': Int32Array | Uint8Array;
}

/** What `make` gets: sizes, spaces, the squash, a stream, and the options as their schema gives them. */
export type MakeArguments<S extends z.ZodRawShape, K extends ActionKind = 'box'> = {
  /** How many numbers its networks see: of images the features of the encoder before them. */
  readonly observationDim: number;
  readonly actionDim: number;
  /** The space of the flat rows that the policy sees; that of an image has the shape `[height, width, channels]`. See `ObservationLayout`. */
  readonly observationSpace: BoxSpace;
  readonly actionSpace: ActionSpaces[K];
  /** Latent → action: the identity, to the scale of the action space, or into it. */
  readonly squash: Bijector;
  readonly rng: Rng;
} & Omit<
  z.output<PolicySchema<S>>,
  | 'squash'
  | 'parameters'
  | 'normalizeObservations'
  | 'clipObservations'
  | 'memory'
  | 'memoryUnits'
  | 'encoder'
  | keyof typeof chunkOptions
>;

/** A policy that can be made by its name. */
export interface PolicyDefinition<S extends z.ZodRawShape, K extends ActionKind = 'box'> {
  /** One line. */
  readonly description: string;
  /** Options beside the common ones, JSON values, each with a default and a meaning; one of the same name replaces a common one. */
  readonly options?: S;
  /** Which actions it takes, those of a box by default. */
  readonly actions?: K;
  make(options: MakeArguments<S, K>): Policy;
}

/** A definition with its whole schema, which is what makes sure that `make` gets options of its own kind. */
export interface RegisteredPolicy<Schema extends z.ZodObject = z.ZodObject, K extends ActionKind = ActionKind> {
  readonly description: string;
  readonly actions: K;
  readonly schema: Schema;
  make(options: MakeArguments<Record<never, never>, ActionKind>): Policy;
}

export function completeDefinition<const S extends z.ZodRawShape, K extends ActionKind = 'box'>({
  description,
  options = {} as S,
  actions,
  make,
}: PolicyDefinition<S, K>): RegisteredPolicy<PolicySchema<S>, K> {
  return {
    description,
    schema: policySchema(options),
    actions: actions ?? ('box' as K),
    // What `makePolicy` hands over has been checked, options by the schema and the space by its kind.
    make: (checked) => make(checked as never),
  };
}
