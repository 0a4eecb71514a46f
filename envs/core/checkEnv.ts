import { show } from '../../src/options/describe.ts';
import { checkCount, checkOptions } from '../../src/options/parse.ts';
import { Rng } from '../../src/random.ts';
import { Box } from '../../src/spaces/box.ts';
import { Dict, Tuple } from '../../src/spaces/composite.ts';
import type { Space } from '../../src/spaces/space.ts';
import { Text } from '../../src/spaces/text.ts';
import {
  checkMethods,
  checkResetResult,
  checkSpaces,
  checkStepResult,
  checkUnwrapped,
  expectRule,
  sameValue,
} from './checks.ts';
import { type AnyEnv, restoreState, type StepResult, stateOf } from './env.ts';
import type { GoalEnv, GoalObservation } from './goalEnv.ts';

/** Options of {@link checkEnv}. */
interface CheckEnvOptions {
  /** What seeds and random actions are drawn from; `new Rng('checkEnv')`. */
  rng?: Rng;
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
    sameValue(back, withoutTexts(space, value)),
    () => `${name}: read() after write() gave ${show(back)}, expected ${show(value)}`,
  );
}

/** What the row of a batch keeps of a value. */
function withoutTexts(space: Space, value: unknown): unknown {
  if (space instanceof Text) return '';
  if (space instanceof Tuple)
    return space.spaces.map((part, i) => withoutTexts(part as Space, (value as unknown[])[i]));
  if (!(space instanceof Dict)) return value;
  const parts = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(parts.map(([key, part]) => [key, withoutTexts(space.spaces[key] as Space, part)]));
}

/** `reset({ seed })` alone decides the first observation, and that of the next `reset()`. */
function checkResetSeed(env: AnyEnv, seed: number): void {
  const resets = () => structuredClone([env.reset({ seed }), env.reset()]);
  const first = resets();
  const second = resets();
  expectRule(
    env,
    sameValue(first[0], second[0]),
    () => `two resets with seed ${seed} differ: ${show(first[0])}, ${show(second[0])}`,
  );
  expectRule(
    env,
    sameValue(first[1], second[1]),
    () => `reset() after reset({ seed: ${seed} }) differs: ${show(first[1])}, ${show(second[1])}`,
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
  expectRule(env, at < 0, () => `${problem}: ${show(first[at])}, then ${show(second[at])}`);
}

function checkDeterminism(env: AnyEnv, seed: number, actions: readonly unknown[]): void {
  const run = () => [env.reset({ seed }), ...play(env, actions)];
  checkSameResults(env, run(), run(), `two runs with seed ${seed} and the same actions differ`);
}

function checkSteps(env: AnyEnv, seed: number, actions: readonly unknown[]): void {
  const limit = env === env.unwrapped ? undefined : env.spec?.maxEpisodeSteps;
  let [previous] = env.reset({ seed });
  let steps = 0;
  for (const action of actions) {
    const kept = structuredClone(previous);
    const given = structuredClone(action);
    const result: StepResult<unknown> = env.step(action);
    steps++;
    checkStepResult(env, result);
    expectRule(env, sameValue(action, given), () => `step() wrote to the action it was given, ${show(given)}`);
    expectRule(
      env,
      typeof previous !== 'object' || (result[0] !== previous && sameValue(previous, kept)),
      () => 'step() wrote to the observation it gave before: observations must be fresh',
    );
    checkGoals(env, result);
    const [observation, , terminated, truncated] = result;
    expectRule(
      env,
      limit === undefined || steps < limit || terminated || truncated,
      () => `the episode goes on after ${steps} steps, expected a truncation at spec.maxEpisodeSteps = ${limit}`,
    );
    expectRule(
      env,
      steps > 1 || !truncated || terminated || limit === 1,
      () => 'the first step of an episode was truncated: nothing can be learned',
    );
    previous = observation;
    if (terminated || truncated) {
      const reset = env.reset();
      checkResetResult(env, reset);
      previous = reset[0];
      steps = 0;
    }
  }
}

/** What a step with a goal earned and whether it ended the task is what the env computes of its goals. */
function checkGoals(env: AnyEnv, [observation, reward, terminated, , info]: StepResult<unknown>): void {
  const goalEnv = env.unwrapped as AnyEnv & Partial<GoalEnv<unknown>>;
  if (goalEnv.computeReward === undefined || env.observationSpace !== goalEnv.observationSpace) return;
  const { achieved_goal: achieved, desired_goal: desired } = observation as GoalObservation<unknown>;
  const computed = goalEnv.computeReward(achieved, desired, info);
  expectRule(env, computed === reward, () => `step() gave the reward ${reward}, computeReward() ${show(computed)}`);
  const ends = goalEnv.computeTerminated?.(achieved, desired, info) ?? terminated;
  expectRule(env, ends === terminated, () => `step() gave terminated ${terminated}, computeTerminated() ${show(ends)}`);
}

/** Adds `value` and all that it holds to `objects`, frozen ones left out: nobody can write to them. */
function collectObjects(value: unknown, objects: Set<object>): Set<object> {
  if (typeof value !== 'object' || value === null || objects.has(value)) return objects;
  if (!Object.isFrozen(value)) objects.add(ArrayBuffer.isView(value) ? value.buffer : value);
  if (!ArrayBuffer.isView(value)) for (const part of Object.values(value)) collectObjects(part, objects);
  return objects;
}

/** What was given out belongs to the caller: no two calls may share an object, or an array's memory. */
function checkFreshData(env: AnyEnv, seed: number, actions: readonly unknown[]): void {
  const calls: [name: string, observation: unknown, info: unknown][] = [['reset()', ...env.reset({ seed })]];
  for (const action of actions.slice(0, 2)) {
    const [observation, , terminated, truncated, info] = env.step(action);
    calls.push([`step() ${calls.length}`, observation, info]);
    if (terminated || truncated) break;
  }
  calls.push(['the next reset()', ...env.reset({ seed })]);
  for (const part of [1, 2] as const) {
    const what = part === 1 ? 'observations' : 'infos';
    const owners = new Map<object, string>();
    for (const call of calls) {
      for (const object of collectObjects(call[part], new Set())) {
        const owner = owners.get(object);
        expectRule(
          env,
          owner === undefined,
          () => `the ${what} of ${owner} and ${call[0]} share an object: ${what} must be fresh`,
        );
        owners.set(object, call[0]);
      }
    }
  }
}

/** A drawing is an `<svg>` of one size, and drawing changes nothing. */
function checkRender(env: AnyEnv, seed: number, actions: readonly unknown[]): void {
  if (env.unwrapped.render === undefined) return;
  env.reset({ seed });
  const expected = play(env, actions);
  env.reset({ seed });
  let viewBox: string | undefined;
  const drawn = actions.map((action) => {
    const svg = env.render!();
    const found =
      typeof svg === 'string' ? /^<svg\b[^>]*\sviewBox="([^"]*)"[^>]*>.*<\/svg>$/s.exec(svg)?.[1] : undefined;
    expectRule(env, found !== undefined, () => `render() must give one <svg> with a viewBox, got ${show(svg)}`);
    expectRule(
      env,
      viewBox === undefined || found === viewBox,
      () => `render() must keep its viewBox, got ${found} after ${viewBox}`,
    );
    viewBox = found;
    return play(env, [action]);
  });
  checkSameResults(env, expected, drawn.flat(), 'render() changes what follows');
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

/** What is no error but makes learning harder, box by box. */
function adviceOn(name: string, space: Space): string[] {
  if (space instanceof Dict || space instanceof Tuple) {
    return Object.entries<Space>(space.spaces).flatMap(([key, part]) => adviceOn(`${name}.${key}`, part));
  }
  if (!(space instanceof Box)) return [];
  return space.bounded ? [] : [`${name} has infinite bounds: give finite ones where they are known`];
}

/**
 * Checks an env against the contract of {@link Env}, rule by rule in Gymnasium's order, from the simple to the subtle:
 *
 * 1. the methods and both spaces are there and well formed; samples are members and survive a batch row;
 * 2. `reset` returns `[observation, info]`, the observation in its space;
 * 3. `reset({ seed })` twice gives the same, and so does the `reset()` after it; `reset({ options: {} })` works;
 * 4. over `steps` random actions every `step` returns five parts of the right kind: observation in its space and fresh,
 *    reward finite, two booleans, info; and leaves the action as it was; no first step is truncated, and a time limit holds; where
 *    the env has goals, `computeReward` and `computeTerminated` agree with it;
 * 5. two runs with one seed and the same actions are equal;
 * 6. no two calls give out the same object;
 * 7. `render`, where the env has it, draws an `<svg>` and changes nothing;
 * 8. `state` and `setState`, where the env has them, go back exactly, through JSON;
 * 9. `close` may be called twice.
 *
 * The env is closed afterwards. A wrapper that learns from what it sees, such as `NormalizeObservation`, breaks rule 3: check
 * the env inside.
 *
 * @returns advice: what is allowed but makes learning harder, a line each.
 * @throws at the first rule broken, with one line that names the env, the rule and what was got.
 */
export function checkEnv(env: AnyEnv, options: CheckEnvOptions = {}): string[] {
  const { rng = new Rng('checkEnv'), steps = 200 } = checkOptions('checkEnv', options, {
    rng: [Rng, undefined],
    steps: [Number, undefined],
  });
  checkCount('checkEnv', 'steps', steps);
  checkMethods('checkEnv', env);
  checkUnwrapped(env);
  checkSpaces(env);
  const seed = rng.split('seed').integer(0, 2 ** 31);
  const draws = rng.split('draws');
  checkSpaceSamples(env, 'actionSpace', draws);
  checkSpaceSamples(env, 'observationSpace', draws);
  checkResetResult(env, env.reset({ seed }));
  checkResetSeed(env, seed);
  checkResetResult(env, env.reset({ seed, options: {} }));
  const actions = Array.from({ length: steps }, () => env.actionSpace.sample(draws));
  checkSteps(env, seed, actions);
  checkDeterminism(env, seed, actions);
  checkFreshData(env, seed, actions);
  checkRender(env, seed, actions.slice(0, 20));
  checkState(env, seed, actions);
  env.close();
  env.close();
  return [...adviceOn('actionSpace', env.actionSpace), ...adviceOn('observationSpace', env.observationSpace)];
}
