import { describe } from './describe.ts';
import type { AnyEnv } from './env.ts';
import type { Space } from './spaces/space.ts';

// The single rules of the contract, for `PassiveEnvChecker` and `checkEnv`. Each throws one line: env, rule, what was got.

/** An env's name in messages: its id, or its class. */
export function envName(env: AnyEnv): string {
  return env.spec?.id ?? env.unwrapped?.constructor.name ?? env.constructor.name;
}

/** @throws `Error` with the line "name: problem" unless `condition` holds; `problem` is built only then. */
export function expectRule(env: AnyEnv, condition: boolean, problem: () => string): asserts condition {
  if (!condition) throw new Error(`${envName(env)}: ${problem()}`);
}

const spaceMethods = ['sample', 'contains', 'violation', 'write', 'read'] as const;

function checkSpace(env: AnyEnv, name: 'actionSpace' | 'observationSpace'): void {
  const space: Partial<Space> | undefined = env[name];
  expectRule(env, space != null, () => `has no ${name}`);
  const missing = spaceMethods.find((method) => typeof space[method] !== 'function');
  expectRule(env, missing === undefined, () => `${name} is not a Space: it has no ${missing}()`);
  // Texts are observations without numbers.
  const least = name === 'actionSpace' ? 1 : 0;
  expectRule(
    env,
    Number.isInteger(space.size) && space.size! >= least,
    () => `${name}.size must be an integer ≥ ${least}, got ${describe(space.size)}`,
  );
}

/** @throws when `env` is no object with the methods of an `Env`; `owner` is who asks. */
export function checkMethods(owner: string, env: AnyEnv): void {
  if (typeof env !== 'object' || env === null) throw new Error(`${owner}: expected an env, got ${describe(env)}`);
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
    () => `unwrapped must be the env inside all wrappers, got ${describe(unwrapped)}`,
  );
}

export function checkSpaces(env: AnyEnv): void {
  checkSpace(env, 'actionSpace');
  checkSpace(env, 'observationSpace');
}

function checkObservation(env: AnyEnv, observation: unknown, from: string): void {
  const violation = env.observationSpace.violation(observation);
  expectRule(env, violation === undefined, () => `${from} gave an observation outside observationSpace: ${violation}`);
}

function checkInfo(env: AnyEnv, info: unknown, from: string): void {
  expectRule(
    env,
    typeof info === 'object' && info !== null && !Array.isArray(info),
    () => `${from} must give an info object, got ${describe(info)}`,
  );
}

export function checkResetResult(env: AnyEnv, result: unknown): void {
  expectRule(
    env,
    Array.isArray(result) && result.length === 2,
    () => `reset() must return [observation, info], got ${describe(result)}`,
  );
  checkObservation(env, result[0], 'reset()');
  checkInfo(env, result[1], 'reset()');
}

export function checkStepResult(env: AnyEnv, result: unknown): void {
  expectRule(
    env,
    Array.isArray(result) && result.length === 5,
    () => `step() must return [observation, reward, terminated, truncated, info], got ${describe(result)}`,
  );
  const [observation, reward, terminated, truncated, info] = result;
  checkObservation(env, observation, 'step()');
  expectRule(
    env,
    typeof reward === 'number' && Number.isFinite(reward),
    () => `step() must give a finite number as reward, got ${describe(reward)}`,
  );
  for (const [name, flag] of [
    ['terminated', terminated],
    ['truncated', truncated],
  ]) {
    expectRule(env, typeof flag === 'boolean', () => `step() must give a boolean as ${name}, got ${describe(flag)}`);
  }
  checkInfo(env, info, 'step()');
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
