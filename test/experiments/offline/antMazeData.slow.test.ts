import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ContentHash, type StoredEpisode } from '../../../datasets/index.ts';
import { loadEnv } from '../../../envs/index.ts';
import { OgbenchAntMazeEnv } from '../../../envs/mujoco/index.ts';
import { trot } from '../../../experiments/offline/antTrot.ts';
import { type MazeDraw, type MazeRecipe, mazeDataset, mazeRecipes } from '../../../experiments/offline/mazeData.ts';

beforeAll(() => loadEnv('mujoco/OgbenchAntMazeMedium-v0'));

/** Positions and velocities, of which an observation has three parts: the one that is reached, the goal, and where the ant is. */
const WIDTH = 29;

function played(name: string, draw: MazeDraw, changes: Partial<MazeRecipe> = {}): StoredEpisode[] {
  const dataset = mazeDataset({ ...mazeRecipes.get(name)!, ...changes }, draw);
  const episodes = [...dataset.episodes()];
  dataset.dispose();
  return episodes;
}

const seenAt = ({ observations }: StoredEpisode, t: number) =>
  observations.subarray(3 * WIDTH * t + 2 * WIDTH, 3 * WIDTH * (t + 1));
const goalAt = ({ observations }: StoredEpisode, t: number) =>
  observations.subarray(3 * WIDTH * t + WIDTH, 3 * WIDTH * t + 2 * WIDTH);
const actionAt = ({ actions }: StoredEpisode, t: number) => actions.subarray(8 * t, 8 * t + 8);
const apart = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  Math.hypot(one[0]! - other[0]!, one[1]! - other[1]!);
/** cos of the angle between the torso's axis and up. */
const uprightness = (seen: ArrayLike<number>) => 1 - 2 * (seen[4]! ** 2 + seen[5]! ** 2);

test('has OGBench’s data of the ant: as many steps as those of the point, with noise of 0.2, of explorers of 1', () => {
  for (const recipe of mazeRecipes.values()) {
    if (recipe.walker === 'ant') continue;
    const { name, env, kind } = recipe;
    expect(mazeRecipes.get(name.replace('point', 'ant'))).toEqual({
      ...recipe,
      name: name.replace('point', 'ant'),
      env: env.replace('Point', 'Ant'),
      walker: 'ant',
      noise: kind === 'explore' ? 1 : 0.2,
    });
  }
});

describe('the trot', () => {
  /** An ant that looks in a direction, rad, and whose torso is tilted about that, rad. */
  const antThat = (looks: number, tilt = 0) => {
    const [c, s, u, v] = [Math.cos(looks / 2), Math.sin(looks / 2), Math.cos(tilt / 2), Math.sin(tilt / 2)];
    return [0, 0, 0.6, c * u, c * v, s * v, s * u];
  };
  const towards = (angle: number) => [Math.cos(angle), Math.sin(angle)];
  const close = (one: readonly number[], other: readonly number[]) =>
    one.forEach((value, i) => void expect(value).toBeCloseTo(other[i]!, 4));

  test.each([0.4, 1.9, 4])('who looks elsewhere by %d trots as one for whom the way differs by that', (angle) => {
    for (const tilt of [0, 0.3]) {
      close(trot(antThat(angle, tilt), towards(2 + angle), 7), trot(antThat(0, tilt), towards(2), 7));
    }
  });

  test('a quarter turn to the left gives each leg what the one to its right had, half a period later', () => {
    const gait = { stride: Math.PI / 4, hip: 1.2, lift: 0.5, liftLead: 0.3, reach: 0.9, reachLead: -1, crouch: 0.2 };
    const before = trot(antThat(0), towards(0.3), 5, gait);
    const after = trot(antThat(0), towards(0.3 + Math.PI / 2), 5 + 4, gait);
    // Legs are right back, front left, front right and back by the names of the model: anticlockwise. Ankles of the first two turn the other way.
    const bend = (action: readonly number[], leg: number) => action[2 * leg + 1]! * (leg < 2 ? 1 : -1);
    for (let leg = 0; leg < 4; leg++) {
      const next = (leg + 1) % 4;
      close([after[2 * next]!, bend(after, next)], [before[2 * leg]!, bend(before, leg)]);
    }
  });
});

test('an ant goes to the middle of the next cell by its trot, upright and faster than 0.8 m/s', () => {
  let moved = 0;
  const episodes = played('antmaze-medium-stitch', { episodes: 4 }, { noise: 0, steps: 40 });
  for (const episode of episodes) {
    for (let t = 0; t < 40; t++) {
      const seen = seenAt(episode, t);
      moved += apart(seenAt(episode, t + 1), seen);
      expect(uprightness(seen)).toBeGreaterThan(0.3);
      const around = [
        [0, 0],
        [0, 4],
        [4, 0],
        [0, -4],
        [-4, 0],
      ];
      const isMeant = around.some(([dx, dy]) => {
        const [x, y] = [4 * Math.round(seen[0]! / 4) + dx! - seen[0]!, 4 * Math.round(seen[1]! / 4) + dy! - seen[1]!];
        const torques = trot(seen, [x / Math.hypot(x, y), y / Math.hypot(x, y)], t);
        return torques.every(
          (torque, i) => Math.abs(Math.min(1, Math.max(-1, torque)) - actionAt(episode, t)[i]!) < 1e-3,
        );
      });
      expect([t, isMeant]).toEqual([t, true]);
    }
  }
  expect(moved / (4 * 40 * 0.1)).toBeGreaterThan(0.8);
});

test('navigators find goals, each of which pays once, and are given another', () => {
  const [episode] = played('antmaze-medium-navigate', { episodes: 1 }, { steps: 600 }) as [StoredEpisode];
  let reached = 0;
  for (let t = 0; t < 600; t++) {
    const isThere = apart(seenAt(episode, t + 1), goalAt(episode, t + 1)) <= 0.5;
    expect([t, episode.rewards[t]]).toEqual([t, Number(isThere)]);
    if (!isThere) continue;
    reached += 1;
    if (t < 599) expect(apart(goalAt(episode, t + 1), goalAt(episode, t + 2))).toBeGreaterThan(0);
  }
  expect(reached).toBeGreaterThan(1);
  expect([episode.truncations.at(-1), episode.terminations.at(-1)]).toEqual([1, 0]);
});

test('an episode in which the ant falls on its back is drawn anew', () => {
  const resets = vi.spyOn(OgbenchAntMazeEnv.prototype, 'reset');
  // In this draw the first one falls, in its ninth step.
  const [episode] = played('antmaze-medium-explore', { seed: 12, episodes: 1 }, { steps: 12 }) as [StoredEpisode];
  expect(resets).toHaveBeenCalledTimes(2);
  for (let t = 0; t <= 12; t++) expect(uprightness(seenAt(episode, t))).toBeGreaterThan(0);
});

test('a draw is the same each time, and begins as a longer one does', () => {
  const draw = (episodes: number) => played('antmaze-teleport-navigate', { seed: 1, episodes }, { steps: 40 });
  const [two, one] = [draw(2), draw(1)];
  expect(one).toEqual(two.slice(0, 1));
  expect(ContentHash.of(two)).toBe('16aa7a60aacd200c0b0f24fc0153f621c5c046560ed2b3b72e1475533a226026');
});
