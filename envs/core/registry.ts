import type { z } from 'zod';
import { lettersApart, show } from '../../src/options/describe.ts';
import { checkArgument, checkCount, parseOptions, withDefaults } from '../../src/options/parse.ts';
import type { Box2dEnvOptionsById } from '../box2d/box2dEnvs.ts';
import type { EnvOptionsById } from '../builtinEnvs.ts';
import { gymnasiumProvider } from '../gymnasium/gymnasiumEnv.ts';
import type { MujocoEnvOptionsById } from '../mujoco/mujocoEnvs.ts';
import type { AnyEnv, Env, EnvSpec } from './env.ts';
import { checkIsObject } from './options.ts';
import { FrameStack } from './wrappers/frameStack.ts';
import { OrderEnforcing, PassiveEnvChecker, TimeLimit } from './wrappers/wrapper.ts';

/** What {@link register} is told of an env. */
export interface EnvRegistration<Options extends object = Record<string, unknown>> {
  /** `Name-v0` or `namespace/Name-v0`; the version rises whenever results change. */
  id: string;
  /** Makes the bare env. */
  entryPoint(options: Options): AnyEnv;
  /** Steps after which an episode is truncated; never when left out. */
  maxEpisodeSteps?: number;
  /** Mean return at which the task counts as solved. */
  rewardThreshold?: number;
  /** Options that `make` hands to `entryPoint` unless its caller gives others. */
  options?: Partial<Options>;
  /**
   * The module that calls `register`, by its address: `import.meta.url`. With `workers`, each thread of `makeVec` imports it. Modules that
   * `--load` names need not say it.
   */
  module?: string;
  /** What checks the options before `entryPoint` gets them, gives defaults, and says what each means; any options pass without. */
  schema?: z.ZodObject;
}

/** What {@link make} itself takes. */
export interface MakeLimits {
  /** In place of the registered limit; `Infinity` for none. */
  maxEpisodeSteps?: number;
  /** Leaves out `PassiveEnvChecker`. */
  disableEnvChecker?: boolean;
  /** Shows so many of the last observations at once (`FrameStack`); one when left out. */
  frameStack?: number;
  /** How many threads share the envs of a `makeVec`; 1, the caller's own, when left out. `make` takes no notice of it. */
  workers?: number;
  /** Seconds that these threads may take for one call; 60 when left out, `Infinity` for any time. */
  workerTimeout?: number;
}

/** Options of {@link make} for an env that it knows no more of. */
export interface MakeOptions extends MakeLimits {
  /** All else goes to the env's entry point. */
  [envOption: string]: unknown;
}

type AllOptionsById = EnvOptionsById & Box2dEnvOptionsById & MujocoEnvOptionsById;

/** The id of an environment of oxbow. */
export type EnvId = keyof AllOptionsById;

/** The options of an env by its id: those of an environment of oxbow, or any. */
export type EnvOptions<Id extends string> = Id extends EnvId ? AllOptionsById[Id] : Readonly<Record<string, unknown>>;

const registry = new Map<string, EnvRegistration>();
/** Modules that were imported for what they register, by address. */
const loaded = new Set<string>();
const idPattern = /^(?:[\w-]+\/)?[\w.-]+-v\d+$/;

/**
 * Makes an env known to {@link make} under its id.
 *
 * @throws when the id is malformed or taken, `maxEpisodeSteps` is not a positive integer, or `module` is no address.
 */
export function register<Options extends object = Record<string, unknown>>(
  registration: EnvRegistration<Options>,
): void {
  checkArgument('register', 'registration', registration, Object);
  const { id, entryPoint, maxEpisodeSteps, module } = registration;
  if (typeof id !== 'string' || !idPattern.test(id)) {
    throw new Error(`register: the id must look like Name-v0 or namespace/Name-v0, got ${show(id)}`);
  }
  if (registry.has(id)) throw new Error(`register: ${id} is registered already`);
  if (typeof entryPoint !== 'function') {
    throw new Error(`register: ${id} needs an entryPoint function, got ${show(entryPoint)}`);
  }
  if (maxEpisodeSteps !== undefined) checkCount(`register: ${id}`, 'maxEpisodeSteps', maxEpisodeSteps);
  if (module !== undefined && !(typeof module === 'string' && URL.canParse(module))) {
    throw new Error(`register: ${id}: module: got ${show(module)}, expected an address such as import.meta.url`);
  }
  registry.set(id, registration as unknown as EnvRegistration);
}

/** The ids that {@link make} knows, sorted. */
export function registeredEnvs(): string[] {
  return [...registry.keys()].sort();
}

/** Remembers that a module was imported for what it registers, by its address. */
export function noteLoaded(module: string): void {
  loaded.add(module);
}

/** The modules that another thread imports so that it knows an env, in this order. */
export function modulesOf(id: string): string[] {
  const { module } = registry.get(id) ?? {};
  return [...new Set([...loaded, ...(module === undefined ? [] : [module])])];
}

/** What {@link make} takes for an env beside its own options, with the defaults that it is registered with; undefined where it does not say. */
export function envSchema(id: string): z.ZodObject | undefined {
  const { schema, options = {} } = registry.get(id) ?? {};
  return schema && withDefaults(schema, options);
}

function unknownId(owner: string, id: string): Error {
  const ids = registeredEnvs();
  const isRegistered = (namespace: string) => ids.some((known) => namespaceOf(known) === namespace);
  // A program may import the module of a namespace by itself. Then the id is not one of its envs.
  if (isUnloaded(id) && !isRegistered(namespaceOf(id))) {
    return new Error(`${owner}: ${id} is not loaded: await loadEnv('${id}') first`);
  }
  const near = ids
    .map((known) => ({ known, distance: lettersApart(String(id), known) }))
    .filter(({ distance }) => distance <= 3)
    .sort((a, b) => a.distance - b.distance);
  const others = loadableNamespaces().filter((namespace) => !isRegistered(namespace));
  const all = [...ids, ...others.map((namespace) => `${namespace}/… after loadEnv`)];
  const hint =
    near.length > 0 ? `did you mean ${near.map(({ known }) => known).join(' or ')}?` : `known are ${all.join(', ')}`;
  return new Error(`${owner}: no environment is registered as ${show(id)}; ${hint}`);
}

/**
 * The env registered as `id`, ready to use: its spec is set, its first results are checked (`PassiveEnvChecker`), its time limit
 * holds (`TimeLimit`) and calls out of order are errors (`OrderEnforcing`).
 *
 * @throws when the id is unknown, naming those that are near; for an option that its schema does not take; and whatever the entry
 * point throws for its options.
 */
export function make<Observation = Float32Array, Action = Float32Array | number, Id extends string = string>(
  id: Id | EnvId,
  options?: MakeLimits & EnvOptions<Id>,
): Env<Observation, Action>;
export function make(id: string, given: MakeOptions = {}): AnyEnv {
  checkArgument('make', 'id', id, String);
  checkIsObject('make', given);
  const foreign = providerOf(id);
  return foreign ? foreign.provider.make(foreign.id, given) : makeRegistered('make', id, given);
}

/** The names of {@link MakeLimits}. */
export const limitNames = [
  'maxEpisodeSteps',
  'disableEnvChecker',
  'frameStack',
  'workers',
  'workerTimeout',
] as const satisfies (keyof MakeLimits)[];

/**
 * {@link make}, also for a vector env, which looks at every step itself.
 * @param owner whose errors these are
 * @param own names of options that it takes itself, which errors name beside the others
 */
export function makeRegistered(
  owner: 'make' | 'makeVec',
  id: string,
  given: MakeOptions,
  own: readonly string[] = [],
): AnyEnv {
  const { maxEpisodeSteps, disableEnvChecker = false, frameStack, workers: _, workerTimeout: __, ...options } = given;
  if (maxEpisodeSteps !== undefined && maxEpisodeSteps !== Infinity)
    checkCount(owner, 'maxEpisodeSteps', maxEpisodeSteps);
  checkArgument(owner, 'disableEnvChecker', disableEnvChecker, Boolean);
  const registration = registry.get(id);
  if (registration === undefined) throw unknownId(owner, id);
  const limit = maxEpisodeSteps ?? registration.maxEpisodeSteps ?? Infinity;
  const allOptions: Record<string, unknown> = { ...registration.options, ...options };

  const { schema } = registration;
  const checked =
    schema === undefined ? allOptions : parseOptions(`${owner}('${id}')`, schema, allOptions, [...limitNames, ...own]);
  const bare = registration.entryPoint(checked);
  const spec: EnvSpec = {
    id,
    maxEpisodeSteps: limit === Infinity ? undefined : limit,
    rewardThreshold: registration.rewardThreshold,
    options: allOptions,
  };
  bare.unwrapped.spec = spec;
  let env = disableEnvChecker ? bare : new PassiveEnvChecker(bare, { everyStep: owner === 'make' });
  if (limit !== Infinity) env = new TimeLimit(env, limit);
  if (frameStack !== undefined) env = new FrameStack(env as never, { stackSize: frameStack }) as AnyEnv;
  return new OrderEnforcing(env);
}

const loaders = new Map<string, () => Promise<unknown>>();
const loadedNamespaces = new Set<string>();

/** Says how the envs of a namespace, `namespace/Name-v0`, are loaded: `load` registers them, and waits for what they need. */
export function registerLoader(namespace: string, load: () => Promise<unknown>): void {
  loaders.set(namespace, load);
}

/** The namespaces whose envs must be loaded before they can be made, in the order of their registration. */
export function loadableNamespaces(): string[] {
  return [...loaders.keys()];
}

/** Whether the env has a namespace that {@link loadEnv} knows, and has not loaded. */
export function isUnloaded(id: string): boolean {
  const namespace = namespaceOf(id);
  return loaders.has(namespace) && !loadedNamespaces.has(namespace);
}

/**
 * Loads what an env needs before {@link make} can make it: the physics of `mujoco/…` and `box2d/…`. Other envs need nothing. What is loaded stays so.
 *
 * @throws one line, if a package that it needs is not installed
 */
export async function loadEnv(id: string): Promise<void> {
  checkArgument('loadEnv', 'id', id, String);
  const namespace = namespaceOf(id);
  await loaders.get(namespace)?.();
  loadedNamespaces.add(namespace);
}

/** `mujoco` of `mujoco/Hopper-v5`; empty where there is none. */
function namespaceOf(id: string): string {
  const [namespace, ...rest] = String(id).split('/');
  return rest.length === 0 ? '' : namespace!;
}

/** Who makes the env of an id `gymnasium:…`, and what it is called there; undefined for the ids of this register. */
export function providerOf(id: string): { provider: typeof gymnasiumProvider; id: string } | undefined {
  const prefix = 'gymnasium:';
  return String(id).startsWith(prefix) ? { provider: gymnasiumProvider, id: id.slice(prefix.length) } : undefined;
}
