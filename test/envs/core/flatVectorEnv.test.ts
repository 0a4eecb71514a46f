import { describe, expect, it } from 'vitest';
import {
  type AutoresetMode,
  autoresetModes,
  BaseEnv,
  Box,
  Dict,
  Discrete,
  FlatVectorEnv,
  type Info,
  MultiDiscrete,
  type ResetResult,
  type Space,
  type StepResult,
  SyncVectorEnv,
  Text,
} from '../../../envs/index.ts';

interface Seen {
  place: number;
  say: string;
  eye: Uint8Array;
}

/** Goes from place 0 to 3 and ends there; its infos are what a test wants them to be. */
class Stairs extends BaseEnv<Seen, number> {
  readonly observationSpace = new Dict<Seen>({
    place: new Discrete(4),
    say: new Text(10),
    eye: new Box({ low: 0, high: 255, shape: [1], dtype: 'uint8' }),
  });
  readonly actionSpace: Space<number>;
  readonly #info: (place: number) => Info;
  place = 0;

  constructor(info: (place: number) => Info = () => ({}), actionSpace: Space = new Discrete(3)) {
    super();
    this.actionSpace = actionSpace as Space<number>;
    this.#info = info;
  }

  #see(): Seen {
    return { place: this.place, say: 'up', eye: Uint8Array.of(51 * this.place) };
  }

  protected begin(): ResetResult<Seen> {
    this.place = 0;
    return [this.#see(), this.#info(0)];
  }

  step(): StepResult<Seen> {
    this.place += 1;
    return [this.#see(), 1, this.place === 3, false, this.#info(this.place)];
  }

  state(): number {
    return this.place;
  }

  setState(place: number): void {
    this.place = place;
  }
}

const stairs = (info?: (place: number) => Info, autoresetMode: AutoresetMode = 'sameStep', space?: Space) =>
  new SyncVectorEnv([() => new Stairs(info, space), () => new Stairs(info, space)], { autoresetMode });
/** The step that ends an episode. */
function lastStep(env: FlatVectorEnv) {
  const actions = Float32Array.of(1, 1);
  env.reset({ seed: 0 });
  env.step(actions);
  env.step(actions);
  return env.step(actions);
}

/** By the order of the names: the eye, then the place. */
const row = (place: number, ...mask: number[]) => {
  const oneHot = [0, 1, 2, 3].map((i) => (i === place ? 1 : 0));
  return [Math.fround(place / 5), ...oneHot, ...mask];
};
const rows = (numbers: Float32Array) => {
  const size = numbers.length / 2;
  return [[...numbers.subarray(0, size)], [...numbers.subarray(size)]];
};

describe('FlatVectorEnv', () => {
  it.each(autoresetModes)('shows flat rows, those at the end of an episode too: %s', (mode) => {
    const env = new FlatVectorEnv(stairs(undefined, mode));
    expect(String(env.singleObservationSpace)).toBe('Box(0, 1, [5], float32)');
    expect([env.numEnvs, env.autoresetMode, String(env.singleActionSpace)]).toEqual([2, mode, 'Discrete(3)']);
    expect(rows(env.reset({ seed: 0 })[0])).toEqual([row(0), row(0)]);
    const actions = new Float32Array(2);
    for (let place = 1; place < 3; place++) {
      expect(rows(env.step(actions).observations)).toEqual([row(place), row(place)]);
    }
    const last = env.step(actions);
    expect([...last.terminations]).toEqual([1, 1]);
    expect(rows(last.finalObservations)).toEqual([row(3), row(3)]);
    expect(rows(last.observations)).toEqual(mode === 'sameStep' ? [row(0), row(0)] : [row(3), row(3)]);
    if (mode === 'disabled') {
      const [observations] = env.reset({ mask: [0, 1] });
      expect(rows(observations)).toEqual([row(3), row(0)]);
    }
    if (mode === 'nextStep') expect(rows(env.step(actions).observations)).toEqual([row(0), row(0)]);
  });

  it('refuses an integer that is none of its space’s', () => {
    const wild = new Stairs();
    const env = new FlatVectorEnv(new SyncVectorEnv([() => wild]));
    env.reset();
    wild.place = 8;
    expect(() => env.step(new Float32Array(1))).toThrow('FlatVectorEnv: env 0: observation.place: got 9');
  });
});

describe('action masks', () => {
  const masked = (mask: (place: number) => unknown, name = 'actionMask', space?: Space) =>
    new FlatVectorEnv(
      stairs((place) => ({ [name]: mask(place) }), 'sameStep', space),
      { actionMask: true },
    );

  it.each([
    ['numbers', 'actionMask', (place: number) => [1, place % 2, 0]],
    ['booleans, under Python’s name', 'action_mask', (place: number) => [true, place % 2 === 1, false]],
    ['a typed array', 'actionMask', (place: number) => Int8Array.of(1, place % 2, 0)],
  ])('are at the end of each row: %s', (_, name, mask) => {
    const env = masked(mask, name);
    expect(env.singleObservationSpace.size).toBe(8);
    const actions = new Float32Array(2);
    expect(rows(env.reset({ seed: 0 })[0])[1]).toEqual(row(0, 1, 0, 0));
    expect(rows(env.step(actions).observations)[0]).toEqual(row(1, 1, 1, 0));
    env.step(actions);
    const last = env.step(actions);
    expect(rows(last.finalObservations)[1]).toEqual(row(3, 1, 1, 0));
    expect(rows(last.observations)[1]).toEqual(row(0, 1, 0, 0));
  });

  it.each([
    ['flat', [1, 0, 0, 1, 1]],
    ['an array for each entry', [[1, 0], Int8Array.of(0, 1, 1)]],
  ])('of several entries: %s', (_, mask) => {
    const env = masked(() => mask, 'actionMask', new MultiDiscrete([2, 3]));
    expect(rows(env.reset()[0])[0]).toEqual(row(0, 1, 0, 0, 1, 1));
  });

  it.each([
    ['allow all without one', undefined, [1, 1, 1]],
    ['may allow nothing', [0, 0, 0], [0, 0, 0]],
  ])('where an episode has ended: %s', (_, mask, shown) => {
    const env = masked((place) => (place === 3 ? mask : [0, 1, 0]));
    expect(rows(lastStep(env).finalObservations)[0]).toEqual(row(3, ...shown));
  });

  it.each(['nextStep', 'disabled'] as const)('allow all of a row that has ended until it is reset: %s', (mode) => {
    const info = (place: number) => ({ actionMask: place === 3 ? undefined : [0, 1, 0] });
    const env = new FlatVectorEnv(stairs(info, mode), { actionMask: true });
    expect(rows(lastStep(env).observations)).toEqual([row(3, 1, 1, 1), row(3, 1, 1, 1)]);
    const begun = row(0, 0, 1, 0);
    if (mode === 'nextStep') expect(rows(env.step(Float32Array.of(1, 1)).observations)).toEqual([begun, begun]);
    else expect(rows(env.reset({ mask: [0, 1] })[0])).toEqual([row(3, 1, 1, 1), begun]);
  });

  it('are needed where the next episode begins in the step that ends one', () => {
    let begun = 0;
    const env = masked((place) => (place === 0 && ++begun > 2 ? undefined : [0, 1, 0]));
    expect(() => lastStep(env)).toThrow('FlatVectorEnv: env 0: actionMask: got none, expected one for every');
  });

  const two = new MultiDiscrete([2, 3]);
  it.each<[string, unknown, string, Space?]>([
    ['none', undefined, 'got none'],
    ['nothing allowed', [0, 0, 0], 'got [0,0,0], expected one that allows something'],
    ['too few', [1, 1], 'got [1,1], expected 3 numbers'],
    ['too many', [1, 1, 1, 1], 'got [1,1,1,1], expected 3 numbers'],
    ['other numbers', [1, 0.5, 1], 'got [1,0.5,1], expected 3 numbers'],
    ['no array', 'all', 'got "all", expected 3 numbers'],
    [
      'an entry of which nothing is allowed',
      [1, 1, 0, 0, 0],
      'got [1,1,0,0,0], expected one that allows something',
      two,
    ],
    [
      'parts of other sizes',
      [
        [1, 1, 1],
        [1, 1],
      ],
      'got [[1,1,1],[1,1]], expected 5 (2 + 3) numbers',
      two,
    ],
    ['actions that are no choices', [], 'got Box(', new Box({ low: 0, high: 1, shape: [1] })],
  ])('are refused: %s', (_, mask, problem, space) => {
    expect(() => masked(() => mask, 'actionMask', space).reset()).toThrow(`actionMask: ${problem}`);
  });
});
