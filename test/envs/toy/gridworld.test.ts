import { describe, expect, it } from 'vitest';
import { checkEnv, GridworldEnv, type GridworldInfo, make } from '../../../envs/index.ts';

/** Steps from (8, 12) to a goal at least, where the obstacle's column is passed on that side; by breadth-first search through the env itself. */
function shortest(env: GridworldEnv, passage: GridworldInfo['passage']): number {
  let frontier = [[8, 12] as [number, number]];
  const seen = new Set(['8,12']);
  for (let steps = 1; frontier.length > 0; steps++) {
    const next: [number, number][] = [];
    for (const [x, y] of frontier) {
      for (let move = 0; move < 9; move++) {
        env.reset({ options: { state: [x, y] } });
        const [observation, reward, terminated] = env.step(move);
        const [toX, toY] = [...observation].map((o) => Math.round(12 * o + 12)) as [number, number];
        if (toX === 15 && toY > 12 !== (passage === 'upper')) continue;
        if (reward === 20) return steps;
        if (terminated || seen.has(`${toX},${toY}`)) continue;
        seen.add(`${toX},${toY}`);
        next.push([toX, toY]);
      }
    }
    frontier = next;
  }
  return Infinity;
}

describe.each(['tree', 'slits'] as const)('Gridworld, map %s', (map) => {
  const env = new GridworldEnv({ map, action: 'discrete' });

  it('has two ways of one length', () => {
    const upper = shortest(env, 'upper');
    expect(shortest(env, 'lower')).toBe(upper);
    expect(upper).toBeLessThan(20);
    expect(upper).toBeGreaterThanOrEqual(15);
  });

  it('passes the checks with either kind of action', () => {
    for (const action of ['discrete', 'continuous'] as const) checkEnv(new GridworldEnv({ map, action }));
  });

  it('starts on every free cell, and on no other', () => {
    env.reset({ seed: 1 });
    const starts = new Set<string>();
    for (let i = 0; i < 12000; i++) starts.add([...env.reset()[0]].map((o) => Math.round(12 * o + 12)).join());
    let free = 0;
    for (let x = 0; x < 25; x++) for (let y = 0; y < 25; y++) if (env.cell(x, y) === 'free') free++;
    expect(starts.size).toBe(free);
    expect(free).toBe(map === 'tree' ? 625 - 25 - 10 : 625 - 17 - 25);
  });
});

describe('GridworldEnv', () => {
  it.each([
    ['death', 'tree', [12, 12], [1, 0], -10, [13, 12]],
    ['goal', 'tree', [22, 15], [0.6, -0.6], 20, [23, 14]],
    ['goal', 'slits', [23, 0], [5, 0], 20, [24, 0]],
    ['a wall', 'slits', [14, 12], [1, 1], 0, [14, 12]],
    ['an opening', 'slits', [14, 8], [1, -1], 0, [15, 7]],
    ['the border', 'tree', [0, 0], [-1, 1], 0, [0, 1]],
    ['half a move, rounded to none', 'tree', [3, 3], [0.5, -0.5], 0, [3, 3]],
  ] as const)('%s', (_what, map, from, action, reward, to) => {
    const env = new GridworldEnv({ map });
    env.reset({ options: { state: from } });
    const [observation, paid, terminated, , info] = env.step(Float32Array.from(action));
    expect([...observation].map((o) => Math.round(12 * o + 12))).toEqual(to);
    expect([paid, terminated, info.outcome !== undefined]).toEqual([reward, reward !== 0, reward !== 0]);
  });

  it('tells the passage, and is truncated after 100 steps', () => {
    const env = make<Float32Array, Float32Array>('GridworldSlits-v0');
    env.reset({ options: { state: [14, 18] } });
    expect(env.step(Float32Array.of(1, 0))[4].passage).toBe('upper');
    for (let t = 2; t <= 100; t++) expect(env.step(new Float32Array(2))[3]).toBe(t === 100);
  });
});
