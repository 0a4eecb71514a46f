import { beforeAll, describe, expect, it } from 'vitest';
import { checkEnv, type Env, type GoalObservation, loadEnv, make } from '../../../envs/index.ts';
import { PointMazeEnv } from '../../../envs/mujoco/index.ts';

type Maze = Env<GoalObservation<Float64Array>, Float32Array>;
const id = 'mujoco/PointMazeUMaze-v0';
const still = new Float32Array(2);

beforeAll(() => loadEnv(id));

/** What PointMaze_UMaze-v3 of Gymnasium-Robotics 1.4.2 does (MuJoCo 4.0.0) from the start of seed 2: a push, then after 25 steps of it x, y, their velocities, and what these steps paid. */
const golden = [
  [[1, 0.25], -0.06724781404478822, -0.7433006912200204, 5.22625564833343, 1.4467491921867905, 0],
  [[-0.5, 1], 0.7650356449874454, -0.4796562872536819, 1.8171517771890613, 2.268293953114444, 8],
  [[1, -1], 1.3970929339475733, -0.5601887709259832, -0.02053308695285748, -2.02577747534359, 0],
  [[0, -0.75], 1.390458325039943, -1.4083912831969032, -0.025786020662203944, 0.4014470922763973, 0],
  [[-1, 0.5], 0.6355229504167361, -0.931336129080148, -5.22625564833343, 3.2717137463917125, 11],
  [[0.25, 1], -0.3866316636008458, -0.6033444325562132, -3.2639009693758507, -0.002193431288210278, 5],
  [[-1, 0], -1.4006772908166423, -0.6182738920807149, 0.14011325105400607, -0.06405620200281736, 0],
  [[0.5, -0.5], -0.9869708066746987, -1.0135437555497862, 3.0255032861165048, -2.953847656036313, 0],
] as const;

describe('PointMaze', () => {
  it('keeps the contract of environments, with episodes that end at the goal too', () => {
    checkEnv(make(id));
    checkEnv(make(id, { continuingTask: false, map: ['####', '#..#', '####'] }));
  });

  it('is Gymnasium-Robotics’, walls included', () => {
    const env: Maze = make(id);
    const [{ observation, desired_goal: goal }] = env.reset({ seed: 2 });
    expect([...observation, ...goal]).toEqual(
      [-0.8166630791965872, -0.9331718462053686, 0, 0, 0.7522422028705478, -0.9851297662826255].map((x) =>
        expect.closeTo(x, 12),
      ),
    );
    for (const [push, ...wanted] of golden) {
      let paid = 0;
      let seen: ArrayLike<number> = [];
      for (let t = 0; t < 25; t++) {
        const [observed, reward, terminated, , { outcome }] = env.step(Float32Array.from(push));
        seen = observed.observation;
        paid += reward;
        expect([terminated, outcome]).toEqual([false, reward === 1 ? 'success' : undefined]);
      }
      expect([...Array.from(seen), paid]).toEqual(wanted.map((x) => expect.closeTo(x, 8)));
    }
    env.close();
  });

  it('draws goal and start in different free cells, all of them, near their middles', () => {
    const env = new PointMazeEnv({ map: ['####', '#..#', '#.##', '####'] });
    const cellOf = ([x, y]: Float64Array) => {
      const [column, row] = [Math.floor(x! + 2), Math.floor(2 - y!)];
      expect(Math.max(Math.abs(x! - (column - 1.5)), Math.abs(y! - (1.5 - row)))).toBeLessThanOrEqual(0.25);
      return `${row}${column}`;
    };
    const pairs = Array.from({ length: 200 }, (_, seed) => {
      const [{ achieved_goal: start, desired_goal: goal }] = env.reset({ seed });
      return `${cellOf(start)} to ${cellOf(goal)}`;
    });
    const cells = ['11', '12', '21'];
    const all = cells.flatMap((start) => cells.filter((goal) => goal !== start).map((goal) => `${start} to ${goal}`));
    expect([...new Set(pairs)].sort()).toEqual(all.sort());
    for (const pair of all) expect(pairs.filter((each) => each === pair).length).toBeGreaterThan(15);
    const [{ achieved_goal: start, desired_goal: goal }] = env.reset({
      options: { goalCell: [2, 1], resetCell: [1, 2] },
    });
    expect([cellOf(start), cellOf(goal)]).toEqual(['12', '21']);
    for (const goalCell of [[0, 0], [1, 1, 1], 3, [1.5, 1]]) {
      expect(() => env.reset({ options: { goalCell } })).toThrow(
        /^PointMaze\.reset: goalCell: got .*, expected \[row, column\] of a free cell$/,
      );
    }
    env.close();
  });

  it('ends at the goal where the task does not go on', () => {
    const env = new PointMazeEnv({ continuingTask: false, map: ['..'] });
    env.reset({ seed: 0, options: { goalCell: [0, 1], resetCell: [0, 0] } });
    const push = Float32Array.of(1, 0);
    let result = env.step(push);
    while (!result[2]) {
      expect(result[1]).toBe(0);
      result = env.step(push);
    }
    expect([result[1], result[4].outcome]).toEqual([1, 'success']);
    env.close();
  });

  it('goes on from a state as it did, with its goal', () => {
    const [env, other] = [new PointMazeEnv(), new PointMazeEnv()];
    env.reset({ seed: 5 });
    for (let t = 0; t < 9; t++) env.step(Float32Array.of(1, -0.5));
    other.setState(JSON.parse(JSON.stringify(env.state())));
    expect(other.step(still)).toEqual(env.step(still));
    expect(other.reset()).toEqual(env.reset());
    for (const each of [env, other]) each.close();
  });

  it.each([
    [{ map: ['#.', '#'] }, 'rows of one length'],
    [{ map: ['##', '#.'] }, 'at least two free cells'],
    [{ map: ['#x..'] }, "a row of '#' and '.'"],
  ])('refuses %o', (options, expected) => {
    expect(() => new PointMazeEnv(options)).toThrow(expected);
  });
});
