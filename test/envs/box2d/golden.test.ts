import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { bipedalTerrain } from '../../../envs/box2d/bipedalTerrain.ts';
import { loadBox2d } from '../../../envs/box2d/loadBox2d.ts';
import { lunarGround } from '../../../envs/box2d/lunarLanderEnv.ts';
import { type GymnasiumEpisode, replay, tape } from './replay.ts';

const file = new URL('../golden/box2d.json', import.meta.url);
const episodes: GymnasiumEpisode[] = JSON.parse(readFileSync(file, 'utf8'));

beforeAll(() => loadBox2d());

/**
 * Box2D's numbers are float32, planck's float64. In flight a rounding stays one; contacts enlarge it, those of feet by ten in ten steps.
 */
const tolerance = (id: string, step: number) => (id.startsWith('Lunar') ? 2e-4 : step <= 10 ? 1e-3 : 5e-3);

it.each(episodes)('$id, $kind, $options: observes, earns and ends as in Gymnasium', (episode) => {
  const { differences, isSameEnd } = replay(episode);
  expect(isSameEnd).toBe(true);
  expect(differences).toHaveLength(episode.seen.length);
  const wrong = differences.filter(
    ({ step, observation, total }) => !(observation < tolerance(episode.id, step) && total < 0.02),
  );
  expect(wrong).toEqual([]);
});

it('draws the ground of the moon as Gymnasium does', () => {
  const grounds = episodes.filter(({ id }) => id.startsWith('Lunar'));
  expect(grounds).toHaveLength(5);
  for (const { draws, heights } of grounds) {
    expect(lunarGround(tape(draws))).toEqual(heights!.map((y) => expect.closeTo(y, 5)));
  }
});

it('lays obstacles as Gymnasium does', () => {
  const grounds = episodes.filter(({ blocks }) => blocks !== undefined);
  expect(grounds).toHaveLength(2);
  for (const { draws, heights, blocks } of grounds) {
    const terrain = bipedalTerrain(tape(draws), true);
    expect(terrain.heights).toEqual(heights!.map((y) => expect.closeTo(y, 5)));
    const boxes = terrain.blocks.map((corners) => {
      const [x, y] = [0, 1].map((axis) => corners.map((corner) => corner[axis]!)) as [number[], number[]];
      return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
    });
    expect(boxes).toEqual(blocks!.map((box) => box.map((x) => expect.closeTo(x, 4))));
    expect(boxes.length).toBeGreaterThan(20);
  }
});
