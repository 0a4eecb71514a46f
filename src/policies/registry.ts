import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise.ts';
import { roundedBounds } from '../bijectors/squashing.ts';
import type { Module } from '../module.ts';
import { memories } from '../nn/recurrent.ts';
import { expectedOneOf, note, shortened, show } from '../options/describe.ts';
import { checkArgument, checkOptions, parseOptions, withDefaults } from '../options/parse.ts';
import { Rng } from '../random.ts';
import {
  type AnySpace,
  type BoxSpace,
  choicesOf,
  plainBoxSpace,
  plainDiscreteSpace,
  plainMultiBinarySpace,
  plainMultiDiscreteSpace,
} from '../spaces/plain.ts';
import { type ActionChunk, chunkBox, chunkOf, optionsOf } from './actionChunks.ts';
import type { UsualAction } from './actor.ts';
import { type BestOfPolicy, bestOfOptions, makeBestOf } from './bestOfPolicy.ts';
import { BoxScale, boxRescale, boxSquash, checkAngles } from './boxScale.ts';
import { builtinPolicies, type LearnerName, type PolicyOptionsByName, policyOptionsFor } from './builtinPolicies.ts';
import { couldBeImage, ObservationEncoder, usualNetwork } from './observationEncoder.ts';
import { ObservationLayout } from './observationLayout.ts';
import type { Policy } from './policy.ts';
import {
  type ActedActions,
  type ActionKind,
  type CommonPolicySettings,
  completeDefinition,
  type MakeArguments,
  type PolicyDefinition,
  type PolicySchema,
  type RegisteredPolicy,
} from './policyDefinition.ts';
import { checkSteerable, noiseSpace, SteeredPolicy, steeredOptions } from './steeredPolicy.ts';
import { WrappedPolicy } from './wrappedPolicy.ts';

const registry = new Map<string, RegisteredPolicy>(Object.entries(builtinPolicies));

/** Policies that are made of others: agents make them and files hold them, but one does not train them by their names. */
const composed = new Map<string, (where: string, options: ComposedOptions) => Policy>([
  ['best-of', bestOf],
  ['steered', steered],
]);

/** The name of a policy of oxbow. */
export type PolicyName = keyof typeof builtinPolicies;

/** The options of a policy of oxbow. */
export type PolicyOptions<N extends PolicyName = PolicyName> = PolicyOptionsByName[N];

/** What a policy's `act` gives, by its name. */
export type ActionOf<N extends string> = N extends PolicyName
  ? ActedActions[(typeof builtinPolicies)[N]['actions']]
  : UsualAction;

/** The spaces of the observations and the actions that a policy is for. */
interface PolicySpaces {
  /** Any space of which something has numbers; the policy sees it as {@link ObservationLayout} says. */
  readonly observationSpace: AnySpace;
  /** A box, or a discrete, multi-discrete or multi-binary space where the policy takes one. */
  readonly actionSpace: AnySpace;
}

/** What a policy is for, and the stream of its initial weights. */
export type PolicyTask = {
  /** Who trains the policy: options that are not given are those that suit it, else the policy's own defaults. */
  readonly for?: LearnerName | undefined;
  readonly rng: Rng;
} & (
  | PolicySpaces
  | {
      /** An environment, or a vector environment, whose spaces are meant. */
      readonly env: PolicySpaces | { readonly singleObservationSpace: AnySpace; readonly singleActionSpace: AnySpace };
    }
);

/** Of a memory, unless its option says so. */
const USUAL_UNITS = 64;

/**
 * Makes a policy by its name, with options that are checked; {@link policies} lists both.
 *
 * The policy's `config` records what it is: with it, and its variables, it can be saved and made again.
 *
 * @example
 * const policy = makePolicy('spline', { env, for: 'sac', rng: new Rng(0) });
 * const narrow = makePolicy('spline', { observationSpace, actionSpace, rng, hidden: [32, 32], bins: 8, squash: 'tanh' });
 * @throws one line, if the name or an option is unknown (the nearest is named), a value does not fit, or a space is not of the kind that the policy takes
 */
export function makePolicy<N extends string>(
  name: N | PolicyName,
  options: PolicyTask & (N extends PolicyName ? PolicyOptions<N> : Record<string, unknown>),
): Policy<ActionOf<N>>;
export function makePolicy(name: string, options: PolicyTask & Record<string, unknown>): Policy {
  const where = `makePolicy('${shortened(String(name))}')`;
  const compose = composed.get(name);
  if (compose !== undefined) return compose(where, options);
  const definition = registry.get(name);
  if (definition === undefined) {
    const expected = expectedOneOf(String(name), [...registry.keys()]);
    throw new Error(`${where}: unknown policy, ${expected}; registerPolicy adds one`);
  }
  const { rng, for: learner, ...others } = options ?? {};
  const { observationSpace, actionSpace, ...rest } = withSpaces(where, others);
  const layout = new ObservationLayout(`${where}: observationSpace`, observationSpace);
  const observationBox = layout.box();
  const actions = actionsOf(`${where}: actionSpace`, definition.actions, actionSpace);
  if (!(rng instanceof Rng)) throw new Error(`${where}: rng: got ${show(rng)}, expected an Rng`);
  const schema =
    learner === undefined
      ? definition.schema
      : withDefaults(definition.schema, suitedOptions(where, learner, actions.actionSpace));
  const parsed = parseOptions(where, schema, rest) as CommonPolicySettings;
  const {
    parameters,
    normalizeObservations,
    clipObservations,
    encoder: wanted,
    memory: remembering,
    memoryUnits,
    chunk: _,
    execute: __,
    blend: ___,
    ...given
  } = parsed;
  const memory = remembering === 'none' ? undefined : remembering;
  const chunk = chunkOf(where, { ...parsed, memory }, definition.actions);
  // What the policy is a distribution over: an action, or a chunk of actions.
  const whole =
    chunk === undefined
      ? actions
      : actionsOf(`${where}: chunk`, 'box', chunkBox(actions.actionSpace as BoxSpace, chunk.length));
  if (memory === undefined && memoryUnits !== undefined) {
    const expected = "expected one beside it: memory: 'gru', say";
    throw new Error(`${where}: memoryUnits: got ${memoryUnits} without a memory, ${expected}`);
  }
  const units = memoryUnits ?? USUAL_UNITS;
  const network = wanted === 'auto' ? usualNetwork(layout.parts) : wanted === 'mlp' ? undefined : wanted;
  if (network !== undefined && !layout.parts.some(couldBeImage)) {
    throw new Error(
      `${where}: encoder: got "${network}", which is for images, Boxes of three or four dimensions, expected "mlp" or "auto"`,
    );
  }
  // Where nothing is rescaled files do not speak of it, and those that never heard of it mean numbers as they are.
  const squash = squashOf(where, given.squash, whole.actionSpace);
  const isAsItIs =
    given.squash === 'rescale' && (!(squash instanceof BoxScale) || (squash.isIdentity && !squash.followsData));
  const settings = isAsItIs ? { ...given, squash: 'none' as const } : given;
  const make = (hidden: readonly number[]): Policy => {
    const encoder = network && new ObservationEncoder({ parts: layout.parts, network, rng: rng.split('encoder') });
    const inputDim = encoder?.featureDim ?? layout.size;
    const arguments_: MakeArguments<Record<never, never>, ActionKind> = {
      ...settings,
      hidden,
      observationSpace: observationBox,
      observationDim: memory === undefined ? inputDim : units,
      ...whole,
      // Of each its own: it may get variables.
      squash: squashOf(where, given.squash, whole.actionSpace),
      rng: rng.split(name),
    };
    const policy = wrapped(definition.make(arguments_));
    if (memory !== undefined) policy.remember(memories[memory]({ inputDim, units, rng: rng.split('memory') }));
    if (encoder !== undefined) orFreed([policy, encoder], () => policy.encodeObservations(encoder));
    // The units themselves come from a file, or from data.
    if (given.squash === 'standardize') policy.actionScale?.standardize();
    return policy;
  };
  const wrapped = (policy: Policy): Policy => {
    if (settings.squash !== 'wrap') return policy;
    return orFreed([policy], () => {
      const wound = new WrappedPolicy(
        policy,
        `${where}: squash: got "wrap", which is for Gaussians with independent components and mixtures of such; for angles take circular-spline`,
      );
      checkAngles(where, whole.actionSpace as BoxSpace);
      return wound;
    });
  };
  const { policy, hidden } =
    parameters === undefined
      ? { policy: make(settings.hidden), hidden: settings.hidden }
      : matchParameters(where, settings.hidden, parameters, make);
  const spaces = { observationSpace: layout.space, actionSpace: actions.actionSpace };
  const normalization = { normalizeObservations, clipObservations };
  // Where nothing could be encoded, files do not speak of it: they are those of policies that never heard of images.
  const isOfImages = network !== undefined || layout.parts.some(({ isImage }) => isImage);
  const encoding = isOfImages ? { encoder: network ?? 'mlp' } : {};
  const ofMemory = memory === undefined ? {} : { memory, memoryUnits: units };
  const said = { ...encoding, ...ofMemory, ...(chunk && optionsOf(chunk)), ...normalization };
  policy.config = { name, ...spaces, options: { ...settings, ...said, hidden } };
  if (chunk !== undefined) {
    orFreed([policy], () => checkBlend(where, policy, chunk));
    policy.chunk = chunk;
  }
  if (normalizeObservations) policy.normalizeObservations({ clip: clipObservations });
  policy.markUntrained();
  noteWhatIsLost(where, layout, network !== undefined);
  return policy;
}

/** What a call gives; where it throws, what nobody has yet is freed. */
function orFreed<T>(made: readonly Module[], call: () => T): T {
  try {
    return call();
  } catch (error) {
    for (const each of made) each.dispose();
    throw error;
  }
}

type ComposedOptions = PolicyTask & Readonly<Record<string, unknown>>;

/** A policy's best samples, and what it is made of. */
function bestOf(where: string, { rng, for: _, ...others }: ComposedOptions): BestOfPolicy {
  const { observationSpace, actionSpace, ...rest } = withSpaces(where, others);
  const { policy, ...options } = parseOptions(where, bestOfOptions, rest);
  const own = makePolicy(policy.name as string, { ...policy.options, observationSpace, actionSpace, rng });
  if (registry.get(policy.name)?.actions === 'box') return makeBestOf(own, options, rng.split('best-of'));
  own.dispose();
  throw new Error(`${where}: policy: got '${policy.name}', expected a policy of continuous actions`);
}

/** A policy whose noise another chooses, and both. */
function steered(where: string, { rng, for: _, ...others }: ComposedOptions): SteeredPolicy {
  const { observationSpace, actionSpace, ...rest } = withSpaces(where, others);
  const { policy: frozen, steering: chooser, bound } = parseOptions(where, steeredOptions, rest);
  const policy = makePolicy(frozen.name as string, { ...frozen.options, observationSpace, actionSpace, rng });
  return orFreed([policy], () => {
    const ofNoise = { observationSpace, actionSpace: noiseSpace(checkSteerable(where, policy), bound) };
    const steering = makePolicy(chooser.name as string, { ...chooser.options, ...ofNoise, rng: rng.split('steered') });
    return orFreed([steering], () => new SteeredPolicy({ policy, steering, bound }));
  });
}

/** From the policy's numbers to actions of the space. @throws if it has no bounds to squash into */
function squashOf(where: string, squash: CommonPolicySettings['squash'], space: object): Bijector {
  if (squash === 'tanh') {
    roundedBounds(`${where}: squash "tanh"`, space as BoxSpace);
    return boxSquash(space as BoxSpace);
  }
  if (!(squash === 'rescale' || squash === 'standardize') || !('low' in space)) return new Identity();
  const scale = boxRescale(space as BoxSpace);
  if (squash === 'rescale') return scale.isIdentity && !scale.followsData ? new Identity() : scale;
  if (scale.followsData) return scale;
  throw new Error(`${where}: squash: got "standardize", which is for actions without bounds, expected "rescale"`);
}

/** The actions of a policy of this kind. @throws if the space is of another */
function actionsOf(where: string, kind: ActionKind, space: AnySpace) {
  if (kind === 'discrete') return { actionSpace: plainDiscreteSpace(where, space), actionDim: 1 };
  if (kind === 'box') {
    const actionSpace = plainBoxSpace(where, space);
    return { actionSpace, actionDim: actionSpace.low.length };
  }
  const actionSpace =
    space?.binaries === undefined ? plainMultiDiscreteSpace(where, space) : plainMultiBinarySpace(where, space);
  return { actionSpace, actionDim: choicesOf(actionSpace).nvec.length };
}

/** @throws if angles are to be blended: the mean of two that are alike may be on the other side of the circle */
function checkBlend(where: string, policy: Policy, { blend }: ActionChunk): void {
  const isOfAngles = () => Number(policy.given(tf.zeros([1, policy.observationDim])).angles ?? false);
  if (blend === undefined || tf.tidy(isOfAngles) === 0) return;
  throw new Error(
    `${where}: blend: got ${blend} for actions that are angles, expected none: their mean may lie opposite`,
  );
}

/** Says what of the observations networks do not see, or not as it is meant. */
function noteWhatIsLost(where: string, { omitted, parts }: ObservationLayout, isEncoded: boolean): void {
  for (const path of omitted)
    note(`${where}: the observations' part ${path} has no numbers, and the policy does not see it`);
  for (const { path, shape, isImage } of parts) {
    if (!isImage || isEncoded) continue;
    note(
      `${where}: the observations${path && `' part ${path}`} are images [${shape}], of which the policy sees a row of pixels`,
    );
  }
}

/** Options with the spaces of the environment that they name, if they do. @throws if it is none */
function withSpaces(
  where: string,
  { env, ...options }: Record<string, unknown>,
): PolicySpaces & Record<string, unknown> {
  if (env === undefined) return options as unknown as PolicySpaces & Record<string, unknown>;
  return { ...spacesOfEnv(where, env), ...options };
}

/** The spaces of an environment, or of each of a vector environment. @throws one line, if it is none */
export function spacesOfEnv(where: string, env: unknown): Pick<PolicySpaces, 'observationSpace' | 'actionSpace'> {
  const given = (env ?? {}) as Record<string, AnySpace | undefined>;
  const observationSpace = given.singleObservationSpace ?? given.observationSpace;
  const actionSpace = given.singleActionSpace ?? given.actionSpace;
  if (observationSpace === undefined || actionSpace === undefined) {
    throw new Error(`${where}: env: got ${show(env)}, expected an environment, as make('Pendulum-v1') gives one`);
  }
  return { observationSpace, actionSpace };
}

/** What suits a learner; no squash where an action has no bounds to squash into. @throws if there is none of that name */
export function suitedOptions(where: string, learner: string, space: object): Readonly<Record<string, unknown>> {
  const names = Object.keys(policyOptionsFor);
  if (!names.includes(learner)) {
    throw new Error(`${where}: for: got ${show(learner)}, ${expectedOneOf(String(learner), names)}`);
  }
  const suited: Readonly<Record<string, unknown>> = policyOptionsFor[learner as LearnerName];
  const { low = [], high = [] } = space as Partial<Pick<BoxSpace, 'low' | 'high'>>;
  const bounds = [...Array.from(low), ...Array.from(high)];
  return suited.squash === undefined || bounds.every(Number.isFinite) ? suited : { ...suited, squash: 'rescale' };
}

/**
 * Makes a policy of one's own known to {@link makePolicy} and to files of saved policies.
 *
 * @example
 * registerPolicy('laplace', { description: 'Laplace', make: (options) => new LaplacePolicy(options) });
 * @returns `makePolicy` for it, typed by its options
 * @throws if the name is taken
 */
export function registerPolicy<const S extends z.ZodRawShape = Record<never, never>, K extends ActionKind = 'box'>(
  name: string,
  definition: PolicyDefinition<S, K>,
): (options: PolicyTask & z.input<PolicySchema<S>>) => Policy<ActedActions[K]> {
  checkArgument('registerPolicy', 'name', name, String);
  if (isRegistered(name)) {
    throw new Error(`registerPolicy: there is a policy '${name}' already, expected a name of its own`);
  }
  checkOptions(`registerPolicy('${name}')`, definition, {
    description: String,
    options: [Object, undefined],
    actions: ['box', 'discrete', 'multi-discrete', undefined],
    make: Function,
  });
  registry.set(name, completeDefinition(definition));
  return (options) => makePolicy(name, options as PolicyTask & Record<string, unknown>) as Policy<ActedActions[K]>;
}

export function isRegistered(name: string): boolean {
  return composed.has(name) || registry.has(name);
}

/** The options of a policy that {@link makePolicy} knows, undefined if it knows none of that name. */
export function policySchema(name: string): z.ZodObject | undefined {
  return registry.get(name)?.schema;
}

/** A policy that {@link makePolicy} knows. */
export interface PolicyInfo {
  readonly name: string;
  readonly description: string;
  /** Which actions it takes. */
  readonly actions: ActionKind;
  /** The options as a JSON Schema: of each its description, unit, default, type and bounds. */
  readonly options: z.core.JSONSchema.JSONSchema;
}

/** The policies that {@link makePolicy} knows, oxbow's first. */
export function policies(): PolicyInfo[] {
  return [...registry].map(([name, { description, actions, schema }]) => ({
    name,
    description,
    actions,
    options: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  }));
}

interface Candidate {
  readonly hidden: readonly number[];
  readonly policy: Policy;
  readonly count: number;
}

/** A policy that is no larger at this width than at a small one does not get larger. */
const WIDE = 4096;

/**
 * The policy whose number of parameters is nearest to `target`, of those with `hidden` widths in the given proportion.
 *
 * The count is about quadratic in the widths, so that the search goes by its square root: a few small and two or three of the
 * wanted size are made.
 * @throws if there are no hidden layers, or the policy has as many parameters whatever their widths
 */
function matchParameters(
  where: string,
  proportions: readonly number[],
  target: number,
  make: (hidden: readonly number[]) => Policy,
): Pick<Candidate, 'hidden' | 'policy'> {
  const widest = Math.max(...proportions);
  if (proportions.length === 0)
    throw new Error(`${where}: parameters: there is no hidden layer whose width could be scaled`);
  const candidate = (width: number): Candidate => {
    const hidden = proportions.map((share) => Math.max(1, Math.round((share * width) / widest)));
    const policy = make(hidden);
    return { hidden, policy, count: policy.parameterCount() };
  };
  let [below, low] = [candidate(1), 1];
  if (below.count >= target) return below;
  let [above, high] = [below, low];
  while (above.count < target) {
    if (above !== below) below.policy.dispose();
    [below, low] = [above, high];
    high = Math.max(high + 1, Math.min(64 * high, Math.ceil(high * Math.sqrt(target / below.count))));
    above = candidate(high);
    // A policy may round its widths.
    while (above.count <= below.count) {
      above.policy.dispose();
      if (high >= WIDE) {
        below.policy.dispose();
        throw new Error(
          `${where}: parameters: got ${target}, expected ${below.count}, which the policy has whatever the widths of its hidden layers`,
        );
      }
      high *= 2;
      above = candidate(high);
    }
  }
  while (high - low > 1) {
    const share = (Math.sqrt(target) - Math.sqrt(below.count)) / (Math.sqrt(above.count) - Math.sqrt(below.count));
    const width = Math.min(Math.max(Math.round(low + share * (high - low)), low + 1), high - 1);
    const between = candidate(width);
    const replaced = between.count < target ? below : above;
    replaced.policy.dispose();
    if (between.count < target) [below, low] = [between, width];
    else [above, high] = [between, width];
  }
  const [nearer, other] = above.count - target < target - below.count ? [above, below] : [below, above];
  other.policy.dispose();
  return nearer;
}
