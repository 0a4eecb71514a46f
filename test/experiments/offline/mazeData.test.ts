import { beforeAll, describe, expect, test } from 'vitest';
import { ContentHash, type StoredEpisode } from '../../../datasets/index.ts';
import { loadEnv } from '../../../envs/index.ts';
import { ogbenchMazes } from '../../../envs/mujoco/tasks/ogbenchMazeEnv.ts';
import { type MazeDraw, type MazeRecipe, mazeDataset, mazeRecipes } from '../../../experiments/offline/mazeData.ts';

beforeAll(() => loadEnv('mujoco/OgbenchPointMazeLarge-v0'));

/** The episodes of a recipe, with changes of it. */
function played(name: string, draw: MazeDraw, changes: Partial<MazeRecipe> = {}): StoredEpisode[] {
  const dataset = mazeDataset({ ...mazeRecipes.get(name)!, ...changes }, draw);
  const episodes = [...dataset.episodes()];
  expect(episodes).toHaveLength(dataset.numEpisodes);
  dataset.dispose();
  return episodes;
}

/** x and y, and those of the goal, of an observation; of a step its action. */
const placeAt = ({ observations }: StoredEpisode, t: number) => [observations[6 * t + 4]!, observations[6 * t + 5]!];
const goalAt = ({ observations }: StoredEpisode, t: number) => [observations[6 * t + 2]!, observations[6 * t + 3]!];
const actionAt = ({ actions }: StoredEpisode, t: number) => [actions[2 * t]!, actions[2 * t + 1]!];
const apart = ([x, y]: readonly number[], [u, v]: readonly number[]) => Math.hypot(x! - u!, y! - v!);
/** Of cells 4 m wide, of which (1, 1) is about the origin. */
const cellOf = ([x, y]: readonly number[]) => [Math.floor((y! + 6) / 4), Math.floor((x! + 6) / 4)] as const;

/** How many steps from cell to cell lead to one, from each; ∞ where none do. */
function stepsTo(map: readonly string[], [row, column]: readonly [number, number]): number[][] {
  const steps = map.map((line) => Array.from(line, () => Infinity));
  steps[row]![column] = 0;
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    map.forEach((line, i) => {
      for (let j = 0; j < line.length; j++) {
        if (line[j] === '#') continue;
        const near = [steps[i - 1]?.[j], steps[i + 1]?.[j], steps[i]![j - 1], steps[i]![j + 1]];
        const least = 1 + Math.min(...near.map((x) => x ?? Infinity));
        if (least >= steps[i]![j]!) continue;
        steps[i]![j] = least;
        hasChanged = true;
      }
    });
  }
  return steps;
}

test('has OGBench’s data of point and ant, and explorers: a million steps each, of explorers five', () => {
  expect([...mazeRecipes.keys()]).toEqual(
    ['point', 'ant'].flatMap((walker) =>
      ['medium', 'large', 'giant', 'teleport'].flatMap((maze) =>
        ['navigate', 'stitch', 'explore'].map((kind) => `${walker}maze-${maze}-${kind}`),
      ),
    ),
  );
  for (const { name, episodes, steps } of mazeRecipes.values()) {
    expect(episodes * steps).toBe(name.endsWith('explore') ? 5_000_000 : 1_000_000);
  }
  expect(mazeRecipes.get('pointmaze-giant-navigate')).toMatchObject({ episodes: 500, steps: 2000, noise: 0.5 });
  expect(mazeRecipes.get('pointmaze-giant-stitch')).toMatchObject({ episodes: 5000, steps: 200, noise: 0.5 });
});

describe.each(['medium', 'large', 'giant'] as const)('without noise, in the maze %s', (maze) => {
  const { map } = ogbenchMazes[maze];

  test('navigators go by shortest paths from goal to goal, none of which is a corridor', () => {
    const episodes = played(`pointmaze-${maze}-navigate`, { episodes: 3 }, { noise: 0, steps: 300 });
    const [wrong, known]: [unknown[], Map<string, number[][]>] = [[], new Map()];
    let reached = 0;
    for (const episode of episodes) {
      for (let t = 0; t < 300; t++) {
        const [place, after, goal] = [placeAt(episode, t), placeAt(episode, t + 1), goalAt(episode, t + 1)];
        const isThere = Number(apart(after, goal) <= 1);
        reached += isThere;
        const steps = known.get(String(cellOf(goal))) ?? stepsTo(map, cellOf(goal));
        known.set(String(cellOf(goal)), steps);
        const [row, column] = cellOf(place);
        const around = [
          [row, column],
          [row - 1, column],
          [row + 1, column],
          [row, column - 1],
          [row, column + 1],
        ] as const;
        // To a neighbouring cell that is one step nearer, or to the middle of the goal's.
        const aims = around.filter(([i, j]) => steps[i]![j] === Math.max(0, steps[row]![column]! - 1));
        const isAimed = aims.some(([i, j]) => {
          const way = [4 * (j - 1) - place[0]!, 4 * (i - 1) - place[1]!];
          const length = Math.hypot(...way);
          return length < 0.01 || apart(actionAt(episode, t), [way[0]! / length, way[1]! / length]) < 1e-4;
        });
        if (episode.rewards[t] !== isThere || !isAimed) wrong.push([t, place, goal]);
      }
    }
    expect(wrong).toEqual([]);
    for (const goal of known.keys()) {
      const [i, j] = goal.split(',').map(Number) as [number, number];
      const [up, down, left, right] = [map[i - 1]![j], map[i + 1]![j], map[i]![j - 1], map[i]![j + 1]];
      expect([map[i]![j], up === down && left === right && up !== left]).toEqual(['.', false]);
    }
    // Who stays in the middle of a cell is not within a metre of all goals in it.
    expect(reached).toBeGreaterThan(2);
  });

  test('stitchers go four cells', () => {
    for (const episode of played(`pointmaze-${maze}-stitch`, { episodes: 20 }, { noise: 0 })) {
      const [start, goal] = [cellOf(placeAt(episode, 0)), cellOf(goalAt(episode, 0))];
      expect(stepsTo(map, goal)[start[0]]![start[1]]).toBe(4);
      expect(goalAt(episode, 200)).toEqual(goalAt(episode, 0));
      // They stay in the middle of its cell.
      expect(apart(placeAt(episode, 200), [4 * (goal[1] - 1), 4 * (goal[0] - 1)])).toBeLessThan(0.3);
    }
  });
});

test('explorers keep a direction for ten steps', () => {
  const episodes = played('pointmaze-large-explore', { episodes: 20 }, { noise: 0, steps: 40 });
  const directions = episodes.flatMap((episode) => {
    return [0, 10, 20, 30].map((from) => {
      const way = actionAt(episode, from);
      for (let t = from; t < from + 10; t++) expect(actionAt(episode, t)).toEqual(way);
      expect(Math.hypot(...way)).toBeCloseTo(1, 4);
      return way;
    });
  });
  for (const axis of [0, 1]) {
    // Of a direction the square of a component is ½ in the mean, and its deviation 0.35.
    expect(directions.reduce((sum, way) => sum + way[axis]! ** 2, 0) / 80).toBeCloseTo(0.5, 0.5);
  }
});

test('actions have the noise of a recipe, and are clipped', () => {
  const explorers = played('pointmaze-large-explore', { episodes: 30 }, { noise: 0.2, steps: 100 });
  const deviations = explorers.flatMap((episode) =>
    Array.from({ length: 10 }, (_, piece) => {
      const held = Array.from({ length: 10 }, (__, t) => actionAt(episode, 10 * piece + t)[0]!);
      const mean = held.reduce((sum, x) => sum + x, 0) / 10;
      // Where a clip is far.
      return Math.abs(mean) < 0.4 ? held.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 9 : [];
    }).flat(),
  );
  expect(deviations.length).toBeGreaterThan(50);
  // Of 60 variances of ten numbers each the mean has a relative error of 0.06.
  expect(deviations.reduce((sum, x) => sum + x, 0) / deviations.length).toBeCloseTo(0.04, 2);
  const actions = played('pointmaze-medium-navigate', { episodes: 1 })[0]!.actions;
  expect([Math.min(...actions), Math.max(...actions)]).toEqual([-1, 1]);
});

test('in the maze with teleports an observation shows an exit one step later', () => {
  const episodes = played('pointmaze-teleport-navigate', { episodes: 12 }, { steps: 500 });
  let carried = 0;
  for (const episode of episodes) {
    for (let t = 1; t < 500; t++) {
      if (apart(placeAt(episode, t), placeAt(episode, t + 1)) < 1) continue;
      carried += 1;
      // The entrances are at (20, 12) and (0, 16), the exits at (24, 0), (0, 20) and (36, 20).
      expect(
        Math.min(
          ...[
            [20, 12],
            [0, 16],
          ].map((at) => apart(placeAt(episode, t), at)),
        ),
      ).toBeLessThan(1.501);
      const exits = [
        [24, 0],
        [0, 20],
        [36, 20],
      ];
      const exit = exits.find((at) => apart(placeAt(episode, t + 1), at) < 0.3)!;
      expect(apart(placeAt(episode, t + 1), exit)).toBeCloseTo(0.2 * Math.hypot(...actionAt(episode, t)), 5);
    }
  }
  expect(carried).toBeGreaterThan(3);
});

test('a draw is the same each time, begins as a longer one does, and is another than those with other seeds', () => {
  const draw = (seed: number, episodes: number) =>
    played('pointmaze-teleport-navigate', { seed, episodes }, { steps: 50 });
  const [three, two, other] = [draw(0, 3), draw(0, 2), draw(1, 3)];
  expect(two).toEqual(three.slice(0, 2));
  expect(other[0]!.actions).not.toEqual(three[0]!.actions);
  expect(three[1]!.actions).not.toEqual(three[0]!.actions);
  expect(ContentHash.of(three)).toBe('8d80e6a4ac5e4c6fcd969f4e00df234009e6339f36fb148019cd45869fe49d55');
});
