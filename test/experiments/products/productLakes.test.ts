import { expect, test } from 'vitest';
import { collectDemonstrations } from '../../../envs/index.ts';
import { makeProductLakes, productDemonstrations } from '../../../experiments/products/config.ts';
import { Rng } from '../../../src/index.ts';

const [lakes, walks] = [3, 200];
const all = productDemonstrations({ lakes, walks, rng: new Rng(4) });

/** The rows of a lake in a walk of all. */
const rowsOf = (values: Float32Array, lake: number, from: number, count: number) =>
  Array.from({ length: count }, (_, i) => [...values.subarray(2 * (lakes * (from + i) + lake)).subarray(0, 2)]).flat();

test('on each lake the walks are those that are cloned on one lake, byte by byte', () => {
  for (let lake = 0; lake < lakes; lake++) {
    const alone = collectDemonstrations({
      envId: 'LakeStride-v0',
      episodes: walks,
      rng: new Rng(4).split('lakes').split(lake),
    });
    for (const [walk, { offset, length }] of alone.episodes.entries()) {
      const { offset: from, length: whole } = all.walks[walk]!;
      expect(whole).toBeGreaterThanOrEqual(length);
      for (const name of ['observations', 'actions'] as const) {
        expect(rowsOf(all[name], lake, from, length)).toEqual([
          ...alone[name].subarray(2 * offset, 2 * (offset + length)),
        ]);
      }
    }
  }
});

test('who is home stands there, with noise of 0.1, and all get home', () => {
  const standing: number[] = [];
  const env = makeProductLakes(lakes);
  for (const [walk, { offset, length }] of all.walks.entries()) {
    env.reset();
    for (let step = 0; step < length; step++) {
      const at = 2 * lakes * (offset + step);
      const [next, , terminated, , info] = env.step(all.actions.slice(at, at + 2 * lakes));
      expect(terminated).toBe(step === length - 1);
      expect(info.outcome).toBe(terminated ? 'home' : undefined);
      if (!terminated) expect([...next]).toEqual([...all.observations.subarray(at + 2 * lakes, at + 4 * lakes)]);
    }
    for (let lake = 0; lake < lakes; lake++) {
      const under = all.lakes[lake]!.episodes[walk]!.length;
      standing.push(...rowsOf(all.actions, lake, offset + under, length - under));
    }
  }
  expect(standing.length).toBeGreaterThan(200);
  const variance = standing.reduce((sum, value) => sum + value * value, 0) / standing.length;
  // The variance of a sample variance of n normal numbers is 2 σ⁴ / n.
  expect(Math.abs(variance - 0.01)).toBeLessThan(4 * 0.01 * Math.sqrt(2 / standing.length));
});

test('half of the walks take each bank of each lake, lakes independently: all ways are taken', () => {
  const ways = new Map<string, number>();
  for (let walk = 0; walk < walks; walk++) {
    const way = all.lakes.map(({ episodes }) => episodes[walk]!.bank).join();
    ways.set(way, (ways.get(way) ?? 0) + 1);
  }
  for (const { episodes } of all.lakes) expect(episodes.filter(({ bank }) => bank === 'upper')).toHaveLength(walks / 2);
  expect(ways.size).toBe(2 ** lakes);
  // 25 expected of each; ±4 standard deviations of a binomial.
  for (const count of ways.values()) expect(Math.abs(count - 25)).toBeLessThan(4 * Math.sqrt((200 / 8) * (7 / 8)));
});
