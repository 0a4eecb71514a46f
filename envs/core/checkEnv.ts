import { Rng } from '../../src/random.ts';
import { checkResetResult, checkSpaces, checkStepResult, expectRule, sameValue } from './checks.ts';
import { describe } from './describe.ts';
import type { AnyEnv, StepResult } from './env.ts';
import { checkCount } from './options.ts';
import type { Space } from './spaces/space.ts';
import { restoreState, stateOf } from './state.ts';

export interface CheckEnvOptions {
  /** Seed of the checks and of the random actions. */
  seed?: number;
  /** Random steps to take, over as many episodes as that needs. */
  steps?: number;
}

function checkSpaceSamples(env: AnyEnv, name: 'actionSpace' | 'observationSpace', rng: Rng): void {
  const space: Space = env[name];
  const value = space.sample(rng);
  const violation = space.violation(value);
  expectRule(env, violation === undefined, () => `${name}.sample() gave a value outside ${name}: ${violation}`);
  const row = new Float64Array(space.size);
  space.write(value, row, 0);
  const back = space.read(row, 0);
  expectRule(
    env,
    sameValue(back, value),
    () => `${name}: read() after write() gave ${describe(back)}, expected ${describe(value)}`,
  );
}

/** `reset({ seed })` alone decides the first observation. */
function checkResetSeed(env: AnyEnv, seed: number): void {
  const [first, firstInfo] = env.reset({ seed });
  const [second, secondInfo] = env.reset({ seed });
  expectRule(
    env,
    sameValue(first, second) && sameValue(firstInfo, secondInfo),
    () => `two resets with seed ${seed} differ: ${describe([first, firstInfo])}, ${describe([second, secondInfo])}`,
  );
}

/** The results of `actions`, over as many episodes as they last. */
function play(env: AnyEnv, actions: readonly unknown[]): unknown[] {
  const results: unknown[] = [];
  for (const action of actions) {
    const result = env.step(action);
    results.push(result);
    if (result[2] || result[3]) results.push(env.reset());
  }
  return results;
}

/** @throws with `problem` and the first two results that differ. */
function checkSameResults(env: AnyEnv, first: unknown[], second: unknown[], problem: string): void {
  const at = first.findIndex((result, i) => !sameValue(result, second[i]));
  expectRule(env, at < 0, () => `${problem}: ${describe(first[at])}, then ${describe(second[at])}`);
}

function checkDeterminism(env: AnyEnv, seed: number, actions: readonly unknown[]): void {
  const run = () => [env.reset({ seed }), ...play(env, actions)];
  checkSameResults(env, run(), run(), `two runs with seed ${seed} and the same actions differ`);
}

function checkSteps(env: AnyEnv, seed: number, actions: readonly unknown[]): void {
  let [previous] = env.reset({ seed });
  for (const action of actions) {
    const kept = structuredClone(previous);
    const given = structuredClone(action);
    const result: StepResult<unknown> = env.step(action);
    checkStepResult(env, result);
    expectRule(env, sameValue(action, given), () => `step() wrote to the action it was given, ${describe(given)}`);
    expectRule(
      env,
      typeof previous !== 'object' || (result[0] !== previous && sameValue(previous, kept)),
      () => 'step() wrote to the observation it gave before: observations must be fresh',
    );
    previous = result[0];
    if (result[2] || result[3]) {
      const reset = env.reset();
      checkResetResult(env, reset);
      previous = reset[0];
    }
  }
}

/** A snapshot, sent through JSON, takes the env back to where it was. */
function checkState(env: AnyEnv, seed: number, actions: readonly unknown[]): void {
  const { state, setState } = env.unwrapped;
  expectRule(
    env,
    (state === undefined) === (setState === undefined),
    () => 'has one of state() and setState(): needs both',
  );
  if (state === undefined) return;
  env.reset({ seed });
  const snapshot = JSON.parse(JSON.stringify(stateOf(env)));
  const before = play(env, actions);
  restoreState(env, snapshot);
  checkSameResults(env, before, play(env, actions), 'setState(state()) does not go back');
}

/**
 * Checks an env against the contract of {@link Env}, rule by rule, from the simple to the subtle:
 *
 * 1. both spaces are there and well formed; their samples are members and survive a batch row;
 * 2. `reset` returns `[observation, info]`, the observation in its space;
 * 3. `reset({ seed })` twice gives the same, `reset({ options: {} })` works;
 * 4. over `steps` random actions every `step` returns five parts of the right kind: observation in its space and fresh,
 *    reward finite, two booleans, info; and leaves the action as it was;
 * 5. two runs with one seed and the same actions are equal;
 * 6. `state` and `setState`, where the env has them, go back exactly, through JSON;
 * 7. `close` may be called twice.
 *
 * The env is closed afterwards.
 *
 * @throws at the first rule broken, with one line that names the env, the rule and what was got.
 */
export function checkEnv(env: AnyEnv, { seed = 123, steps = 200 }: CheckEnvOptions = {}): void {
  checkCount('checkEnv', 'steps', steps);
  checkSpaces(env);
  const rng = new Rng(seed).split('checkEnv');
  checkSpaceSamples(env, 'actionSpace', rng);
  checkSpaceSamples(env, 'observationSpace', rng);
  checkResetResult(env, env.reset({ seed }));
  checkResetSeed(env, seed);
  checkResetResult(env, env.reset({ seed, options: {} }));
  const actions = Array.from({ length: steps }, () => env.actionSpace.sample(rng));
  checkSteps(env, seed, actions);
  checkDeterminism(env, seed, actions);
  checkState(env, seed, actions);
  env.close();
  env.close();
}
