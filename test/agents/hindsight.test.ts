import { describe, expect, test } from 'vitest';
import { replayFor } from '../../agents/core/replay.ts';
import { Dqn, Sac } from '../../agents/index.ts';
import {
  BaseEnv,
  BitFlippingEnv,
  Box,
  Dict,
  Discrete,
  type GoalEnv,
  type GoalObservation,
  make,
  SyncVectorEnv,
  type Wrapper,
} from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';

type Strategy = 'future' | 'final' | 'episode';

/** What a goal pays says which one it was: goals are whole numbers below 1000. */
const rewardOf = (achieved: number, desired: number) => 1000 * achieved + desired;
const endsAt = (achieved: number, desired: number) => (achieved + desired) % 3 === 0;

/** Is only asked for rewards: tests write the transitions. */
class Asked extends BaseEnv<GoalObservation, number> implements GoalEnv<Float32Array, Float32Array, number> {
  readonly observationSpace = new Dict<GoalObservation>({
    observation: new Box({ low: -Infinity, high: Infinity, shape: [2] }),
    achieved_goal: new Box({ low: -Infinity, high: Infinity, shape: [1] }),
    desired_goal: new Box({ low: -Infinity, high: Infinity, shape: [1] }),
  });
  readonly actionSpace = new Discrete(2);
  constructor(readonly endsByGoals = true) {
    super();
    if (!endsByGoals) Object.assign(this, { computeTerminated: undefined });
  }
  protected begin(): never {
    throw new Error('nobody plays');
  }
  step(): never {
    throw new Error('nobody plays');
  }
  computeReward([achieved]: Float32Array, [desired]: Float32Array): number {
    return rewardOf(achieved!, desired!);
  }
  computeTerminated([achieved]: Float32Array, [desired]: Float32Array): boolean {
    return endsAt(achieved!, desired!);
  }
}

/** A transition as a plain list remembers it. Its number is its action, and what it reached. */
interface Past {
  readonly number: number;
  readonly env: number;
  readonly episode: number;
  readonly before: number;
  readonly desired: number;
  readonly reward: number;
  readonly terminated: number;
}

interface Settings {
  readonly hindsight: Strategy | 'none';
  readonly hindsightShare?: number;
  readonly numEnvs?: number;
  readonly capacity?: number;
  readonly batchSize?: number;
  readonly endsByGoals?: boolean;
}

/** The shape of a row: achieved_goal, desired_goal, observation of two numbers. */
const WIDTH = 4;

function replayOf(settings: Settings) {
  const { numEnvs = 1, capacity = 1000, batchSize = 20, endsByGoals = true, ...options } = settings;
  const env = new SyncVectorEnv(Array.from({ length: numEnvs }, () => () => new Asked(endsByGoals)));
  const sizes = { bufferSize: capacity, batchSize, gamma: 0.9, nSteps: 1, prioritizedAlpha: 0 };
  return replayFor('Test', { ...sizes, ...options }, env);
}

/** A replay with these transitions, and those of them that it still holds. Episodes end by chance, in all environments apart. */
function recorded(settings: Settings, steps: number) {
  const { numEnvs = 1, capacity = 1000 } = settings;
  const replay = replayOf(settings);
  const rng = new Rng('transitions');
  const pasts: Past[] = [];
  let number = 0;
  let episodes = 0;
  const begin = () => ({ episode: episodes++, desired: 500 + episodes, reached: 0 });
  const now = Array.from({ length: numEnvs }, begin);
  const rows = () => Float32Array.from(now.flatMap(({ reached, desired }) => [reached, desired, reached, -reached]));
  replay.begin(rows());
  for (let t = 0; t < steps; t++) {
    const [rewards, terminations, truncations] = [0, 1, 2].map(() => now.map(() => 0)) as [
      number[],
      number[],
      number[],
    ];
    const commanded = new Float32Array(numEnvs);
    const finalObservations = new Float32Array(numEnvs * WIDTH);
    for (let i = 0; i < numEnvs; i++) {
      const { episode, desired, reached: before } = now[i]!;
      number += 1;
      commanded[i] = number;
      rewards[i] = -number;
      const draw = rng.uniform();
      terminations[i] = Number(draw < 0.1);
      truncations[i] = Number(draw > 0.85);
      pasts.push({ number, env: i, episode, before, desired, reward: -number, terminated: terminations[i]! });
      now[i]!.reached = number;
      finalObservations.set([number, desired, number, -number], i * WIDTH);
      if (terminations[i] || truncations[i]) now[i] = begin();
    }
    replay.add({
      commanded,
      observations: rows(),
      finalObservations,
      rewards: Float64Array.from(rewards),
      terminations: Uint8Array.from(terminations),
      truncations: Uint8Array.from(truncations),
    });
  }
  return { replay, held: pasts.slice(-capacity) };
}

/** The numbers that may be the goal of a transition, from the list. */
function goalsOf({ number, env, episode }: Past, held: readonly Past[], strategy: Strategy): number[] {
  const same = held.filter((past) => past.env === env && past.episode === episode).map((past) => past.number);
  if (strategy === 'final') return [Math.max(...same)];
  return strategy === 'future' ? same.filter((each) => each >= number) : same;
}

const cases: [string, Partial<Settings>, number][] = [
  ['one environment', {}, 150],
  ['several environments', { numEnvs: 3 }, 50],
  ['written round', { capacity: 37 }, 90],
  ['written round within a step of all', { numEnvs: 4, capacity: 50 }, 41],
  ['as young as its first step', { numEnvs: 3 }, 1],
];

describe.each(['future', 'final', 'episode'] as const)('%s', (hindsight) => {
  test.each(cases)('the goals of a minibatch are those of a list: %s', (_, settings, steps) => {
    const { replay, held } = recorded({ ...settings, hindsight }, steps);
    const rng = new Rng('draws');
    /** How often each goal was given to each transition. */
    const counts = new Map<number, Map<number, number>>();
    const drawn = new Map<number, number>();
    for (let k = 0; k < 400; k++) {
      const batch = replay.sample(rng);
      const wanted = structuredClone(batch);
      for (let i = 0; i < 20; i++) {
        const past = held.find((each) => each.number === batch.actions[i]!)!;
        const { number, before } = past;
        const goal = i < 16 ? batch.observations[i * WIDTH + 1]! : past.desired;
        wanted.observations.set([before, goal, before, -before], i * WIDTH);
        wanted.nextObservations.set([number, goal, number, -number], i * WIDTH);
        wanted.discounts[i] = 0.9;
        wanted.rewards[i] = i < 16 ? rewardOf(number, goal) : past.reward;
        wanted.terminations[i] = i < 16 ? Number(endsAt(number, goal)) : past.terminated;
        if (i >= 16) continue;
        const given = counts.get(number) ?? new Map<number, number>();
        counts.set(number, given.set(goal, (given.get(goal) ?? 0) + 1));
        drawn.set(number, (drawn.get(number) ?? 0) + 1);
      }
      expect(batch).toEqual(wanted);
    }
    // All that are held, and of each all goals that there are, equally often: χ² of all counts beside the degrees of freedom.
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(held.map(({ number }) => number));
    let [square, freedom] = [0, 0];
    for (const past of held) {
      const goals = goalsOf(past, held, hindsight);
      const given = counts.get(past.number)!;
      expect(goals).toEqual(expect.arrayContaining([...given.keys()]));
      const expected = drawn.get(past.number)! / goals.length;
      for (const goal of goals) square += ((given.get(goal) ?? 0) - expected) ** 2 / expected;
      freedom += goals.length - 1;
    }
    expect(square).toBeLessThanOrEqual(freedom + 5 * Math.sqrt(2 * freedom));
    expect(square).toBeGreaterThanOrEqual(freedom - 5 * Math.sqrt(2 * freedom));
  });
});

test.each([0, 0.5, 1])('a share of %d is that of the first rows, to the row', (hindsightShare) => {
  const { replay } = recorded({ hindsight: 'future', hindsightShare }, 100);
  const goals = Array.from(replay.sample(new Rng(0)).rewards, (reward) => reward > 0);
  expect(goals).toEqual(goals.map((_, i) => i < 20 * hindsightShare));
});

test('without hindsight draws and rows are what they were', () => {
  const [plain, hindsight] = [recorded({ hindsight: 'none' }, 60), recorded({ hindsight: 'future' }, 60)];
  const [batch, relabelled] = [plain.replay.sample(new Rng(1)), hindsight.replay.sample(new Rng(1))];
  expect(batch.actions).toEqual(relabelled.actions);
  expect(Array.from(batch.rewards).every((reward) => reward < 0)).toBe(true);
  const rng = new Rng(1);
  const drawn = Array.from({ length: 20 }, () => plain.held[rng.integer(0, 60)]!.number);
  expect([...batch.actions]).toEqual(drawn);
});

test('a reward is learned as what it is scaled to; ends stay where goals have no say in them', () => {
  const { replay, held } = recorded({ hindsight: 'episode', hindsightShare: 1, endsByGoals: false }, 80);
  const batch = replay.sample(new Rng(2), { scale: (reward) => reward / 8 });
  for (let i = 0; i < 20; i++) {
    const past = held.find(({ number }) => number === batch.actions[i]!)!;
    expect(batch.rewards[i]).toBe(Math.fround(rewardOf(past.number, batch.observations[i * WIDTH + 1]!) / 8));
    expect(batch.terminations[i]).toBe(past.terminated);
  }
  expect(new Set(batch.terminations).size).toBe(2);
});

test('a state goes on as if nothing had been between, to the byte', () => {
  const settings = { hindsight: 'episode', numEnvs: 4, capacity: 50 } as const;
  const { replay } = recorded(settings, 41);
  const other = replayOf(settings);
  other.setState(structuredClone(replay.state()));
  const [rng, same] = [new Rng(0), new Rng(0)];
  for (let i = 0; i < 10; i++) expect(other.sample(same)).toEqual(replay.sample(rng));
  expect(rng.state()).toEqual(same.state());
});

describe('what cannot be relabelled is refused when it is made', () => {
  const dqn = (env: ConstructorParameters<typeof Dqn>[0]['env'], options: object = {}) => {
    const policy = makePolicy('q-network', { env, hidden: [4], rng: new Rng(0) });
    return new Dqn({ policy, env, rng: new Rng(0), hindsight: 'future', ...options });
  };

  test.each([
    [{ nSteps: 3 }, "Dqn: hindsight: got 'future' with nSteps 3, expected 1"],
    [{ prioritizedAlpha: 0.6 }, "Dqn: hindsight: got 'future' with prioritizedAlpha 0.6, expected 0"],
    [{ hindsight: 'past' }, 'Dqn: hindsight: got "past"'],
    [{ hindsightShare: 1.5 }, 'Dqn: hindsightShare: got 1.5'],
    [{ hindsight: 'none', hindsightShare: 0.5 }, 'Dqn: hindsightShare: got 0.5 without hindsight'],
  ])('%o', (options, message) => {
    expect(() => dqn(new BitFlippingEnv({ bits: 3 }), options)).toThrow(message);
  });

  test('environments without goals, and without rewards of goals', () => {
    expect(() => dqn(make('CartPole-v1') as Wrapper<Float32Array, number>)).toThrow(
      /^Dqn: hindsight: got 'future' for observations of Box\(.*\), expected environments with goals/,
    );
    const env = new BitFlippingEnv({ bits: 3 });
    Object.assign(env, { computeReward: undefined });
    expect(() => dqn(env)).toThrow(/^SyncVectorEnv: got BitFlippingEnv of Dict\(.*expected a GoalEnv/);
    const pendulum = make('Pendulum-v1');
    const policy = makePolicy('gaussian', { env: pendulum, hidden: [4], rng: new Rng(0) });
    expect(() => new Sac({ policy, env: pendulum, rng: new Rng(0), hindsight: 'final' })).toThrow(
      /^Sac: hindsight: got 'final' for observations of Box/,
    );
  });
});
