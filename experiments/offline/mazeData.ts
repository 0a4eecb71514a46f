import { atEnd } from '../../datasets/episode.ts';
import { type DatasetAbout, type StoredEpisode, spaceToJson, usualDtypes } from '../../datasets/index.ts';
import { OgbenchAntMazeEnv, OgbenchPointMazeEnv } from '../../envs/mujoco/index.ts';
import { type MazeCell, mazePoint, ogbenchMazes, pointIn } from '../../envs/mujoco/tasks/ogbenchMazeEnv.ts';
import { Rng } from '../../src/index.ts';
import { clamp } from '../../src/spaces/box.ts';
import { isOnBack, trot } from './antTrot.ts';
import type { PlayableRecipe } from './playRecipe.ts';

type MazeName = keyof typeof ogbenchMazes;

/**
 * How OGBench's walkers go.
 *
 * - `navigate`: from any free cell to one that is no corridor, from there to another, and so on to the end of the episode.
 * - `stitch`: from any free cell to one that is four cells off, where they stay.
 * - `explore`: in a direction that is drawn anew every ten steps.
 */
const kinds = ['navigate', 'stitch', 'explore'] as const;
type MazeDataKind = (typeof kinds)[number];

const walkers = ['point', 'ant'] as const;
type Walker = (typeof walkers)[number];

/** A dataset of walks through a maze by the rules of OGBench's `generate_locomaze.py`. */
export interface MazeRecipe {
  /** As OGBench has it: `pointmaze-large-navigate`. */
  readonly name: string;
  readonly env: string;
  readonly walker: Walker;
  readonly maze: MazeName;
  readonly kind: MazeDataKind;
  readonly episodes: number;
  /** Of an episode. */
  readonly steps: number;
  /**
   * Standard deviation of the normal noise on each number of an action, which is a direction of length 1, or the torques of a gait; the sum is
   * clipped to ±1.
   */
  readonly noise: number;
}

/** As OGBench's data have them; of the point there are none of `explore`, and these are those of the ant. */
function sizeOf(walker: Walker, maze: MazeName, kind: MazeDataKind): Pick<MazeRecipe, 'episodes' | 'steps' | 'noise'> {
  const noise = walker === 'point' ? 0.5 : 0.2;
  if (kind === 'stitch') return { episodes: 5000, steps: 200, noise };
  if (kind === 'explore') return { episodes: 10_000, steps: 500, noise: 1 };
  return maze === 'giant' ? { episodes: 500, steps: 2000, noise } : { episodes: 1000, steps: 1000, noise };
}

/** By name. */
export const mazeRecipes: ReadonlyMap<string, MazeRecipe> = new Map(
  walkers.flatMap((walker) =>
    (Object.keys(ogbenchMazes) as MazeName[]).flatMap((maze) =>
      kinds.map((kind): [string, MazeRecipe] => {
        const name = `${walker}maze-${maze}-${kind}`;
        const env = `mujoco/Ogbench${capital(walker)}Maze${capital(maze)}-v0`;
        return [name, { name, env, walker, maze, kind, ...sizeOf(walker, maze, kind) }];
      }),
    ),
  ),
);

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}

/** Which of the datasets that a recipe can make. */
export interface MazeDraw {
  /** Which draw; 0 by default. */
  readonly seed?: number | undefined;
  /** How many episodes, the first ones of the draw; by default as many as OGBench has. */
  readonly episodes?: number | undefined;
}

/** The walks of a recipe. Its environment must have been loaded (`loadEnv`). */
export function mazeDataset(
  recipe: MazeRecipe,
  { seed = 0, episodes = recipe.episodes }: MazeDraw = {},
): PlayableRecipe {
  const { name, env: id, walker, maze, kind, noise } = recipe;
  const options = { terminateAtGoal: false };
  const env =
    walker === 'ant' ? new OgbenchAntMazeEnv({ maze, ...options }) : new OgbenchPointMazeEnv({ maze, ...options });
  const { observationSpace, actionSpace } = env;
  const about: DatasetAbout = {
    environment: { id, options },
    observationSpace: spaceToJson(observationSpace),
    actionSpace: spaceToJson(actionSpace),
    dtypes: usualDtypes(observationSpace, actionSpace),
    infos: [],
    policies: [{ name: 'walker', kind, noise, episodes }],
    provenance: { recipe: name, seed },
  };
  return {
    observationSpace,
    actionSpace,
    numEpisodes: episodes,
    about,
    *episodes() {
      const guide = new MazeGuide(env.map);
      const rng = new Rng(name).split(seed);
      for (let i = 0; i < episodes; i++) {
        let [trial, episode]: [Rng, StoredEpisode | undefined] = [rng.split(i), undefined];
        for (; episode === undefined; trial = trial.split('again')) episode = walk(env, guide, recipe, trial);
        yield episode;
      }
    },
    dispose: () => env.close(),
  };
}

/** How many steps a walker that explores keeps a direction. */
const HELD = 10;

/**
 * One episode; undefined where an ant has fallen on its back. Observations are what the steps gave: where a goal is reached they still have that one.
 */
function walk(
  env: OgbenchPointMazeEnv | OgbenchAntMazeEnv,
  guide: MazeGuide,
  { walker, kind, steps, noise }: MazeRecipe,
  rng: Rng,
): StoredEpisode | undefined {
  const isAnt = walker === 'ant';
  const width = env.actionSpace.size;
  const { size } = env.observationSpace;
  const observations = new Float32Array((steps + 1) * size);
  const actions = new Float32Array(steps * width);
  const rewards = new Float64Array(steps);
  const start = oneOf(guide.cells, rng);
  let goal = kind === 'stitch' ? guide.fourFrom(start, rng) : oneOf(guide.vertices, rng);
  const state = [...pointIn(start, rng), ...pointIn(goal, rng)];
  let [observation] = env.reset({ seed: rng.split('env').seed, options: { state } });
  let way = [0, 0];
  for (let t = 0; t < steps; t++) {
    env.observationSpace.write(observation, observations, t * size);
    if (kind !== 'explore') way = direction(env.place, guide.next(env.place, goal));
    else if (t % HELD === 0) way = direction([0, 0], [rng.normal(), rng.normal()]);
    const action = actions.subarray(width * t, width * (t + 1));
    const meant = isAnt ? trot(observation.observation, way, t) : way;
    action.set(meant.map((number) => clamp(number + rng.normal(0, noise), -1, 1)));
    [observation, rewards[t]] = env.step(action);
    if (isAnt && isOnBack(observation.observation)) return undefined;
    if (kind === 'navigate' && rewards[t] === 1) {
      goal = oneOf(guide.vertices, rng);
      env.setGoal(pointIn(goal, rng));
    }
  }
  env.observationSpace.write(observation, observations, steps * size);
  return {
    observations,
    actions,
    rewards,
    terminations: atEnd(steps, false),
    truncations: atEnd(steps, true),
    policy: 0,
  };
}

function oneOf<T>(list: readonly T[], rng: Rng): T {
  return list[rng.integer(0, list.length)]!;
}

/** The unit vector from one point to the other; 0 where they are one. */
function direction(from: ArrayLike<number>, to: ArrayLike<number>): number[] {
  const [x, y] = [to[0]! - from[0]!, to[1]! - from[1]!];
  const length = Math.sqrt(x * x + y * y) + 1e-6;
  return [x / length, y / length];
}

/** In this order cells are looked at, of which the first that is nearest to the goal is the next. */
const sides = [
  [-1, 0],
  [0, -1],
  [1, 0],
  [0, 1],
] as const;

/** Who knows the shortest paths from cell to cell; of the entrances of a maze, which carry one off, it knows nothing. */
class MazeGuide {
  /** The free ones. */
  readonly cells: readonly MazeCell[];
  /** Those that are no corridors: free, and not between two walls on the one axis and two free cells on the other. */
  readonly vertices: readonly MazeCell[];
  readonly #map: readonly string[];
  readonly #steps = new Map<string, readonly number[][]>();

  constructor(map: readonly string[]) {
    this.#map = map;
    const all = map.flatMap((row, i) => Array.from(row, (_, j): MazeCell => [i, j]));
    this.cells = all.filter((cell) => this.#isFree(cell));
    this.vertices = this.cells.filter(([i, j]) => {
      const [up, left, down, right] = sides.map(([di, dj]) => this.#isFree([i + di, j + dj]));
      return !((up && down && !left && !right) || (left && right && !up && !down));
    });
  }

  #isFree([i, j]: MazeCell): boolean {
    return this.#map[i]?.[j] === '.';
  }

  /** The middle of the cell to go to from a point: its own, where it is in the goal's cell, or nothing leads there. */
  next([x, y]: readonly [number, number], goal: MazeCell): readonly [x: number, y: number] {
    const steps = this.#stepsTo(goal);
    const [originX, originY] = mazePoint([0, 0]);
    const [unitX, unitY] = mazePoint([2, 2]);
    let next: MazeCell = [Math.round((y - originY) / unitY), Math.round((x - originX) / unitX)];
    const [i, j] = next;
    for (const [di, dj] of sides) {
      const cell: MazeCell = [i + di, j + dj];
      if (this.#isFree(cell) && steps[cell[0]]![cell[1]]! < steps[next[0]]![next[1]]!) next = cell;
    }
    return mazePoint(next);
  }

  /** One of the cells that are four steps off, the cell itself if there is none. */
  fourFrom(cell: MazeCell, rng: Rng): MazeCell {
    const steps = this.#stepsTo(cell);
    const far = this.cells.filter(([i, j]) => steps[i]![j] === 4);
    return far.length > 0 ? oneOf(far, rng) : cell;
  }

  /** How many steps lead from each cell to one; ∞ from those from which none do. */
  #stepsTo(goal: MazeCell): readonly number[][] {
    const known = this.#steps.get(String(goal));
    if (known !== undefined) return known;
    const steps = this.#map.map((row) => Array<number>(row.length).fill(Infinity));
    steps[goal[0]]![goal[1]] = 0;
    const queue = [goal];
    for (const [i, j] of queue) {
      for (const [di, dj] of sides) {
        const cell: MazeCell = [i + di, j + dj];
        if (!this.#isFree(cell) || steps[cell[0]]![cell[1]] !== Infinity) continue;
        steps[cell[0]]![cell[1]] = steps[i]![j]! + 1;
        queue.push(cell);
      }
    }
    this.#steps.set(String(goal), steps);
    return steps;
  }
}
