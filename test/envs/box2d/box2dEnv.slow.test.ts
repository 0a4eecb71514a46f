import { beforeAll, describe, expect, it } from 'vitest';
import { box2dEnvs } from '../../../envs/box2d/box2dEnvs.ts';
import { checkEnv, type Env, loadEnv, make, makeVec, RecordTrajectory } from '../../../envs/index.ts';
import { fingerprint, Rng } from '../../../src/index.ts';
import { type Controller, landingHeuristic, linearController, walkingHeuristic } from './heuristics.ts';
import { OpenRace } from './raceReplay.ts';

type Id = keyof typeof box2dEnvs;
const ids = Object.keys(box2dEnvs) as Id[];

beforeAll(() => loadEnv(ids[0]!));

const made = (id: Id, options = {}) => make(id, options) as unknown as Env<Float32Array, Float32Array>;

/** So many random steps, across the ends of episodes. */
function walk(env: Env<Float32Array, Float32Array>, rng: Rng, steps: number): unknown[] {
  return Array.from({ length: steps }, () => {
    const step = env.step(env.actionSpace.sample(rng));
    return step[2] || step[3] ? [step, env.reset()] : step;
  });
}

/** How an episode ends. */
function last(env: Env<Float32Array, Float32Array>, act: Controller, seed: number) {
  let [observation] = env.reset({ seed });
  for (let steps = 1; ; steps++) {
    const [next, reward, terminated, truncated, { outcome }] = env.step(act(observation) as Float32Array);
    if (terminated || truncated) return { steps, reward, truncated, outcome };
    observation = next;
  }
}

describe.each(ids)('%s', (id) => {
  it('keeps the contract of environments, wrapped and bare', () => {
    checkEnv(make(id));
    checkEnv(make(id).unwrapped);
  });

  it('goes on from its state to the same bits, whatever has been before', () => {
    const env = made(id);
    env.reset({ seed: 3 });
    walk(env, new Rng('before'), 90);
    const state = JSON.parse(JSON.stringify(env.state!()));
    const after = walk(env, new Rng('after'), 150);

    const other = made(id);
    other.reset({ seed: 4 });
    walk(other, new Rng('other'), 70);
    other.setState!(state);
    expect(fingerprint(walk(other, new Rng('after'), 150))).toBe(fingerprint(after));
    // The restored one, too, can be stored.
    expect(other.state!()).toEqual(env.state!());
  });

  it('begins from a state of before the first episode', () => {
    const [env, other] = [made(id), made(id)].map((wrapped) => wrapped.unwrapped as typeof wrapped);
    other!.setState!(JSON.parse(JSON.stringify(env!.state!())));
    expect(other!.reset()).toEqual(env!.reset());
  });

  it('draws what changes, in finite numbers and in colours of the theme', () => {
    const env = new RecordTrajectory(made(id), { frames: true });
    env.reset({ seed: 3 });
    const rng = new Rng(1);
    for (let i = 0; i < 30; i++) env.step(env.actionSpace.sample(rng));
    const { frames } = env.trajectory;
    expect(new Set(frames).size).toBe(31);
    expect(frames!.join()).not.toMatch(/NaN|Infinity|undefined/);
    for (const [, colour] of frames![0]!.matchAll(/(?:fill|stroke)="([^"]*)"/g)) {
      expect(colour).toMatch(/^none$|^var\(--/);
    }
    expect((make(id).unwrapped as { render(): string }).render()).toMatch(/^<svg/);
  });

  it('refuses options of reset, and actions that are none', () => {
    const env = make(id, { disableEnvChecker: true });
    expect(() => env.reset({ options: { state: [0] } })).toThrow(/unknown option "state", expected none$/);
    env.reset({ seed: 0 });
    for (const action of [undefined, 4, 0.5, -1, [0], [Number.NaN, 0], [0, 0, 0, Infinity]]) {
      expect(() => env.step(action as never), String(action)).toThrow(/step\(\) got the action .*, expected/);
    }
  });
});

describe('the lander', () => {
  const fly = (id: Id, act: Controller, options = {}) => last(made(id, options), act, 1);

  it('says how it has ended', () => {
    expect(fly('box2d/LunarLander-v3', () => 0)).toMatchObject({ reward: -100, outcome: 'crashed' });
    // Tilted to the right, upwards, until it is out of sight.
    const away = ([, , , , angle, spin]: Float32Array) => {
      const turn = (-0.3 - angle!) / 2 - spin!;
      return turn > 0.05 ? 1 : turn < -0.05 ? 3 : 2;
    };
    expect(fly('box2d/LunarLander-v3', away)).toMatchObject({ reward: -100, outcome: 'left' });
    for (const id of ['box2d/LunarLander-v3', 'box2d/LunarLanderContinuous-v3'] as const) {
      const landing = fly(id, landingHeuristic(id.includes('Continuous')));
      expect(landing).toMatchObject({ reward: 100, outcome: 'landed' });
    }
  });

  it('falls more slowly where gravity is less', () => {
    const falls = (gravity: number) => fly('box2d/LunarLander-v3', () => 0, { gravity }).steps;
    expect(falls(-2)).toBeGreaterThan(1.5 * falls(-10));
  });

  it.each([
    [{ gravity: 0 }, /gravity: got 0/],
    [{ gravity: -12 }, /gravity: got -12/],
    [{ windPower: 21 }, /windPower: got 21/],
    [{ enable_wind: true }, /enable_wind: unknown option.*enableWind/],
  ])('refuses %o', (options, message) => {
    expect(() => make('box2d/LunarLander-v3', options as never)).toThrow(message);
  });
});

it('the walker says how it has ended', () => {
  const walker = made('box2d/BipedalWalker-v3');
  expect(last(walker, () => Float32Array.of(1, 1, 1, 1), 0)).toMatchObject({ reward: -100, outcome: 'fallen' });
  const rng = new Rng(169);
  const weights = Array.from({ length: 4 }, () => Array.from({ length: 25 }, () => rng.normal(0, 0.5)));
  // It stumbles backwards.
  expect(last(walker, linearController(weights), 0)).toMatchObject({ reward: -100, outcome: 'left' });
  const arrival = last(walker, walkingHeuristic(), 8);
  expect(arrival).toMatchObject({ truncated: false, outcome: 'arrived' });
  expect(arrival.reward).toBeGreaterThan(-1);
});

it('the race says how it has ended', () => {
  const race = new OpenRace();
  race.reset({ seed: 2 });
  let total = 0;
  for (let steps = 1; ; steps++) {
    const [, reward, terminated, , { outcome }] = race.step(race.pursue(50));
    total += reward;
    if (!terminated) continue;
    expect(outcome).toBe('finished');
    expect(total).toBeCloseTo(1000 - 0.1 * steps, 8);
    break;
  }
  race.reset({ seed: 2 });
  for (;;) {
    const [, reward, terminated, , { outcome }] = race.step(Float32Array.of(0, 0.3, 0));
    if (!terminated) continue;
    expect([reward, outcome]).toEqual([-100, 'left']);
    break;
  }
});

it('the race refuses actions that are none of five', () => {
  const race = make('box2d/CarRacing-v3', { continuous: false });
  race.reset({ seed: 0 });
  for (const action of [5, -1, 0.5, Float32Array.of(0, 0, 0)]) {
    expect(() => race.step(action as never)).toThrow(
      /^CarRacing: step\(\) got the action .*, expected 0, 1, 2, 3 or 4/,
    );
  }
  expect(() => make('box2d/CarRacing-v3', { lapCompletePercent: 95 })).toThrow(/lapCompletePercent: got 95/);
});

it('makes the same episodes in threads, and again from a stored state', () => {
  const given = [2, 1, 3];
  const steps = (envs: ReturnType<typeof makeVec>) =>
    Array.from({ length: 120 }, () => envs.step(Float32Array.from(given)).observations.slice());
  const [envs, threaded] = [1, 2].map((workers) => makeVec('box2d/LunarLander-v3', { numEnvs: 3, workers }));
  for (const each of [envs!, threaded!]) each.reset({ seed: 7 });
  const first = steps(envs!);
  const stored = JSON.parse(JSON.stringify(envs!.state!()));
  expect(steps(threaded!)).toEqual(first);
  const more = steps(envs!);
  threaded!.setState!(stored);
  expect(steps(threaded!)).toEqual(more);
  envs!.close();
  threaded!.close();
});
