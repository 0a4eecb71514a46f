import { describe, expect, it } from 'vitest';
import { collectDemonstrations, type Demonstrations, type LakeId, lakeGrains } from '../../../envs/index.ts';
import { lake } from '../../../envs/lake/lakeMap.ts';
import { Rng } from '../../../src/random.ts';

const ids = Object.keys(lakeGrains) as LakeId[];

function firstActions({ episodes, actions }: Demonstrations, size: number): number[][] {
  return episodes.map(({ offset }) => [...actions.subarray(offset * size, (offset + 1) * size)]);
}

describe.each(ids)('demonstrations on %s', (envId) => {
  const demonstrations = collectDemonstrations({ envId, episodes: 400, rng: new Rng(3) });
  const { observations, actions, episodes, rejected } = demonstrations;

  it('keeps rows, actions and episodes in step', () => {
    expect(actions.length).toBe(observations.length);
    expect(episodes.length).toBe(400);
    let offset = 0;
    for (const episode of episodes) {
      expect(episode.offset).toBe(offset);
      expect([...observations.subarray(2 * offset, 2 * offset + 2)]).toEqual([-1.5, 0]);
      const { stepCost, maxEpisodeSteps } = lakeGrains[envId];
      expect(episode.length).toBeLessThanOrEqual(maxEpisodeSteps);
      expect(episode.return).toBeCloseTo(1 - stepCost * episode.length, 10);
      offset += episode.length;
    }
    expect(2 * offset).toBe(observations.length);
    // It rarely fails.
    expect(rejected).toBeLessThan(0.05 * episodes.length);
  });

  it('uses each bank for exactly half, in mixed order, and stays on it and out of the lake', () => {
    const banks = episodes.map(({ bank }) => bank);
    expect(banks.filter((bank) => bank === 'upper').length).toBe(200);
    const changes = banks.filter((bank, i) => i > 0 && bank !== banks[i - 1]).length;
    expect(changes).toBeGreaterThan(150);
    for (const { bank, offset, length } of episodes) {
      for (let row = offset; row < offset + length; row++) {
        const x = observations[2 * row]!;
        const y = observations[2 * row + 1]!;
        expect(Math.hypot(x, y)).toBeGreaterThan(lake.radius);
        if (Math.abs(x) < lake.radius) expect(y > 0).toBe(bank === 'upper');
      }
    }
  });

  it('splits in two at the start: on the axis the velocity is one tangent or the other, never between', () => {
    const { margin } = lakeGrains[envId];
    const expected = Math.asin((lake.radius + margin) / 1.5);
    const first = firstActions(demonstrations, 2);
    for (const [i, [vx, vy]] of first.entries()) {
      const upward = episodes[i]!.bank === 'upper' ? 1 : -1;
      expect(Math.abs(Math.atan2(upward * vy!, vx!) - expected)).toBeLessThan(0.5);
    }
    // Variance across the tangent: that of the noise, 0.1², and of the circle's radius, which is less.
    const upper = first.filter((_, i) => episodes[i]!.bank === 'upper');
    const across = upper.map(([vx, vy]) => vy! * Math.cos(expected) - vx! * Math.sin(expected));
    const spread = Math.sqrt(across.reduce((sum, v) => sum + v * v, 0) / across.length);
    expect(spread).toBeGreaterThan(0.085);
    expect(spread).toBeLessThan(0.13);
    const speeds = first.map(([vx, vy]) => Math.hypot(vx!, vy!));
    const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(Math.max(...speeds)).toBeGreaterThan(1.1);
  });

  it('leaves at right angles where it is told to, until it is as high as its circle', () => {
    const { episodes, observations, actions } = collectDemonstrations({
      envId,
      episodes: 100,
      rng: new Rng(6),
      path: 'rightAngle',
      noise: 0,
    });
    for (const { bank, offset, length } of episodes) {
      const side = bank === 'upper' ? 1 : -1;
      for (let row = offset; row < offset + length && side * observations[2 * row + 1]! < lake.radius; row++) {
        if (observations[2 * row]! > 0) break;
        expect([actions[2 * row], actions[2 * row + 1]]).toEqual([0, side]);
      }
    }
  });

  it('is the same for the same seed', () => {
    expect(collectDemonstrations({ envId, episodes: 400, rng: new Rng(3) })).toEqual(demonstrations);
    expect(collectDemonstrations({ envId, episodes: 400, rng: new Rng(4) }).actions).not.toEqual(actions);
  });
});

describe('collectDemonstrations', () => {
  it('takes headings and other shares, and gives up where hardly any walk gets home', () => {
    const base = { envId: 'Lake-v0', episodes: 50, rng: new Rng(1) } as const;
    for (const [upperShare, upper] of [
      [0.9, 45],
      [1, 50],
      [0, 0],
    ] as const) {
      const headings = collectDemonstrations({ ...base, upperShare, action: 'heading' });
      expect(headings.episodes.filter(({ bank }) => bank === 'upper').length).toBe(upper);
      expect(headings.actions.length).toBe(headings.observations.length / 2);
      for (const [i, [angle]] of firstActions(headings, 1).entries()) {
        expect(angle! > 0).toBe(headings.episodes[i]!.bank === 'upper');
      }
    }
    expect(() => collectDemonstrations({ ...base, noise: 100 })).toThrow('walks got home and');
  });
});
