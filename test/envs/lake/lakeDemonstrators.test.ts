import { describe, expect, it } from 'vitest';
import { collectEpisodes } from '../../../agents/index.ts';
import { type AnyLakeId, LakeDemonstrators, type LakeDemonstratorsOptions, lakeMap } from '../../../envs/index.ts';

const walks = (
  options: Partial<LakeDemonstratorsOptions> = {},
  more: { episodes?: number; skip?: number; seed?: number; envOptions?: object } = {},
) => {
  const envId: AnyLakeId = options.envId ?? 'LakeStride-v0';
  const policy = new LakeDemonstrators({ envId, ...options });
  return [...collectEpisodes({ policy, env: envId, episodes: 20, infos: ['windingAngle'], ...more })];
};
const isUpper = (walk: ReturnType<typeof walks>[number]) => walk.infos!.windingAngle!.at(-1)! < 0;
const isHome = ({ rewards }: ReturnType<typeof walks>[number]) => rewards.at(-1)! > 0;

describe('the demonstrators of a lake', () => {
  it.each([0, 0.35, 1])('take each bank for a share that is exact: %d of the upper one', (upperShare) => {
    const found = walks({ upperShare });
    expect(found.every(isHome)).toBe(true);
    expect(found.filter(isUpper)).toHaveLength(20 * upperShare);
  });

  it('begin along the tangent to a circle of the radius that is drawn for each', () => {
    const { lake, start } = lakeMap;
    const radii = walks({ noise: 0 }).map((walk) => {
      const [vx, vy] = walk.actions;
      expect(Math.hypot(vx!, vy!)).toBeCloseTo(1, 6);
      expect(vy! > 0).toBe(isUpper(walk));
      // The distance of the centre from the line of the first step.
      return Math.abs(start.x * vy!);
    });
    expect(Math.min(...radii)).toBeGreaterThanOrEqual(lake.radius + 0.3 * 0.7);
    expect(Math.max(...radii)).toBeLessThanOrEqual(lake.radius + 0.3 * 1.3);
    expect(new Set(radii).size).toBe(20);
  });

  it('are the same again by the same seed, whatever was left out, and others by another', () => {
    const found = walks({ noise: 0.3 }, { episodes: 90 });
    expect(walks({ noise: 0.3 }, { episodes: 90, skip: 70 })).toEqual(found.slice(70));
    expect(walks({ noise: 0.3 }, { episodes: 90, seed: 1 })[0]).not.toEqual(found[0]);
  });

  it('play a walk again that does not get home, by the same bank, unless failures are kept', () => {
    const kept = walks({ noise: 0.8, upperShare: 0.25, failures: true }, { episodes: 40 });
    const homes = kept.filter(isHome).length;
    expect(homes).toBeGreaterThan(5);
    expect(homes).toBeLessThan(35);
    const repeated = walks({ noise: 0.8, upperShare: 0.25 }, { episodes: 40 });
    expect(repeated.every(isHome)).toBe(true);
    // With so much noise a walk may cross over; most do not.
    expect(Math.abs(repeated.filter(isUpper).length - 10)).toBeLessThan(6);
  });

  it('walk by headings, too, and give up where nobody gets home', () => {
    const found = walks({ action: 'heading' }, { envOptions: { action: 'heading' } });
    expect(found.every(isHome)).toBe(true);
    expect(found[0]!.actions).toHaveLength(found[0]!.rewards.length);
    const blocked = () => walks({ upperShare: 1 }, { envOptions: { blocked: 'upper' } });
    expect(blocked).toThrow(/^collectEpisodes: policy: 300 episodes .* drowned/);
  });
});
