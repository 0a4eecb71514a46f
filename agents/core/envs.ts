import { z } from 'zod';
import { NUM_ENVS_LIMIT, VectorWrapper } from '../../envs/core/vectorEnv.ts';
import {
  ActionChunkVectorEnv,
  type AnyEnv,
  type BatchArray,
  Box,
  Discrete,
  type EnvId,
  type EnvOptions,
  FlatVectorEnv,
  type Info,
  type MakeLimits,
  MultiBinary,
  MultiDiscrete,
  makeVec,
  type Space,
  SyncVectorEnv,
  type VectorEnv,
  type VectorResetOptions,
  type VectorStep,
} from '../../envs/index.ts';
import { type ChoiceSpace, choicesOf, ObservationLayout, type Policy, type Rng } from '../../src/index.ts';
import { note } from '../../src/options/describe.ts';
import { chunkBox } from '../../src/policies/actionChunks.ts';
import { partSchemas } from './options.ts';

/** Rows of actions as the environment gets them, each component of a box clipped to its bounds, in a fresh array. */
export function commandActions(actions: ArrayLike<number>, space: ActionSpace): Float32Array {
  const commanded = new Float32Array(actions);
  if (!(space instanceof Box)) return commanded;
  const { low, high, size } = space;
  for (let i = 0; i < commanded.length; i++) {
    commanded[i] = Math.min(Math.max(actions[i]!, low[i % size]!), high[i % size]!);
  }
  return commanded;
}

/**
 * One step of all environments.
 * @param commanded `[envs · actionDim]`, as {@link commandActions} gives them
 * @throws if a reward or an observation is not finite
 */
export function stepEnvs(owner: string, env: VectorEnv, commanded: Float32Array): VectorStep {
  const step = env.step(commanded);
  checkFinite(owner, 'reward', step.rewards, env.numEnvs);
  checkFinite(owner, 'observation', step.observations, env.numEnvs);
  checkFinite(owner, 'observation', step.finalObservations, env.numEnvs, step);
  return step;
}

/** The first observations, `[envs · observationDim]`. @throws if one is not finite */
export function resetEnvs(owner: string, env: VectorEnv, seed?: string): Float32Array {
  const [observations] = env.reset(seed === undefined ? {} : { seed });
  checkFinite(owner, 'observation', observations, env.numEnvs);
  return observations;
}

/** @param step of which environments the rows are looked at: of those that it has ended; of all by default */
function checkFinite(owner: string, what: string, rows: ArrayLike<number>, numEnvs: number, step?: VectorStep): void {
  for (let i = 0; i < rows.length; i++) {
    if (Number.isFinite(rows[i])) continue;
    const env = Math.floor((i * numEnvs) / rows.length);
    if (step !== undefined && !step.terminations[env] && !step.truncations[env]) continue;
    throw new Error(`${owner}: environment ${env} gave ${rows[i]} in its ${what}, expected finite numbers`);
  }
}

/** Fills `actions`, `[envs · actionDim]`, with draws that are uniform in a space: a bounded box, or one of choices. */
export function fillUniform(actions: Float32Array, space: ActionSpace, rng: Rng): Float32Array {
  const { size } = space;
  if (!(space instanceof Box)) {
    // TypeScript does not see that each kind of space writes what it samples.
    const choices = space as Discrete;
    for (let i = 0; i < actions.length; i += size) choices.write(choices.sample(rng), actions, i);
    return actions;
  }
  const { low, high } = space;
  for (let i = 0; i < actions.length; i++) actions[i] = rng.uniform(low[i % size], high[i % size]);
  return actions;
}

/**
 * Where a policy acts: the id of an environment, a function that makes one at each call, or environments that there are. Of those
 * that are opened by id or by a function, whoever opens them closes them.
 */
export type EnvSource<Id extends string = string> = Id | EnvId | (() => AnyEnv) | AnyEnv | VectorEnv;

const isEnvSource = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'function' || partSchemas.env.safeParse(value).success;

/** The fields of an {@link EnvRequest}, for the schema of options. */
export const envRequestShape = {
  env: z.custom<EnvSource>(isEnvSource, 'the id of an environment, a function that makes one, or environments').meta({
    description: 'the id of an environment, a function that makes one at each call, or environments that there are',
    type: 'string, () => Env, Env or VectorEnv',
  }),
  envOptions: z.record(z.string(), z.unknown()).optional().describe('options of an environment that is named'),
  numEnvs: z.int().positive().max(NUM_ENVS_LIMIT).optional().meta({
    description: 'how many environments to open; not of environments that there are',
    unit: 'environments',
  }),
};

/** How {@link EnvSource}s are opened. */
export interface EnvRequest<Id extends string = string> {
  readonly env: EnvSource<Id>;
  /** Options of an environment that is named. */
  readonly envOptions?: (EnvOptions<Id> & MakeLimits) | undefined;
  /** How many to open; not of environments that there are. */
  readonly numEnvs?: number | undefined;
}

/**
 * Opens environments that reset in the step that ends an episode.
 * @param usual how many, unless `numEnvs` says it
 * @returns them, and what closes those that were opened here
 * @throws as `makeVec` does; if options or a number are given for environments that there are
 */
export function openEnvs(owner: string, { env: source, envOptions, numEnvs }: EnvRequest, usual: number) {
  if (typeof source !== 'string' && envOptions !== undefined) {
    if ('workers' in envOptions && typeof source === 'function') {
      const expected = 'expected the id that it is registered under, in a module of its own';
      throw new Error(`${owner}: envOptions: workers: a function cannot go to another thread, ${expected}`);
    }
    const got = `got ${kindOf(source)}`;
    throw new Error(`${owner}: envOptions: these are for an environment that is named by its id, ${got}`);
  }
  if (typeof source === 'object') {
    const expected = 'expected an id or a function that makes one';
    if (numEnvs !== undefined) {
      throw new Error(`${owner}: numEnvs: got ${numEnvs} for ${kindOf(source)}, ${expected}`);
    }
    return { env: source, close: () => {} };
  }
  const [count, autoresetMode] = [numEnvs ?? usual, 'sameStep'] as const;
  const env =
    typeof source === 'string'
      ? makeVec(source, { ...envOptions, numEnvs: count, autoresetMode })
      : new SyncVectorEnv(Array<() => AnyEnv>(count).fill(source), { autoresetMode });
  return { env, close: () => env.close() };
}

function kindOf(source: Exclude<EnvSource, string>): string {
  if (typeof source === 'function') return 'a function that makes one';
  return 'numEnvs' in source ? `${source.numEnvs} that there are` : 'one that there is';
}

/** The spaces of one environment, alone or of many. */
export function spacesOf(env: VectorEnv | AnyEnv): { readonly observationSpace: Space; readonly actionSpace: Space } {
  return 'numEnvs' in env
    ? { observationSpace: env.singleObservationSpace, actionSpace: env.singleActionSpace }
    : { observationSpace: env.observationSpace as Space, actionSpace: env.actionSpace as Space };
}

/** Keeps what a vector env gave last, for who sees it through a wrapper that changes observations. */
export class TappedVectorEnv extends VectorWrapper {
  /** What the last reset gave, or the last step. */
  observations = new Float32Array(0);
  infos: readonly Info[] = [];
  /** The last step since the reset. */
  last: VectorStep | undefined;

  override reset(options?: VectorResetOptions): [observations: Float32Array, infos: Info[]] {
    const [observations, infos] = this.env.reset(options);
    Object.assign(this, { observations, infos, last: undefined });
    return [observations, infos];
  }

  override step(actions: BatchArray): VectorStep {
    const step = this.env.step(actions);
    Object.assign(this, { observations: step.observations, infos: step.infos, last: step });
    return step;
  }
}

/** The spaces of actions that policies have. */
export type ActionSpace = Box | Discrete | MultiDiscrete | MultiBinary;

/** Parallel environments that reset in the step that ends an episode, with the space of their actions. */
export interface PolicyEnv {
  readonly env: VectorEnv;
  readonly actionSpace: ActionSpace;
}

/**
 * The environments that a policy acts in, their observations as it sees them; a single one becomes a vector of one. Says so where their
 * actions have other bounds than those that the policy was made for.
 * @throws if they do not fit the policy, have actions or observations that no policy has, or do not reset in the same step
 */
export function vectorEnvFor(owner: string, policy: Policy, given: VectorEnv | AnyEnv): PolicyEnv {
  const env = 'numEnvs' in given ? given : new SyncVectorEnv([() => given], { autoresetMode: 'sameStep' });
  const { singleActionSpace: actionSpace } = env;
  const layout = new ObservationLayout(`${owner}: the environment's observations`, env.singleObservationSpace);
  const { discreteActions, observationDim, maskDim } = policy;
  if (layout.size !== observationDim - maskDim || !isActionSpaceOf(policy, actionSpace)) {
    const actions = discreteActions ? `${spaceOf(discreteActions)} actions` : `a Box of ${stepSize(policy)} actions`;
    throw new Error(
      `${owner}: wanted an environment with ${observationDim - maskDim} observations and ${actions}, as the policy has, ` +
        `got ${layout.size} and ${actionSpace instanceof Box ? `a Box of ${actionSpace.size}` : actionSpace}`,
    );
  }
  if (env.autoresetMode !== 'sameStep') {
    throw new Error(`${owner}: wanted an environment with autoresetMode 'sameStep', got '${env.autoresetMode}'`);
  }
  if (actionSpace instanceof Box) noteOtherBounds(owner, policy, actionSpace);
  if (layout.isPlain && maskDim === 0) return { env, actionSpace };
  return { env: new FlatVectorEnv(env, { actionMask: maskDim > 0 }), actionSpace };
}

/**
 * {@link vectorEnvFor}, for agents that learn from what a policy does, action by action: of a policy of chunks an action is a chunk, and a step
 * the steps in which it is made.
 * @param gamma the discount of a step
 * @throws also if chunks are blended: what is done is then no sample of the policy
 */
export function decisionEnvFor(owner: string, policy: Policy, given: VectorEnv | AnyEnv, gamma: number): PolicyEnv {
  const seen = vectorEnvFor(owner, policy, given);
  if (policy.chunk === undefined) return seen;
  const { length, execute, blend } = policy.chunk;
  if (blend !== undefined) {
    const expected = 'expected none: a mean of chunks is no sample of the policy';
    throw new Error(`${owner}: policy: got one with blend: ${blend}, ${expected}`);
  }
  const env = new ActionChunkVectorEnv(seen.env, { length, execute, gamma });
  return { env, actionSpace: env.singleActionSpace };
}

/** The space of what a policy gives: of one action, or of a chunk of them. */
export function givenSpace({ chunk }: Policy, space: Box): Box {
  return chunk === undefined ? space : new Box({ ...chunkBox(space, chunk.length), dtype: space.dtype });
}

/** How many numbers the action of one step has. */
export function stepSize({ actionDim, chunk }: Policy): number {
  return actionDim / (chunk?.length ?? 1);
}

function isActionSpaceOf(policy: Policy, space: unknown): space is ActionSpace {
  const { discreteActions } = policy;
  if (discreteActions === undefined) return space instanceof Box && space.size === stepSize(policy);
  if (!(space instanceof Discrete || space instanceof MultiDiscrete || space instanceof MultiBinary)) return false;
  return String(spaceOf(discreteActions)) === String(spaceOf(space));
}

/** Bounds that are missing agree with all others: as those of `ClipAction`, they say nothing of the units of an action. */
function noteOtherBounds(owner: string, { config }: Policy, { low, high, size }: Box): void {
  const made = config?.actionSpace;
  if (made === undefined || !('low' in made)) return;
  const differ = (a: number, b: number) =>
    Number.isFinite(a) && Number.isFinite(b) && Math.fround(a) !== Math.fround(b);
  const at = low.findIndex((bound, i) => differ(made.low[i]!, bound) || differ(made.high[i]!, high[i]!));
  if (at < 0) return;
  const interval = (...bounds: number[]) => `[${bounds.map((bound) => Number(bound.toPrecision(7))).join(', ')}]`;
  note(
    `${owner}: the policy was made for actions in ${interval(made.low[at]!, made.high[at]!)}, the environment has ` +
      `${interval(low[at]!, high[at]!)}${size > 1 ? ` at ${at}` : ''}`,
  );
}

/** The space of such choices, whatever the shape in which they come. */
function spaceOf(space: ChoiceSpace): Discrete | MultiDiscrete | MultiBinary {
  if ('n' in space) return new Discrete(space.n, space.start);
  if ('binaries' in space) return new MultiBinary(space.binaries);
  const { nvec, start } = choicesOf(space);
  return new MultiDiscrete(nvec, start);
}
