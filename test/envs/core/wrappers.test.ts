import { describe, expect, it } from 'vitest';
import {
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
  type StepResult,
  TimeLimit,
  TransformAction,
  TransformObservation,
  TransformReward,
  Wrapper,
} from '../../../envs/index.ts';
import { Countdown } from './fixtures.ts';

describe('Wrapper', () => {
  it('passes everything through', () => {
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

  it('says which env has no state', () => {
    class Stateless extends Countdown {
      override state = undefined as unknown as Countdown['state'];
      override setState = undefined as unknown as Countdown['setState'];
    }
    const wrapped = new Wrapper(new Stateless());
    expect(() => wrapped.state()).toThrow('Stateless has no state()');
    expect(() => wrapped.setState({})).toThrow('Stateless has no setState()');
  });
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

  it('refuses a limit that is no positive integer', () => {
    expect(() => new TimeLimit(new Countdown(), 0)).toThrow(
      'TimeLimit: maxEpisodeSteps: got 0, expected an integer ≥ 1',
    );
  });
});

describe('OrderEnforcing', () => {
  it('refuses a step before the first reset and after the end', () => {
    const env = new OrderEnforcing(new Countdown({ length: 1 }));
    expect(() => env.step(0)).toThrow('Countdown: step() before the first reset(), expected a reset() first');
    env.reset();
    env.step(0);
    expect(() => env.step(0)).toThrow('Countdown: step() after the episode ended');
    env.reset();
    expect(env.step(0)[2]).toBe(true);
  });

  it('refuses a step after a truncation by a limit inside it', () => {
    const env = new OrderEnforcing(new TimeLimit(new Countdown({ length: 9 }), 1));
    env.reset();
    env.step(0);
    expect(() => env.step(0)).toThrow('after the episode ended');
  });
});

describe('PassiveEnvChecker', () => {
  it('checks the first reset and the first step', () => {
    class Broken extends Countdown {
      override step(action: number): StepResult {
        const result = super.step(action);
        result[1] = NaN;
        return result;
      }
    }
    const env = new PassiveEnvChecker(new Broken());
    env.reset();
    expect(() => env.step(0)).toThrow('Broken: step 1: step() must give a finite number as reward, got NaN');
    class Late extends Countdown {
      override step(action: number): StepResult {
        return this.left === 1 ? (null as never) : super.step(action);
      }
    }
    const late = new PassiveEnvChecker(new Late());
    late.reset();
    late.step(0);
    late.step(0);
    expect(() => late.step(0)).toThrow('Late: step 3: step() must return [observation, reward, terminated, truncated');
    class Outside extends Countdown {
      override observe(): Float32Array {
        return Float32Array.of(0, 2);
      }
    }
    expect(() => new PassiveEnvChecker(new Outside()).reset()).toThrow(
      'Outside: reset() gave an observation outside observationSpace: entry 1 is 2',
    );
  });
});

describe('ClipAction', () => {
  it('clips to the box and leaves the given action alone', () => {
    const bare = new LakeEnv({ stride: 1 });
    const env = new ClipAction(bare);
    bare.reset();
    const expected = bare.step(Float32Array.of(-1, 0.5))[0];
    env.reset();
    const action = Float32Array.of(-7, 0.5);
    expect(env.step(action)[0]).toEqual(expected);
    expect([...action]).toEqual([-7, 0.5]);
    expect(env.actionSpace.low[0]).toBe(-Infinity);
    expect(env.actionSpace.shape).toEqual([2]);
  });

  it('needs a box', () => {
    expect(() => new ClipAction(new Countdown() as never)).toThrow('needs a float32 Box of actions, got Discrete(4)');
    expect(new Box({ low: 0, high: 1, shape: [1] }).bounded).toBe(true);
  });
});

describe('RecordEpisodeStatistics', () => {
  it('adds return and length to the last info, anew for each episode', () => {
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
});

const pendulum = () => make<Float32Array, Float32Array>('Pendulum-v1', { maxEpisodeSteps: 6 });

describe('TransformObservation, TransformAction, TransformReward', () => {
  it('show, take and give what the function says, in the space given', () => {
    const bare = new Countdown();
    const twice = new TransformObservation(bare, (o) => o.map((x) => 2 * x), new Box({ low: 0, high: 18, shape: [2] }));
    expect(twice.reset()[0][0]).toBe(6);
    expect(twice.step(1)[0][0]).toBe(4);
    expect(twice.observationSpace.size).toBe(2);
    expect(String(twice.observationSpace)).toContain('18');
    const named = new TransformAction(bare, (a: 'low' | 'high') => (a === 'low' ? 0 : 3));
    named.reset();
    expect(named.step('high')[1]).toBe(3);
    expect(named.actionSpace).toBe(bare.actionSpace);
    const negative = new TransformReward(bare, (r) => -r);
    negative.reset();
    expect(negative.step(2)[1]).toBe(-2);
  });
});

describe('FlattenObservation', () => {
  it('shows composite observations as one vector of its box', () => {
    const room = new Dict({ door: new Discrete(3), pose: new Box({ low: 0, high: 9, shape: [1] }) });
    const env = new FlattenObservation(
      new TransformObservation(new Countdown(), (o) => ({ door: o[0]! % 3, pose: o.subarray(0, 1) }), room as never),
    );
    expect([...(env.reset()[0] as Float32Array)]).toEqual([1, 0, 0, 3]);
    expect([...(env.step(1)[0] as Float32Array)]).toEqual([0, 0, 1, 2]);
    expect(env.observationSpace.shape).toEqual([4]);
    checkEnv(env);
  });
});

describe('FrameStack', () => {
  it('shows the last observations, the newest last, as Gymnasium does', () => {
    const env = new FrameStack(
      new TransformObservation(new Countdown(), (o) => o.slice(0, 1), new Box({ low: 0, high: 9, shape: [1] })),
      {
        stackSize: 3,
      },
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
    const env = new FrameStack(new TransformObservation(new Countdown(), () => Float32Array.of(3, -4), space), {
      stackSize: 2,
      padding: 'zero',
    });
    expect([...env.reset()[0]]).toEqual([2, -1, 3, -4]);
  });

  it('says what it needs', () => {
    const env = new Countdown();
    expect(() => new FrameStack(env, { stackSize: 0 })).toThrow(
      'FrameStack: stackSize: got 0, expected an integer ≥ 1',
    );
    expect(() => new FrameStack(env, { stackSize: 1, padding: 'one' as 'zero' })).toThrow(
      'padding: got "one", expected one of reset, zero',
    );
    const discrete = new TransformObservation(env, () => 1, new Discrete(2)) as never;
    expect(() => new FrameStack(discrete, { stackSize: 1 })).toThrow('needs a Box of observations, got Discrete(2)');
  });
});

describe('NormalizeObservation and NormalizeReward', () => {
  it('use their statistics unchanged once they are told not to update them', () => {
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

  it('find mean and variance', () => {
    const draws = Float64Array.from({ length: 4000 }, (_, i) => Math.sin(i * i) + 3);
    const statistics = new NormalizeReward(pendulum()).statistics;
    for (const x of draws) statistics.update([x]);
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(statistics.mean[0]).toBeCloseTo(mean, 5);
    expect(statistics.variance[0]).toBeCloseTo(variance, 5);
  });

  it('say what they need', () => {
    expect(() => new NormalizeObservation(pendulum(), { epsilon: 0 })).toThrow(
      'epsilon: got 0, expected a finite number above 0',
    );
    expect(() => new NormalizeReward(pendulum(), { gamma: 1.5 })).toThrow(
      'gamma: got 1.5, expected a finite number in [0, 1]',
    );
    expect(
      () => new NormalizeObservation(new TransformObservation(new Countdown(), () => 1, new Discrete(2)) as never),
    ).toThrow('NormalizeObservation: needs a Box of observations, got Discrete(2)');
  });
});

describe('RescaleAction', () => {
  it('says what it needs', () => {
    expect(() => new RescaleAction(new Countdown() as never)).toThrow(
      'needs a bounded float32 Box of actions, got Discrete(4)',
    );
    expect(() => new RescaleAction(new ClipAction(pendulum()))).toThrow('needs a bounded float32 Box');
    expect(() => new RescaleAction(pendulum(), 1, 1)).toThrow('finite bounds with minAction < maxAction, got 1 and 1');
    expect(() => new RescaleAction(pendulum(), 0, Infinity)).toThrow('finite bounds');
  });
});

describe('RecordTrajectory', () => {
  it('records an episode, with copies of actions that were only lent', () => {
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

  it('says what it needs', () => {
    expect(() => new RecordTrajectory(new Countdown(), { frames: true })).toThrow(
      'RecordTrajectory: frames need an env with render(), got Countdown',
    );
    expect(() => new RecordTrajectory(new Countdown(), { frame: true } as never)).toThrow('unknown option "frame"');
    expect(() => new Wrapper(new Countdown()).render()).toThrow('Countdown has no render()');
  });
});

const stateful: Record<string, (env: Env<Float32Array, Float32Array>) => Env<unknown, Float32Array>> = {
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

describe.each(Object.entries(stateful))('%s', (_name, wrap) => {
  it('goes on exactly where its snapshot was taken, in another process too', () => {
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
    expect((other as RecordTrajectory<unknown, unknown>).trajectory).toEqual(
      (env as RecordTrajectory<unknown, unknown>).trajectory,
    );
  });
});

describe('state', () => {
  it('goes back exactly through a stack of wrappers and JSON', () => {
    const stack = () => new OrderEnforcing(new RecordEpisodeStatistics(new TimeLimit(new Countdown({ length: 9 }), 4)));
    const env = stack();
    env.reset({ seed: 5 });
    env.step(1);
    env.step(2);
    const snapshot = JSON.parse(JSON.stringify(env.state()));
    const rest = (from: typeof env) => [from.step(3), from.step(1), from.reset(), from.step(2)];
    const expected = rest(env);
    expect(expected[1]![4]?.episode).toEqual({ return: 7, length: 4 });
    const other = stack();
    other.setState(snapshot);
    expect(rest(other)).toEqual(expected);
  });
});
