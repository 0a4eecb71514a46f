import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  BaseEnv,
  Box,
  ClipAction,
  checkEnv,
  Dict,
  Discrete,
  type Env,
  FlattenObservation,
  FrameStack,
  LakeEnv,
  make,
  NormalizeObservation,
  NormalizeReward,
  OrderEnforcing,
  PassiveEnvChecker,
  RecordEpisodeStatistics,
  RecordTrajectory,
  RescaleAction,
  type ResetResult,
  type StepResult,
  TimeLimit,
  TransformAction,
  TransformObservation,
  TransformReward,
  Wrapper,
} from '../../../envs/index.ts';
import { Countdown } from './fixtures.ts';

it('Wrapper passes everything through', () => {
  const env = new Countdown();
  const wrapped = new Wrapper(new Wrapper(env));
  expect(wrapped.observationSpace).toBe(env.observationSpace);
  expect(wrapped.actionSpace).toBe(env.actionSpace);
  expect(wrapped.unwrapped).toBe(env);
  expect(wrapped.reset({ seed: 3 })).toEqual(env.reset({ seed: 3 }));
  expect(wrapped.step(2)[1]).toBe(2);
  wrapped.close();
  expect(env.closed).toBe(1);
});

describe('TimeLimit', () => {
  it('truncates at the limit, anew after each reset, and only there', () => {
    const env = new TimeLimit(new Countdown({ length: 9 }), 2);
    for (let episode = 0; episode < 2; episode++) {
      env.reset();
      expect(env.step(0).slice(2, 4)).toEqual([false, false]);
      const [, , terminated, truncated, info] = env.step(0);
      expect([terminated, truncated, info.outcome]).toEqual([false, true, 'timeout']);
    }
  });

  it('keeps the outcome of an env that terminates in its last step', () => {
    const env = new TimeLimit(new Countdown({ length: 2 }), 2);
    env.reset();
    env.step(0);
    const [, , terminated, truncated, info] = env.step(0);
    expect([terminated, truncated, info.outcome]).toEqual([true, true, 'zero']);
  });
});

it('OrderEnforcing refuses a step before the first reset, and after an end or a truncation inside it', () => {
  for (const [inner, end] of [
    [new Countdown({ length: 1 }), 2],
    [new TimeLimit(new Countdown({ length: 9 }), 1), 3],
  ] as const) {
    const env = new OrderEnforcing(inner);
    expect(() => env.step(0)).toThrow('Countdown: step() before the first reset()');
    env.reset();
    env.step(0);
    expect(() => env.step(0)).toThrow('Countdown: step() after the episode ended');
    env.reset();
    expect(env.step(0)[end]).toBe(true);
  }
});

it.each([null, undefined, {}, 5, { phase: 'over', env: {} }])(
  'OrderEnforcing refuses the state %j in one line',
  (state) => {
    const env = new OrderEnforcing(new Countdown());
    env.reset({ seed: 0 });
    const before = env.state();
    expect(() => env.setState(state as never)).toThrow(
      /^Countdown: setState\(\) got .*, expected what state\(\) gave$/,
    );
    expect(env.state()).toEqual(before);
  },
);

it('PassiveEnvChecker checks each reset and each step', () => {
  class Broken extends Countdown {
    override step(action: number): StepResult {
      return this.left === 1 ? (null as never) : super.step(action);
    }
  }
  const late = new PassiveEnvChecker(new Broken());
  late.reset();
  late.step(0);
  late.step(0);
  expect(() => late.step(0)).toThrow('Broken: step 3: step() must return');
  class Outside extends Countdown {
    override observe(): Float32Array {
      return Float32Array.of(0, 2);
    }
  }
  expect(() => new PassiveEnvChecker(new Outside()).reset()).toThrow('Outside: reset() gave an observation outside');
});

it('ClipAction clips to the box and leaves the given action alone', () => {
  const bare = new LakeEnv({ stride: 1 });
  const env = new ClipAction(bare);
  bare.reset();
  const expected = bare.step(Float32Array.of(-1, 1))[0];
  env.reset();
  const action = Float32Array.of(-7, 5);
  expect(env.step(action)[0]).toEqual(expected);
  expect([...action]).toEqual([-7, 5]);
  expect(env.actionSpace.low[0]).toBe(-Infinity);
  expect(env.actionSpace.shape).toEqual([2]);
});

it('RecordEpisodeStatistics adds return and length to the last info, anew for each episode', () => {
  const env = new RecordEpisodeStatistics(new Countdown());
  for (let episode = 0; episode < 2; episode++) {
    env.reset();
    expect(env.step(1)[4].episode).toBeUndefined();
    env.step(2);
    const info = env.step(3)[4];
    expect(info.episode).toEqual({ return: 6, length: 3 });
    expect(info.outcome).toBe('zero');
  }
});

const pendulum = () => make<Float32Array, Float32Array>('Pendulum-v1', { maxEpisodeSteps: 6 });

it('TransformObservation, TransformAction and TransformReward show, take and give what the function says', () => {
  const bare = new Countdown();
  const twice = new TransformObservation(bare, (o) => o.map((x) => 2 * x), new Box({ low: 0, high: 18, shape: [2] }));
  expect(twice.reset()[0][0]).toBe(6);
  expect(twice.step(1)[0][0]).toBe(4);
  expect(String(twice.observationSpace)).toContain('18');
  const named = new TransformAction(bare, (a: 'low' | 'high') => (a === 'low' ? 0 : 3));
  named.reset();
  expect(named.step('high')[1]).toBe(3);
  expect(named.actionSpace).toBe(bare.actionSpace);
  const negative = new TransformReward(bare, (r) => -r);
  negative.reset();
  expect(negative.step(2)[1]).toBe(-2);
});

it('FlattenObservation shows composite observations as one vector of its box', () => {
  const room = new Dict({ door: new Discrete(3), pose: new Box({ low: 0, high: 9, shape: [1] }) });
  const env = new FlattenObservation(
    new TransformObservation(new Countdown(), (o) => ({ door: o[0]! % 3, pose: o.subarray(0, 1) }), room as never),
  );
  expect([...(env.reset()[0] as Float32Array)]).toEqual([1, 0, 0, 3]);
  expect([...(env.step(1)[0] as Float32Array)]).toEqual([0, 0, 1, 2]);
  expect(env.observationSpace.shape).toEqual([4]);
  checkEnv(env);
});

describe('FrameStack', () => {
  it('shows the last observations, the newest last, as Gymnasium does', () => {
    const env = new FrameStack(
      new TransformObservation(new Countdown(), (o) => o.slice(0, 1), new Box({ low: 0, high: 9, shape: [1] })),
      { stackSize: 3 },
    );
    expect([...env.reset()[0]]).toEqual([3, 3, 3]);
    expect([...env.step(0)[0]]).toEqual([3, 3, 2]);
    expect([...env.step(0)[0]]).toEqual([3, 2, 1]);
    expect([...env.reset()[0]]).toEqual([3, 3, 3]);
    expect(env.observationSpace.shape).toEqual([3, 1]);
    checkEnv(env);
  });

  it('pads with the member nearest to 0', () => {
    const space = new Box({ low: [2, -9], high: [9, -1] });
    const inner = new TransformObservation(new Countdown(), () => Float32Array.of(3, -4), space);
    const env = new FrameStack(inner, { stackSize: 2, padding: 'zero' });
    expect([...env.reset()[0]]).toEqual([2, -1, 3, -4]);
  });
});

it('NormalizeObservation and NormalizeReward use their statistics unchanged once they are told not to update them', () => {
  const env = new NormalizeReward(new NormalizeObservation(pendulum()));
  env.reset({ seed: 1 });
  for (let t = 0; t < 5; t++) env.step(Float32Array.of(1));
  const inner = env.env as NormalizeObservation<Float32Array>;
  const before = structuredClone([inner.statistics.state(), env.statistics.state()]);
  inner.updateRunningMean = false;
  env.updateRunningMean = false;
  const bare = pendulum();
  const [observation] = env.reset({ seed: 2 });
  const [raw] = bare.reset({ seed: 2 });
  const [, reward] = env.step(Float32Array.of(0.5));
  const [, rawReward] = bare.step(Float32Array.of(0.5));
  expect([inner.statistics.state(), env.statistics.state()]).toEqual(before);
  const { mean, variance } = inner.statistics;
  for (let i = 0; i < 3; i++) expect(observation[i]).toBeCloseTo((raw[i]! - mean[i]!) / Math.sqrt(variance[i]!), 5);
  expect(reward).toBeCloseTo(rawReward / Math.sqrt(env.statistics.variance[0]!), 6);
});

it('RecordTrajectory records an episode, with copies of actions that were only lent', () => {
  const ended: unknown[] = [];
  const env = new RecordTrajectory(pendulum(), { onEpisode: (trajectory) => ended.push(trajectory) });
  const [first] = env.reset({ seed: 1 });
  const action = new Float32Array(1);
  const rewards: number[] = [];
  for (let t = 0; t < 6; t++) {
    action[0] = t;
    rewards.push(env.step(action)[1]);
  }
  const { trajectory } = env;
  expect(trajectory.actions.map((a) => a[0])).toEqual([0, 1, 2, 3, 4, 5]);
  expect(trajectory.rewards).toEqual(rewards);
  expect([trajectory.observations.length, trajectory.infos.length, trajectory.frames.length]).toEqual([7, 7, 0]);
  expect(trajectory.observations[0]).toEqual(first);
  expect([trajectory.terminated, trajectory.truncated]).toEqual([false, true]);
  expect(ended).toEqual([trajectory]);
  env.reset();
  expect(env.trajectory.observations).toHaveLength(1);
  expect(ended[0]).toBe(trajectory);
  expect(trajectory.rewards).toHaveLength(6);
});

const stateful: Record<string, (env: Env<Float32Array, Float32Array>) => Env<unknown, Float32Array>> = {
  'a stack of wrappers': (env) => new OrderEnforcing(new RecordEpisodeStatistics(new TimeLimit(env, 4))),
  TransformObservation: (env) => new TransformObservation(env, (o) => o.slice()),
  TransformAction: (env) => new TransformAction(env, (a: Float32Array) => a),
  TransformReward: (env) => new TransformReward(env, (r) => 2 * r),
  FlattenObservation: (env) => new FlattenObservation(env),
  FrameStack: (env) => new FrameStack(env, { stackSize: 3 }),
  NormalizeObservation: (env) => new NormalizeObservation(env),
  NormalizeReward: (env) => new NormalizeReward(env),
  RescaleAction: (env) => new RescaleAction(env),
  ClipAction: (env) => new ClipAction(env),
  RecordEpisodeStatistics: (env) => new RecordEpisodeStatistics(env),
  RecordTrajectory: (env) => new RecordTrajectory(env),
};

it.each(Object.entries(stateful))('%s goes on exactly where its snapshot was taken', (_, wrap) => {
  const play = (env: Env<unknown, Float32Array>, from: number) =>
    Array.from({ length: 10 }, (_, t) => {
      const result = env.step(Float32Array.of(Math.sin(from + t)));
      return [result, result[3] ? env.reset() : undefined];
    });
  const env = wrap(pendulum());
  env.reset({ seed: 4 });
  play(env, 0);
  const snapshot = JSON.parse(JSON.stringify(env.state!()));
  const expected = play(env, 10);
  const other = wrap(pendulum());
  other.setState!(snapshot);
  expect(play(other, 10)).toEqual(expected);
  const trajectoryOf = (of: unknown) => (of as RecordTrajectory<unknown, unknown>).trajectory;
  expect(trajectoryOf(other)).toEqual(trajectoryOf(env));
});

interface Golden {
  cases: {
    wrapper: string;
    initial_state: number[];
    actions: number[][];
    steps: { obs: number[]; reward: number }[];
  }[];
  normalizeReward: { name: string; actions: number[][]; rewards: number[] }[];
  rescaleAction: [given: number[], inner: number[]][];
}
const golden: Golden = JSON.parse(readFileSync(new URL('../golden/wrappers.json', import.meta.url), 'utf8'));

/** Rewards 1.5 a₀ − 0.3 and ends after 4 steps; the twin of the env that was recorded in Python. */
class Scripted extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -9, high: 9, shape: [2] });
  readonly actionSpace = new Box({ low: [-1, 2], high: [3, 7] });
  steps = 0;
  last: number[] = [];

  protected begin(): ResetResult {
    this.steps = 0;
    return [Float32Array.of(1, -1), {}];
  }

  step(action: Float32Array): StepResult {
    this.steps++;
    this.last = [...action];
    // A float32 product in NumPy.
    const reward = Math.fround(Math.fround(action[0]! * 1.5) - Math.fround(0.3));
    return [Float32Array.of(this.steps + 1, action[0]!), reward, this.steps === 4, false, {}];
  }
}

describe('wrappers against Gymnasium', () => {
  it.each(golden.cases)('$wrapper on Pendulum-v1', ({ wrapper, initial_state, actions, steps }) => {
    const env = stateful[wrapper]!(make<Float32Array, Float32Array>('Pendulum-v1')) as Env<Float32Array, Float32Array>;
    env.reset({ options: { state: initial_state } });
    for (const [t, action] of actions.entries()) {
      const [observation, reward] = env.step(Float32Array.from(action));
      expect(Math.abs(reward - steps[t]!.reward)).toBeLessThan(1e-12 * Math.max(1, Math.abs(reward)));
      expect([...observation]).toEqual(steps[t]!.obs.map(Math.fround));
    }
  });

  it.each(golden.normalizeReward)('NormalizeReward over episodes that are $name', ({ name, actions, rewards }) => {
    const bare = new Scripted();
    const env = new NormalizeReward(name === 'truncated' ? new TimeLimit(bare, 3) : bare, { gamma: 0.9 });
    env.reset();
    for (const [t, action] of actions.entries()) {
      const [, reward, terminated, truncated] = env.step(Float32Array.from(action));
      expect(Math.abs(reward - rewards[t]!)).toBeLessThan(1e-12 * Math.max(1, Math.abs(reward)));
      if (terminated || truncated) env.reset();
    }
  });

  it('RescaleAction', () => {
    const bare = new Scripted();
    const env = new RescaleAction(bare, [-1, 0], 1);
    env.reset();
    for (const [given, inner] of golden.rescaleAction) {
      env.step(Float32Array.from(given));
      expect(bare.last).toEqual(inner.map(Math.fround));
    }
  });
});
