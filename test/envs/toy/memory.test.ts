import { describe, expect, it } from 'vitest';
import { checkEnv, type Env, make, RepeatPreviousEnv, TMazeEnv } from '../../../envs/index.ts';
import { Rng } from '../../../src/random.ts';

/** The return of an episode, by a rule from what has been observed so far. */
function play<Observation>(
  env: Env<Observation, number>,
  rule: (seen: Observation[]) => number,
  seed?: number,
): number {
  const [first] = env.reset(seed === undefined ? {} : { seed });
  const seen = [first];
  for (let total = 0; ; ) {
    const [observation, reward, terminated, truncated] = env.step(rule(seen));
    total += reward;
    if (terminated || truncated) return total;
    seen.push(observation);
  }
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('TMazeEnv', () => {
  const [north, east, south, west] = [0, 1, 2, 3];
  it.each([1, 2, 10])('of length %i: who remembers gets 4, who guesses 1.95 in the mean', (length) => {
    const env = new TMazeEnv({ length });
    const remember = (seen: Float32Array[]) =>
      (seen.at(-1)![1] === 1 ? (seen[0]![0]! > 0 ? north : south) : east) as number;
    const guess = (seen: Float32Array[]) => (seen.at(-1)![1] === 1 ? north : east) as number;
    const returns = (rule: typeof guess) => Array.from({ length: 400 }, (_, i) => play(env, rule, i));
    expect(returns(remember).every((value) => value === 4)).toBe(true);
    expect(mean(returns(guess))).toBeCloseTo(1.95, 0);
    expect(new Set(returns(guess))).toEqual(new Set([4, -0.1]));
  });

  it('shows the signal at the beginning alone, and the junction at the end; walls cost 0.1', () => {
    const env = new TMazeEnv({ length: 2 });
    const [first] = env.reset({ seed: 1 });
    expect(Math.abs(first[0]!)).toBe(1);
    expect(first[1]).toBe(0);
    const steps = [north, west, east, south, east, east].map((action) => env.step(action!));
    expect(steps.map(([[signal, junction], reward]) => [Math.abs(signal!), junction, reward])).toEqual([
      [1, 0, -0.1],
      [1, 0, -0.1],
      [0, 0, 0],
      [0, 0, -0.1],
      [0, 1, 0],
      [0, 1, -0.1],
    ]);
    expect(steps.every(([, , terminated]) => !terminated)).toBe(true);
  });
});

describe('RepeatPreviousEnv', () => {
  it.each([0, 1, 4])('with a delay of %i: who remembers gets 1', (delay) => {
    const env = new RepeatPreviousEnv({ delay });
    const remember = (seen: number[]) => seen.at(-1 - delay) ?? 0;
    for (let seed = 0; seed < 20; seed++) expect(play(env, remember, seed)).toBeCloseTo(1, 12);
  });

  it('without a memory a rule gets −1/2 in the mean', () => {
    const env = new RepeatPreviousEnv({ delay: 2 });
    const rng = new Rng(0);
    for (const rule of [(seen: number[]) => seen.at(-1)!, () => 3, () => rng.integer(0, 4)]) {
      expect(mean(Array.from({ length: 400 }, (_, seed) => play(env, rule, seed)))).toBeCloseTo(-0.5, 1);
    }
  });

  it('needs a step that pays', () => {
    expect(() => new RepeatPreviousEnv({ delay: 52 })).toThrow(
      'RepeatPrevious: steps: got 52, expected more than the delay of 52',
    );
  });
});

it.each([
  ['CartPoleNoVel-v1', 'CartPole-v1', [0, 2]],
  ['PendulumNoVel-v1', 'Pendulum-v1', [0, 1]],
] as const)('%s is %s without velocities', (id, whole, places) => {
  const [part, all] = [make(id), make(whole)];
  const [seen, observed] = [part.reset({ seed: 3 })[0], all.reset({ seed: 3 })[0]];
  const equal = (some: ArrayLike<number>, every: ArrayLike<number>) =>
    expect(Array.from(some)).toEqual(places.map((i) => every[i]));
  equal(seen, observed);
  for (let t = 0; t < 5; t++) {
    const action = whole === 'CartPole-v1' ? t % 2 : Float32Array.of(1);
    const [a, b] = [part.step(action), all.step(action)];
    equal(a[0], b[0]);
    expect(a[1]).toBe(b[1]);
  }
});

it.each(['CartPoleNoVel-v1', 'PendulumNoVel-v1', 'RepeatPrevious-v0', 'TMaze-v0'] as const)(
  '%s keeps the contract, and goes on from a snapshot',
  (id) => {
    checkEnv(make(id));
    const env = make(id);
    const rng = new Rng(id);
    const act = () => (id === 'PendulumNoVel-v1' ? Float32Array.of(rng.uniform(-2, 2)) : rng.integer(0, 2));
    env.reset({ seed: 5 });
    for (let t = 0; t < 3; t++) env.step(act());
    const copy = make(id);
    copy.reset({ seed: 9 });
    copy.setState!(env.state!() as never);
    for (let t = 0; t < 6; t++) {
      const action = act();
      expect(copy.step(action)).toEqual(env.step(action));
    }
  },
);
