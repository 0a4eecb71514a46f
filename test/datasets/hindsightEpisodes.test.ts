import { expect, test } from 'vitest';
import { checkEpisode } from '../../datasets/episode.ts';
import { EpisodesInMemory, HindsightEpisodes, type HindsightOptions } from '../../datasets/index.ts';
import { Box } from '../../envs/index.ts';

const space = (size: number) => new Box({ low: -Infinity, high: Infinity, shape: [size] });

/** Steps on a line to these places; an observation is [where it is, the goal, a number of its own], and the goal 9 is never reached. */
function walk(places: readonly number[], terminated = false): EpisodesInMemory {
  const steps = places.length - 1;
  const last = (is: boolean) => Uint8Array.from({ length: steps }, (_, t) => Number(is && t === steps - 1));
  const episode = {
    observations: Float32Array.from(places.flatMap((place, t) => [place, 9, 10 + t])),
    actions: Float32Array.from({ length: steps }, (_, t) => places[t + 1]! - places[t]!),
    rewards: new Float32Array(steps).fill(-1),
    terminations: last(terminated),
    truncations: last(!terminated),
  };
  return new EpisodesInMemory({ observationSpace: space(3), actionSpace: space(1), episodes: [episode] });
}
const source = walk([0, 1, 3, 2]);
const isThere: HindsightOptions['terminated'] = ([achieved], [desired]) => achieved === desired;
const options: HindsightOptions = {
  achieved: [0],
  desired: [1],
  reward: ([achieved], [desired]) => (achieved === desired ? 0 : -1),
};

test('final: the episode comes again, as if its end had been the goal', () => {
  const { reward, ...columns } = options;
  const relabelled = new HindsightEpisodes(source, { ...columns, reward, strategy: 'final' });
  const [first, second, ...others] = [...relabelled.episodes()];
  expect(others).toEqual([]);
  expect(first).toBe([...source.episodes()][0]);
  expect(second).toEqual({
    observations: Float32Array.of(0, 2, 10, 1, 2, 11, 3, 2, 12, 2, 2, 13),
    actions: Float32Array.of(1, 2, -1),
    rewards: Float32Array.of(-1, -1, 0),
    terminations: Uint8Array.of(0, 0, 0),
    truncations: Uint8Array.of(0, 0, 1),
  });
  expect([relabelled.numEpisodes, relabelled.numSteps]).toEqual([2, 6]);
});

test('future: each step comes again with goals that were achieved after it, and no other', () => {
  const relabelled = new HindsightEpisodes(source, { ...options, goals: 50 });
  const [, ...steps] = [...relabelled.episodes()];
  expect(steps).toHaveLength(150);
  expect([relabelled.numEpisodes, relabelled.numSteps]).toEqual([151, 153]);
  const goals = [new Set<number>(), new Set<number>(), new Set<number>()];
  for (const [i, step] of steps.entries()) {
    checkEpisode('it', step, relabelled);
    const t = Math.floor(i / 50);
    const [, goal, own, next, same, after] = step.observations;
    expect([own, after, step.actions[0]]).toEqual([10 + t, 11 + t, [1, 2, -1][t]]);
    expect(same).toBe(goal);
    expect(step.rewards[0]).toBe(next === goal ? 0 : -1);
    expect([step.terminations[0], step.truncations[0]]).toEqual([0, 1]);
    goals[t]!.add(goal!);
  }
  expect(goals.map((set) => [...set].sort())).toEqual([[1, 2, 3], [2, 3], [2]]);
});

test('a task that ends where its goal is reached ends there', () => {
  const relabelled = new HindsightEpisodes(source, { ...options, terminated: isThere, goals: 1 });
  const [, ...steps] = [...relabelled.episodes()];
  for (const { rewards, terminations, truncations } of steps) {
    expect([terminations[0], truncations[0]]).toEqual(rewards[0] === 0 ? [1, 0] : [0, 1]);
  }
  expect([...relabelled.episodes()]).toEqual([...relabelled.episodes()]);
});

test('final: where a goal ends the task, it ends at each step that reaches it', () => {
  // From place 0 to 1, and there it stays.
  const stays = walk([0, 1, 1]);
  const relabelled = new HindsightEpisodes(stays, { ...options, strategy: 'final', terminated: isThere });
  const [, ...steps] = [...relabelled.episodes()];
  expect([relabelled.numEpisodes, relabelled.numSteps]).toEqual([3, 4]);
  expect(steps.map(({ terminations, truncations }) => [terminations, truncations])).toEqual([
    [Uint8Array.of(1), Uint8Array.of(0)],
    [Uint8Array.of(1), Uint8Array.of(0)],
  ]);
});

test('where the task itself has ended, as by a fall, it ends in each copy: there is nothing more to earn', () => {
  const fall = walk([0, 1, 2], true);
  const ends = (changes: Partial<HindsightOptions>) =>
    [...new HindsightEpisodes(fall, { ...options, ...changes }).episodes()]
      .slice(1)
      .flatMap(({ terminations, truncations }) => Array.from(terminations, (is, t) => [is, truncations[t]]));
  const whole = [0, 0];
  const [cut, ended] = [
    [0, 1],
    [1, 0],
  ];
  expect(ends({ strategy: 'final' })).toEqual([whole, ended]);
  expect(ends({ strategy: 'final', terminated: () => false })).toEqual([cut, ended]);
  expect(ends({ goals: 2 })).toEqual([cut, cut, ended, ended]);
});

test.each<[Partial<HindsightOptions>, string]>([
  [{ achieved: [3] }, 'achieved: got 3'],
  [{ desired: [] }, 'desired: got none'],
  [{ desired: [1, 2] }, 'got 1 columns achieved and 2 desired'],
  [{ goals: 0 }, 'goals: got 0'],
  [{ strategy: 'random' as never }, 'strategy: got "random"'],
])('refuses %j', (changes, message) => {
  expect(() => new HindsightEpisodes(source, { ...options, ...changes })).toThrow(`HindsightEpisodes: ${message}`);
});
