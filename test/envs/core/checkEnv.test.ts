import { describe, expect, it } from 'vitest';
import { builtinEnvs } from '../../../envs/builtinEnvs.ts';
import { type AnyEnv, Box, checkEnv, make, type ResetResult, type StepResult, Wrapper } from '../../../envs/index.ts';
import { Rng } from '../../../src/random.ts';
import { Countdown } from './fixtures.ts';

const SEED = new Rng('checkEnv').split('seed').integer(0, 2 ** 31);

describe('checkEnv', () => {
  it.each(Object.keys(builtinEnvs))('passes %s, wrapped and bare', (id) => {
    checkEnv(make(id));
    checkEnv(make(id).unwrapped);
  });

  it.each(['upper', 'lower', 'hidden', 'opponent'])('passes the lake with %s blocked', (blocked) => {
    for (const action of ['velocity', 'heading']) {
      for (const id of ['Lake-v0', 'LakeStride-v0']) checkEnv(make(id, { blocked, action }));
    }
  });

  it('lets frozen infos be shared, and gives advice', () => {
    const nothing = Object.freeze({});
    const env = brokenStep(([o, r, t, u]) => [o, r, t, u, nothing]);
    expect(checkEnv(env)).toEqual([]);
    // A policy takes the scale of its actions from their bounds.
    expect(checkEnv(make('Pendulum-v1'))).toEqual([]);
    expect(checkEnv(make('CartPole-v1'))).toEqual([expect.stringMatching(/^observationSpace has infinite bounds/)]);
  });

  it('passes a discrete env, and closes it twice', () => {
    const env = new Countdown();
    checkEnv(env);
    expect(env.closed).toBe(2);
  });

  it('passes an env that has no state, wrapped too', () => {
    class Stateless extends Countdown {
      override state = undefined as unknown as Countdown['state'];
      override setState = undefined as unknown as Countdown['setState'];
    }
    checkEnv(new Stateless());
  });
});

/** Changes the results of `step`. */
function brokenStep(change: (result: StepResult, env: Countdown, action: number) => unknown): AnyEnv {
  return new (class Broken extends Countdown {
    override step(action: number): StepResult {
      return change(super.step(action), this, action) as StepResult;
    }
  })();
}

/** Changes the results of `begin`, which `reset` returns. */
function brokenReset(change: (result: ResetResult, env: Countdown) => unknown): AnyEnv {
  return new (class Broken extends Countdown {
    protected override begin(): ResetResult {
      return change(super.begin(), this) as ResetResult;
    }
  })();
}

function withOverrides(overrides: object): AnyEnv {
  return Object.assign(new (class Broken extends Countdown {})(), overrides);
}

const shared = new Float32Array(2);
let calls = 0;

const infos: object[] = [{ seen: [1] }];

const box = () => new Box({ low: 0, high: 1, shape: [1] });

const violations: [rule: string, env: () => AnyEnv, message: string][] = [
  ['no action space', () => withOverrides({ actionSpace: undefined }), 'Broken: has no actionSpace'],
  [
    'no real space',
    () => withOverrides({ observationSpace: { sample() {}, contains() {} } }),
    'observationSpace is not a',
  ],
  ['no object', () => undefined as unknown as AnyEnv, 'checkEnv: expected an env'],
  [
    'no unwrapped env',
    () => Object.defineProperty(withOverrides({}), 'unwrapped', { value: undefined }),
    'Broken: unwrapped: got undefined',
  ],
  [
    'a seed that holds for one reset only',
    () =>
      new (class Broken extends Countdown {
        #resets = 0;
        override reset(options?: { seed?: number }): ResetResult {
          const [observation, info] = super.reset(options);
          this.#resets++;
          return [options?.seed === undefined ? Float32Array.of(this.#resets % 9, 0) : observation, info];
        }
      })(),
    `Broken: reset() after reset({ seed: ${SEED} }) differs`,
  ],
  [
    'a first step that is truncated',
    () => brokenStep(([o, r, , , info]) => [o, r, false, true, info]),
    'Broken: the first step of an episode was truncated',
  ],
  [
    'a time limit that does not hold',
    () => {
      const env = new Wrapper(new (class Broken extends Countdown {})({ length: 9 }));
      env.unwrapped.spec = { id: 'Broken', maxEpisodeSteps: 4, rewardThreshold: undefined, options: {} };
      return env as AnyEnv;
    },
    'Broken: the episode goes on after 4 steps',
  ],
  [
    'infos that are shared',
    () => brokenStep(([o, r, t, u]) => [o, r, t, u, { ...infos[0] }]),
    'Broken: the infos of step() 1',
  ],
  [
    'observations that share memory',
    () => {
      const memory = new Float32Array(2000);
      let row = 0;
      return brokenStep(([o, ...rest]) => {
        const view = memory.subarray(2 * row, 2 * row + 2);
        row = (row + 1) % 1000;
        view.set(o);
        return [view, ...rest];
      });
    },
    'Broken: the observations of step() 1 and step() 2 share an object',
  ],
  [
    'a drawing that is no SVG',
    () => withOverrides({ render: () => '<svg></svg>' }),
    'Broken: render() must give one <svg>',
  ],
  [
    'a drawing that changes its size',
    () => withOverrides({ render: () => `<svg viewBox="0 0 1 ${(calls++ % 5) + 1}"></svg>` }),
    'Broken: render() must keep its viewBox',
  ],
  [
    'a drawing that draws random numbers',
    () =>
      new (class Broken extends Countdown {
        render(): string {
          this.rng.uniform();
          return '<svg viewBox="0 0 1 1"></svg>';
        }
      })(),
    'Broken: render() changes what follows',
  ],
  [
    'a space without size',
    () => withOverrides({ actionSpace: Object.assign(box(), { size: 0 }) }),
    'actionSpace.size: got 0',
  ],
  [
    'samples outside the space',
    () => withOverrides({ actionSpace: Object.assign(box(), { sample: () => Float32Array.of(2) }) }),
    'Broken: actionSpace.sample() gave a value outside actionSpace',
  ],
  [
    'a space that mixes up rows',
    () => withOverrides({ actionSpace: Object.assign(box(), { read: () => Float32Array.of(7) }) }),
    'Broken: actionSpace: read() after write() gave',
  ],
  ['reset without info', () => brokenReset(([o]) => o), 'Broken: reset() must return [observation, info]'],
  [
    'reset outside the space',
    () => brokenReset(([, info]) => [Float32Array.of(99, 0), info]),
    'Broken: reset() gave an observation outside observationSpace: entry 0 is 99',
  ],
  ['reset of a wrong dtype', () => brokenReset(([, info]) => [[1, 0], info]), 'expected a Float32Array, got [1,0]'],
  [
    'reset that ignores the seed',
    () => brokenReset(([, info]) => [Float32Array.of(1, (calls++ % 97) / 97), info]),
    `Broken: two resets with seed ${SEED} differ`,
  ],
  ['step outside the space', () => brokenStep(([, ...rest]) => [Float32Array.of(NaN, 0), ...rest]), 'entry 0 is NaN'],
  [
    'terminated that is no boolean',
    () => brokenStep(([o, r, t, ...rest]) => [o, r, t ? 1 : 0, ...rest]),
    'a boolean as terminated, got 0',
  ],
  [
    'an observation that is overwritten',
    () =>
      brokenStep(([o, ...rest]) => {
        shared.set(o);
        return [shared, ...rest];
      }),
    'Broken: step() wrote to the observation it gave before',
  ],
  [
    'an action that is overwritten',
    () =>
      new (class Broken extends Countdown {
        override readonly actionSpace = box() as never;
        override step(action: number): StepResult {
          (action as unknown as Float32Array)[0] = 5;
          return super.step(1);
        }
      })(),
    'Broken: step() wrote to the action it was given',
  ],
  [
    'steps that are random beside the seed',
    () => brokenStep(([o, , ...rest]) => [o, (calls++ % 89) / 89, ...rest]),
    `Broken: two runs with seed ${SEED} and the same actions differ`,
  ],
  [
    'a state that forgets the random stream',
    () =>
      withOverrides({
        setState({ left }: { left: number }) {
          (this as unknown as Countdown).left = left;
        },
      }),
    'Broken: setState(state()) does not go back',
  ],
  ['a state that cannot be set', () => withOverrides({ setState: undefined }), 'has one of state() and setState()'],
  [
    'close that fails the second time',
    () =>
      new (class Broken extends Countdown {
        override close(): void {
          super.close();
          if (this.closed > 1) throw new Error('closed twice');
        }
      })(),
    'closed twice',
  ],
];

it.each(violations)('checkEnv finds %s, in one line', (_rule, env, message) => {
  expect(() => checkEnv(env())).toThrow(message);
  expect(() => checkEnv(env())).not.toThrow('\n');
});

it('BaseEnv goes on with its stream when it is reset without a seed, and is unpredictable when it never had one', () => {
  const env = new Countdown();
  const first = env.reset({ seed: 1 })[0];
  expect(env.reset()[0]).not.toEqual(first);
  expect(env.reset({ seed: 1 })[0]).toEqual(first);
  expect(new Countdown().reset()[0]).not.toEqual(new Countdown().reset()[0]);
  expect(env.reset({ seed: 'a name' })[0][1]).toBe(Math.fround(new Rng('a name').split('env').uniform()));
});
