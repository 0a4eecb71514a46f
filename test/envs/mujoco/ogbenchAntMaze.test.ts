import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkEnv, loadEnv, make } from '../../../envs/index.ts';
import { type MujocoEnv, OgbenchAntMazeEnv } from '../../../envs/mujoco/index.ts';
import { Rng } from '../../../src/index.ts';

type Point = readonly [x: number, y: number];

/** Twenty steps by OGBench's package. */
interface Episode {
  readonly state: readonly number[];
  readonly goal: Point;
  /** How many walls the ant touched. */
  readonly walls: number;
  /** In 1/128. */
  readonly actions: readonly (readonly number[])[];
  readonly rewards: readonly number[];
  /** What was observed after some of the steps. */
  readonly told: readonly (readonly [step: number, observation: readonly number[]])[];
}

interface Moments {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

interface Golden {
  readonly map: readonly string[];
  readonly tasks: readonly (readonly [start: Point, goal: Point])[];
  readonly episodes: readonly Episode[];
}

const names = ['medium', 'large', 'giant', 'teleport'] as const;
/** `e2e/mujoco/ogbench_ant_golden.py` writes it; of 3,000 resets of the first task there are the moments. */
const golden: Readonly<Record<(typeof names)[number], Golden>> & {
  readonly resets: Readonly<Record<'start' | 'goal', Moments>>;
} = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/ogbenchAntMaze.json'), 'utf8'));
const idOf = (name: string) => `mujoco/OgbenchAntMaze${name[0]!.toUpperCase()}${name.slice(1)}-v0`;

beforeAll(() => loadEnv(idOf('medium')));

/** Begins at a state, all positions and velocities. */
function beginAt(env: OgbenchAntMazeEnv, state: readonly number[], goal: Point): void {
  env.reset({ seed: 0 });
  const { walker } = env as unknown as { walker: MujocoEnv };
  walker.reset({ seed: 0, options: { state: { qpos: state.slice(0, 15), qvel: state.slice(15) } } });
  env.setGoal(goal);
}

describe.each(names)('OgbenchAntMaze: %s', (name) => {
  const { map, tasks, episodes } = golden[name];

  it('keeps the contract of environments', () => {
    checkEnv(make(idOf(name)));
    checkEnv(make(idOf(name), { terminateAtGoal: false, task: 5 }));
  });

  it('has OGBench’s maze and its five tasks', () => {
    const env = new OgbenchAntMazeEnv({ maze: name });
    expect(env.map).toEqual(map);
    tasks.forEach((ends, i) => {
      const [{ observation, desired_goal }, info] = env.reset({ seed: i, options: { task: i + 1 } });
      expect(info).toEqual({ outcome: undefined, task: `task${i + 1}` });
      [observation, desired_goal].forEach((numbers, end) => {
        ends[end]!.forEach((place, axis) => expect(Math.abs(numbers[axis]! - place)).toBeLessThanOrEqual(1));
      });
    });
    env.close();
  });

  it('moves, bumps and pays as OGBench does', () => {
    const env = new OgbenchAntMazeEnv({ maze: name, terminateAtGoal: false });
    for (const { state, goal, actions, rewards, told } of episodes) {
      beginAt(env, state, goal);
      actions.forEach((action, t) => {
        const [{ observation, achieved_goal, desired_goal }, reward, terminated, truncated, { outcome }] = env.step(
          Float32Array.from(action, (x) => x / 128),
        );
        expect([reward, terminated, truncated]).toEqual([rewards[t], false, false]);
        expect(outcome).toBe(reward === 1 ? 'success' : undefined);
        expect(achieved_goal).toEqual(observation);
        expect([...desired_goal.slice(0, 2)]).toEqual(goal);
        const native = told.find(([step]) => step === t + 1)?.[1] ?? [];
        // Native code and WebAssembly differ in the last digits, and contacts make more of them.
        native.forEach((x, i) => expect(Math.abs(observation[i]! - x)).toBeLessThan(1e-12));
      });
    }
    env.close();
  });
});

it('the recorded ants touch walls, and are at goals and are not', () => {
  const all = names.flatMap((name) => golden[name].episodes);
  expect(all.filter(({ walls }) => walls > 0).length).toBeGreaterThan(3);
  expect(new Set(all.flatMap(({ rewards }) => rewards))).toEqual(new Set([0, 1]));
});

describe('OgbenchAntMaze', () => {
  it('begins where OGBench’s does, and has its goals, in distribution', () => {
    const env = new OgbenchAntMazeEnv({ task: 1 });
    const drawn = Array.from({ length: 500 }, (_, seed) => env.reset({ seed })[0]);
    env.close();
    const rows = { start: drawn.map((one) => one.observation), goal: drawn.map((one) => one.desired_goal) };
    const error = Math.sqrt(1 / 500 + 1 / 3000);
    for (const part of ['start', 'goal'] as const) {
      const { mean, deviation } = golden.resets[part];
      mean.forEach((theirs, i) => {
        const column = rows[part].map((row) => row[i]!);
        const ours = column.reduce((sum, x) => sum + x, 0) / column.length;
        const squares = column.reduce((sum, x) => sum + (x - ours) * (x - ours), 0);
        expect(Math.abs(ours - theirs) / deviation[i]!).toBeLessThan(5 * error);
        // That of the quaternion's first number at a goal comes from few resets in which the ant has tilted.
        const most = part === 'goal' && i === 3 ? 2 : 1.15;
        const ratio = Math.sqrt(squares / column.length) / deviation[i]!;
        expect(Math.max(ratio, 1 / ratio)).toBeLessThan(most);
      });
    }
  });

  it('ends within half a metre of the goal, whatever the pose', () => {
    const env = new OgbenchAntMazeEnv();
    const [{ observation }] = env.reset({ seed: 3, options: { state: [4, 4, 4.3, 4.3] } });
    expect([...observation.slice(0, 2)]).toEqual([4, 4]);
    const [, reward, terminated, , { outcome }] = env.step(new Float32Array(8));
    expect([reward, terminated, outcome]).toEqual([1, true, 'success']);
    const goal = Float64Array.from(observation, (x, i) => (i < 2 ? x + 0.35 : 9));
    expect(env.computeReward(observation, goal)).toBe(1);
    goal[1]! += 0.02;
    expect(env.computeReward(observation, goal)).toBe(0);
    env.close();
  });

  it('carries who comes near an entrance to an exit, as it moves, seen there one step later', () => {
    const env = new OgbenchAntMazeEnv({ maze: 'teleport' });
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      // The entrance (4, 6) is at (20, 12).
      let [{ observation }] = env.reset({ seed, options: { state: [20, 11, 8, 8] } });
      [{ observation }] = env.step(new Float32Array(8));
      expect(Math.hypot(observation[0]! - 20, observation[1]! - 11)).toBeLessThan(0.5);
      const exit = [...env.place];
      seen.add(String(exit));
      [{ observation }] = env.step(new Float32Array(8));
      expect(Math.hypot(observation[0]! - exit[0]!, observation[1]! - exit[1]!)).toBeLessThan(0.5);
    }
    expect([...seen].sort()).toEqual(['0,20', '24,0', '36,20']);
    env.close();
  });

  it('goes on from a state as it did, with its goal, its task and what is drawn', () => {
    const [env, other] = [0, 1].map(() => new OgbenchAntMazeEnv({ maze: 'large' })) as [
      OgbenchAntMazeEnv,
      OgbenchAntMazeEnv,
    ];
    const rng = new Rng('torques');
    env.reset({ seed: 5, options: { task: 3 } });
    for (let t = 0; t < 12; t++) env.step(env.actionSpace.sample(rng));
    env.setGoal([3, 4]);
    other.setState(JSON.parse(JSON.stringify(env.state())));
    for (let t = 0; t < 3; t++) {
      const action = env.actionSpace.sample(rng);
      const step = env.step(action);
      expect(other.step(action)).toEqual(step);
      expect(step[4].task).toBe('task3');
      expect([...step[0].desired_goal.slice(0, 2)]).toEqual([3, 4]);
    }
    expect(other.reset()).toEqual(env.reset());
    for (const each of [env, other]) each.close();
  });

  it('draws the ant in the maze, and its goal', () => {
    const env = new OgbenchAntMazeEnv();
    env.reset({ seed: 0, options: { state: [0, 0, 20, 20] } });
    const svg = env.render();
    const walls = golden.medium.map.join('').replaceAll('.', '').length;
    expect(svg.match(/<rect/g)).toHaveLength(1 + walls);
    // The goal and the torso; three bones to a leg.
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(svg.match(/<(line|path)/g)).toHaveLength(12);
    env.close();
  });

  it('films an episode from its start on, and not what led to the pose of its goal', () => {
    const env = new OgbenchAntMazeEnv({ maze: 'large' });
    const poses: number[][] = [];
    const { followed, reach } = env.film((pose) => poses.push([...pose]));
    env.reset({ seed: 0, options: { state: [4, 8, 24, 12] } });
    env.step(new Float32Array(8));
    expect(poses).toHaveLength(2);
    const place = (body: number) => poses[0]!.slice(7 * (body - 1), 7 * (body - 1) + 2);
    expect([reach, place(followed), place(1)]).toEqual([24, [18, 12], [4, 8]]);
    env.close();
  });
});
