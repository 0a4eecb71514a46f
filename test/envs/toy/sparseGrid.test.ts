import { describe, expect, it } from 'vitest';
import { checkEnv, make, SparseGridEnv } from '../../../envs/index.ts';

/** The cells of width ½ from which others are reached by steps of ½, which stand in for all ways. */
function reached(from: readonly [number, number], onward: (x: number, y: number) => boolean): Set<string> {
  const env = new SparseGridEnv();
  const seen = new Set([from.join()]);
  const open: (readonly [number, number])[] = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const [dx, dy] of [
      [0.5, 0],
      [-0.5, 0],
      [0, 0.5],
      [0, -0.5],
    ] as const) {
      env.reset({ options: { state: at } });
      const [observation] = env.step(Float32Array.of(dx, dy));
      const [x, y] = [...observation].map((o) => Math.round(2 * (15 * o + 15)) / 2) as [number, number];
      if (seen.has([x, y].join()) || !onward(x, y)) continue;
      seen.add([x, y].join());
      open.push([x, y]);
    }
  }
  return seen;
}

describe('SparseGridEnv', () => {
  it('passes the checks', () => checkEnv(new SparseGridEnv()));

  it.each([
    ['a free step', [8, 8], [0.5, -0.25], [8.5, 7.75], -0.01],
    ['a step longer than allowed', [8, 8], [3, -9], [9, 7], -0.01],
    ['into the wall above', [7, 13.5], [0, 1], [7, 13.5], -0.01],
    ['through the door', [13.5, 7], [1, 0], [14.5, 7], -0.01],
    ['into the wall above the door', [13.5, 13], [1, 0], [13.5, 13], -0.01],
    ['into the wall below the door', [13.5, 2], [1, 0.25], [13.5, 2], -0.01],
    ['over the border', [0.5, 29.75], [-1, 1], [0, 30], -0.01],
    ['to the goal', [20.5, 22], [0.75, 0.5], [21.25, 22.5], 100],
    ['to its edge', [20, 22], [1, 0], [21, 22], 100],
    ['beside it', [21, 21], [0.25, 0.25], [21.25, 21.25], -0.01],
  ] as const)('%s', (_what, from, action, to, reward) => {
    const env = new SparseGridEnv();
    env.reset({ options: { state: from } });
    const [observation, paid, terminated, truncated, info] = env.step(Float32Array.from(action));
    [...observation].forEach((o, i) => expect(o).toBeCloseTo((to[i]! - 15) / 15, 6));
    expect([paid, terminated, truncated, info.outcome]).toEqual([
      reward,
      reward > 0,
      false,
      reward > 0 ? 'goal' : undefined,
    ]);
  });

  it('has one way out of the room, the door', () => {
    const inside = (x: number, y: number) => x < 14 && y < 14;
    expect(reached([8, 8], () => true).has('22,20.5')).toBe(true);
    const withoutDoor = reached([8, 8], (x, y) => !(x > 13.5 && x < 16.5 && y > 2 && y < 13));
    expect([...withoutDoor].every((cell) => inside(...(cell.split(',').map(Number) as [number, number])))).toBe(true);
    expect(withoutDoor.size).toBe(28 * 28);
  });

  it('starts in the room, and is truncated after 500 steps; reward and cost are options', () => {
    const env = make<Float32Array, Float32Array>('SparseGrid-v0', { goalReward: 1, stepCost: 0 });
    expect([...env.reset({ seed: 0 })[0]].map((o) => 15 * o + 15)).toEqual([8, 8].map((x) => expect.closeTo(x, 5)));
    for (let t = 1; t <= 500; t++) expect(env.step(new Float32Array(2)).slice(1, 4)).toEqual([-0, false, t === 500]);
    env.reset({ options: { state: [21.5, 22] } });
    expect(env.step(new Float32Array(2))[1]).toBe(1);
  });

  it.each([
    [
      'a point in a wall',
      (env: SparseGridEnv) => env.reset({ options: { state: [7, 15] } }),
      /\(7, 15\), expected a point in no wall/,
    ],
    ['no number', (env: SparseGridEnv) => env.step(Float32Array.of(Number.NaN, 0)), /expected 2 finite numbers/],
  ])('refuses %s', (_what, call, message) => {
    const env = new SparseGridEnv();
    env.reset({ seed: 0 });
    expect(() => call(env)).toThrow(message);
  });
});
