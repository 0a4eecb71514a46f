import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Box, type Env, LakeEnv, LakeFogEnv, type LakeInfo, make } from '../../../envs/index.ts';

/** Round the lake on the stride lake: over the corner of a square about it, then home. */
function strideHome(bank: 'upper' | 'lower'): Float32Array[] {
  const side = bank === 'upper' ? 1 : -1;
  const turn = (degrees: number) => (degrees * Math.PI) / 180;
  return [45, 0, -45, -45].map((degrees) => Float32Array.of(Math.cos(turn(degrees)), side * Math.sin(turn(degrees))));
}

function play(env: Env, actions: Float32Array[], seed?: number): { info: LakeInfo; total: number; steps: number } {
  let [, info] = env.reset({ seed });
  let total = 0;
  let steps = 0;
  for (const action of actions) {
    const [, reward, terminated, truncated, next] = env.step(action);
    info = next;
    total += reward;
    steps++;
    if (terminated || truncated) break;
  }
  return { info: info as LakeInfo, total, steps };
}

const repeat = (action: Float32Array, times: number) => Array.from({ length: times }, () => action);

describe('LakeEnv', () => {
  it('drowns straight ahead: −1 less the cost of every step', () => {
    const fine = play(make('Lake-v0'), repeat(Float32Array.of(1, 0), 60));
    expect(fine.info.outcome).toBe('drowned');
    expect(fine.steps).toBe(6);
    expect(fine.total).toBeCloseTo(-1 - 6 * 0.005, 12);
    expect(fine.info.bank).toBeUndefined();
    const stride = play(make('LakeStride-v0'), [Float32Array.of(1, 0)]);
    expect(stride.info.outcome).toBe('drowned');
    expect(stride.total).toBeCloseTo(-1.02, 12);
  });

  it.each([
    ['upper', -Math.PI],
    ['lower', Math.PI],
  ] as const)('goes home by the %s bank: +1 less the cost, winding angle about %f', (bank, angle) => {
    const { info, total, steps } = play(make('LakeStride-v0'), strideHome(bank));
    expect(info.outcome).toBe('home');
    expect(info.bank).toBe(bank);
    expect(Math.abs(info.windingAngle - angle)).toBeLessThan(0.2);
    expect(total).toBeCloseTo(1 - steps * 0.02, 12);
  });

  it('pays the bonus in the step that crosses above the lake, and takes it back from who crosses back on either side', () => {
    const env = new LakeEnv({ stride: 1, stepCost: 0, upperBonus: 0.5 });
    const rewards = (headings: readonly (readonly [number, number])[]) => {
      env.reset();
      return headings.map(([x, y]) => env.step(Float32Array.of(x, y))[1]);
    };
    const [right, left, up, down] = [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const;
    expect(rewards([up, right, right, left, left])).toEqual([0, 0, 0.5, -0.5, 0]);
    expect(rewards([down, right, right, left])).toEqual([0, 0, 0, -0.5]);
    // Round the lake: what was paid above is taken back below.
    const around = [up, right, right, right, right, down, down, left, left, left];
    expect(rewards(around)).toEqual([0, 0, 0.5, 0, 0, 0, 0, 0, 0, -0.5]);
  });

  it.each([
    ['Lake-v0', 60, 0.005],
    ['LakeStride-v0', 12, 0.02],
  ])('%s is truncated after %i steps with the outcome timeout', (id, steps, cost) => {
    const env = make(id);
    env.reset({ seed: 1 });
    let total = 0;
    for (let t = 1; t <= steps; t++) {
      const [observation, reward, terminated, truncated, info] = env.step(Float32Array.of(-1, 0));
      total += reward;
      expect(terminated).toBe(false);
      expect(truncated).toBe(t === steps);
      expect(info.outcome).toBe(t === steps ? 'timeout' : undefined);
      expect(observation[0]).toBeGreaterThanOrEqual(-2);
    }
    expect(total).toBeCloseTo(-cost * steps, 10);
  });

  it('clips the norm of a velocity to 1, and keeps slower ones', () => {
    const env = new LakeEnv({ stride: 0.5 });
    env.reset();
    const [long] = env.step(Float32Array.of(0, 30));
    expect(long[0]).toBeCloseTo(-1.5, 6);
    expect(long[1]).toBeCloseTo(0.5, 6);
    env.reset();
    const [diagonal] = env.step(Float32Array.of(-1, 1));
    expect(Math.hypot(diagonal[0]! + 1.5, diagonal[1]!)).toBeCloseTo(0.5, 6);
    env.reset();
    const [slow] = env.step(Float32Array.of(0, 0.5));
    expect(slow[1]).toBeCloseTo(0.25, 6);
  });

  it('takes headings modulo 2π, always at full stride', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), fc.integer({ min: -3, max: 3 }), (angle, turns) => {
        const env = new LakeEnv({ stride: 0.3, action: 'heading' });
        env.reset();
        const [observation] = env.step(Float32Array.of(angle + 2 * Math.PI * turns));
        expect(observation[0]).toBeCloseTo(-1.5 + 0.3 * Math.cos(angle), 4);
        expect(observation[1]).toBeCloseTo(0.3 * Math.sin(angle), 4);
      }),
    );
    const { shape, low, high } = make('Lake-v0', { action: 'heading' }).actionSpace as unknown as Box;
    expect([shape, low[0], high[0]]).toEqual([[1], Math.fround(-Math.PI), Math.fround(Math.PI)]);
  });

  it('drowns on a blocked bank and not on the other', () => {
    for (const blocked of ['upper', 'lower'] as const) {
      for (const bank of ['upper', 'lower'] as const) {
        const { info } = play(make('LakeStride-v0', { blocked }), strideHome(bank));
        expect(info.outcome).toBe(bank === blocked ? 'drowned' : 'home');
        expect(info.bank).toBe(bank);
        expect(info.blocked).toBe(blocked);
      }
    }
  });

  it('hidden: draws a bank for each episode, half the time each, and tells it in no observation', () => {
    const env = make('LakeStride-v0', { blocked: 'hidden' });
    const drawn = { upper: 0, lower: 0 };
    env.reset({ seed: 4 });
    for (let i = 0; i < 400; i++) {
      const [observation, info] = env.reset();
      expect([...observation]).toEqual([-1.5, 0]);
      drawn[info.blocked as 'upper']++;
    }
    // 5 standard deviations of a fair coin.
    expect(Math.abs(drawn.upper - 200)).toBeLessThan(50);
    const homes = Array.from({ length: 40 }, () => play(env, strideHome('upper')).info);
    for (const info of homes) expect(info.outcome).toBe(info.blocked === 'upper' ? 'drowned' : 'home');
  });

  it('opponent: blocks the bank used more, so that commitment always fails and alternation does not', () => {
    const env = make('LakeStride-v0', { blocked: 'opponent' });
    env.reset({ seed: 2 });
    play(env, strideHome('upper'));
    for (let i = 0; i < 20; i++) expect(play(env, strideHome('upper')).info.outcome).toBe('drowned');
    expect(play(env, strideHome('lower')).info.outcome).toBe('home');
    // 20 upper walks are remembered: it takes several lower ones until the opponent moves over.
    const untilBlocked = Array.from({ length: 30 }, () => play(env, strideHome('lower')).info.outcome).indexOf(
      'drowned',
    );
    // 0.9^k · s + (1 − 0.9^k) · 0 < 0.5 with s near 1 − 0.5 · 0.9^21 first holds for k = 7; one lower walk was made above.
    expect(untilBlocked).toBe(6);
  });
});

describe('LakeFogEnv', () => {
  /** Steps of 1.3, of the way by the upper bank. */
  const HOME = [
    [0.58, 0.81],
    [1, 0],
    [0.67, -0.74],
  ].map(([x, y]) => [x!, y!] as const);
  const by = (bank: 'upper' | 'lower') => HOME.map(([x, y]) => Float32Array.of(x, bank === 'upper' ? y : -y));

  it('shows the start and the blocked bank at first, then nothing, also at the end', () => {
    const env = make('LakeFog-v0');
    const seen = new Set<number>();
    env.reset({ seed: 3 });
    for (let i = 0; i < 40; i++) {
      const [first, { blocked }] = env.reset();
      expect([...first]).toEqual([-1.5, 0, blocked === 'upper' ? 1 : -1]);
      expect(env.observationSpace.contains(first)).toBe(true);
      seen.add(first[2]!);
      for (const action of by('upper')) {
        const [observation, , ended] = env.step(action);
        expect([...observation]).toEqual([0, 0, 0]);
        if (ended) break;
      }
    }
    expect(seen.size).toBe(2);
    for (const [blocked, shown] of [['none', 0] as const, ['lower', -1] as const]) {
      expect(make('LakeFog-v0', { blocked }).reset()[0][2]).toBe(shown);
    }
  });

  it('whoever remembers the bank is home in three steps', () => {
    for (const blocked of ['upper', 'lower'] as const) {
      const { info, total } = play(make('LakeFog-v0', { blocked }), by(blocked === 'upper' ? 'lower' : 'upper'));
      expect(info.outcome).toBe('home');
      expect(total).toBeCloseTo(0.7, 12);
      expect(play(make('LakeFog-v0', { blocked }), by(blocked)).info.outcome).toBe('drowned');
    }
  });

  it('whoever always goes on in one direction gets home by one bank at most, whatever was done first', () => {
    const [upper, lower] = (['upper', 'lower'] as const).map((blocked) => make('LakeFog-v0', { blocked }));
    const homes = { one: 0, both: 0 };
    const velocities = (directions: number, speeds: number[]) =>
      Array.from({ length: directions }, (_, i) => (2 * i * Math.PI) / directions).flatMap((angle) =>
        speeds.map((speed) => Float32Array.of(speed * Math.cos(angle), speed * Math.sin(angle))),
      );
    const firsts = velocities(36, [0.5, 0.75, 1]);
    for (const on of velocities(72, [0.5, 1])) {
      const getsHome = (env: Env) =>
        firsts.some((first) => play(env, [first, ...repeat(on, 11)]).info.outcome === 'home');
      const [above, below] = [getsHome(lower!), getsHome(upper!)];
      if (above && below) homes.both += 1;
      else if (above || below) homes.one += 1;
    }
    expect(homes.both).toBe(0);
    // Some do by one: they walk at 20° to the axis.
    expect(homes.one).toBeGreaterThanOrEqual(4);
  });

  it('refuses an option that there is not', () => {
    expect(() => new LakeFogEnv({ fog: true } as never)).toThrow(/^LakeFog: fog: unknown option/);
  });
});
