import { show } from '../../src/options/describe.ts';
import { checkOptions, type Kinds } from '../../src/options/parse.ts';
import { notSpace, type Space } from '../../src/spaces/space.ts';
import type { AnyEnv, Info, ResetOptions, ResetResult, StepResult } from './env.ts';

// The single rules of the contract, for `PassiveEnvChecker` and `checkEnv`. Each throws one line: env, rule, what was got.

/** An env's name in messages: its id, or its class. */
export function envName(env: AnyEnv): string {
  return env.spec?.id ?? env.unwrapped?.constructor.name ?? env.constructor.name;
}

/** @throws `Error` with the line "name: problem" unless `condition` holds; `problem` is built only then. */
export function expectRule(env: AnyEnv, condition: boolean, problem: () => string): asserts condition {
  if (!condition) throw new Error(`${envName(env)}: ${problem()}`);
}

function checkSpaceOf(env: AnyEnv, name: 'actionSpace' | 'observationSpace'): void {
  const space: Partial<Space> | undefined = env[name];
  expectRule(env, space != null, () => `has no ${name}`);
  const problem = notSpace(space);
  expectRule(env, problem === undefined || problem.startsWith('its size'), () => `${name} is not a Space: ${problem}`);
  // Texts are observations without numbers.
  const least = name === 'actionSpace' ? 1 : 0;
  expectRule(
    env,
    Number.isInteger(space.size) && space.size! >= least,
    () => `${name}.size: got ${show(space.size)}, expected an integer ≥ ${least}`,
  );
}

/** @throws when `env` is no object with the methods of an `Env`; `owner` is who asks. */
export function checkMethods(owner: string, env: AnyEnv): void {
  if (typeof env !== 'object' || env === null) throw new Error(`${owner}: expected an env, got ${show(env)}`);
  if (env instanceof Promise) throw new Error(`${owner}: expected an env, got a Promise: await it first`);
  for (const method of ['reset', 'step', 'close'] as const) {
    expectRule(env, typeof env[method] === 'function', () => `has no ${method}()`);
  }
}

export function checkUnwrapped(env: AnyEnv): void {
  const { unwrapped } = env;
  expectRule(
    env,
    typeof unwrapped === 'object' && unwrapped !== null,
    () => `unwrapped: got ${show(unwrapped)}, expected the env inside all wrappers`,
  );
}

export function checkSpaces(env: AnyEnv): void {
  checkSpaceOf(env, 'actionSpace');
  checkSpaceOf(env, 'observationSpace');
}

export function checkObservation(env: AnyEnv, observation: unknown, from: string): void {
  const violation = env.observationSpace.violation(observation);
  expectRule(env, violation === undefined, () => `${from} gave an observation outside observationSpace: ${violation}`);
}

function isInfo(info: unknown): info is Info {
  return typeof info === 'object' && info !== null && !Array.isArray(info);
}

/** What is wrong with what a reset gave, the observation left out. */
export function resetProblem(result: unknown): string | undefined {
  if (!Array.isArray(result) || result.length !== 2) {
    return `reset() must return [observation, info], got ${show(result)}`;
  }
  return isInfo(result[1]) ? undefined : `reset() must give an info object, got ${show(result[1])}`;
}

export function checkResetResult(env: AnyEnv, result: unknown): void {
  const problem = resetProblem(result);
  expectRule(env, problem === undefined, () => problem!);
  checkObservation(env, (result as ResetResult<unknown>)[0], 'reset()');
}

/** Whether a step gave what it must, the observation left out: without an allocation, for all steps. What is wrong with others {@link stepProblem} says. */
export function isStepResult(result: unknown): result is StepResult<unknown> {
  return (
    Array.isArray(result) &&
    result.length === 5 &&
    isReward(result[1]) &&
    (result[2] === true || result[2] === false) &&
    (result[3] === true || result[3] === false) &&
    isInfo(result[4])
  );
}

/** What is wrong with the result of a step that is no {@link isStepResult}: the rule, and what was got. */
export function stepProblem(result: unknown): string {
  if (!Array.isArray(result) || result.length !== 5) {
    return `step() must return [observation, reward, terminated, truncated, info], got ${show(result)}`;
  }
  const [, reward, terminated, truncated, info] = result;
  if (!isReward(reward)) return `step() must give ${rewardRule(reward)} as reward, got ${show(reward)}`;
  for (const [name, flag] of Object.entries({ terminated, truncated })) {
    if (typeof flag !== 'boolean') return `step() must give a boolean as ${name}, got ${show(flag)}`;
  }
  return `step() must give an info object, got ${show(info)}`;
}

export function checkStepResult(env: AnyEnv, result: unknown): void {
  expectRule(env, isStepResult(result), () => stepProblem(result));
  checkObservation(env, result[0], 'step()');
}

/** What a reward must be, of which this is none. */
export function rewardRule(reward: unknown): string {
  return Number.isFinite(reward) ? 'a number that float32 holds' : 'a finite number';
}

/** Rewards are learnt from in float32. */
export function isReward(reward: unknown): reward is number {
  return typeof reward === 'number' && Number.isFinite(Math.fround(reward));
}

const resetKinds: Kinds<ResetOptions> = { seed: [Number, String, undefined], options: [Object, undefined] };

/**
 * Looks at what `reset` is given, if it is: a seed by itself, or a misspelt one, would be no seed.
 * @param owner whose `reset` it is, an env or a name
 * @throws one line
 */
export function checkResetOptions(owner: AnyEnv | string, options: ResetOptions | undefined): void {
  if (options === undefined) return;
  checkOptions(`${typeof owner === 'string' ? owner : envName(owner)}.reset`, options, resetKinds);
}

/** Equality by value of numbers, strings, arrays, typed arrays and plain objects; NaN equals NaN. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (a.constructor !== b.constructor) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => key in b && sameValue(a[key as keyof object], b[key as keyof object]))
  );
}
