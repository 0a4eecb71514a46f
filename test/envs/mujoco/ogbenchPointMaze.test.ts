import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkEnv, type Env, type GoalObservation, loadEnv, make } from '../../../envs/index.ts';
import { OgbenchPointMazeEnv } from '../../../envs/mujoco/index.ts';

type Maze = Env<GoalObservation<Float64Array>, Float32Array>;
type Point = readonly [x: number, y: number];

/** A walk by OGBench's package: a push is held for ten steps, after which the place is told. */
interface Walk {
  readonly map: readonly string[];
  readonly tasks: readonly (readonly [start: Point, goal: Point])[];
  readonly start: Point;
  /** From which step on. */
  readonly goals: readonly (readonly [step: number, x: number, y: number])[];
  /** In 1/128. */
  readonly actions: readonly Point[];
  readonly places: readonly Point[];
  /** After which step the point was carried off, and where to. */
  readonly exits: readonly (readonly [step: number, x: number, y: number])[];
  /** In which steps the goal was reached. */
  readonly successes: readonly number[];
}

/** `python e2e/mujoco/ogbench_golden.py` writes it. */
const golden: Readonly<Record<string, Walk>> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/ogbenchPointMaze.json'), 'utf8'),
);
const names = ['medium', 'large', 'giant', 'teleport'] as const;
const idOf = (name: string) => `mujoco/OgbenchPointMaze${name[0]!.toUpperCase()}${name.slice(1)}-v0`;

beforeAll(() => loadEnv(idOf('medium')));

describe.each(names)('OgbenchPointMaze: %s', (name) => {
  const { map, tasks, start, goals, actions, places, exits, successes } = golden[name]!;

  it('keeps the contract of environments', () => {
    checkEnv(make(idOf(name)));
    checkEnv(make(idOf(name), { terminateAtGoal: false, task: 5 }));
  });

  it('has OGBench’s maze and its five tasks', () => {
    const env = new OgbenchPointMazeEnv({ maze: name });
    expect(env.map).toEqual(map);
    tasks.forEach((ends, i) => {
      const drawn = Array.from({ length: 200 }, (_, seed) => {
        const [{ achieved_goal, desired_goal }, info] = env.reset({ seed, options: { task: i + 1 } });
        expect(info).toEqual({ outcome: undefined, task: `task${i + 1}` });
        return [achieved_goal, desired_goal];
      });
      ends.forEach((middle, end) => {
        middle.forEach((place, axis) => {
          const offsets = drawn.map((one) => one[end]![axis]! - place);
          for (const side of [-1, 1]) {
            const farthest = Math.max(...offsets.map((offset) => side * offset));
            expect(farthest).toBeLessThanOrEqual(1);
            expect(farthest).toBeGreaterThan(0.95);
          }
          // Of U(−1, 1) the mean of 200 has the deviation 0.041.
          expect(Math.abs(offsets.reduce((sum, x) => sum + x, 0) / offsets.length)).toBeLessThan(0.15);
        });
      });
    });
    env.close();
  });

  it('moves, pushes, pays and carries off as OGBench does, to the bit', () => {
    const env = new OgbenchPointMazeEnv({ maze: name, terminateAtGoal: false });
    env.reset({ seed: 0, options: { state: [...start, ...goals[0]!.slice(1)] } });
    const paid: number[] = [];
    for (let step = 0; step < 10 * actions.length; step++) {
      const goal = goals.find(([from]) => from === step);
      if (goal) env.setGoal([goal[1], goal[2]]);
      const action = Float32Array.from(actions[Math.floor(step / 10)]!, (x) => x / 128);
      const [{ observation, desired_goal }, reward, terminated, truncated, { outcome }] = env.step(action);
      expect([terminated, truncated]).toEqual([false, false]);
      expect(outcome).toBe(reward === 1 ? 'success' : undefined);
      if (reward === 1) paid.push(step);
      if (step % 10 === 9) expect([...observation]).toEqual(places[Math.floor(step / 10)]);
      const exit = exits.find(([at]) => at === step);
      if (exit === undefined) {
        expect(env.place).toEqual([...observation]);
      } else {
        expect(env.place).not.toEqual([...observation]);
        // Which exit it is, each draws by itself.
        env.reset({ options: { state: [exit[1], exit[2], ...desired_goal] } });
      }
    }
    expect(paid).toEqual(successes);
    env.close();
  });
});

describe('OgbenchPointMaze', () => {
  it('draws a task for each episode, unless an option says which', () => {
    const env: Maze = make(idOf('large'));
    const drawn = Array.from({ length: 100 }, (_, seed) => env.reset({ seed })[1].task as string);
    expect([...new Set(drawn)].sort()).toEqual(['task1', 'task2', 'task3', 'task4', 'task5']);
    env.close();
    const fixed: Maze = make(idOf('large'), { task: 3 });
    expect(Array.from({ length: 9 }, (_, seed) => fixed.reset({ seed })[1].task)).toEqual(Array(9).fill('task3'));
    fixed.close();
  });

  it('carries who comes near an entrance to each of the exits, seen there one step later', () => {
    const env = new OgbenchPointMazeEnv({ maze: 'teleport' });
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 300; seed++) {
      // The entrance (4, 6) is at (20, 12), and pulls within 1.5 m.
      env.reset({ seed, options: { state: [20, 10.35, 8, 8] } });
      let [{ observation }] = env.step(Float32Array.of(0, 0.5));
      expect([...observation]).toEqual([20, expect.closeTo(10.45, 6)]);
      expect(env.place).toEqual([...observation]);
      [{ observation }] = env.step(Float32Array.of(0, 0.5));
      expect([...observation]).toEqual([20, expect.closeTo(10.55, 6)]);
      const exit = [...env.place];
      counts.set(String(exit), (counts.get(String(exit)) ?? 0) + 1);
      [{ observation }] = env.step(Float32Array.of(0.5, 0));
      expect([...observation]).toEqual([expect.closeTo(exit[0]! + 0.1, 6), exit[1]]);
    }
    expect([...counts.keys()].sort()).toEqual(['0,20', '24,0', '36,20']);
    for (const count of counts.values()) expect(count).toBeGreaterThan(70);
    env.close();
  });

  it('ends within a metre of the goal', () => {
    const env: Maze = make(idOf('medium'));
    env.reset({ seed: 0, options: { state: [0, 0, 3.05, 0] } });
    const push = Float32Array.of(1, 0);
    for (let t = 0; t < 10; t++) expect(env.step(push).slice(1, 4)).toEqual([0, false, false]);
    const [, reward, terminated, , { outcome }] = env.step(push);
    expect([reward, terminated, outcome]).toEqual([1, true, 'success']);
    env.close();
  });

  it('goes on from a state as it did, with its goal, its task and what is drawn', () => {
    const [env, other] = [0, 1].map(() => new OgbenchPointMazeEnv({ maze: 'teleport' })) as [
      OgbenchPointMazeEnv,
      OgbenchPointMazeEnv,
    ];
    env.reset({ seed: 5, options: { task: 3 } });
    for (let t = 0; t < 12; t++) env.step(Float32Array.of(0.25, -1));
    other.setState(JSON.parse(JSON.stringify(env.state())));
    const push = Float32Array.of(-0.25, -1);
    for (let t = 0; t < 3; t++) {
      const step = env.step(push);
      expect(other.step(push)).toEqual(step);
      expect(step[4].task).toBe('task3');
    }
    expect(other.place).toEqual(env.place);
    expect(other.reset()).toEqual(env.reset());
    for (const each of [env, other]) each.close();
  });

  it('draws the maze, the goal and where the point is', () => {
    const env = new OgbenchPointMazeEnv({ maze: 'teleport' });
    env.reset({ seed: 0, options: { state: [16, 8, 4, 0] } });
    const svg = env.render();
    // 12 cells on 320 pixels, whose upper edge is row 8.
    const [unit, high] = [320 / 48, 240];
    const at = ([x, y]: Point) => `cx="${tidy((x + 6) * unit)}" cy="${tidy(high - (y + 6) * unit)}"`;
    const tidy = (x: number) => String(Number(x.toFixed(2)));
    expect(svg).toContain(`${at([16, 8])} r="${tidy(0.7 * unit)}"`);
    expect(svg).toContain(`${at([4, 0])} r="${tidy(unit)}"`);
    const walls = golden.teleport!.map.join('').replaceAll('.', '').length;
    expect(svg.match(/<rect/g)).toHaveLength(1 + walls);
    expect(svg.match(/<circle/g)).toHaveLength(2 + 3 + 2);
    env.close();
  });

  it('shows all of the maze in three dimensions', () => {
    const env = new OgbenchPointMazeEnv({ maze: 'large' });
    const poses: number[][] = [];
    const { followed, reach, bodies } = env.film((pose) => poses.push([...pose]));
    env.reset({ seed: 0, options: { state: [4, 8, 24, 12] } });
    const place = (body: number) => poses.at(-1)!.slice(7 * (body - 1), 7 * (body - 1) + 2);
    expect([bodies, reach, place(followed)]).toEqual([3, 24, [18, 12]]);
    expect([place(1), place(2)]).toEqual([
      [4, 8],
      [24, 12],
    ]);
    env.close();
  });

  it.each([
    [{ task: 6 }, 'OgbenchPointMaze.reset: task: got 6, expected an integer from 1 to 5'],
    [{ state: [0, 0] }, /^OgbenchPointMaze: reset\(\) got the state .*, expected 4 numbers/],
    [{ goal: [1, 1] }, /^OgbenchPointMaze\.reset: /],
  ])('refuses %o', (options, expected) => {
    const env = new OgbenchPointMazeEnv();
    expect(() => env.reset({ options })).toThrow(expected);
    env.close();
  });
});
