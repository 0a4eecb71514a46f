import { describe, expect, it } from 'vitest';
import {
  Box,
  ClipAction,
  LakeEnv,
  OrderEnforcing,
  PassiveEnvChecker,
  RecordEpisodeStatistics,
  type StepResult,
  TimeLimit,
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
    expect(() => new TimeLimit(new Countdown(), 0)).toThrow('TimeLimit: maxEpisodeSteps must be an integer ≥ 1, got 0');
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
    expect(() => env.step(0)).toThrow('Broken: step() must give a finite number as reward, got NaN');
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
