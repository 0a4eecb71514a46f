import { beforeAll, describe, expect, it } from 'vitest';
import {
  allLakeGrains,
  checkEnv,
  type Env,
  type Info,
  type LakeInfo,
  lakeMap,
  loadEnv,
  make,
  type RobotLakeId,
  robotLakeGrains,
} from '../../../../envs/index.ts';
import { shortestPathDirection } from '../../../../envs/lake/demonstrations.ts';
import { RobotLakeEnv, type RobotOnGround } from '../../../../envs/mujoco/index.ts';

const ids = Object.keys(robotLakeGrains) as RobotLakeId[];
const ball = 'mujoco/PointLakeStride-v0';

beforeAll(() => loadEnv(ball));

/** Walks along the shortest path round the circle that demonstrators keep to in the mean. */
function walkRound(env: Env, id: RobotLakeId, bank: lakeMap.Bank, seed: number): LakeInfo {
  const radius = lakeMap.lake.radius + allLakeGrains[id].margin;
  let [observation, info] = env.reset({ seed });
  for (let ended = false; !ended; ) {
    const { x, y } = shortestPathDirection({ x: observation[0]!, y: observation[1]! }, radius, bank);
    const [next, , terminated, truncated, told] = env.step(Float32Array.of(x, y));
    [observation, info, ended] = [next, told, terminated || truncated];
  }
  return info as LakeInfo;
}

describe.each(ids)('%s', (id) => {
  it.each(['velocity', 'heading'] as const)('keeps the contract of environments, with each %s', (action) => {
    // Short steps: a stride of the ant is 84 steps of its gait.
    checkEnv(make(id, { action, blocked: 'hidden', stride: 0.15 }), { steps: 20 });
  });

  it('begins at the start, at the cost of every step, and drowns straight ahead', () => {
    const { stepCost, stride, maxEpisodeSteps } = allLakeGrains[id];
    const env = make(id);
    const [observation, info] = env.reset({ seed: 3 });
    expect([...observation]).toEqual([-1.5, 0]);
    expect(info).toEqual({ outcome: undefined, windingAngle: 0, bank: undefined, blocked: undefined });
    let total = 0;
    let steps = 0;
    for (let ended = false; !ended; steps++) {
      const [next, reward, terminated, truncated, told] = env.step(Float32Array.of(1, 0));
      total += reward;
      ended = terminated || truncated;
      if (!ended) continue;
      expect(told.outcome).toBe('drowned');
      expect(Math.hypot(next[0]!, next[1]!)).toBeCloseTo(lakeMap.lake.radius, 5);
    }
    expect(total).toBeCloseTo(-1 - steps * stepCost, 12);
    // From 0.8 off the shore, and some more to come to full speed.
    expect(steps).toBeGreaterThanOrEqual(0.8 / stride);
    expect(steps).toBeLessThan(maxEpisodeSteps / 2);
    env.close();
  });

  it.each(['upper', 'lower'] as const)('goes home by the %s bank, unless that is blocked', (bank) => {
    for (const blocked of ['none', bank] as const) {
      const env = make(id, { blocked });
      const info = walkRound(env, id, bank, 5);
      expect(info.bank).toBe(bank);
      expect(info.outcome).toBe(blocked === bank ? 'drowned' : 'home');
      expect(info.blocked).toBe(blocked === 'none' ? undefined : blocked);
      const turned = blocked === bank ? Math.PI / 2 : Math.PI;
      expect(Math.abs(Math.abs(info.windingAngle) - turned)).toBeLessThan(0.2);
      env.close();
    }
  });
});

describe('a robot that aims ahead', () => {
  /** It goes where it is told, and the wind blows it along y. */
  const blown = { place: { x: 0, y: 0 }, dt: 0.1, reset: () => blown.place, close: () => undefined };
  const wind = 0.05;

  class BlownLakeEnv extends RobotLakeEnv<RobotOnGround> {
    readonly told: { readonly place: typeof blown.place; readonly x: number; readonly y: number }[] = [];

    constructor() {
      const robot = blown as unknown as RobotOnGround;
      super({ name: 'Blown', robot, metres: 2, speed: 1, ahead: 0.5 }, { stride: 0.5 });
    }

    protected drive({ x, y }: { x: number; y: number }): [Float64Array, number, boolean, boolean, Info] {
      const { place } = blown;
      this.told.push({ place, x, y });
      blown.place = { x: place.x + 0.1 * x, y: place.y + 0.1 * y + wind };
      return [new Float64Array(), 0, false, false, {}];
    }
  }

  it.each([
    [1, 0],
    [0.6, 0.8],
    [-0.8, -0.6],
  ])('is told the direction to that point on the line of its step, (%d, %d)', (dx, dy) => {
    const env = new BlownLakeEnv();
    blown.place = { x: -3, y: 0 };
    env.reset({ seed: 0 });
    env.step(Float32Array.of(dx, dy));
    // Half a unit is 1 m, ten steps.
    expect(env.told).toHaveLength(10);
    for (const { place, x, y } of env.told) {
      const [ex, ey] = [place.x + 3, place.y];
      const way = ex * dx + ey * dy;
      const [aimX, aimY] = [(way + 0.5) * dx - ex, (way + 0.5) * dy - ey];
      const length = Math.hypot(aimX, aimY);
      // Actions are float32.
      expect([x, y]).toEqual([expect.closeTo(aimX / length, 6), expect.closeTo(aimY / length, 6)]);
    }
    const { x, y } = env.told.at(-1)!;
    expect(Math.hypot(x - dx, y - dy)).toBeGreaterThan(0.1);
  });
});

describe('the ball', () => {
  /** Where it is after so many seconds of a push from rest, by the law of a first-order lag. */
  const way = (seconds: number) => seconds - 0.2 * (1 - Math.exp(-seconds / 0.2));

  it.each([
    [1, 26],
    [0.5, 13],
    [0.01, 1],
  ])('is pushed for as long as %f of a stride takes at full speed', (speed, steps) => {
    const env = make(ball);
    env.reset();
    const [observation] = env.step(Float32Array.of(0, speed));
    expect(observation[0]).toBeCloseTo(-1.5, 6);
    // The steps of physics, 0.01 s, are implicit ones of the first order.
    expect(Math.abs(observation[1]! - way(0.05 * steps))).toBeLessThan(0.0055);
    env.close();
  });

  it('stays on the land, and takes no NaN', () => {
    const env = make(ball);
    env.reset();
    expect(() => env.step(Float32Array.of(Number.NaN, 0))).toThrow(/^PointLake: step\(\) got the action .*NaN/);
    for (let i = 0; i < 3; i++) expect(env.step(Float32Array.of(-1, 0))[0][0]).toBe(-2);
    // It is there, not only said to be: the way back begins at once.
    expect(env.step(Float32Array.of(0.3, 0))[0][0]).toBeGreaterThan(-1.9);
    env.close();
  });
});
