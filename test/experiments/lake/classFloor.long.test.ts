import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { makeHeadingPolicy, measureWalks, SOFT_LAKE, softLakeOptions } from '../../../common/lake.ts';
import { LandGrid, SoftOptimum } from '../../../common/softOptimum.ts';
import { LakeEnv, lakeGrains, lakeMap } from '../../../envs/index.ts';
import { border, walk } from '../../../envs/lake/lakeMap.ts';
import { circularSplines, classFloor, HeadingChain, wrappedMixtures } from '../../../experiments/lake/classFloor.ts';
import { softRegret } from '../../../experiments/lake/softTrainings.ts';
import { Rng } from '../../../src/index.ts';

const { start } = lakeMap;
const STRIDE = 1.3;

/** Mean return and number of steps of walks that draw every heading uniformly, in the environment itself. */
function randomWalks(count: number): { meanReturn: number; steps: number } {
  const { stepCost } = lakeGrains[SOFT_LAKE];
  const env = new LakeEnv({ action: 'heading', stride: STRIDE, stepCost });
  const rng = new Rng(7);
  let [total, steps] = [0, 0];
  for (let i = 0; i < count; i++) {
    env.reset(i === 0 ? { seed: 0 } : {});
    for (let ended = false; !ended; steps++) {
      const [, reward, terminated] = env.step(Float32Array.of(rng.uniform(-Math.PI, Math.PI)));
      total += reward;
      ended = terminated;
    }
  }
  env.close();
  return { meanReturn: total / count, steps: steps / count };
}

// A spline flow whose networks give nothing is uniform: entropy is measured against that density, so that its soft return is its return.
test('the soft regret of the uniform policy is V*(start) less the mean return of random walks in the environment', () => {
  const temperature = 0.3;
  const optimum = new SoftOptimum({ stride: STRIDE, temperature });
  const { meanReturn, steps } = randomWalks(40_000);
  const expected = optimum.value(start) - meanReturn;

  const policy = makeHeadingPolicy('spline', {}, new Rng(0));
  for (const variable of policy.trainableVariables()) variable.assign(tf.zerosLike(variable));
  const { walks } = measureWalks({
    env: SOFT_LAKE,
    // Random walks are longer than those of a run.
    options: { ...softLakeOptions({ stride: STRIDE }), maxEpisodeSteps: 200 },
    policy,
    episodes: 1200,
    keep: 1200,
    digits: Infinity,
    rng: new Rng(1),
  });
  const found = softRegret(policy, { optimum, walks, points: 45 });
  policy.dispose();
  expect(walks.filter(({ outcome }) => outcome === 'timeout')).toEqual([]);
  expect(found.steps / steps).toBeCloseTo(1, 1);
  expect(found.softRegret / expected).toBeCloseTo(1, 1);
  expect(found.natsAStep).toBeCloseTo(found.softRegret / temperature / found.steps, 12);

  const chain = new HeadingChain({ stride: STRIDE, cells: 40, points: 90 });
  const count = chain.states.length;
  const uniform = new Float64Array(count * 90).fill(1 / 90);
  const kls = chain.states.map((state) => {
    const { logDensity } = optimum.policyAt(state, 90);
    return logDensity.reduce((sum, each) => sum - each, 0) / 90 - Math.log(2 * Math.PI);
  });
  // The same once more, exactly: by a chain over the grid.
  expect((temperature * chain.at(chain.sumAlong(uniform, kls), start)) / expected).toBeCloseTo(1, 1);
  expect(chain.at(chain.sumAlong(uniform, new Float64Array(count).fill(1)), start) / steps).toBeCloseTo(1, 1);
});

test('what a step leads to is bilinear between nodes, so that a plane stays one, and 0 where the walk ends', () => {
  const [cells, points] = [8, 12];
  const chain = new HeadingChain({ stride: STRIDE, cells, points });
  const plane = ({ x, y }: { x: number; y: number }) => 1 + x + 2 * y;
  const { columns, size } = new LandGrid(cells);
  // Of the grid itself, whose nodes in the lake stand for points ashore. The line x = 0 has two columns.
  const node = (i: number) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    const across = column > cells / 2 ? column - 1 : column;
    return { x: border * ((2 * across) / cells - 1), y: border * ((2 * row) / cells - 1) };
  };
  const after = chain.next(Float64Array.from({ length: size }, (_, i) => plane(node(i))));
  const wanted = chain.states.flatMap((from) =>
    Array.from({ length: points }, (_, i) => {
      const angle = Math.PI * ((2 * i + 1) / points - 1);
      const { position, outcome } = walk(from, STRIDE * Math.cos(angle), STRIDE * Math.sin(angle));
      return outcome === undefined ? plane(position) : 0;
    }),
  );
  expect(wanted.filter((value) => value !== 0).length).toBeGreaterThan(100);
  expect(after.length).toBe(wanted.length);
  after.forEach((value, move) => {
    expect(value).toBeCloseTo(wanted[move]!, 9);
  });
});

/**
 * The least cost of walks that take a wrapped normal of a list at each state: value iteration over all of them, in plain float64, from the
 * formulas alone.
 */
function leastOfNormals({
  temperature,
  cells,
  points,
}: {
  temperature: number;
  cells: number;
  points: number;
}): number {
  const optimum = new SoftOptimum({ stride: STRIDE, temperature, cells, points });
  const grid = new LandGrid(cells);
  const cell = (2 * Math.PI) / points;
  const angles = Array.from({ length: points }, (_, i) => -Math.PI + (i + 0.5) * cell);
  const normals: { masses: Float64Array; negativeEntropy: number }[] = [];
  for (let m = 0; m < 2 * points; m++) {
    for (let scale = 0.06; scale < 4; scale *= 1.15) {
      const density = angles.map((angle) => {
        let sum = 0;
        for (let turn = -3; turn <= 3; turn++) {
          sum += Math.exp(-0.5 * ((angle - (m * cell) / 2 + 2 * Math.PI * turn) / scale) ** 2);
        }
        return sum;
      });
      const total = density.reduce((sum, each) => sum + each, 0);
      const masses = Float64Array.from(density, (each) => each / total);
      const negativeEntropy = masses.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p / cell) : 0), 0);
      normals.push({ masses, negativeEntropy });
    }
  }
  const states = Array.from({ length: grid.size }, (_, node) => grid.position(node));
  const moves = states.map((from) =>
    angles.map((angle) => {
      const { position, outcome } = walk(from, STRIDE * Math.cos(angle), STRIDE * Math.sin(angle));
      return outcome === undefined ? grid.place(position.x, position.y) : undefined;
    }),
  );
  const targets = states.map((from) => Array.from(optimum.policyAt(from, points).logDensity));
  let costs = new Array<number>(grid.size).fill(0);
  for (let sweep = 0; sweep < 40; sweep++) {
    const last = costs;
    costs = states.map((_, node) => {
      const loss = Float64Array.from(moves[node]!, (to, j) => {
        if (to === undefined) return -targets[node]![j]!;
        const { corner, across, up } = to;
        const [a, b] = [corner, corner + grid.columns].map((at) => (1 - across) * last[at]! + across * last[at + 1]!);
        return (1 - up) * a! + up * b! - targets[node]![j]!;
      });
      let least = Infinity;
      for (const { masses, negativeEntropy } of normals) {
        let cost = negativeEntropy;
        for (let j = 0; j < points; j++) cost += masses[j]! * loss[j]!;
        if (cost < least) least = cost;
      }
      return least;
    });
  }
  const { corner, across, up } = grid.place(start.x, start.y);
  const [a, b] = [corner, corner + grid.columns].map((at) => (1 - across) * costs[at]! + across * costs[at + 1]!);
  return (1 - up) * a! + up * b!;
}

const SMALL = { cells: 8, points: 36 };

test('the floor of the Gaussian is what value iteration over all wrapped normals finds', () => {
  const task = { stride: STRIDE, temperature: 0.1 };
  const floor = classFloor(wrappedMixtures(1), { task, ...SMALL, updates: 120, rounds: 4 });
  const expected = leastOfNormals({ temperature: 0.1, ...SMALL });
  // The list has steps of 5° and 15 %: a little more than the least.
  expect(floor.nats).toBeLessThan(expected * 1.01);
  expect(floor.nats).toBeGreaterThan(expected * 0.97);
  expect(floor.nats).toBeLessThanOrEqual(floor.ofProjection);
  expect(floor.steps).toBeGreaterThan(2);
});

test('more components come nearer, and so does a flow', () => {
  const of = (family: Parameters<typeof classFloor>[0]) =>
    classFloor(family, { task: { stride: STRIDE, temperature: 0.1 }, ...SMALL, updates: 60, rounds: 2 }).nats;
  const [one, two, six] = [1, 2, 6].map((components) => of(wrappedMixtures(components))) as [number, number, number];
  const spline = of(circularSplines({ layers: 2, bins: 12 }));
  expect(two).toBeLessThan(0.7 * one);
  expect(six).toBeLessThan(0.6 * two);
  expect(spline).toBeLessThan(two);
  for (const nats of [six, spline]) expect(nats).toBeGreaterThan(0);
});
