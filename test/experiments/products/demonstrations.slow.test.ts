import { expect, test } from 'vitest';
import { collectDemonstrations, lakeMap } from '../../../envs/index.ts';
import { demonstratedStart } from '../../../experiments/lake/cloneJobs.ts';
import { KEPT, surpriseOf } from '../../../experiments/products/cloneProduct.ts';
import { makeProductLakes, productDemonstrations } from '../../../experiments/products/config.ts';
import { Rng } from '../../../src/index.ts';

/**
 * The demonstrator's direction, anew: straight home if the line there keeps off the circle, else the tangent that leaves the centre on the right
 * (upper bank) or on the left. Inside of the circle, the circle through the position.
 */
function direction(x: number, y: number, radius: number, bank: 'upper' | 'lower'): [number, number] {
  const far = Math.hypot(x, y);
  const circle = Math.min(radius, far) * (1 - 1e-9);
  const [hx, hy] = [1.5 - x, 0 - y];
  const length = Math.hypot(hx, hy);
  const along = Math.min(1, Math.max(0, -(x * hx + y * hy) / length ** 2));
  if (Math.hypot(x + along * hx, y + along * hy) > circle) return [hx / length, hy / length];
  const angle = Math.atan2(-y, -x) + (bank === 'upper' ? 1 : -1) * Math.asin(circle / far);
  return [Math.cos(angle), Math.sin(angle)];
}

const logNormal = (x: number, y: number) => -0.5 * (x * x + y * y) * 100 - Math.log(2 * Math.PI * 0.01);

test('−log p of walks is that of plain numbers: a mean over banks and circles, lake by lake', () => {
  const [lakes, walks, circles] = [2, 25, 300];
  const data = productDemonstrations({ lakes, walks, rng: new Rng(1) });
  let [total, first, steps, stood] = [0, 0, 0, 0];
  for (const [walk, { offset, length }] of data.walks.entries()) {
    steps += length;
    for (let lake = 0; lake < lakes; lake++) {
      const under = data.lakes[lake]!.episodes[walk]!.length;
      let [density, ofFirst] = [0, 0];
      for (const bank of ['upper', 'lower'] as const) {
        for (let i = 0; i < circles; i++) {
          const radius = 0.7 + 0.3 * (0.7 + (0.6 * (i + 0.5)) / circles);
          let log = 0;
          for (let step = 0; step < under; step++) {
            const at = 2 * (lakes * (offset + step) + lake);
            const [dx, dy] = direction(data.observations[at]!, data.observations[at + 1]!, radius, bank);
            log += logNormal(data.actions[at]! - dx, data.actions[at + 1]! - dy);
            if (step === 0) ofFirst += Math.exp(log) / (2 * circles);
          }
          density += Math.exp(log) / (2 * circles);
        }
      }
      total -= Math.log(density / KEPT.home);
      first -= Math.log(ofFirst / KEPT.dry);
      for (let step = under; step < length; step++) {
        const at = 2 * (lakes * (offset + step) + lake);
        total -= logNormal(data.actions[at]!, data.actions[at + 1]!);
        stood += 1;
      }
    }
  }
  expect(stood).toBeGreaterThan(5);
  const { walks: ofWalks, start } = surpriseOf(data, { circles });
  expect(ofWalks).toBeCloseTo(total / steps, 6);
  expect(start).toBeCloseTo(first / walks, 6);
});

test('at the start it is the entropy of the demonstrated start, for each lake once', () => {
  const { probabilities, logDensities } = demonstratedStart({
    env: 'LakeStride-v0',
    path: 'shortest',
    upperShare: 0.5,
  });
  const entropy = -probabilities.reduce((sum, p, i) => sum + p * logDensities[i]!, 0);
  const [lakes, walks] = [2, 3000];
  const { start } = surpriseOf(productDemonstrations({ lakes, walks, rng: new Rng(2) }));
  // The standard deviation of −log p on one lake is about 1: that of two normal numbers.
  expect(Math.abs(start - lakes * entropy)).toBeLessThan((4 * Math.sqrt(lakes)) / Math.sqrt(walks));
});

test('the shares of walks that are kept, and of first steps that stay dry', () => {
  const episodes = 20_000;
  const { rejected } = collectDemonstrations({ envId: 'LakeStride-v0', episodes, rng: new Rng(5) });
  const within = 4 * Math.sqrt((KEPT.home * (1 - KEPT.home)) / episodes);
  expect(Math.abs(episodes / (episodes + rejected) - KEPT.home)).toBeLessThan(within);
  const rng = new Rng(6);
  let dry = 0;
  for (let i = 0; i < episodes; i++) {
    const [dx, dy] = direction(-1.5, 0, 0.7 + 0.3 * rng.uniform(0.7, 1.3), 'lower');
    const [vx, vy] = [rng.normal(dx, 0.1), rng.normal(dy, 0.1)];
    const stride = 1.3 / Math.max(1, Math.hypot(vx, vy));
    if (lakeMap.walk(lakeMap.start, stride * vx, stride * vy).outcome !== 'drowned') dry += 1;
  }
  expect(Math.abs(dry / episodes - KEPT.dry)).toBeLessThan(within);
  // Who has stayed dry in the first step hardly ever drowns.
  expect(KEPT.home).toBeLessThan(KEPT.dry);
});

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
