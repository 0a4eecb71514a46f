/**
 * Gymnasium's tasks in Box2D of ours beside Gymnasium's own, from PyPI: the same episodes by the same draws, and returns of fixed policies.
 * `OXBOW_PYTHON` names a Python that has them already.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Env, loadEnv, make } from '../envs/index.ts';
import { Rng } from '../src/index.ts';
import {
  type Controller,
  landingHeuristic,
  linearController,
  walkingHeuristic,
} from '../test/envs/box2d/heuristics.ts';
import { type GymnasiumRace, meanDifference, replayRace, stateParts } from '../test/envs/box2d/raceReplay.ts';
import { type GymnasiumEpisode, replay } from '../test/envs/box2d/replay.ts';
import { temporaryFolder } from './project.ts';
import { pythonWith } from './pythonWith.ts';

/** How many steps of an episode are looked at: a lander's whole flight. */
const STEPS = {
  ...{ 'LunarLander-v3': 1000, 'LunarLanderContinuous-v3': 1000 },
  ...{ 'BipedalWalker-v3': 100, 'BipedalWalkerHardcore-v3': 100 },
};
/** Of episodes by the heuristic, and at random. */
const SEEDS = 50;
/** Of races so many of each driver, and steps. A pursuit follows the road at so many units of length a second. */
const RACES = { drivers: ['drive 30', 'drive 60', 'random'], raceSeeds: 10, raceSteps: 400 };
/** Of each fixed policy. */
const EPISODES = 1000;
const POLICIES = ['heuristic', 'random', 'zero', 'linear 1', 'linear 2'] as const;

interface Fixed {
  readonly name: 'LunarLander-v3' | 'BipedalWalker-v3';
  readonly policy: (typeof POLICIES)[number];
  /** Of linear policies. */
  readonly weights: readonly (readonly number[])[];
}

const fixed: Fixed[] = (['LunarLander-v3', 'BipedalWalker-v3'] as const).flatMap((name) =>
  POLICIES.map((policy) => {
    const rng = new Rng(`${name}/${policy}`);
    const size = name === 'LunarLander-v3' ? 8 : 24;
    return {
      name,
      policy,
      weights: Array.from({ length: 4 }, () => Array.from({ length: size + 1 }, () => rng.normal(0, 0.5))),
    };
  }),
);

interface Answer {
  readonly version: string;
  readonly episodes: readonly GymnasiumEpisode[];
  readonly races: readonly GymnasiumRace[];
  readonly returns: readonly (readonly number[])[];
}

const folder = temporaryFolder('box2d');
afterAll(() => folder[Symbol.dispose]());
let answer: Answer;

beforeAll(async () => {
  await loadEnv('box2d/LunarLander-v3');
  const packages = ['gymnasium==1.4.0', 'box2d==2.3.10', 'pygame'];
  const python = process.env.OXBOW_PYTHON || pythonWith(folder.path, packages);
  const file = join(folder.path, 'answer.json');
  const returns = fixed.map((one) => ({ ...one, episodes: EPISODES }));
  const input = JSON.stringify({ steps: STEPS, seeds: SEEDS, ...RACES, returns });
  const stdio = ['pipe', 'inherit', 'ignore'] as ['pipe', 'inherit', 'ignore'];
  execFileSync(python, [join(import.meta.dirname, 'box2d/compare.py'), file], { input, stdio });
  answer = JSON.parse(readFileSync(file, 'utf8')) as Answer;
});

const percent = (sorted: readonly number[], share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;

describe.each(Object.keys(STEPS))('%s', (id) => {
  test('observes the same, but for roundings that contacts enlarge', () => {
    const replays = answer.episodes.filter((episode) => episode.id === id).map(replay);
    expect(replays).toHaveLength(2 * SEEDS);
    const at = (step: number) =>
      replays
        .flatMap(({ differences }) => differences.filter((one) => one.step === step))
        .map(({ observation }) => observation)
        .sort((a, b) => a - b);
    for (const step of [0, 10, 20, 50, 100]) {
      const far = at(step);
      console.log(
        `${id}, step ${step}, of ${far.length}: median ${percent(far, 0.5).toExponential(1)}, 95th of 100 ${percent(far, 0.95).toExponential(1)}`,
      );
    }
    const near = replays.filter((one) => one.isSameEnd && one.differences.at(-1)!.total < 0.1);
    console.log(`${id}: ${near.length} of ${replays.length} earn the same to 0.1 and end together`);
    expect(percent(at(0), 1)).toBeLessThan(1e-5);
    expect(percent(at(10), 0.5)).toBeLessThan(id.startsWith('Lunar') ? 3e-6 : 1e-3);
    expect(percent(at(20), 0.5)).toBeLessThan(id.startsWith('Lunar') ? 1e-5 : 1e-3);
    expect(near.length).toBeGreaterThan(replays.length / 2);
  });
});

describe('CarRacing-v3', () => {
  test('drives, earns and is seen the same, but for roundings and smoothed edges', () => {
    const replays = answer.races.map(replayRace);
    expect(replays).toHaveLength(RACES.drivers.length * RACES.raceSeeds);
    const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
    for (const step of [0, 50, 100, 200, 400]) {
      const rows = replays.flatMap(({ differences }) => differences.filter((one) => one.step === step));
      const parts = Object.keys(stateParts).map((part) => {
        const far = sorted(rows.map(({ state }) => state[part as keyof typeof stateParts]));
        if (step <= 200) expect(percent(far, 0.5), `${part}, step ${step}`).toBeLessThan(5e-4);
        return `${part} ${percent(far, 0.5).toExponential(1)} (${percent(far, 0.95).toExponential(1)})`;
      });
      console.log(`CarRacing-v3, step ${step}, of ${rows.length}: median (95th of 100) of ${parts.join(', ')}`);
    }
    const same = replays.filter(
      ({ isSameEnd, differences }) => isSameEnd && differences.every((one) => one.visited === 0),
    );
    console.log(
      `CarRacing-v3: ${same.length} of ${replays.length} visit the same tiles until each step and end together`,
    );
    expect(same.length).toBeGreaterThan(0.9 * replays.length);
    for (const step of [1, 20, 100, 200]) {
      const shots = replays.flatMap((one) => one.shots.filter((shot) => shot.step === step));
      const [ground, gauges] = ([[0, 84], [84, 96]] as const).map(([from, to]) => sorted(shots.map(({ ours, theirs }) => meanDifference(ours, theirs, from, to)))); // biome-ignore format: parts of a picture
      console.log(
        `CarRacing-v3, pictures of step ${step}, of ${shots.length}: mean difference of 255, median and largest: ground ${percent(ground!, 0.5).toFixed(2)}, ${percent(ground!, 1).toFixed(2)}, gauges ${percent(gauges!, 0.5).toFixed(2)}, ${percent(gauges!, 1).toFixed(2)}`,
      );
      expect(percent(ground!, 1)).toBeLessThan(0.5);
      expect(percent(gauges!, 1)).toBeLessThan(4.5);
    }
  });
});

/** Of the mean, by the normal distribution. */
function interval(returns: readonly number[]): [mean: number, half: number] {
  const mean = returns.reduce((a, b) => a + b) / returns.length;
  const variance = returns.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (returns.length - 1);
  return [mean, 1.96 * Math.sqrt(variance / returns.length)];
}

test.each(fixed)('$name, $policy: returns have the same mean', ({ name, policy, weights }) => {
  const env = make(`box2d/${name}`) as unknown as Env<Float32Array, number | Float32Array>;
  const rng = new Rng('returns');
  const linear = linearController(weights);
  const begin = (): Controller => {
    if (policy === 'random') return () => env.actionSpace.sample(rng);
    const isLander = name === 'LunarLander-v3';
    if (policy === 'zero') return () => (isLander ? 0 : new Float32Array(4));
    if (policy === 'heuristic') return isLander ? landingHeuristic(false) : walkingHeuristic();
    return isLander ? (observation) => argmax(linear(observation) as Float32Array) : linear;
  };
  const ours = Array.from({ length: EPISODES }, (_, seed) => {
    const act = begin();
    let [observation] = env.reset({ seed });
    for (let total = 0; ; ) {
      const [next, reward, terminated, truncated] = env.step(act(observation));
      total += reward;
      observation = next;
      if (terminated || truncated) return total;
    }
  });
  const [[mean, half], [theirs, theirHalf]] = [
    interval(ours),
    interval(answer.returns[fixed.findIndex((one) => one.name === name && one.policy === policy)]!),
  ];
  console.log(
    `${name}, ${policy}: ${mean.toFixed(1)} ± ${half.toFixed(1)}, Gymnasium ${theirs.toFixed(1)} ± ${theirHalf.toFixed(1)}`,
  );
  expect(Math.abs(mean - theirs)).toBeLessThan(half + theirHalf);
});

function argmax(numbers: Float32Array): number {
  return numbers.indexOf(Math.max(...numbers));
}
