import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { envSchema } from '../../../envs/core/registry.ts';
import {
  make,
  makeVec,
  OrderEnforcing,
  PassiveEnvChecker,
  register,
  registeredEnvs,
  TimeLimit,
  type Wrapper,
} from '../../../envs/index.ts';
import { Countdown } from './fixtures.ts';

beforeAll(() => {
  register<{ length: number }>({
    id: 'test/Countdown-v0',
    entryPoint: (options) => new Countdown(options),
    maxEpisodeSteps: 5,
    rewardThreshold: 2.5,
    options: { length: 3 },
  });
});

describe('registry', () => {
  it('knows its ids', () => {
    const classic = ['Acrobot-v1', 'CartPole-v1', 'MountainCar-v0', 'MountainCarContinuous-v0', 'Pendulum-v1'];
    expect(registeredEnvs()).toEqual(
      expect.arrayContaining([...classic, 'Lake-v0', 'LakeStride-v0', 'test/Countdown-v0']),
    );
    expect(registeredEnvs()).toEqual(registeredEnvs().toSorted());
  });

  it('makes an env with its spec and wrappers', () => {
    const env = make<Float32Array, number>('test/Countdown-v0', { length: 2 });
    expect(env.spec).toEqual({
      id: 'test/Countdown-v0',
      maxEpisodeSteps: 5,
      rewardThreshold: 2.5,
      options: { length: 2 },
    });
    expect(env.unwrapped).toBeInstanceOf(Countdown);
    const inner = (wrapped: unknown) => (wrapped as Wrapper).env;
    expect(env).toBeInstanceOf(OrderEnforcing);
    expect(inner(env)).toBeInstanceOf(TimeLimit);
    expect(inner(inner(env))).toBeInstanceOf(PassiveEnvChecker);
    env.reset();
    env.step(0);
    expect(env.step(0)[2]).toBe(true);
  });

  it('lets the caller change or lift the time limit and leave out the checker', () => {
    const short = make<Float32Array, number>('test/Countdown-v0', { maxEpisodeSteps: 1 });
    short.reset();
    expect(short.step(0)[3]).toBe(true);
    const endless = make<Float32Array, number>('test/Countdown-v0', { maxEpisodeSteps: Infinity, length: 9 });
    endless.reset();
    for (let t = 0; t < 8; t++) expect(endless.step(0)[3]).toBe(false);
    expect(endless.spec?.maxEpisodeSteps).toBeUndefined();
    expect(
      (make('test/Countdown-v0', { maxEpisodeSteps: Infinity, disableEnvChecker: true }) as Wrapper).env,
    ).toBeInstanceOf(Countdown);
  });

  it('stacks frames on request, alone and in a vector env', () => {
    expect(make('test/Countdown-v0', { frameStack: 3 }).observationSpace.shape).toEqual([3, 2]);
    expect(makeVec('test/Countdown-v0', { frameStack: 2, numEnvs: 2 }).singleObservationSpace.shape).toEqual([2, 2]);
  });

  it.each<[unknown[], RegExp]>([
    [['Lake-v1'], /"Lake-v1"; did you mean Lake-v0/],
    [['lakestride-v0'], /did you mean LakeStride-v0/],
    [['Volcano-v3'], /known are Acrobot-v1, .*box2d\/… after loadEnv, mujoco\/… after loadEnv$/],
    [['Countdown-v1'], /did you mean test\/Countdown-v0/],
    [[undefined], /id: got undefined/],
  ])('names the near ids, or all, when it does not know %j', (given, message) => {
    expect(() => (make as (...all: unknown[]) => unknown)(...given)).toThrow(message);
  });

  it.each([
    [{ id: 'Lake' }, 'got "Lake"'],
    [{ id: 'Lake-v0' }, 'registered already'],
    [{ id: 'New-v0', entryPoint: undefined }, 'entryPoint'],
    [{ id: 'New-v0', maxEpisodeSteps: 1.5 }, 'maxEpisodeSteps: got 1.5'],
  ])('refuses to register %o', (wrong, message) => {
    const good = { id: 'New-v0', entryPoint: () => new Countdown() };
    expect(() => register({ ...good, ...wrong } as typeof good)).toThrow(message);
    expect(registeredEnvs()).not.toContain('New-v0');
  });

  it('has a schema check options, give their defaults, and say what they mean', () => {
    const given: unknown[] = [];
    register<{ length: number }>({
      id: 'test/Described-v0',
      entryPoint: (options) => {
        given.push(options);
        return new Countdown(options);
      },
      options: { length: 4 },
      schema: z.strictObject({ length: z.int().positive().default(3).describe('steps of an episode') }),
    });
    expect(make('test/Described-v0').spec?.options).toEqual({ length: 4 });
    make('test/Described-v0', { length: 2 });
    expect(given).toEqual([{ length: 4 }, { length: 2 }]);
    expect(envSchema('test/Described-v0')!.parse({})).toEqual({ length: 4 });
    expect(() => make('test/Described-v0', { length: 0 })).toThrow(/length: got 0, .*: steps of an episode/);
    expect(() => make('test/Described-v0', { lenght: 1 })).toThrow('lenght: unknown option, expected one of length');
  });

  it('knows the options of its own envs as types, and any of others', () => {
    // @ts-expect-error no such option
    expect(() => make('Lake-v0', { strid: 1 })).toThrow('did you mean stride?');
    // @ts-expect-error no such value
    expect(() => makeVec('Lake-v0', { numEnvs: 2, action: 'speed' })).toThrow('expected one of velocity, heading');
    expect(make('Acrobot-v1', { maxEpisodeSteps: 3 }).spec?.maxEpisodeSteps).toBe(3);
    expect(envSchema('LakeStride-v0')!.parse({})).toMatchObject({ stride: 1.3, stepCost: 0.02, action: 'velocity' });
    expect(envSchema('test/Countdown-v0')).toBeUndefined();
  });
});
